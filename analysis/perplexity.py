"""Perplexity consistency with reasoning pruning (RPC), and how far confidence can be trusted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, Unpack

import numpy as np

from ..data.errors import InputError
from .answers import answers
from .counts import VOID, Counts, Ints
from .curve import Curve, Floats
from .estimate import How, estimate
from .exact.perplexity import (
    FEWEST,
    Mask,
    consistency,
    distinct,
    kept,
    surviving,
    weibull_mixture,
)
from .subsets import DRAWS, Sampled, orders, sampled

Prune = Literal["draw", "log", "never"]
"""Pruned by a mixture fitted to the k paths drawn, to all n of the problem, or not at all."""

Scores = Callable[[int, Ints], Floats]
"""Scores (D, A + 1) of a problem's A answers, then of void, in each of the draws (D, k)."""


def rpc(
    counts: Counts,
    k: Sequence[int] | Ints | int,
    *,
    prune: Prune = "log",
    draws: int = DRAWS,
    **how: Unpack[How],
) -> Curve:
    """Returns the accuracy of RPC over k paths; `how` as in `estimate`.

    An answer scores the sum of p = exp(mean log-probability) over its distinct completions, paths
    that look unlikely being pruned first; equal scores share (Zhou et al. 2025, arXiv 2502.00511).
    Without text hashes every sample is its own completion. Void answers never win; a path without
    a log-probability uses up its draw and adds nothing.

    Pruning depends on the whole draw, so the mean is over `draws` random draws a problem;
    `rpc_sampled` gives its standard error. The published definition, `draw`, fits a mixture to
    every draw, and never prunes fewer than five paths. `log` fits one to all n paths of a problem
    and compares p with the mean of those drawn: much faster, but it knows the paths not drawn.

    Raises:
        InputError: the log has no answers or no log-probabilities.
    """
    credit = partial(rpc_credit, prune=prune, draws=draws, seed=how.get("seed", 0))
    return estimate(counts, k, credit, **how)


def rpc_credit(
    counts: Counts, ks: Ints, *, prune: Prune = "log", draws: int = DRAWS, seed: int = 0
) -> Floats:
    """Returns (P, K) expected correctness of RPC."""
    return rpc_sampled(counts, ks, prune=prune, draws=draws, seed=seed).credit


def rpc_sampled(
    counts: Counts, ks: Ints, *, prune: Prune = "log", draws: int = DRAWS, seed: int = 0
) -> Sampled:
    """Returns the credit over random draws, with its Monte Carlo standard error."""
    right = [each.right for each in answers(counts, "RPC")]
    scores = rpc_scores(counts, prune)

    def earn(problem: int, rows: Ints) -> Floats:
        return winner(scores(problem, rows), right[problem])[1]

    return sampled(counts, ks, earn, draws=draws, seed=seed)


def rpc_scores(counts: Counts, prune: Prune = "log") -> Scores:
    """Returns the perplexity consistency of every answer in given draws."""
    paths = _paths(counts, prune)

    def scores(problem: int, rows: Ints) -> Floats:
        path = paths[problem]
        logs = path.logs[rows]
        return consistency(logs, path.keep(logs), path.text[rows], path.answer, path.answers + 1)

    return scores


def vote_scores(counts: Counts) -> Scores:
    """Returns the votes for every answer in given draws: plain voting."""
    ballots = answers(counts, "majority voting")

    def scores(problem: int, rows: Ints) -> Floats:
        answer, size = ballots[problem].answer, len(ballots[problem].right) + 1
        drawn = np.where(answer == VOID, size - 1, answer)[rows]
        cell = np.arange(len(rows))[:, None] * size + drawn
        votes = np.bincount(cell.ravel(), minlength=len(rows) * size)
        return votes.reshape(len(rows), size).astype(np.float64)

    return scores


def winner(scores: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Returns the winner's share of the scores and its correctness, both (D,); ties share.

    Void, the last column of `scores` (D, A + 1), never wins but has its share; where no answer
    scores, both are 0.

    >>> winner(np.array([[2.0, 2.0, 4.0], [0.0, 0.0, 1.0]]), np.array([1.0, 0.0]))
    (array([0.25, 0.  ]), array([0.5, 0. ]))
    """
    best = scores[:, :-1].max(axis=1, initial=0.0)
    # Equal sums may differ by their rounding.
    won = (scores[:, :-1] >= best[:, None] * (1 - 1e-12)) & (best[:, None] > 0)
    total = scores.sum(axis=1)
    share = np.divide(best, total, out=np.zeros_like(best), where=total > 0)
    return share, (won @ right) / np.maximum(won.sum(axis=1), 1)


@dataclass(frozen=True, slots=True, eq=False)
class _Paths:
    """One problem's paths: `logs` and `text` (n,), the `answer` (X,) of each completion.

    Void is the class `answers`, after the others; `keep` prunes draws of `logs`, (D, k).
    """

    logs: Floats
    text: Ints
    answer: Ints
    answers: int
    keep: Callable[[Floats], Mask]


def _paths(counts: Counts, prune: Prune) -> list[_Paths]:
    ballots = answers(counts, "RPC")
    drawn = counts.drawn
    if drawn is None or drawn.mean_logprob is None:
        raise InputError("RPC needs log-probabilities; this log has none (column 'mean_logprob')")
    paths = []
    for i, ballot in enumerate(ballots):
        rows, size = counts.rows(i), len(ballot.right)
        logs = drawn.mean_logprob[rows]
        written = np.arange(len(logs)) if drawn.text is None else drawn.text[rows]
        answer = np.where(ballot.answer == VOID, size, ballot.answer)
        pair, text = np.unique(np.stack([written, answer]), axis=1, return_inverse=True)
        paths.append(_Paths(logs, text.ravel(), pair[1], size, _pruner(logs, prune)))
    return paths


def _pruner(logs: Floats, prune: Prune) -> Callable[[Floats], Mask]:
    """Returns what prunes draws (D, k) from one problem's paths, `logs` (n,)."""
    if prune == "draw":
        return surviving
    if prune == "log" and distinct(logs[None])[0] >= FEWEST:
        return partial(kept, mixture=weibull_mixture(logs[None]))
    return lambda drawn: np.ones(drawn.shape, dtype=np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class Confidence:
    """The winner's share of the scores, and its correctness, over random draws; (P, D)."""

    share: Floats
    right: Floats


def confidence(
    counts: Counts, k: int, scores: Scores, *, draws: int = DRAWS, seed: int = 0
) -> Confidence:
    """Returns how sure `rpc_scores(counts)` or `vote_scores(counts)` is of its winner, at one k.

    Raises:
        InputError: k is not in 1..n for every problem.
    """
    least = int(counts.n.min())
    if not 1 <= k <= least:
        raise InputError(f"k must satisfy 1 <= k <= n (smallest n={least}); got k={k}")
    ballots = answers(counts, "confidence")
    each = []
    for i, n in enumerate(counts.n.tolist()):
        rng = np.random.default_rng([seed, 3, i])
        rows = orders(n, draws, rng)[:, :k]
        each.append(winner(scores(i, rows), ballots[i].right))
    return Confidence(*np.stack(each, axis=1))


def calibration_error(share: Floats, right: Floats, bins: int = 10) -> float:
    """Returns the expected calibration error: mean |share - right| over bins.

    >>> calibration_error(np.array([0.75, 0.75, 0.25, 0.25]), np.array([1.0, 1.0, 0.0, 1.0]))
    0.25
    """
    share, right = share.ravel(), right.ravel()
    place = np.minimum((share * bins).astype(np.int64), bins - 1)
    gap = np.bincount(place, weights=right - share, minlength=bins)
    return float(abs(gap).sum() / len(share))


def brier_score(share: Floats, right: Floats) -> float:
    """Returns the mean squared error of the confidence; a part of being right counts as its chance.

    >>> brier_score(np.array([0.75, 0.5]), np.array([1.0, 0.5]))
    0.15625
    """
    return float((right * (1 - share) ** 2 + (1 - right) * share**2).mean())


def log_loss(share: Floats, right: Floats, floor: float = 1e-6) -> float:
    """Returns the mean of -log of the confidence in what came true, at least `floor` of it.

    Without a floor one answer that is sure and wrong would make it infinite.

    >>> round(log_loss(np.array([0.5, 1.0]), np.array([0.0, 1.0])), 4)
    0.3466
    """
    yes, no = np.maximum(share, floor), np.maximum(1 - share, floor)
    return float(-(right * np.log(yes) + (1 - right) * np.log(no)).mean()) + 0.0
