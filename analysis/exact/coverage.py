"""Kin of pass@k: what j right ones among k samples earn, averaged over all draws of k."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import betainc

from .hypergeometric import CELLS, Floats, Ints, check_draws

ROUNDING = 1e-12
"""How far the product of a threshold and k may lie above a whole number and still mean it."""


@dataclass(frozen=True, slots=True)
class Kin:
    """A credit in [0, 1] for j (J,) right ones among k samples, and what it comes to.

    `earned(j, k)` (J,) is the credit; `at_rate(rate, k)` its mean over k independent samples that
    are right with chance `rate`, the arrays broadcast.
    """

    name: str
    earned: Callable[[Ints, int], Floats]
    at_rate: Callable[[Floats, Ints], Floats]


def mean_credit(n: Ints, c: Ints, k: Ints, earned: Callable[[Ints, int], Floats]) -> Floats:
    """Returns (P, K) sum_j earned(j, k) C(c, j) C(n-c, k-j) / C(n, k); NaN where k > n.

    Its error is below 1e-13.

    Args:
        n: samples tried, (P,); may differ between problems.
        c: samples solved, (P,).
        k: samples drawn, (K,).
        earned: the credit in [0, 1] of j (J,) right ones among k.

    Raises:
        ValueError: some k < 1, or some c outside 0 <= c <= n.

    >>> mean_credit(np.array([10]), np.array([7]), np.array([2]), lambda j, k: j / k)
    array([[0.7]])
    """
    n, c, k = (np.asarray(x, dtype=np.int64) for x in (n, c, k))
    check_draws(k)
    outside = (c < 0) | (c > n)
    if outside.any():
        i = int(outside.argmax())
        raise ValueError(f"c must satisfy 0 <= c <= n (n={n[i]}); got c={c[i]}")
    credit = np.full((len(n), len(k)), np.nan)
    for size in np.unique(n):
        problems = np.flatnonzero(n == size)
        solved, row = np.unique(c[problems], return_inverse=True)
        for column in np.flatnonzero(k <= size):
            each = earned(np.arange(k[column] + 1), int(k[column]))
            credit[problems, column] = _mean(int(size), solved, int(k[column]), each)[row]
    return credit


def _mean(n: int, c: Ints, k: int, each: Floats) -> Floats:
    step = max(CELLS // (k + 1), 1)
    parts = [right_drawn(n, c[i : i + step], k) @ each for i in range(0, len(c), step)]
    return np.concatenate(parts)


def right_drawn(n: int, c: Ints, k: int) -> Floats:
    """Returns (C, k + 1) the hypergeometric chances of 0..k right ones among k of n, c right.

    Products of ratios from the mode outwards, scaled to add up to 1.

    >>> right_drawn(4, np.array([2]), 2)
    array([[0.16666667, 0.66666667, 0.16666667]])
    """
    c, j = c[:, None], np.arange(k)
    ways = np.maximum(c - j, 0.0) * (k - j)
    back = np.maximum(n - c - k + j + 1.0, 0.0) * (j + 1)
    mode = (k + 1) * (c + 1) // (n + 2)
    up = np.divide(ways, back, out=np.ones_like(ways), where=j >= mode)
    down = np.divide(back, ways, out=np.ones_like(ways), where=j < mode)
    chance = np.ones((len(c), k + 1))
    np.cumprod(up, axis=1, out=chance[:, 1:])
    chance[:, :-1] *= np.cumprod(down[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(chance / chance.sum(axis=1, keepdims=True))


def needed(threshold: float, k: Ints) -> Ints:
    """Returns ceil(threshold k), and at least 1, blind to the rounding of the product.

    >>> needed(0.1, np.array([1, 10, 30, 31]))
    array([1, 1, 3, 4])
    """
    least = np.ceil(threshold * np.asarray(k) * (1 - ROUNDING)).astype(np.int64)
    return np.asarray(np.maximum(least, 1))


def at_least(threshold: float) -> Kin:
    """Returns G-Pass@k: whether at least ceil(threshold k) of the k are right (Liu et al. 2025).

    Raises:
        ValueError: the threshold is outside (0, 1].
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold must satisfy 0 < threshold <= 1; got threshold={threshold}")
    return Kin(
        f"G-Pass@k at {threshold:g}", partial(_at_least, threshold), partial(_over, threshold)
    )


def _at_least(threshold: float, j: Ints, k: int) -> Floats:
    return np.asarray(j >= needed(threshold, np.asarray(k)), dtype=np.float64)


def _over(threshold: float, rate: Floats, k: Ints) -> Floats:
    return _tail(needed(threshold, k), k, rate)


def _tail(least: Ints, k: Ints, rate: Floats) -> Floats:
    """The chance of at least so many right ones among k, from a solve rate."""
    inside = betainc(np.maximum(least, 1), np.maximum(k - least, 0) + 1, rate)
    return np.asarray(np.where(least > 0, np.where(least > k, 0.0, inside), 1.0))


def _all_right(j: Ints, k: int) -> Floats:
    return np.asarray(j == k, dtype=np.float64)


def _all_right_at(rate: Floats, k: Ints) -> Floats:
    return np.asarray(rate**k)


def _half(k: Ints) -> Ints:
    return np.asarray((np.asarray(k) + 1) // 2)


def _beyond_half(j: Ints, k: int) -> Floats:
    return np.asarray(2 / k * np.maximum(j - _half(np.asarray(k)), 0))


def _beyond_half_at(rate: Floats, k: Ints) -> Floats:
    # j C(k, j) = k C(k - 1, j - 1) turns the mean of j beyond the half into a chance.
    half = _half(k)
    more = k * rate * _tail(half, k - 1, rate) - half * _tail(half + 1, k, rate)
    return np.asarray(2 / k * more)


ALL_RIGHT = Kin("pass^k", _all_right, _all_right_at)
"""pass^k: whether all k are right."""

BEYOND_HALF = Kin("mG-Pass@k", _beyond_half, _beyond_half_at)
"""mG-Pass@k: 2/k times the right ones beyond ceil(k / 2), which is (2/k) sum_{i > ceil(k / 2)}
G-Pass@k at i/k (Liu et al. 2025): for even k the mean over the thresholds from 1/2 to 1, for odd k
half a step short of it."""
