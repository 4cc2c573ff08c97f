"""Coverage (pass@k): the share of problems solved by at least one of k samples."""

from collections.abc import Sequence

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
    ks = np.unique(np.atleast_1d(np.asarray(k, dtype=np.int64)))
    if not len(ks) or ks[0] < 1:
        raise InputError(f"k must satisfy k >= 1; got k={ks[0] if len(ks) else 'nothing'}")
    return ks


def default_draws(n: int) -> Ints:
    """Returns 1, 3, 10, 30, ... up to n, and n itself."""
    ladder = [m * 10**e for e in range(12) for m in (1, 3)]
    return np.asarray(sorted({k for k in ladder if k <= n} | {n}), dtype=np.int64)


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
        redrawn = _same_problems(counts, ks, worlds, seed)
    else:
        redrawn = problem_worlds(counts.problems, seed, worlds)[1:] @ np.nan_to_num(credit)
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


def _same_problems(counts: Counts, ks: Ints, worlds: int, seed: int) -> Floats:
    """Draws the problems' own solve rates, (W, K) coverages.

    A flat prior per problem would invent coverage where nothing was solved, so the prior is the
    Beta whose mean and variance are those of the solve rates, found again in every world.
    """
    rng = np.random.default_rng([seed, 1])
    weights = problem_worlds(counts.problems, seed, worlds)[1:]
    prior_a, prior_b = _moment_prior(counts, weights)
    out = np.empty((worlds, len(ks)))
    for w in range(worlds):
        a, b = prior_a[w] + counts.c, prior_b[w] + counts.n - counts.c
        miss = np.log1p(-np.minimum(rng.beta(a, b), 1 - 1e-16))
        out[w] = -np.expm1(miss[:, None] * ks).mean(axis=0)
    return out


def _moment_prior(counts: Counts, weights: Floats) -> tuple[Floats, Floats]:
    """Returns (W,) a and b of the Beta with the solve rates' mean and variance in each world.

    The variance that n samples alone would cause is taken off first. Half a success and half a
    failure in the whole log keep the mean off 0 and 1.
    """
    total = counts.n.sum()
    rate = counts.solve_rates
    mean = (weights @ rate * total + 0.5) / (total + 1)
    noise = rate * (1 - rate) / np.maximum(counts.n - 1, 1)
    variance = weights @ rate**2 - (weights @ rate) ** 2 - weights @ noise
    most = mean * (1 - mean)
    strength = most / np.clip(variance, most / STRONGEST, most / (1 + WEAKEST)) - 1
    return mean * strength, (1 - mean) * strength
