"""Coverage (pass@k): the share of problems solved by at least one of k samples."""

from collections.abc import Iterator, Sequence

import numpy as np

from ..data.errors import InputError
from ..data.traces import UNTIL_SUCCESS
from .counts import Counts, Ints
from .curve import MASS, Curve, Floats, Population
from .hypergeometric import miss_probability
from .worlds import WORLDS, problem_worlds

STRONGEST, WEAKEST = 1e4, 0.05
"""Bounds on the a + b of the prior: problems almost alike, and problems almost all or nothing."""


def draws(k: Sequence[int] | Ints | int) -> Ints:
    """Returns k as an increasing array of whole numbers >= 1.

    Raises:
        InputError: some k is below 1.
    """
    try:
        ks = np.unique(np.atleast_1d(np.asarray(k, dtype=np.int64)))
    except (OverflowError, TypeError, ValueError) as error:
        raise InputError(f"k must be whole numbers below 2^63; got {k!r}") from error
    if not len(ks) or ks[0] < 1:
        raise InputError(f"k must satisfy k >= 1; got k={ks[0] if len(ks) else 'nothing'}")
    return ks


def default_draws(n: int) -> Ints:
    """Returns 1, 3, 10, 30, ... up to n, and n itself."""
    ladder = [m * 10**e for e in range(12) for m in (1, 3)]
    return np.asarray(sorted({k for k in ladder if k <= n} | {n}), dtype=np.int64)


def reach(counts: Counts) -> int:
    """Returns the largest k that every problem of the log can speak for.

    That is the smallest n; where sampling stopped at success, a solved problem speaks for every k.
    """
    silent = counts.n[counts.c == 0] if counts.stop_rule == UNTIL_SUCCESS else counts.n
    return int(silent.min() if len(silent) else counts.n.max())


def credits(counts: Counts, k: Ints) -> Floats:
    """Returns (P, K): the chance that k of a problem's n samples hold a right one; NaN for k > n.

    1 - C(n - c, k) / C(n, k), Chen et al. 2021. A log that stopped at the first success has no
    such subsets; there the credit is whether the first success came within k attempts.
    """
    if counts.stop_rule != UNTIL_SUCCESS:
        return 1.0 - miss_probability(counts.n, counts.c, k)
    solved = counts.c[:, None] > 0
    reached = counts.n[:, None] <= k
    # An unsolved problem abandoned before k attempts says nothing about k.
    unknown = ~solved & (counts.n[:, None] < k)
    return np.where(unknown, np.nan, (solved & reached).astype(np.float64))


def coverage(
    counts: Counts,
    k: Sequence[int] | Ints | int,
    *,
    population: Population = "these",
    mass: float = MASS,
    worlds: int = WORLDS,
    seed: int = 0,
) -> Curve:
    """Returns pass@k within the log.

    Args:
        counts: one group's counts.
        k: the numbers of samples drawn, each >= 1.
        population: `these` problems (their true solve rates are uncertain) or `new` problems like
            them (the problems are redrawn too).
        mass: of the central interval.
        worlds: how many to draw beside the log.
        seed: of the draws.

    At a k beyond a problem's n that problem drops out; the estimate is NaN once any does, and the
    reason says how many.
    """
    ks = draws(k)
    credit = credits(counts, ks)
    estimate = credit.mean(axis=0)
    if population == "these":
        redrawn = _same_problems(counts, ks, estimate, worlds, seed)
    else:
        weights = problem_worlds(counts.problems, seed, worlds)[1:]
        redrawn = np.minimum(weights @ np.nan_to_num(credit), 1.0)
    redrawn[:, np.isnan(estimate)] = np.nan
    return Curve(ks, np.vstack([estimate, redrawn]), population, mass, _reason(counts, ks, credit))


def _reason(counts: Counts, ks: Ints, credit: Floats) -> str | None:
    lost = np.isnan(credit).sum(axis=0)
    if not lost.any():
        return None
    first = int(np.argmax(lost > 0))
    return (
        f"k must satisfy k <= n; at k={ks[first]} {lost[first]} of {len(counts)} problems have"
        f" fewer samples (smallest n={counts.n.min()})"
    )


def _same_problems(counts: Counts, ks: Ints, estimate: Floats, worlds: int, seed: int) -> Floats:
    """Returns (W, K) coverages that these problems may really have.

    Each world draws the solve rates from a posterior, logs the problems again, and takes the error
    that the estimate would then have off the estimate. So the prior sets the width alone: to draw
    the coverage itself from it would let a wrong prior move the centre, and a flat one invent
    coverage where nothing was solved.
    """
    rng = np.random.default_rng([seed, 1])
    prior_a, prior_b = _moment_prior(counts, problem_worlds(counts.problems, seed, worlds)[1:])
    rate = rng.beta(prior_a[:, None] + counts.c, prior_b[:, None] + counts.n - counts.c)
    miss = np.log1p(-np.minimum(rate, 1 - 1e-16))
    again = _log_again(counts, ks, rate, rng)
    coverages = [
        estimate - (next(again) + np.expm1(row[:, None] * ks)).mean(axis=0) for row in miss
    ]
    return np.maximum.accumulate(np.clip(coverages, 0.0, 1.0), axis=1)


def _log_again(
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


def _moment_prior(counts: Counts, weights: Floats) -> tuple[Floats, Floats]:
    """Returns (W,) a and b of the Beta with the solve rates' mean and variance in each world.

    E p = pass@1 and E p^2 = 2 pass@1 - pass@2, unbiased under either stop rule, from the problems
    with two samples or more. Where there are none the problems are taken as alike, which gives the
    samples all the noise they can have: a wide interval, never a narrow one. Half a success and
    half a failure in the whole log keep the mean off 0 and 1.
    """
    once, either = credits(counts, np.array([1, 2])).T
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
