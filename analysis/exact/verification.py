"""Choosing by verdict or score: the best-scored of k samples, or the first that is accepted."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from .hypergeometric import (
    Complexes,
    Floats,
    Ints,
    Tilt,
    check_draws,
    log_choose,
    miss_probability,
    over_draws,
    rank_weights,
    top_credit,
)


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
    order = np.argsort(-score, axis=-1)
    ranked = np.take_along_axis(score, order, axis=-1)
    new = np.ones(ranked.shape, dtype=np.bool_)
    same = (ranked[..., 1:] == ranked[..., :-1]) | np.isnan(ranked[..., :-1])
    new[..., 1:] = ~same
    tie = np.cumsum(new.ravel()) - 1
    credit = np.bincount(tie, weights=np.take_along_axis(right, order, axis=-1).ravel())
    shared = (credit / np.bincount(tie))[tie].reshape(score.shape)
    return np.asarray(np.where(k > n, np.nan, shared @ weights))


def best_of_verdicts(
    accepts: Ints, verdicts: int, right: Floats, solutions: Ints, votes: Ints
) -> Floats:
    """Returns (S, V) the expected correctness of the most accepted of S solutions, V verdicts each.

    The mean over the draws of S of the n solutions and, for each, of V of its logged verdicts; ties
    broken evenly. A solution with x of M accepted shows s of V with the hypergeometric chance
    p(s) = C(x, s) C(M-x, V-s) / C(M, V), F(s) its chance of fewer, and
    C(n, S) mean = sum_s [z^S] Int_0^1 sum_i right_i z p_i(s) prod_{j != i} (1 + z (F_j(s) +
    u p_j(s))) du. Its error is below 1e-10. NaN where S > n or V > M.

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
    check_draws(solutions, "solutions")
    check_draws(votes, "votes")
    outside = (accepts < 0) | (accepts > verdicts)
    if outside.any():
        got = accepts[outside][0]
        raise ValueError(f"accepts must satisfy 0 <= accepts <= {verdicts}; got accepts={got}")
    kind, member, size = np.unique(accepts, return_inverse=True, return_counts=True)
    credit = np.bincount(member, weights=right, minlength=len(kind))
    grid = np.full((len(solutions), len(votes)), np.nan)
    for column in np.flatnonzero(votes <= verdicts):
        shown = _shown(kind, verdicts, int(votes[column]))
        mean = partial(_most_accepted, shown, size.astype(np.int64), credit.astype(np.float64))
        grid[:, column] = over_draws(len(accepts), solutions, mean)
    return grid


def _shown(accepts: Ints, verdicts: int, votes: int) -> Floats:
    """The hypergeometric chances (D, V+1) that 0..V of V drawn verdicts accept."""
    s, x = np.arange(votes + 1), accepts[:, None]
    ways = log_choose(x, s) + log_choose(verdicts - x, votes - s)
    # Chances must add up to 1 to the last digit: they are raised to powers of up to S.
    chances = np.exp(ways - ways.max(axis=1, keepdims=True))
    return np.asarray(chances / chances.sum(axis=1, keepdims=True))


def _most_accepted(shown: Floats, size: Ints, credit: Floats, tilt: Tilt) -> Complexes:
    """The mean credit of the most accepted of a tilt's solutions, (T,)."""
    drawn = tilt.chance * tilt.turns(np.array([1]))
    below = (shown.cumsum(axis=1) - shown)[:, :, None] * drawn + (1 - tilt.chance)
    rivals = np.minimum((shown > 0).T @ size, tilt.k[-1]) - 1
    at = shown[:, :, None] * drawn
    return top_credit(below, at, size, credit, tilt=tilt, rivals=np.maximum(rivals, 0))


@dataclass(frozen=True, slots=True, eq=False)
class AcceptFirst:
    """How drawing until the first accepted sample ends, within at most K draws; each (P, K).

    `right`, `wrong` and `abstain` (none of the K accepted) are chances that add up to 1; `draws` is
    the expected number of samples drawn.
    """

    right: Floats
    wrong: Floats
    abstain: Floats
    draws: Floats


def accept_first(n: Ints, accepted_right: Ints, accepted_wrong: Ints, cap: Ints) -> AcceptFirst:
    """Returns how accepting the first sample that passes ends, over all orders of the n samples.

    With A right and B wrong ones accepted: abstain = C(n-A-B, K) / C(n, K), right = A / (A+B)
    (1 - abstain), draws = sum_{j<K} C(n-A-B, j) / C(n, j). The model of Stroebl et al. 2024
    without its simulation. NaN where K > n.

    Args:
        n: samples tried, (P,).
        accepted_right: correct samples that the verifier accepts, (P,).
        accepted_wrong: false ones that it accepts, (P,).
        cap: the most samples drawn, K, (K,).

    Raises:
        ValueError: some cap < 1, or more samples accepted than tried.

    >>> ends = accept_first(np.array([50]), np.array([7]), np.array([4]), np.array([5, 10]))
    >>> [x.round(4).tolist() for x in (ends.right, ends.wrong, ends.abstain)]
    [[[0.4634, 0.597]], [[0.2648, 0.3411]], [[0.2717, 0.0619]]]
    """
    accepted = np.asarray(accepted_right, dtype=np.int64) + accepted_wrong
    abstain = miss_probability(n, accepted, cap)
    ended = (1 - abstain) / np.maximum(accepted, 1)[:, None]
    # The sum telescopes: what lies beyond K is the same sum over the n - K samples left.
    left = (n[:, None] + 1.0) - (n[:, None] - cap + 1.0) * abstain
    return AcceptFirst(
        right=accepted_right[:, None] * ended,
        wrong=accepted_wrong[:, None] * ended,
        abstain=abstain,
        draws=left / (accepted[:, None] + 1),
    )
