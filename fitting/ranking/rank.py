"""rank: from judgments or a log of several models to a Ranking, each kind by its own models."""

from collections.abc import Mapping, Sequence

import numpy as np

from ...analysis.counts import Counts, count
from ...analysis.curve import MASS, Floats
from ...data.errors import InputError
from ...data.judgments import LEFT, RIGHT, TIE, Grades, Orders, Pairs
from ...data.traces import UNTIL_SUCCESS, Trace
from . import graded, variance
from .asked import How, sizes
from .bradley_terry import bradley_terry
from .hierarchical import hierarchical
from .judged import judged
from .links import Tie
from .outcomes import (
    afforded,
    asked,
    named,
    outcomes,
    share_problems,
    shares_of_variance,
    tried,
    unpaired,
)
from .pooled import pool
from .ranking import Ranking
from .standing import Standing

CROWD = 30
"""Judges up to which each is given a sharpness and an order effect of its own."""
CELLS = 5000
"""Candidates times problems up to which the hierarchical model is fitted too."""


def rank(
    data: Trace | Mapping[str, Counts] | Pairs | Grades | Orders,
    *,
    metric: str = "coverage",
    k: int | Sequence[int] = 1,
    budget: float | None = None,
    rope: float | None = None,
    mass: float = MASS,
    seed: int = 0,
) -> Ranking:
    """Ranks candidates, with the posterior over ranks and what it rests on.

    Args:
        data: judgments (`read_judgments`), a trace of several models, or counts by candidate.
        metric: of a trace: `coverage`, `majority` or `best_of`.
        k: of a trace: samples drawn, for all or for each candidate.
        budget: of a trace: tokens a problem; each candidate draws what they buy it.
        rope: the difference that does not matter; .01 of accuracy, .1 logits, or 2% of the range
            of levels, when None.
        mass: of intervals, rank sets, decisions and the joint order.
        seed: of all draws.

    Raises:
        InputError: fewer than two candidates, or nothing to compare them by.
    """
    if rope is not None and not 0 <= rope < np.inf:
        raise InputError(f"rope must be finite and satisfy rope >= 0; got {rope:g}")
    how = How(metric, k, budget, rope, mass, seed)
    if isinstance(data, Pairs):
        return _pairs(data, how)
    if isinstance(data, Grades):
        return graded.levels(data, how)
    if isinstance(data, Orders):
        return graded.orders(data, how)
    if isinstance(data, Trace):
        return _outcomes(_by_candidate(data), how, data)
    return _outcomes(data, how, None)


def _by_candidate(trace: Trace) -> dict[str, Counts]:
    groups = trace.groups()
    found = {group.name: count(part) for group, part in groups}
    if len(found) < 2:
        raise InputError(
            f"ranking needs a log of at least 2 models (or runs, or temperatures); got {len(found)}"
        )
    return found


def _outcomes(each: Mapping[str, Counts], how: How, trace: Trace | None) -> Ranking:
    if how.budget is not None and how.k != 1:
        raise InputError("give k or a budget, not both")
    k = how.k if how.budget is None else afforded(each, how.budget)
    asked(each, how.metric, k)
    if not share_problems(each):
        return _alone(each, how, k, trace)
    data = tried(each, metric=how.metric, k=k)
    alone = outcomes(data, seed=how.seed)
    main = pool(alone, how.rng())
    also = [alone, outcomes(data, population="these", seed=how.seed)]
    fixed = all(c.stop_rule != UNTIL_SUCCESS for c in data.each)
    if data.metric == "coverage" and fixed and data.earned.size <= CELLS:
        also.append(hierarchical(data, how.rng()))
    share = shares_of_variance(data)
    return Ranking(
        kind="outcomes",
        metric=named(data),
        unit="problems",
        standing=main,
        sensitivity=tuple(also),
        variance=_within(main, share),
        rope=how.matters("outcomes"),
        mass=how.mass,
        size={"problems": len(data.problems), "samples": int(sum(c.n.sum() for c in data.each))},
        sources=trace.header.sources if trace else (),
        notes=trace.header.doubts if trace else (),
    )


def _alone(
    each: Mapping[str, Counts], how: How, k: int | Sequence[int], trace: Trace | None
) -> Ranking:
    """Candidates that share no problem."""
    made = unpaired(each, metric=how.metric, k=k, seed=how.seed)
    return Ranking(
        kind="outcomes",
        metric=made.assumption.split(",")[0],
        unit="problems",
        standing=pool(made, how.rng()),
        sensitivity=(made,),
        rope=how.matters("outcomes"),
        mass=how.mass,
        size={"problems": sum(map(len, each.values()))},
        sources=trace.header.sources if trace else (),
        notes=trace.header.doubts if trace else (),
    )


def _within(main: Standing, share: Floats) -> Mapping[str, Floats] | None:
    """Of each candidate against the leader: what more samples would take away, and the rest."""
    if np.isnan(share).all():
        return None
    leader = int(np.argmax(main.worlds[0]))
    samples = share[:, leader]
    return {"samples": samples, "problems": 1 - samples}


def _pairs(pairs: Pairs, how: How) -> Ranking:
    rng = how.rng()
    tie: Tie = "davidson" if (pairs.winner == TIE).any() else "none"
    main = bradley_terry(pairs, rng, tie=tie, order=True, seed=how.seed)
    again = "drawn again" in main.assumption
    also = [bradley_terry(pairs, rng, tie=tie, order=False, seed=how.seed)]
    if tie != "none":
        also.append(bradley_terry(pairs, rng, tie="rao-kupper", order=True, seed=how.seed))
        if np.isin(pairs.winner, (LEFT, RIGHT)).any():
            also.append(bradley_terry(pairs, rng, tie="none", order=True, seed=how.seed))
    if again:
        also.append(bradley_terry(pairs, rng, tie=tie, order=True, clustered=False))
    judges = 0 if pairs.judge is None else len(np.unique(pairs.judge))
    if 1 < judges <= CROWD:
        also.append(judged(pairs, rng, tie=tie))
    return Ranking(
        kind="pairs",
        metric="strength in logits",
        unit="items" if again else "battles",
        standing=main,
        sensitivity=tuple(also),
        variance=variance.of_pairs(pairs, rng, tie=tie, order=True, seed=how.seed),
        rope=how.matters("pairs"),
        mass=how.mass,
        size=sizes(pairs.item, pairs.judge, battles=len(pairs.winner)),
        sources=pairs.origin.sources,
        notes=pairs.origin.doubts,
    )
