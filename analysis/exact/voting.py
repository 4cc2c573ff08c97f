"""Plurality voting (maj@k): how often the most frequent of k answers is right."""

from functools import lru_cache

import numpy as np

from .hypergeometric import check_draws
from .kernels import Floats, Ints
from .plurality import Rules, plurality, plurality_beyond
from .ties import legendre

SIZES = np.array([1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64])
"""Numbers of Gauss-Legendre nodes a tie may be shared by, and these times 4, 16, ..."""


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
    votes, k = np.asarray(votes, dtype=np.int64), np.asarray(k, dtype=np.int64)
    check_draws(k)
    if (k[1:] <= k[:-1]).any():
        draws, column = np.unique(k, return_inverse=True)
        return majority(votes, right, void, draws)[column]
    within = int(np.searchsorted(k, votes.sum() + void, side="right"))
    earned = np.full(len(k), np.nan)
    earned[:within] = 0.0
    if votes.any():
        won = plurality(*_pooled(votes, right), int(void), k[:within], _rules(len(votes)))
        earned[:within] = won.clip(0.0, 1.0)
    return earned


def majority_beyond(shares: Floats, right: Floats, k: Ints) -> Floats:
    """Returns (W, K) the expected correctness of plurality voting over k draws from a population.

    `majority` with replacement, for any k: answers are drawn with their shares, and are void with
    what the shares leave of 1. It is the mean of a vote of independent Poisson(k share) draws,
    given that they are k. Answers that outvote the most frequent with a chance below 1e-18, and
    what else is as rare, are neglected; the error is below 1e-9 for k <= 10^6. As k grows it tends
    to `majority_limit` of the shares.

    Args:
        shares: of each answer in each of W worlds, (W, A); non-negative, at most 1 in all.
        right: the share of each answer's samples that is correct, in [0, 1], (A,).
        k: samples drawn, (K,).

    Raises:
        ValueError: some k < 1, some share < 0, or a world's shares that add up to more than 1.

    >>> shares = np.array([[0.5, 0.3, 0.2], [0.4, 0.4, 0.0]])
    >>> majority_beyond(shares, np.array([1.0, 0.0, 0.0]), np.array([1, 3, 1000]))
    array([[0.5  , 0.56 , 1.   ],
           [0.4  , 0.496, 0.5  ]])
    """
    shares, k = np.asarray(shares, dtype=np.float64), np.asarray(k, dtype=np.int64)
    check_draws(k)
    total = shares.sum(axis=1)
    if shares.min(initial=0.0) < 0 or total.max(initial=0.0) > 1 + 1e-9:
        raise ValueError(
            "shares must satisfy share >= 0 and add up to at most 1; got"
            f" a smallest of {shares.min():g} and a largest sum of {total.max():g}"
        )
    if not shares.size:
        return np.zeros((len(shares), len(k)))
    right = np.asarray(right, dtype=np.float64)
    won = plurality_beyond(shares, right, k, _rules(shares.shape[1]))
    return np.asarray(np.clip(won, 0.0, 1.0))


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
    size = np.bincount(votes).astype(np.int64)
    credit = np.bincount(votes, weights=right).astype(np.float64)
    count = np.flatnonzero(size[1:]).astype(np.int64) + 1
    return count, size[count], credit[count]


def _rules(answers: int) -> Rules:
    """Gauss-Legendre rules for ties among at most so many answers."""
    scales = 0
    while SIZES[-1] * 4**scales < min(answers // 2 + 1, 4 * int(answers**0.5) + 1):
        scales += 1
    return _sized(scales)


@lru_cache
def _sized(scales: int) -> Rules:
    sizes = np.unique(np.concatenate([SIZES * 4**i for i in range(scales + 1)]))
    points, weights = np.zeros((2, len(sizes), sizes[-1]))
    for i, q in enumerate(sizes):
        points[i, :q], weights[i, :q] = legendre(int(q))
    return Rules(sizes, points, weights)
