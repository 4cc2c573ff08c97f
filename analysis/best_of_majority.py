"""Best-of-Majority: the best rewarded of the answers that pass a share of the votes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, Unpack

import numpy as np

from ..data.errors import InputError
from .answers import Answers, answers
from .counts import Counts, Ints
from .curve import Curve, Floats
from .draws import draws as whole
from .estimate import How, estimate
from .exact import best_of_majority as exact
from .exact.best_of_majority import Empty, gate
from .subsets import DRAWS, Sampled, sampled
from .verification import scores

Reward = Literal["mean", "max"]
"""What an answer is worth: the mean or the largest score of its samples among those drawn."""


def best_of_majority(
    counts: Counts,
    k: Sequence[int] | Ints | int,
    alpha: float,
    *,
    reward: Reward = "mean",
    empty: Empty = "plurality",
    draws: int = DRAWS,
    **how: Unpack[How],
) -> Curve:
    """Returns the accuracy of Best-of-Majority over k samples; `how` as in `estimate`.

    The answers whose share of the k is at least alpha pass; of these the one of largest reward is
    submitted, ties broken evenly (Di et al. 2025, arXiv 2510.03199, with one submission; the paper
    leaves `reward` and `empty` open). With alpha = 0 and the reward `max` this is best-of-k, where
    equal scores share by answer. Scores are those of `best_of`; an answer that has none is worth
    less than any that has one. Void samples use up their draw and never win.

    Args:
        counts: one group's counts.
        k: the numbers of samples drawn.
        alpha: the share of the k that passes, in [0, 1].
        reward: what an answer is worth. The largest score is averaged exactly; a mean score has no
            closed form, and is averaged over `draws` random draws a problem.
        empty: who wins where no answer passes.
        draws: how many random draws; `bom_sampled` gives their standard error.
        how: the interval.

    Raises:
        InputError: the log has no answers or no scores, or alpha lies outside [0, 1].
    """
    options = {"reward": reward, "empty": empty, "draws": draws, "seed": how.get("seed", 0)}
    return estimate(counts, k, partial(bom_credit, alpha=alpha, **options), **how)  # type: ignore[arg-type]


def bom_credit(
    counts: Counts,
    ks: Ints,
    *,
    alpha: float,
    reward: Reward = "mean",
    empty: Empty = "plurality",
    draws: int = DRAWS,
    seed: int = 0,
) -> Floats:
    """Returns (P, K) expected correctness of Best-of-Majority."""
    if reward == "mean":
        return bom_sampled(counts, ks, alpha, empty=empty, draws=draws, seed=seed).credit
    each = [
        exact.best_of_majority(voice.answer, score, voice.right, ks, alpha, empty)
        for voice, score in _voices(counts, alpha)
    ]
    return np.stack(each)


def bom_sampled(
    counts: Counts,
    ks: Ints,
    alpha: float,
    *,
    reward: Reward = "mean",
    empty: Empty = "plurality",
    draws: int = DRAWS,
    seed: int = 0,
) -> Sampled:
    """Returns the credit over random draws, with its Monte Carlo standard error."""
    voices = _voices(counts, alpha)

    def earn(problem: int, rows: Ints) -> Floats:
        (voice, score), votes = voices[problem], gate(alpha, rows.shape[1])
        return elected(voice.answer[rows], score[rows], voice.right, votes, reward, empty)

    return sampled(counts, ks, earn, draws=draws, seed=seed)


def elected(
    answer: Ints,
    score: Floats,
    right: Floats,
    votes: int,
    reward: Reward = "mean",
    empty: Empty = "plurality",
) -> Floats:
    """Returns (D,) the correctness of the answer that Best-of-Majority submits from each draw.

    Args:
        answer: the class, 0..A-1 or VOID, of each of k samples, (D, k).
        score: of the same samples, (D, k), NaN where missing.
        right: how far each class is correct, (A,).
        votes: how many an answer needs to pass.
        reward: what an answer is worth.
        empty: who wins where none passes.

    >>> answer, score = np.array([[0, 0, 0, 1]]), np.array([[0.5, 0.55, 0.6, 0.99]])
    >>> [elected(answer, score, np.array([1.0, 0.0]), votes).item() for votes in (1, 2)]
    [0.0, 1.0]
    """
    tally, worth = _tally(answer, score, len(right), reward)
    lead = tally.max(axis=1, initial=1, keepdims=True)
    passes = tally >= np.minimum(votes, lead)
    if empty == "plurality":
        worth = np.where(lead < votes, 0.0, worth)
    best = np.where(passes, worth, -np.inf).max(axis=1, initial=-np.inf, keepdims=True)
    # Equal means may differ by the rounding of their sums.
    won = passes & (worth >= best - 1e-12 * abs(best))
    return np.asarray((won @ right) / np.maximum(won.sum(axis=1), 1))


def _tally(answer: Ints, score: Floats, answers: int, reward: Reward) -> tuple[Ints, Floats]:
    """The votes (D, A) for each answer in each draw, and its reward, -inf where none is known."""
    shape = len(answer), answers
    cell = np.arange(len(answer))[:, None] * answers + answer
    valid, scored = answer >= 0, (answer >= 0) & np.isfinite(score)
    size = shape[0] * shape[1]
    tally = np.bincount(cell[valid], minlength=size).reshape(shape)
    if reward == "max":
        worth = np.full(size, -np.inf)
        np.maximum.at(worth, cell[scored], score[scored])
        return tally, worth.reshape(shape)
    known = np.bincount(cell[scored], minlength=size).reshape(shape)
    total = np.bincount(cell[scored], weights=score[scored], minlength=size).reshape(shape)
    return tally, np.where(known > 0, total / np.maximum(known, 1), -np.inf)


def _voices(counts: Counts, alpha: float) -> list[tuple[Answers, Floats]]:
    """The answers of each problem, and the score of each of its samples, (n,)."""
    if not 0 <= alpha <= 1:
        raise InputError(f"alpha must satisfy 0 <= alpha <= 1; got alpha={alpha}")
    given = answers(counts, "Best-of-Majority")
    score = scores(counts, "Best-of-Majority")
    return [(each, score[counts.rows(i)]) for i, each in enumerate(given)]


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The threshold chosen at each k on all problems, (K,), and what choosing so is worth.

    `curve` values every problem at the threshold that the other folds chose: it is not optimised
    on the problems that it is measured on.
    """

    alpha: Floats
    curve: Curve


def choose_alpha(
    counts: Counts,
    k: Sequence[int] | Ints | int,
    alphas: Sequence[float],
    *,
    folds: int = 5,
    reward: Reward = "mean",
    empty: Empty = "plurality",
    draws: int = DRAWS,
    **how: Unpack[How],
) -> Chosen:
    """Returns the threshold of best mean credit at each k, valued by cross-validation.

    The problems are dealt at random into folds; ties between thresholds go to the smallest. The
    worlds of `these` problems choose anew in every log drawn again.

    Raises:
        InputError: no alphas, or folds outside 2 <= folds <= problems, or as `best_of_majority`.
    """
    if not len(alphas):
        raise InputError("alphas must hold at least one threshold; got none")
    if not 2 <= folds <= len(counts):
        raise InputError(
            f"folds must satisfy 2 <= folds <= problems (problems={len(counts)}); got folds={folds}"
        )
    seed = how.get("seed", 0)
    grid = sorted({float(alpha) for alpha in alphas})
    dealt = np.random.default_rng([seed, 4]).permutation(len(counts)) % folds

    def tried(log: Counts, ks: Ints) -> Floats:
        ways = {"reward": reward, "empty": empty, "draws": draws, "seed": seed}
        return np.stack([bom_credit(log, ks, alpha=alpha, **ways) for alpha in grid])  # type: ignore[arg-type]

    def credit(log: Counts, ks: Ints) -> Floats:
        return _crossed(tried(log, ks), dealt, folds)

    best = _best(tried(counts, whole(k)))
    return Chosen(np.asarray(grid)[best], estimate(counts, k, credit, **how))


def _crossed(tried: Floats, dealt: Ints, folds: int) -> Floats:
    """The credit (P, K) of each problem at the threshold that the other folds like best."""
    out = np.empty(tried.shape[1:])
    for fold in range(folds):
        mine = dealt == fold
        best = _best(tried[:, ~mine])
        out[mine] = tried[best[None, :], np.flatnonzero(mine)[:, None], np.arange(len(best))]
    return out


def _best(tried: Floats) -> Ints:
    """The place (K,) of the threshold with the largest total credit, from (alphas, P, K)."""
    total = np.nansum(tried, axis=1)
    # Totals of equal credits may differ by rounding; the smallest threshold wins ties.
    return np.asarray((total >= total.max(axis=0) - 1e-9).argmax(axis=0))
