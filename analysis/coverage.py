"""Coverage (pass@k) and its kin: how many of k samples are right, at least one, most or all."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Unpack

import numpy as np

from ..data.errors import InputError
from ..data.traces import UNTIL_SUCCESS
from .again import moment_prior, rates_again
from .counts import Counts, Ints
from .curve import Curve, Floats
from .draws import fixed
from .estimate import Again, Credit, How, estimate
from .exact import coverage as exact
from .exact.hypergeometric import miss_probability
from .worlds import problem_worlds


def coverage(counts: Counts, k: Sequence[int] | Ints | int, **how: Unpack[How]) -> Curve:
    """Returns pass@k within the log; `how` as in `estimate`.

    At a k beyond a problem's n that problem drops out; the estimate is NaN once any does, and the
    reason says how many.
    """
    curve = estimate(counts, k, credits, again=rates_again, **how)
    if curve.population != "these":
        return curve
    return replace(curve, worlds=_increasing(curve.worlds))


def pass_all(counts: Counts, k: Sequence[int] | Ints | int, **how: Unpack[How]) -> Curve:
    """Returns pass^k, the chance that all k samples are right, C(c, k) / C(n, k); see `estimate`.

    Raises:
        InputError: the log stopped at success.
    """
    curve = _kin(counts, k, exact.ALL_RIGHT, **how)
    if curve.population != "these":
        return curve
    return replace(curve, worlds=1 - _increasing(1 - curve.worlds))


def g_pass(
    counts: Counts, k: Sequence[int] | Ints | int, threshold: float, **how: Unpack[How]
) -> Curve:
    """Returns G-Pass@k (Liu et al. 2025), that at least ceil(threshold k) of k samples are right.

    Towards threshold 0 it is pass@k, at 1 pass^k; see `estimate`.

    Raises:
        InputError: the threshold is outside (0, 1], or the log stopped at success.
    """
    try:
        kin = exact.at_least(threshold)
    except ValueError as error:
        raise InputError(str(error)) from error
    return _kin(counts, k, kin, **how)


def mg_pass(counts: Counts, k: Sequence[int] | Ints | int, **how: Unpack[How]) -> Curve:
    """Returns mG-Pass@k (Liu et al. 2025): G-Pass@k averaged over thresholds from 1/2 to 1.

    As published, (2/k) sum_{i > ceil(k / 2)} G-Pass@k at i/k; at odd k, and above all at k = 1,
    that sum falls half a step short of the average, so compare even k. See `estimate`.

    Raises:
        InputError: the log stopped at success.
    """
    return _kin(counts, k, exact.BEYOND_HALF, **how)


def _kin(
    counts: Counts, k: Sequence[int] | Ints | int, kin: exact.Kin, **how: Unpack[How]
) -> Curve:
    return estimate(counts, k, kin_credit(kin), again=_kin_again(kin), **how)


def _increasing(worlds: Floats) -> Floats:
    """No truth falls with k; the log itself (row 0) does not either."""
    return np.vstack([worlds[:1], np.maximum.accumulate(worlds[1:], axis=1)])


def credits(counts: Counts, k: Ints) -> Floats:
    """Returns (P, K): the chance that k of a problem's n samples hold a right one; NaN for k > n.

    1 - C(n - c, k) / C(n, k), Chen et al. 2021. A log that stopped at success has no such subsets;
    there the credit is whether the first success came within k attempts.
    """
    if counts.stop_rule != UNTIL_SUCCESS:
        return 1.0 - miss_probability(counts.n, counts.c, k)
    solved = counts.c[:, None] > 0
    reached = _first_success(counts)[:, None] <= k
    # An unsolved problem abandoned before k attempts says nothing about k.
    unknown = ~solved & (counts.n[:, None] < k)
    return np.where(unknown, np.nan, (solved & reached).astype(np.float64))


def _first_success(counts: Counts) -> Ints:
    """The attempt (P,) that succeeded first, n without one; the last where only counts were kept.

    A log drawn in batches goes on to the end of the batch after its first success.
    """
    if counts.drawn is None:
        return counts.n
    start = counts.drawn.start[:-1]
    attempt = np.arange(1, len(counts.drawn.right) + 1) - np.repeat(start, counts.n)
    last = np.repeat(counts.n, counts.n)
    first = np.where(counts.drawn.right == 1, attempt, last)
    return np.asarray(np.minimum.reduceat(first, start))


def kin_credit(kin: exact.Kin) -> Credit:
    """Returns the credit (P, K) of a kin of coverage, the mean over all draws; NaN for k > n."""

    def credit(counts: Counts, ks: Ints) -> Floats:
        fixed(counts, kin.name)
        return exact.mean_credit(counts.n, counts.c, ks, kin.earned)

    return credit


def _kin_again(kin: exact.Kin) -> Again:
    """How the counts are drawn again, as `rates_again` does for coverage: samples are not needed.

    A world draws the solve rates from their posterior and the numbers solved from the rates, and
    takes what the credit of those is off from the mean credit at the rates.
    """

    def again(counts: Counts, ks: Ints, _: Credit, worlds: int, seed: int) -> Floats:
        rng = np.random.default_rng([seed, 1])
        weights = problem_worlds(counts.problems, seed, worlds)[1:]
        a, b = moment_prior(counts, credits, weights)
        rate = rng.beta(a[:, None] + counts.c, b[:, None] + counts.n - counts.c)
        base = int(counts.n.max()) + 1
        solved = rng.binomial(counts.n, rate)
        pairs, where = np.unique(counts.n * base + solved, return_inverse=True)
        earned = exact.mean_credit(*np.divmod(pairs, base), ks, kin.earned)
        rows = zip(where.reshape(rate.shape), rate, strict=True)
        return np.stack([(earned[w] - kin.at_rate(p[:, None], ks)).mean(axis=0) for w, p in rows])

    return again
