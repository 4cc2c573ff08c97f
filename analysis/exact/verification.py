"""Choosing by score or verdicts: the best-scored of k samples, the most accepted of S."""

from math import prod

import numpy as np

from .hypergeometric import rank_weights
from .kernels import Floats, Ints
from .ranks import outranked
from .ties import enough, legendre, rarity
from .verdicts import check_verdicts, shown

ERROR = 1e-15
"""What a number of accepts, or the nodes of its tie integral, may add to the error of a mean."""


def best_of(score: Floats, right: Floats, k: Ints) -> Floats:
    """Returns (..., K) the expected correctness of the best-scored of k of the n samples.

    The mean over all draws: sum_i w_i right_i down the ranking, w the `rank_weights`; equal scores
    share theirs (Singhi et al. 2025 average 100 shuffles instead). A missing score, NaN, ranks
    below all others. NaN where k > n. Problems with equal n can be given at once.

    Args:
        score: higher is better, (..., n).
        right: whether, or how far, each sample is correct, (..., n).
        k: samples drawn, (K,).

    Raises:
        ValueError: some k < 1.

    >>> best_of(np.array([0.9, 0.9, np.nan, 0.1]), np.array([1.0, 0, 1, 0]), np.array([1, 3, 5]))
    array([0.5, 0.5, nan])
    """
    n = score.shape[-1]
    weights = rank_weights(n, k)
    return np.asarray(np.where(k > n, np.nan, _ranked_credit(score, right) @ weights))


def _ranked_credit(score: Floats, right: Floats) -> Floats:
    """The credit down each ranking, (..., n): equal scores hold the mean of theirs."""
    order = np.argsort(-score, axis=-1)
    order += score.shape[-1] * np.arange(prod(score.shape[:-1])).reshape(*score.shape[:-1], 1)
    ranked, credit = score.ravel()[order], right.ravel()[order]
    new = np.ones(ranked.shape, dtype=np.bool_)
    new[..., 1:] = (ranked[..., 1:] != ranked[..., :-1]) & ~np.isnan(ranked[..., :-1])
    if new.all():
        return np.asarray(credit)
    first = np.flatnonzero(new)
    size = np.diff(first, append=new.size)
    shared = np.add.reduceat(credit.ravel(), first) / size
    return np.asarray(np.repeat(shared, size).reshape(score.shape))


def best_of_verdicts(
    accepts: Ints, verdicts: int, right: Floats, solutions: Ints, votes: Ints
) -> Floats:
    """Returns (S, V) the expected correctness of the most accepted of S solutions, V verdicts each.

    The mean over the draws of S of the n solutions and, for each, of V of its logged verdicts; ties
    broken evenly. A solution with x of M accepted shows s of V with the hypergeometric chance
    p(s) = C(x, s) C(M-x, V-s) / C(M, V), F(s) its chance of fewer. Give every solution a uniform u
    to break ties by, and the mean is that of a ranking without ties, w the `rank_weights`:
    sum_s Int_0^1 sum_i right_i p_i(s) sum_r w_r(S) P(r others are ahead of i) du, each other j
    being behind with chance F_j(s) + u p_j(s). Its error is below 1e-12 for n <= 1024. NaN where
    S > n or V > M.

    Args:
        accepts: accepting verdicts of each solution, 0..M, (n,).
        verdicts: M, the verdicts logged for every solution.
        right: whether each solution is correct, (n,).
        solutions: S, solutions drawn, (S,).
        votes: V, verdicts drawn for each, (V,).

    Raises:
        ValueError: some S < 1 or V < 1, or some accepts outside 0..M.

    >>> best_of_verdicts(
    ...     np.array([2, 1, 0]), 2, np.array([1.0, 0, 0]), np.array([1, 3]), np.array([1, 2, 3])
    ... )
    array([[0.33333333, 0.33333333,        nan],
           [0.75      , 1.        ,        nan]])
    """
    accepts, solutions, votes = (np.asarray(x, dtype=np.int64) for x in (accepts, solutions, votes))
    check_verdicts(accepts, verdicts, solutions, votes)
    weights = rank_weights(len(accepts), solutions)
    kind, member, size = np.unique(accepts, return_inverse=True, return_counts=True)
    credit = np.bincount(member, weights=right, minlength=len(kind)) / size
    grid = np.full((len(solutions), len(votes)), np.nan)
    for column in np.flatnonzero(votes <= verdicts):
        law = shown(kind, verdicts, int(votes[column]))
        grid[:, column] = _ranks(law, size.astype(np.int64), credit) @ weights
    return grid


def _ranks(shown: Floats, size: Ints, credit: Floats) -> Floats:
    """What the one with r others ahead earns, (n,), with shown (D, V+1) chances of s accepts."""
    law = np.zeros(int(size.sum()))
    below = shown.cumsum(axis=1) - shown
    for s, at in enumerate(shown.T):
        won = at * credit
        if size @ won > ERROR:
            u, weight = legendre(_tie_nodes(at, size))
            behind = np.minimum(below[:, s, None] + u * at[:, None], 1.0)
            outranked(behind, won, size, weight, law)
    return law


def _tie_nodes(at: Floats, size: Ints) -> int:
    """The nodes in u that keep the tie integral's error below ERROR, at a level's chances (D,)."""
    rivals = np.arange(1, int(size[at > 0].sum()))
    digits = np.log(4 * rivals / ERROR) - rarity(rivals, float(size @ at))
    return int(enough(rivals, digits).max(initial=1))
