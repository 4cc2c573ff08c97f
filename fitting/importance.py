"""Adaptive importance sampling of a posterior whose prior is a product of normals."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, ndtr, ndtri
from scipy.stats import qmc

from ..analysis.counts import Ints
from ..analysis.curve import Floats

TAIL = 5.0
"""The freedom of the proposals' t."""
SETTLED = 60.0
"""The effective number of draws from which a proposal is fitted without tempering."""

CLIMB, NUDGE, LONGEST, ARRIVED = 12, 1e-3, 0.7, 0.02
"""Of `climb`: steps; in prior standard deviations a difference, the longest and the last step."""

SCALE = 1.5
"""Of the half-normal prior of every spread of logits."""

LogDensity = Callable[[Floats], Floats]
Normal = tuple[Floats, Floats]
"""A centre (p,) and a covariance (p, p)."""


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
        return self.place(rng.standard_normal((size, len(self.sd))), rng)

    def place(self, normal: Floats, rng: np.random.Generator) -> Floats:  # noqa: ARG002
        """Returns draws (T, p) made of standard normals."""
        return np.asarray(self.mean + self.sd * normal)


def spread(score: Floats) -> Floats:
    """Returns the half-normal spread that stands where the standard normal `score` does.

    So a spread has a normal prior too, as all parameters here have.
    """
    return np.asarray(np.maximum(-SCALE * ndtri(ndtr(-score) / 2), 1e-3))


def score(spread: Floats | float) -> Floats:
    """Returns the inverse of `spread`."""
    return np.asarray(-ndtri(2 * ndtr(-np.asarray(spread) / SCALE)))


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """Draws theta (T, p) and their share (T,) of the posterior; `log_total` is the log evidence."""

    theta: Floats
    share: Floats
    log_total: float

    @property
    def effective(self) -> float:
        """The number of independent draws that would tell as much."""
        return float(1 / (self.share**2).sum())


def importance(
    target: LogDensity,
    prior: Prior,
    rng: np.random.Generator,
    *,
    rounds: int,
    drawn: int,
    start: Normal | None = None,
    enough: float = np.inf,
) -> Weighted:
    """Adapts a t proposal to the posterior over rounds; every draw counts by the whole mixture.

    Without a `start` the first round draws from the prior, twice as many: its share of the mixture
    bounds every weight by the likelihood (Cornuet et al. 2012, with quasi-random normals).

    Args:
        target: the log posterior, unnormalised, of theta (T, p).
        prior: of theta.
        rng: of the draws.
        rounds: how often a proposal is fitted, at most.
        drawn: draws a round, a power of 2.
        start: the first proposal.
        enough: the effective number of draws that ends it early.
    """
    size = len(prior.mean)
    draws: list[Floats] = []
    seen: list[Floats] = []
    proposals: list[Normal | None] = []
    proposal = start
    for _ in range(rounds):
        many = drawn if proposal else 2 * drawn
        normal = np.asarray(ndtri(qmc.Sobol(size, rng=rng).random(many)))
        draws.append(_proposed(normal, proposal, prior, rng))
        proposals.append(proposal)
        seen.append(target(draws[-1]))
        theta, sizes = np.vstack(draws), np.array([len(d) for d in draws])
        log_weight = np.concatenate(seen) - _log_mixture(prior, proposals, theta, sizes)
        share, log_total = shares(log_weight)
        if 1 / (share**2).sum() >= enough:
            break
        share = _tempered(log_weight)
        centre = share @ theta
        shape = 1.1 * covariance(theta - centre, share) + 1e-6 * np.diag(prior.sd**2)
        proposal = centre, shape
    share, log_total = shares(log_weight)
    return Weighted(theta, share, log_total - float(np.log(len(share))))


def climb(each: LogDensity, times: Ints, prior: Prior, start: Floats, steps: int = CLIMB) -> Normal:
    """Returns a point near the mode, and the covariance that its scores give: a first proposal.

    Fisher scoring with the outer product of the scores (Berndt et al. 1974), which central
    differences give; steps are bounded in prior standard deviations, and halved where they lose.

    Args:
        each: log likelihoods (T, D) of the distinct data, at theta (T, p).
        times: how often each was seen, (D,).
        prior: of theta.
        start: theta to climb from, (p,).
        steps: at most so many.
    """
    nudges = NUDGE * np.diag(prior.sd)
    here, height, step = start, -np.inf, np.zeros_like(start)
    best = here, np.diag(prior.sd**2)
    for _ in range(steps):
        said = each(np.vstack([here, here + nudges, here - nudges]))
        tried = float(said[0] @ times + prior.log_density(here[None])[0])
        if tried < height:
            step = step / 4
        else:
            slopes = -np.diff(np.split(said[1:], 2), axis=0)[0] / (2 * NUDGE * prior.sd[:, None])
            information = (slopes * times) @ slopes.T + np.diag(prior.sd**-2)
            uphill = slopes @ times - (here - prior.mean) / prior.sd**2
            step = np.linalg.solve(information, uphill)
            step /= max(1.0, float(np.abs(step / prior.sd).max()) / LONGEST)
            height, best = tried, (here, np.linalg.inv(information))
        here = best[0] + step
        if np.abs(step / prior.sd).max() < ARRIVED:
            break
    return best


def shares(log_weight: Floats) -> tuple[Floats, float]:
    """Returns weights that add up to 1, and the log of what they added up to."""
    raw = np.exp(log_weight - log_weight.max())
    return raw / raw.sum(), float(np.log(raw.sum()) + log_weight.max())


def covariance(away: Floats, share: Floats) -> Floats:
    """Returns (p, p) from deviations (T, p) and their shares."""
    return np.asarray(away.T @ (away * share[:, None]))


def _proposed(
    normal: Floats, proposal: Normal | None, prior: Prior, rng: np.random.Generator
) -> Floats:
    if proposal is None:
        return prior.place(normal, rng)
    centre, shape = proposal
    wide = normal * np.sqrt(TAIL / rng.chisquare(TAIL, len(normal)))[:, None]
    return np.asarray(centre + wide @ np.linalg.cholesky(shape).T)


def _log_mixture(
    prior: Prior, proposals: list[Normal | None], theta: Floats, sizes: Ints
) -> Floats:
    parts = [prior.log_density(theta) if p is None else _log_t(theta, *p) for p in proposals]
    weight = np.log(sizes / sizes.sum())[:, None]
    return np.asarray(np.logaddexp.reduce(np.stack(parts) + weight, axis=0))


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
