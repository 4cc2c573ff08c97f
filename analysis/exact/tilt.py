"""Tilts: draws of exactly k of n as independent coins, so that means over them are products."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlog1py, xlogy

from .hypergeometric import log_choose
from .kernels import Floats, Ints

Complexes = NDArray[np.complex128]

ERROR = 1e-15
"""What a score level, or a Fourier node of one, may add to the error of a mean."""


def binomial(n: Ints, chance: float) -> Floats:
    """Returns (D, max n + 1) the chances of j heads among (D,) numbers of coins."""
    j = np.arange(n.max(initial=0) + 1)
    tails = np.maximum(n[:, None] - j, 0)
    odds = xlogy(j, chance) + xlog1py(tails, -chance)
    chances = np.exp(log_choose(n[:, None], j) + odds)
    # All chances of a row share most of the error of log n!.
    return np.asarray(chances / chances.sum(axis=1, keepdims=True))


@dataclass(frozen=True, slots=True, eq=False)
class Tilt:
    """Draws of exactly k (K,) of n as n coins of one `chance`, given their number of heads.

    The coins are independent, so means over them are products; a product evaluated with heads
    counted by exp(i phi), at the first half of `nodes` equal angles phi, is inverted at k.
    `exactly` (K,) is the chance of k heads.
    """

    k: Ints
    n: int
    chance: float
    nodes: int
    exactly: Floats

    @property
    def floor(self) -> float:
        """What may be neglected at one node: ERROR after the division by `exactly`."""
        return ERROR * float(self.exactly.min())

    def turns(self, heads: Ints) -> Complexes:
        """Returns (..., T) exp(i phi heads), the angles reduced exactly before they are rounded."""
        angle = np.multiply.outer(heads, np.arange(self.nodes // 2 + 1)) % self.nodes
        return np.asarray(np.exp(2j * np.pi / self.nodes * np.arange(self.nodes))[angle])

    def invert(self, means: Complexes) -> Floats:
        """Returns (K,) the means given k heads from the (T,) means over all coins."""
        twice = np.full(len(means), 2.0)
        twice[0] = 1.0
        if self.nodes % 2 == 0 and self.nodes > 1:
            twice[-1] = 1.0
        total = (self.turns(-self.k) * means).real @ twice
        return np.asarray(total / self.nodes / self.exactly)


def over_draws(n: int, k: Ints, mean: Callable[[Tilt], Complexes]) -> Floats:
    """Returns (K,) the mean of a credit in [0, 1] over the draws of exactly k; NaN where k > n.

    `mean` gives the (T,) means over the coins of a tilt. Rounding, aliasing and what is neglected
    come to less than 1e-11 for n <= 1024.
    """
    draws, column = np.unique(k, return_inverse=True)
    credit = np.full(len(draws), np.nan)
    for tilt in tilts(n, draws[draws <= n]):
        credit[np.searchsorted(draws, tilt.k)] = np.clip(tilt.invert(mean(tilt)), 0.0, 1.0)
    return credit[column]


def tilts(n: int, k: Ints) -> Iterator[Tilt]:
    """Yields tilts that together serve the increasing k (K,), each some neighbours.

    A tilt serves the k within three standard deviations of its own mean: farther out, dividing by
    the chance of k heads would cost digits.
    """
    while len(k):
        centre = (k[0] + k) / 2
        spread = np.sqrt(centre * (1 - centre / n))
        served = max(int((((k - k[0]) <= 6 * spread) & (k < n)).sum()), 1)
        middle, width = centre[served - 1], float(spread[served - 1])
        # Numbers of heads a whole turn away alias onto k: nine deviations make them negligible.
        nodes = int(np.ceil((k[served - 1] - k[0]) / 2 + 9.5 * width + 12))
        chance = float(middle / n)
        exactly = binomial(np.array([n]), chance)[0, k[:served]]
        yield Tilt(k[:served], n, chance, 1 if k[0] == n else min(nodes, n + 1), exactly)
        k = k[served:]
