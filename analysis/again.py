"""Logs drawn again from the same problems: the errors that a log's mean makes about them."""

from collections.abc import Callable, Iterator

import numpy as np

from ..data.traces import UNTIL_SUCCESS
from .counts import Counts, Ints
from .curve import Floats
from .exact.hypergeometric import miss_probability
from .worlds import problem_worlds

STRONGEST, WEAKEST = 1e4, 0.05
"""Bounds on the a + b of the prior: problems almost alike, and problems almost all or nothing."""

REPLICAS = 6400
"""How many problems are drawn again in all; worlds mix the replicas of different problems."""


def samples_again(
    counts: Counts, ks: Ints, credit: Callable[[Counts, Ints], Floats], worlds: int, seed: int
) -> Floats:
    """Returns (W, K) errors of the mean credit, each problem's samples drawn from those logged.

    A credit is a mean over all draws without replacement, so over the logs drawn again it averages
    to what the logged samples would earn with replacement: the truth of that bootstrap.
    """
    rng = np.random.default_rng([seed, 2])
    replicas = int(np.clip(REPLICAS // len(counts), 32, max(worlds, 32)))
    again = np.stack([credit(_samples(counts, rng), ks) for _ in range(replicas)])
    errors = np.nan_to_num(again - again.mean(axis=0))
    # The mean of the replicas is their own; a bootstrap of n has n - 1 free.
    errors *= np.sqrt(replicas / (replicas - 1) * (counts.n / np.maximum(counts.n - 1, 1)))[:, None]
    picked = rng.integers(replicas, size=(worlds, len(counts)))
    return np.stack([errors[row, np.arange(len(counts))].mean(axis=0) for row in picked])


def _samples(counts: Counts, rng: np.random.Generator) -> Counts:
    """The same problems with as many samples each, drawn with replacement from those logged."""
    start = np.repeat(counts.drawn.start[:-1], counts.n)  # type: ignore[union-attr]
    rows = start + (rng.random(len(start)) * np.repeat(counts.n, counts.n)).astype(np.int64)
    return counts.pick(rows, counts.n)


def rates_again(
    counts: Counts, ks: Ints, credit: Callable[[Counts, Ints], Floats], worlds: int, seed: int
) -> Floats:
    """Returns (W, K) errors of pass@k about these problems.

    Each world draws the solve rates from a posterior, logs the problems again, and takes the error
    that the estimate would then have. So the prior sets the width alone: to draw the coverage
    itself from it would let a wrong prior move the centre, and a flat one invent coverage where
    nothing was solved.
    """
    rng = np.random.default_rng([seed, 1])
    weights = problem_worlds(counts.problems, seed, worlds)[1:]
    prior_a, prior_b = _moment_prior(counts, credit, weights)
    rate = rng.beta(prior_a[:, None] + counts.c, prior_b[:, None] + counts.n - counts.c)
    miss = np.log1p(-np.minimum(rate, 1 - 1e-16))
    again = _counts_again(counts, ks, rate, rng)
    return np.stack([(next(again) + np.expm1(row[:, None] * ks)).mean(axis=0) for row in miss])


def _counts_again(
    counts: Counts, ks: Ints, rate: Floats, rng: np.random.Generator
) -> Iterator[Floats]:
    """Yields the credits (P, K) of a log drawn at each row of `rate` (W, P)."""
    if counts.stop_rule == UNTIL_SUCCESS:
        for row in rate:
            late = rng.random(len(row))[:, None] < (1 - row[:, None]) ** ks
            yield 1.0 - late
        return
    base = int(counts.n.max()) + 1
    pairs, where = np.unique(counts.n * base + rng.binomial(counts.n, rate), return_inverse=True)
    credit = 1.0 - miss_probability(*np.divmod(pairs, base), ks)
    for row in where.reshape(rate.shape):
        yield credit[row]


def _moment_prior(
    counts: Counts, credit: Callable[[Counts, Ints], Floats], weights: Floats
) -> tuple[Floats, Floats]:
    """Returns (W,) a and b of the Beta with the solve rates' mean and variance in each world.

    E p = pass@1 and E p^2 = 2 pass@1 - pass@2, unbiased under either stop rule, from the problems
    with two samples or more. Where there are none the problems are taken as alike, which gives the
    samples all the noise they can have: a wide interval, never a narrow one. Half a success and
    half a failure in the whole log keep the mean off 0 and 1.
    """
    once, either = credit(counts, np.array([1, 2])).T
    paired = np.isfinite(either)
    share = np.where(weights @ paired > 0, weights @ paired, np.nan)
    square = weights[:, paired] @ (2 * once - either)[paired] / share
    first = weights[:, paired] @ once[paired] / share
    total = counts.n.sum()
    mean = (weights @ once * total + 0.5) / (total + 1)
    variance = np.nan_to_num(square - first**2)
    most = mean * (1 - mean)
    strength = most / np.clip(variance, most / STRONGEST, most / (1 + WEAKEST)) - 1
    return mean * strength, (1 - mean) * strength
