"""The posterior of a difficulty's parameters: on a whitened grid, or by importance sampling."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, ndtri
from scipy.stats import qmc

from ..analysis.counts import Ints
from ..analysis.curve import Floats
from .rates import likelihood
from .tables import Table

SIDE = {1: (21, 61), 2: (13, 21), 3: (7, 11)}
"""Grid points along each axis, while searching and at last, by the number of parameters."""
REACH = 3.5
PASSES = 6
ROUNDS, DRAWN, TAIL = 5, 1024, 5.0
"""Of importance sampling: how often the proposal is fitted anew, how many draws, its t's freedom"""
SETTLED = 60.0
"""The effective number of draws from which a proposal is fitted without tempering."""

Mass = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """Independent normals: mean (p,) and sd (p,)."""

    mean: Floats
    sd: Floats

    def log_density(self, theta: Floats) -> Floats:
        """Returns (T,), normalised."""
        away = (theta - self.mean) / self.sd
        constant = np.log(self.sd).sum() + len(self.sd) / 2 * np.log(2 * np.pi)
        return np.asarray(-0.5 * (away**2).sum(axis=1) - constant)

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Returns (size, p)."""
        return self.mean + self.sd * rng.standard_normal((size, len(self.sd)))


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
    mass: Mass, prior: Prior, table: Table, rng: np.random.Generator, worlds: int
) -> Posterior:
    """Draws `worlds` parameters from the posterior given the log (row 0 of the table)."""
    target = Target(mass, prior, table)
    if len(prior.mean) in SIDE:
        return _on_grid(target, rng, worlds)
    return _by_importance(target, rng, worlds)


def _on_grid(target: Target, rng: np.random.Generator, worlds: int) -> Posterior:
    """Lays a coarse grid over the prior, then over what it found, until that no longer moves.

    Whitening by the moments of the last pass follows skewed posteriors where a mode and its
    curvature would not. A draw is uniform within its cell of the last, fine grid.
    """
    size = len(target.prior.mean)
    white, step = _box(SIDE[size][0], size)
    centre, spread = target.prior.mean, np.diag(target.prior.sd)
    for turn in range(PASSES):
        theta = centre + white @ spread.T
        share, _ = _shares(target(theta)[0])
        mean = share @ theta
        found = _covariance(theta - mean, share) + spread @ spread.T * (step * 0.25) ** 2
        moved = np.abs(np.linalg.solve(spread, mean - centre)).max()
        ratio = np.linalg.det(found) / np.linalg.det(spread) ** 2
        centre, spread = mean, np.asarray(np.linalg.cholesky(found))
        if turn and moved < 0.3 and 0.6 < ratio < 1.6:
            break
    white, step = _box(SIDE[size][1], size)
    theta = centre + white @ spread.T
    log_post, each = target(theta)
    share, log_total = _shares(log_post)
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


def _shares(log_weight: Floats) -> tuple[Floats, float]:
    """Returns weights that add up to 1, and the log of what they added up to."""
    raw = np.exp(log_weight - log_weight.max())
    return raw / raw.sum(), float(np.log(raw.sum()) + log_weight.max())


def _summary(
    theta: Floats, share: Floats, each: Floats, drawn: Floats, evidence: float
) -> Posterior:
    least = each.min(axis=0)
    left_out = least - np.log(share @ np.exp(least - each))
    return Posterior(np.vstack([share @ theta, drawn]), evidence, left_out)


def _covariance(away: Floats, share: Floats) -> Floats:
    return away.T @ (away * share[:, None])


def _by_importance(target: Target, rng: np.random.Generator, worlds: int) -> Posterior:
    """Adapts a t proposal to the posterior over rounds; every draw counts by the whole mixture.

    The first round draws from the prior, whose share of the mixture bounds every weight by the
    likelihood (Cornuet et al. 2012, with quasi-random normals).
    """
    prior = target.prior
    centre, shape = prior.mean, np.diag(prior.sd**2)
    draws: list[Floats] = []
    seen: list[tuple[Floats, Floats]] = []
    proposals: list[tuple[Floats, Floats]] = []
    for turn in range(ROUNDS):
        draws.append(_proposed(centre, shape, rng, first=turn == 0))
        if turn:
            proposals.append((centre, shape))
        seen.append(target(draws[-1]))
        theta, sizes = np.vstack(draws), np.array([len(d) for d in draws])
        log_post = np.concatenate([log_density for log_density, _ in seen])
        log_weight = log_post - _log_mixture(prior, proposals, theta, sizes)
        share = _tempered(log_weight)
        centre = share @ theta
        shape = 1.1 * _covariance(theta - centre, share) + 1e-6 * np.diag(prior.sd**2)
    share, log_total = _shares(log_weight)
    drawn = theta[rng.choice(len(share), worlds, p=share)]
    evidence = log_total - np.log(len(share))
    return _summary(theta, share, np.vstack([e for _, e in seen]), drawn, float(evidence))


def _proposed(centre: Floats, shape: Floats, rng: np.random.Generator, *, first: bool) -> Floats:
    """Draws from the prior at first, twice as many, then from a t about the centre."""
    size = len(centre)
    normal = ndtri(qmc.Sobol(size, rng=rng).random(2 * DRAWN if first else DRAWN))
    if not first:
        normal = normal * np.sqrt(TAIL / rng.chisquare(TAIL, len(normal)))[:, None]
    return np.asarray(centre + normal @ np.linalg.cholesky(shape).T)


def _log_mixture(
    prior: Prior, proposals: list[tuple[Floats, Floats]], theta: Floats, sizes: Ints
) -> Floats:
    parts = np.stack([prior.log_density(theta), *[_log_t(theta, *p) for p in proposals]])
    shares = np.log(sizes / sizes.sum())[:, None]
    return np.asarray(np.logaddexp.reduce(parts + shares, axis=0))


def _log_t(theta: Floats, centre: Floats, shape: Floats) -> Floats:
    """Returns (T,) the log density of a multivariate t of TAIL degrees of freedom."""
    size, root = len(centre), np.linalg.cholesky(shape)
    far = (np.linalg.solve(root, (theta - centre).T) ** 2).sum(axis=0)
    constant = gammaln((TAIL + size) / 2) - gammaln(TAIL / 2) - size / 2 * np.log(TAIL * np.pi)
    constant -= np.log(np.diag(root)).sum()
    return np.asarray(constant - (TAIL + size) / 2 * np.log1p(far / TAIL))


def _tempered(log_weight: Floats) -> Floats:
    """Weights raised to the highest power that leaves SETTLED draws to fit a proposal to."""
    power = 1.0
    while True:
        share = np.exp(power * (log_weight - log_weight.max()))
        share /= share.sum()
        if power < 0.01 or 1 / (share**2).sum() >= SETTLED:
            return np.asarray(share)
        power *= 0.8
