"""Length-filtered voting: a plurality over the shortest m of k samples."""

import numpy as np

from .hypergeometric import Floats, Ints, check_draws, log_choose
from .voting import majority

NEGLIGIBLE = 1e-14
"""The chance of a place in the ranking below which it is left out."""


def shortest_majority(answer: Ints, right: Floats, k: Ints, m: int) -> Floats:
    """Returns (K,) the expected correctness of plurality voting over the shortest m of k samples.

    The mean over all draws. Given that the (m+1)-th shortest sample drawn has r shorter ones
    logged, the shortest m are any m of those r alike, so with M_r(m) `majority` over them
    C(n, k) mean = sum_r C(r, m) C(n-r-1, k-m-1) M_r(m); where k <= m it is plain voting. NaN where
    k > n.

    Args:
        answer: the class of each sample, 0..A-1, or -1 where it has none, the shortest first, (n,).
        right: how far each class is correct, in [0, 1], (A,).
        k: samples drawn, (K,).
        m: how many of them vote.

    Raises:
        ValueError: some k < 1, or m < 1.

    >>> answer, right = np.array([0, 1, 1, 0]), np.array([1.0, 0.0])
    >>> shortest_majority(answer, right, np.array([1, 2, 4, 5]), 1)
    array([0.5, 0.5, 1. , nan])
    """
    k = np.asarray(k, dtype=np.int64)
    check_draws(k)
    check_draws(np.array([m]), "m")
    n = len(answer)
    out = _plurality(answer, right, k)
    filtered = np.flatnonzero((k > m) & (k <= n))
    rank = np.arange(m, n)
    weight = np.array([_rank_chances(n, int(k[column]), m) for column in filtered])
    votes = np.zeros(len(rank))
    for place in np.flatnonzero((weight > NEGLIGIBLE).any(axis=0)) if len(filtered) else ():
        votes[place] = _plurality(answer[: rank[place]], right, np.array([m]))[0]
    if len(filtered):
        out[filtered] = weight @ votes
    return out


def _rank_chances(n: int, k: int, m: int) -> Floats:
    """The chances (n - m,) that the (m+1)-th of k drawn has r = m..n-1 samples before it."""
    r = np.arange(m, n)
    ways = log_choose(r, np.array(m)) + log_choose(n - r - 1, np.array(k - m - 1))
    chance = np.exp(ways - ways.max())
    return np.asarray(chance / chance.sum())


def _plurality(answer: Ints, right: Floats, k: Ints) -> Floats:
    valid = answer >= 0
    votes = np.bincount(answer[valid], minlength=len(right)).astype(np.int64)
    return majority(votes, right, int((~valid).sum()), k)
