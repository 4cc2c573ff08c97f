"""Plurality voting over samples of several settings, by random draws from the log."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .hypergeometric import Floats, Ints

VOID = -1
"""The answer of a sample that cannot vote."""


def pooled_votes(
    answers: Sequence[Ints], right: Floats, splits: Ints, draws: int, rng: np.random.Generator
) -> Floats:
    """Returns (R, B) the correctness of plurality over k_t samples of each setting, R times.

    Drawn without replacement, ties shared evenly, NaN where k_t > n_t. Monte Carlo: an exact mean
    would need a Fourier grid with one dimension a setting. A draw's smaller splits are part of its
    larger ones, so the curve is smooth.

    Args:
        answers: for each of T settings the answer of every sample, 0..A-1 or VOID, (n_t,); the
            same number is the same answer at every setting.
        right: the share of each answer's samples that is correct, (A,).
        splits: k_t, (B, T).
        draws: R.
        rng: where the draws come from.
    """
    orders = _shuffled(answers, draws, rng)
    out = np.full((draws, len(splits)), np.nan)
    for b, split in enumerate(splits):
        if all(k <= order.shape[1] for k, order in zip(split, orders, strict=True)):
            parts = zip(split, orders, strict=True)
            out[:, b] = _plurality([_tally(o[:, :k], len(right)) for k, o in parts], right)
    return out


@dataclass(frozen=True, slots=True)
class Stages:
    """When to stop early, and how long to go on if not.

    `first` samples at each setting; a setting has settled once at least the share `within` of them
    agrees; sampling stops once at least the share `across` of the settings settled on the same
    answer, and goes on with `more` samples at each setting if not.
    """

    first: int
    more: int
    within: float
    across: float


def two_stages(
    answers: Sequence[Ints], right: Floats, stages: Stages, draws: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Returns (R,) the correctness and (R,) whether it stopped early, of voting in two stages.

    What did not stop early is decided by plurality over all samples. A void sample agrees with
    none; equal leaders are chosen among evenly. NaN where a setting has fewer than first + more
    samples. Arguments as in `pooled_votes`.
    """
    whole = stages.first + stages.more
    if min(len(a) for a in answers) < whole:
        return np.full(draws, np.nan), np.full(draws, np.nan)
    if not len(right):
        return np.zeros(draws), np.zeros(draws)
    orders = _shuffled(answers, draws, rng)
    agreed = np.zeros((draws, len(right)))
    for order in orders:
        votes = _tally(order[:, : stages.first], len(right))
        leader = _leader(votes, rng)
        enough = votes[np.arange(draws), leader] >= max(stages.within * stages.first - 1e-9, 1)
        agreed[np.flatnonzero(enough), leader[enough]] += 1
    common = _leader(agreed, rng)
    early = agreed[np.arange(draws), common] >= max(stages.across * len(answers) - 1e-9, 1)
    late = _plurality([_tally(order[:, :whole], len(right)) for order in orders], right)
    return np.where(early, right[common], late), early.astype(np.float64)


def _shuffled(answers: Sequence[Ints], draws: int, rng: np.random.Generator) -> list[Ints]:
    """The samples of each setting in R random orders, T of (R, n_t)."""
    return [rng.permuted(np.tile(answer, (draws, 1)), axis=1) for answer in answers]


def _tally(drawn: Ints, size: int) -> Ints:
    """(R, A) the votes of (R, k) answers."""
    width = size + 1
    cell = drawn - VOID + width * np.arange(len(drawn))[:, None]
    votes = np.bincount(cell.ravel(), minlength=width * len(drawn)).reshape(-1, width)
    return np.asarray(votes[:, 1:], dtype=np.int64)


def _plurality(tallies: Sequence[Ints], right: Floats) -> Floats:
    """(R,) the mean credit of the most voted answers of all settings; 0 where nobody voted."""
    votes = np.sum(tallies, axis=0)
    top = (votes == votes.max(axis=1, initial=1, keepdims=True)).astype(np.float64)
    return np.asarray(top @ right / np.maximum(top.sum(axis=1), 1))


def _leader(votes: Ints | Floats, rng: np.random.Generator) -> Ints:
    """(R,) the most voted answer, equal ones chosen among at random."""
    return np.asarray((votes + rng.random(votes.shape) / 2).argmax(axis=1))
