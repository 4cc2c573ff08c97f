"""Weighted votes of solutions drawn again: which answer gets the most accepting verdicts."""

from dataclasses import dataclass

import numpy as np

from ..analysis.counts import VOID, Counts, Ints
from ..analysis.curve import Floats
from .redrawn import loud
from .verdicts import Repeated, Verdicts

RUNS = 16
"""How often every world votes on each problem: a standard error below .13 / sqrt(P) a world."""


@dataclass(frozen=True, slots=True, eq=False)
class _Votes:
    """Drawn solutions (R, S): the answer, the rate of acceptance, a tie-break; answers' truth (A,).

    Answers are numbered 0..A-1; those from A on are wrong and nobody else's, one a solution.
    """

    answer: Ints
    rate: Floats
    tie: Floats
    right: Floats


def voted(
    counts: Counts,
    log: Repeated,
    drawn: Verdicts,
    solutions: Ints,
    verdicts: Ints,
    rng: np.random.Generator,
) -> Floats:
    """Returns (W, P, S, V) how often the answer with the most accepting verdicts is right.

    RUNS votes a world, with solutions drawn as `redrawn` does. One of the fitted kind answers like
    a solution of the log that is as right, or like none (a wrong one) with the weight of one. Void
    answers use up a solution and cast no vote; equal totals are decided at random.
    """
    out = np.empty((len(drawn.solve), log.problems, len(solutions), len(verdicts)))
    strength = loud(log, drawn, len(out), rng)
    for i in range(log.problems):
        votes = _drawn(counts, log, drawn, i, int(solutions.max()), strength, rng)
        won = _won(votes, solutions, verdicts, rng)
        out[:, i] = won.reshape(len(out), RUNS, *out.shape[2:]).mean(axis=1)
    return out


def _drawn(
    counts: Counts,
    log: Repeated,
    drawn: Verdicts,
    problem: int,
    size: int,
    strength: list[Floats],
    rng: np.random.Generator,
) -> _Votes:
    """Draws `size` solutions of one problem, RUNS times in every world."""
    rows = counts.rows(problem)
    names, answer = np.unique(counts.drawn.answer[rows], return_inverse=True)  # type: ignore[index,union-attr]
    right = log.right[rows]
    truth = np.bincount(answer, right) > np.bincount(answer) / 2
    known = np.flatnonzero(truth & (names != VOID))
    fresh = len(names) + 1, int(known[0]) if len(known) else len(names)
    worlds, shape = len(drawn.solve), (len(drawn.solve), RUNS * size)
    good = rng.random(shape) < drawn.solve[:, problem, None]
    named, rate = np.empty(shape, dtype=np.int64), np.empty(shape)
    for kind, (mean, agree) in enumerate((drawn.wrong, drawn.right)):
        mine = np.flatnonzero(right == kind)
        of = _picked(len(mine), strength[kind], shape, rng)
        own = np.append(answer[mine], -1)[of]
        # A solution of the fitted kind answers like one of the log, or like none.
        other = np.append(answer[mine], fresh[kind])[
            _picked(len(mine), np.ones(worlds), shape, rng)
        ]
        pulled = mean[:, problem, None], agree[:, problem, None], log.yes[rows], log.read[rows]
        accepts = _rates(*pulled, mine, of, rng)
        rate = np.where(good == kind, accepts, rate)
        named = np.where(good == kind, np.where(own >= 0, own, other), named)
    silent = np.flatnonzero(names == VOID)
    flat = np.where(np.isin(named, silent), VOID, named).reshape(-1, size)
    tie = rng.random((len(flat), len(truth) + 1))
    return _Votes(flat, rate.reshape(-1, size), tie, np.append(truth, True).astype(np.float64))


def _picked(logged: int, rest: Floats, shape: tuple[int, int], rng: np.random.Generator) -> Ints:
    """Draws one of the logged or, at place `logged`, another of weight `rest`, by a Dirichlet."""
    weight = np.column_stack([np.ones((shape[0], logged)), rest])
    gamma = rng.standard_gamma(weight)
    upto = gamma.cumsum(axis=1) / gamma.sum(axis=1, keepdims=True)
    place = (rng.random(shape)[..., None] > upto[:, None]).sum(axis=2)
    return np.asarray(np.minimum(place, logged))


def _rates(
    mean: Floats, agree: Floats, yes: Ints, read: Ints, mine: Ints, of: Ints,
    rng: np.random.Generator,
) -> Floats:  # fmt: skip
    """The rate of each drawn solution, from what its own verdicts leave open."""
    strength = 1 / agree - 1
    more = np.append(yes[mine], 0)[of], np.append(read[mine] - yes[mine], 0)[of]
    return np.asarray(rng.beta(mean * strength + more[0], (1 - mean) * strength + more[1]))


def _won(votes: _Votes, solutions: Ints, verdicts: Ints, rng: np.random.Generator) -> Floats:
    """Returns (R, S, V) whether the heaviest answer is right."""
    classes = len(votes.right)
    out = np.empty((len(votes.rate), len(solutions), len(verdicts)))
    cast = np.zeros(votes.rate.shape)
    seen = 0
    member = votes.answer[..., None] == np.arange(classes)
    alone = votes.answer == classes
    for j in np.argsort(verdicts):
        cast = cast + rng.binomial(int(verdicts[j]) - seen, votes.rate)
        seen = int(verdicts[j])
        total = np.where(member, cast[..., None], 0.0).cumsum(axis=1)
        there = np.logical_or.accumulate(member, axis=1)
        apart = np.maximum.accumulate(
            np.where(alone, cast + rng.random(cast.shape), -np.inf), axis=1
        )
        for i, s in enumerate(solutions):
            heavy = np.where(there[:, s - 1], total[:, s - 1] + votes.tie, -np.inf)
            heavy = np.column_stack([heavy, apart[:, s - 1]])
            top = heavy.argmax(axis=1)
            won = np.append(votes.right, 0.0)[top]
            out[:, i, j] = np.where(np.isfinite(heavy.max(axis=1)), won, 0.0)
    return out
