"""The posterior of a difficulty's parameters: on a whitened grid, or by importance sampling."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..analysis.curve import Floats
from .importance import Prior, covariance, importance, shares
from .rates import likelihood
from .tables import Table

SIDE = {1: (21, 61), 2: (13, 21), 3: (7, 11)}
"""Grid points along each axis, while searching and at last, by the number of parameters."""
REACH = 3.5
PASSES = 6
ROUNDS, DRAWN = 5, 1024
"""Of importance sampling: how often the proposal is fitted anew, and how many draws."""

Mass = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Draws theta (1 + W, p), their mean first, and what the log says of the family as a whole.

    `evidence` is the log probability of the counts, parameters averaged out by the prior: the sum
    of the log predictive densities of the problems, each predicted from those before it.
    `left_out` (D,) is that of one problem of each pair predicted from all the others.
    """

    theta: Floats
    evidence: float
    left_out: Floats


class Target:
    """The log posterior of one family on one table."""

    def __init__(self, mass: Mass, prior: Prior, table: Table) -> None:
        self.mass, self.prior = mass, prior
        self.times = table.times
        self.cells = likelihood(table.n, table.c).T

    def __call__(self, theta: Floats) -> tuple[Floats, Floats]:
        """Returns the log posterior (T,), unnormalised, and each pair's log likelihood (T, D)."""
        each = np.log(np.maximum(self.mass(theta) @ self.cells, 1e-300))
        return each @ self.times + self.prior.log_density(theta), each


def posterior(
    mass: Mass,
    prior: Prior,
    table: Table,
    rng: np.random.Generator,
    worlds: int,
    *,
    sides: Mapping[int, tuple[int, int]] = SIDE,
) -> Posterior:
    """Draws `worlds` parameters from the posterior given the log (row 0 of the table).

    With as many parameters as `sides` knows it is a grid of that many points along each axis.
    """
    target = Target(mass, prior, table)
    if len(prior.mean) in sides:
        return on_grid(target, rng, worlds, sides[len(prior.mean)])
    return _by_importance(target, rng, worlds)


class Density(Protocol):
    """A log posterior (T,) of theta (T, p), and what each of D data says of every theta (T, D)."""

    prior: Prior

    def __call__(self, theta: Floats) -> tuple[Floats, Floats]: ...


def on_grid(
    target: Density, rng: np.random.Generator, worlds: int, sides: tuple[int, int]
) -> Posterior:
    """Lays a coarse grid over the prior, then over what it found, until that no longer moves.

    Whitening by the moments of the last pass follows skewed posteriors where a mode and its
    curvature would not. A draw is uniform within its cell of the last, fine grid.
    """
    size = len(target.prior.mean)
    white, step = _box(sides[0], size)
    centre, spread = target.prior.mean, np.diag(target.prior.sd)
    for turn in range(PASSES):
        theta = centre + white @ spread.T
        share, _ = shares(target(theta)[0])
        mean = share @ theta
        found = covariance(theta - mean, share) + spread @ spread.T * (step * 0.25) ** 2
        moved = np.abs(np.linalg.solve(spread, mean - centre)).max()
        ratio = np.linalg.det(found) / np.linalg.det(spread) ** 2
        centre, spread = mean, np.asarray(np.linalg.cholesky(found))
        if turn and moved < 0.3 and 0.6 < ratio < 1.6:
            break
    white, step = _box(sides[1], size)
    theta = centre + white @ spread.T
    log_post, each = target(theta)
    share, log_total = shares(log_post)
    evidence = log_total + size * np.log(step) + np.linalg.slogdet(spread)[1]
    picked = rng.choice(len(share), worlds, p=share)
    within = step * (rng.random((worlds, size)) - 0.5)
    drawn = theta[picked] + within @ spread.T
    return _summary(theta, share, each, drawn, float(evidence))


def _box(side: int, size: int) -> tuple[Floats, float]:
    """Returns points (side^size, size) of a cube about 0, and their step."""
    axis = np.linspace(-REACH, REACH, side)
    return np.stack(np.meshgrid(*[axis] * size, indexing="ij"), -1).reshape(-1, size), axis[
        1
    ] - axis[0]


def _summary(
    theta: Floats, share: Floats, each: Floats, drawn: Floats, evidence: float
) -> Posterior:
    least = each.min(axis=0)
    left_out = least - np.log(share @ np.exp(least - each))
    return Posterior(np.vstack([share @ theta, drawn]), evidence, left_out)


def _by_importance(target: Target, rng: np.random.Generator, worlds: int) -> Posterior:
    """Starts from the prior, and keeps what each problem says of every draw."""
    each: list[Floats] = []

    def density(theta: Floats) -> Floats:
        log_post, said = target(theta)
        each.append(said)
        return log_post

    found = importance(density, target.prior, rng, rounds=ROUNDS, drawn=DRAWN)
    drawn = found.theta[rng.choice(len(found.share), worlds, p=found.share)]
    return _summary(found.theta, found.share, np.vstack(each), drawn, found.log_total)
