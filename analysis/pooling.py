"""Voting over samples of several settings: one pooled plurality, or two stages."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..data.errors import InputError
from .counts import Counts, Ints
from .curve import MASS, Curve, Floats, Interval, interval
from .draws import fixed, reach
from .exact import pooling as exact
from .exact.pooling import VOID, Stages
from .temperatures import beyond, lost, shared
from .worlds import WORLDS, problem_worlds

DRAWS = 400
"""Random draws from the log of every problem."""


@dataclass(frozen=True, slots=True, eq=False)
class Voted:
    """A curve made of random draws, and the standard error (K,) that they leave in it."""

    curve: Curve
    error: Floats


def pooled_majority(
    groups: Sequence[Counts],
    splits: Ints,
    *,
    rng: np.random.Generator,
    draws: int = DRAWS,
    mass: float = MASS,
    worlds: int = WORLDS,
    seed: int = 0,
) -> Voted:
    """Returns the accuracy of one plurality vote over k_t samples of every setting t.

    By Monte Carlo (`exact.pooling.pooled_votes`), for new problems, at `k` the totals of the
    splits (B, T). The groups' answer classes must be numbered together, so that a class is the
    same answer in all of them.

    Raises:
        InputError: a log without answers, or classes that contradict each other.
    """
    same = shared(groups)
    splits = np.atleast_2d(np.asarray(splits, dtype=np.int64))
    votes = [
        exact.pooled_votes(answers, right, splits, draws, rng) for answers, right in _ballots(same)
    ]
    each = np.stack([v.mean(axis=0) for v in votes])
    error = np.sqrt(np.sum([v.var(axis=0, ddof=1) / draws for v in votes], axis=0)) / len(votes)
    rows = np.minimum(problem_worlds(same[0].problems, seed, worlds) @ each, 1.0)
    total = splits.sum(axis=1)
    reasons = (lost(groups, len(votes)), beyond(same, total, rows[0]))
    why = "; ".join(r for r in reasons if r) or None
    return Voted(Curve(total, rows, "new", mass, why), error)


@dataclass(frozen=True, slots=True)
class Staged:
    """Voting in two stages: its accuracy, samples a problem, the share that stopped early.

    `error` is the standard error that the random draws leave in the accuracy; `reason` says why a
    number does not exist or whom it leaves out.
    """

    accuracy: Interval
    samples: Interval
    early: Interval
    error: float
    reason: str | None = None


def two_stage_majority(
    groups: Sequence[Counts],
    stages: Stages,
    *,
    rng: np.random.Generator,
    draws: int = DRAWS,
    mass: float = MASS,
    worlds: int = WORLDS,
    seed: int = 0,
) -> Staged:
    """Returns what voting in two stages earns and costs, for new problems.

    Our variant of the multi-temperature voting of Wu et al. 2025, whose thresholds are not
    published: they are the parameters `stages`. Answers as in `pooled_majority`.

    Raises:
        InputError: a log without answers, contradicting classes, or stages out of bounds.
    """
    shares = (stages.within, stages.across)
    if not (stages.first >= 1 and stages.more >= 0 and 0 < min(shares) <= max(shares) <= 1):
        raise InputError(f"stages need first >= 1, more >= 0, shares in (0, 1]; got {stages}")
    same = shared(groups)
    ends = [exact.two_stages(a, right, stages, draws, rng) for a, right in _ballots(same)]
    right, early = (np.stack(x) for x in zip(*ends, strict=True))
    whole = stages.first + stages.more
    samples = len(groups) * (stages.first + stages.more * (1 - early))
    weights = problem_worlds(same[0].problems, seed, worlds)

    def over_worlds(each: Floats, most: float = 1.0) -> Interval:
        return interval(np.minimum(weights @ each.mean(axis=1), most), mass, "new")

    error = float(np.sqrt((right.var(axis=1, ddof=1) / draws).sum()) / len(right))
    short = min(reach(g) for g in same)
    told = f"first + more must satisfy first + more <= n; got {whole}, the smallest n is {short}"
    reasons = [r for r in (lost(groups, len(right)), told if short < whole else None) if r]
    return Staged(
        accuracy=over_worlds(right),
        samples=over_worlds(samples, len(groups) * whole),
        early=over_worlds(early),
        error=error,
        reason="; ".join(reasons) or None,
    )


def _ballots(groups: Sequence[Counts]) -> list[tuple[list[Ints], Floats]]:
    """Each problem's answers at every setting, numbered 0..A-1 or VOID, and their correctness."""
    for g in groups:
        if g.drawn is None or g.drawn.answer is None:
            raise InputError(f"voting needs answers; {g.group.name} has none (column 'answer')")
        fixed(g, "voting")
    return [_ballot(groups, i) for i in range(len(groups[0]))]


def _ballot(groups: Sequence[Counts], i: int) -> tuple[list[Ints], Floats]:
    said = [g.drawn.answer[g.rows(i)] for g in groups]  # type: ignore[union-attr,index]
    right = np.concatenate([g.drawn.right[g.rows(i)] for g in groups])  # type: ignore[union-attr]
    every = np.concatenate(said)
    valid = every != VOID
    names, klass = np.unique(every[valid], return_inverse=True)
    setting = np.repeat(np.arange(len(said)), [len(s) for s in said])[valid]
    cells = np.zeros((2, len(names), len(said)))
    np.add.at(cells, (right[valid].astype(np.int64), klass, setting), 1)
    wrong, correct = cells
    clash = ((correct > 0) & (wrong == 0)).any(axis=1) & ((wrong > 0) & (correct == 0)).any(axis=1)
    if clash.any():
        raise InputError(
            f"problem {groups[0].problems[i]!r}: answer {names[clash][0]} is right in one group and"
            " wrong in another; number the groups' answers together"
        )
    shares = correct.sum(axis=1) / np.maximum((correct + wrong).sum(axis=1), 1)
    numbered = np.full(len(every), VOID, dtype=np.int64)
    numbered[valid] = klass
    return np.split(numbered, np.cumsum([len(s) for s in said])[:-1]), shares
