"""Majority voting beyond the log: what it would earn at any k, and what it tends to."""

from collections.abc import Callable, Iterator, Sequence
from typing import Unpack

import numpy as np
from scipy.special import gammaln

from .again import moment_prior, solved
from .counts import Counts, Ints
from .curve import MASS, Curve, Floats, Interval, Population, interval
from .draws import draws
from .estimate import How
from .exact import voting as exact
from .voting import Ballot, ballots
from .worlds import WORLDS, problem_worlds

UNSEEN = 8
"""How many answers never seen are followed one by one; the others are as good as void."""

VARIETY = np.geomspace(0.05, 500, 81)
"""Strengths of the Dirichlet process of a problem's wrong answers: from always one to ever new."""

Value = Callable[[Floats, Floats], Floats]
"""What voting earns, (W, K), where answers have shares (W, A) and are right or not, (A,)."""


def majority_limit(counts: Counts, **how: Unpack[How]) -> Interval:
    """Returns what majority voting tends to as k grows: the share of problems it gets right then.

    Those are the problems whose most probable answer is right. Each world draws the shares of the
    answers from a posterior, see `_posterior`; `how` as in `estimate`. The estimate is the mean
    over worlds, not the log's own leaders (`majority_limits`): those lead by chance too.

    Raises:
        InputError: the log has no answers to vote with, or stopped at success.
    """
    curve = _beyond(counts, np.array([1]), _leader, **how)
    return interval(curve.worlds[:, 0], curve.mass, curve.population)


def majority_beyond(counts: Counts, k: Sequence[int] | Ints | int, **how: Unpack[How]) -> Curve:
    """Returns the accuracy of plurality voting over k samples for any k, beyond n as well.

    Votes are drawn with replacement from the answer shares of each world, those of
    `majority_limit`, which it tends to; the estimate is the mean over worlds.

    Raises:
        InputError: the log has no answers to vote with, or stopped at success.
    """
    ks = draws(k)
    return _beyond(counts, ks, lambda s, right: exact.majority_beyond(s, right, ks), **how)


def majority_in_worlds(counts: Counts, ks: Ints, rate: Floats, seed: int) -> Floats:
    """Returns (W, P, K) what voting over k samples earns on each problem, within n or beyond.

    Args:
        counts: one group's counts.
        ks: samples drawn, (K,).
        rate: each problem's solve rate in every world, (W, P).
        seed: of what the answers' shares leave open, see `_posterior`.

    Raises:
        InputError: the log has no answers to vote with, or stopped at success.
    """
    each = _posterior(counts, rate, seed)
    return np.stack([exact.majority_beyond(*answers, ks) for answers in each], axis=1)


def _beyond(
    counts: Counts,
    ks: Ints,
    value: Value,
    *,
    population: Population = "these",
    mass: float = MASS,
    worlds: int = WORLDS,
    seed: int = 0,
) -> Curve:
    """The mean value over problems in every world; `new` problems are drawn again too."""
    weights = problem_worlds(counts.problems, seed, worlds)[1:]
    weight = np.full_like(weights, 1 / len(counts)) if population == "these" else weights
    total = np.zeros((worlds, len(ks)))
    each = _posterior(counts, _rates(counts, weights, seed), seed)
    for share, answers in zip(weight.T, each, strict=True):
        total += share[:, None] * value(*answers)
    return Curve(ks, np.vstack([total.mean(axis=0), total]), population, mass)


def _leader(shares: Floats, right: Floats) -> Floats:
    """Whether the most probable answer is right, (W, 1)."""
    return np.asarray(right[np.argmax(shares, axis=1)][:, None])


def _rates(counts: Counts, weights: Floats, seed: int) -> Floats:
    """Solve rates (W, P), from the Beta prior with the moments of the log's in each world."""
    a, b = (x[:, None] for x in moment_prior(counts, solved, weights))
    return np.random.default_rng([seed, 3]).beta(a + counts.c, b + counts.n - counts.c)


def _posterior(counts: Counts, rate: Floats, seed: int) -> Iterator[tuple[Floats, Floats]]:
    """Yields each problem's answer shares in every world (W, A), and how far each is right (A,).

    The solve `rate` (W, P) is given. The right share is divided among the right answers seen, as
    Dirichlet(votes); the wrong share by a Dirichlet process, with room for answers never seen,
    whose strength is drawn from what the log says of it (Ewens 1972, flat in the logarithm). So no
    prior is a matter of taste, and where nothing can be learnt, as with one sample a problem, the
    worlds differ widely.
    """
    rng = np.random.default_rng([seed, 14])
    cast = list(ballots(counts))
    variety = rng.choice(VARIETY, size=len(rate), p=_variety(cast))
    for ballot, own in zip(cast, rate.T, strict=True):
        yield _shares(ballot, own[:, None], variety, rng)


def _variety(cast: Sequence[Ballot]) -> Floats:
    """The posterior chance of each strength in VARIETY, given how often wrong answers repeat."""
    wrong = [b.votes[b.right < 0.5] for b in cast]
    votes = np.array([w.sum() for w in wrong])[:, None]
    answers = np.array([len(w) for w in wrong])[:, None]
    each = answers * np.log(VARIETY) + gammaln(VARIETY) - gammaln(VARIETY + votes)
    log = each.sum(axis=0)
    chance = np.exp(log - log.max())
    return np.asarray(chance / chance.sum())


def _shares(
    ballot: Ballot, rate: Floats, variety: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """One problem's draw of `_posterior`, its solve rate (W, 1) given.

    What the shares leave of 1 is void, or ever new.
    """
    size = len(variety)
    good = ballot.right >= 0.5
    c = ballot.votes[good].sum()
    right = rng.standard_gamma(ballot.votes[good] if c else np.ones(1), (size, max(good.sum(), 1)))
    seen = rng.standard_gamma(ballot.votes[~good], (size, int((~good).sum())))
    rest = np.maximum(rng.standard_gamma(variety), 1e-300)
    broken = rng.beta(1.0, np.repeat(variety[:, None], UNSEEN, axis=1))
    left = np.cumprod(1 - broken, axis=1)
    unseen = rest[:, None] * broken * left / np.maximum(1 - broken, 1e-300)
    void = rng.standard_gamma(ballot.void, size) if ballot.void else 0.0
    wrong = np.hstack([seen, unseen]) / (seen.sum(axis=1) + rest + void)[:, None]
    shares = np.hstack([rate * right / right.sum(axis=1, keepdims=True), (1 - rate) * wrong])
    worth = ballot.right[good] if c else np.ones(1)
    return shares, np.concatenate([worth, ballot.right[~good], np.zeros(UNSEEN)])
