"""Plurality voting (maj@k): how often the most frequent of k answers is right."""

from functools import partial

import numpy as np

from .hypergeometric import (
    CELLS,
    Complexes,
    Floats,
    Ints,
    Tilt,
    binomial,
    check_draws,
    over_draws,
    top_credit,
)


def majority(votes: Ints, right: Floats, void: int, k: Ints) -> Floats:
    """Returns (K,) the expected correctness of plurality voting over k of the n samples.

    The mean over all C(n, k) draws, n = votes.sum() + void, ties broken evenly (first-seen has the
    same mean), NaN where k > n. With answers of n_a votes,
    C(n, k) maj@k = sum_a right_a sum_m C(n_a, m) [z^(k-m)] (1+z)^void
    Int_0^1 prod_{b != a} (sum_{j<m} C(n_b, j) z^j + u C(n_b, m) z^m) du.
    The integral shares a tie; its Fourier form keeps the error below 1e-9 for n <= 1024.

    Args:
        votes: samples that gave each answer, (A,).
        right: the share of those samples that is correct, in [0, 1], (A,).
        void: samples without a valid answer; each uses up a draw and never votes.
        k: samples drawn, (K,).

    Raises:
        ValueError: some k < 1.

    >>> majority(np.array([3, 2, 1]), np.array([1.0, 0.0, 0.0]), 1, np.array([1, 3, 7, 8]))
    array([0.42857143, 0.55714286, 1.        ,        nan])
    """
    k = np.asarray(k, dtype=np.int64)
    check_draws(k)
    count, size, credit = _pooled(votes, right)
    n = int(np.sum(votes)) + void
    return over_draws(n, k, partial(_plurality, count, size, credit))


def majority_limit(votes: Ints, right: Floats, void: int) -> float:
    """Returns what `majority` tends to as k grows, were the n samples drawn with replacement.

    The `right` of the most frequent answer, averaged over ties; 0 where every sample is void, NaN
    where there is none.

    >>> majority_limit(np.array([3, 3, 1]), np.array([1.0, 0.0, 0.0]), 2)
    0.5
    """
    if not np.sum(votes):
        return 0.0 if void else float("nan")
    return float(right[votes == votes.max()].mean())


def _pooled(votes: Ints, right: Floats) -> tuple[Ints, Ints, Floats]:
    """Answers with equally many votes are one kind: its votes, members and summed credit, (D,)."""
    votes = np.asarray(votes, dtype=np.int64)
    count, kind, size = np.unique(votes[votes > 0], return_inverse=True, return_counts=True)
    credit = np.bincount(kind, weights=right[votes > 0], minlength=len(count))
    return count, np.asarray(size, dtype=np.int64), np.asarray(credit, dtype=np.float64)


def _plurality(count: Ints, size: Ints, credit: Floats, tilt: Tilt) -> Complexes:
    """The winner's mean credit over a tilt's coins, (T,), a block of winning votes at a time."""
    total = np.zeros(tilt.nodes // 2 + 1, dtype=np.complex128)
    chance = binomial(count, tilt.chance)
    levels = _levels(chance, size, credit, tilt.floor)
    step = max(CELLS // (len(total) * max(len(count), 1)), 1)
    for first in levels[::step]:
        level = np.arange(first, min(first + step, levels[-1] + 1))
        # An answer that all but never gets this many votes is as good as void.
        able = chance[:, first:].sum(axis=1) > 1e-3 * tilt.floor
        voting = chance[able]
        turns = tilt.turns(np.arange(level[-1] + 1))
        at = voting[:, level, None] * turns[level]
        below = np.cumsum(at, axis=1) - at + (voting[:, :first] @ turns[:first])[:, None]
        rivals = np.minimum(_at_least(count, size, level), tilt.k[-1] // level) - 1
        won = top_credit(below, at, size[able], credit[able], tilt=tilt, rivals=rivals)
        idle = tilt.n - int(count[able] @ size[able])
        total += won * (1 - tilt.chance + tilt.chance * turns[1]) ** idle
    return total


def _levels(chance: Floats, size: Ints, credit: Floats, floor: float) -> Ints:
    """The range of winning votes m >= 1 that can matter, by what they come to at angle 0."""
    upto = np.minimum(chance.cumsum(axis=1), 1.0)
    able = chance > 0
    share = credit @ np.divide(chance, upto, out=np.zeros_like(chance), where=able)
    with np.errstate(divide="ignore"):
        most = np.exp(size @ np.log(upto)) * share
    matters = np.flatnonzero(most[1:] > floor) + 1
    return np.arange(matters[0], matters[-1] + 1) if len(matters) else matters


def _at_least(count: Ints, size: Ints, level: Ints) -> Ints:
    """How many answers have at least each level's votes, (L,)."""
    return np.asarray((count[:, None] >= level).T @ size)
