"""Cells of a logit: what binomial counts say of each, and the mass that a normal gives to each."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from ..analysis.counts import Ints
from ..analysis.curve import Floats
from .rates import likelihood


@dataclass(frozen=True, slots=True)
class Cells:
    """Equal cells from `low` to `high`, and an open one at either end: J in all."""

    low: float
    high: float
    step: float

    @property
    def edges(self) -> Floats:
        """What lies between the cells, (J - 1,)."""
        return np.arange(self.low, self.high + self.step / 2, self.step)

    @property
    def centres(self) -> Floats:
        """The logit that stands for each cell, (J,)."""
        edges = self.edges
        return np.append(edges - self.step / 2, edges[-1] + self.step / 2)

    def likelihood(self, n: Floats, c: Floats) -> Floats:
        """Returns (D, J) the chance of c (D,) successes in n, averaged over each cell."""
        return likelihood(n, c, self.centres, self.step)

    def normal(self, mean: Floats, sd: Floats) -> Floats:
        """Returns (..., J) the mass of each cell under normals of any shape (...).

        Spread evenly within cells, the mass varies by step^2 / 6 more than its normal (Sheppard:
        once for the cells and once within), so the normal is narrowed by as much.
        """
        narrow = np.sqrt(np.maximum(sd**2 - self.step**2 / 6, (self.step / 6) ** 2))
        below = ndtr((self.edges - mean[..., None]) / narrow[..., None])
        mass = np.empty((*below.shape[:-1], below.shape[-1] + 1))
        mass[..., 0] = below[..., 0]
        np.subtract(below[..., 1:], below[..., :-1], out=mass[..., 1:-1])
        mass[..., -1] = 1 - below[..., -1]
        return mass

    def draw(self, mass: Floats, rng: np.random.Generator) -> tuple[Ints, Floats]:
        """Draws a cell for each row of unnormalised mass (P, J): its number, and a logit in it."""
        total = mass.cumsum(axis=1)
        level = rng.random(len(mass)) * total[:, -1]
        cell = np.minimum((total < level[:, None]).sum(axis=1), mass.shape[1] - 1)
        return cell, self.centres[cell] + self.step * (rng.random(len(mass)) - 0.5)


def line(child: Cells, away: Floats, level: Floats, slope: Floats, sd: Floats) -> Floats:
    """Returns (T, J, J') the mass of a logit's cells where it is normal about a line in another.

    Args:
        child: its cells.
        away: the other logit less the one at which the line is at its level, (T, J).
        level: of the line, (T,).
        slope: of the line, (T,).
        sd: about the line, (T,).
    """
    mean = level[:, None] + slope[:, None] * away
    return child.normal(mean, sd[:, None])
