"""Stages: how difficulty may be known when a problem arrives, and which way of knowing pays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..analysis.counts import Counts, Ints
from ..analysis.curve import Floats
from ..analysis.levels import Levels, given, one_level
from ..analysis.probe import Probe
from ..data.errors import InputError, nearest
from .allocate import Allocation
from .case import Case
from .costs import Prices
from .promise import FOLDS, REPEATS
from .simple import simplest
from .table import ValueTable
from .used import charge

SOLVE_RATE = "solve-rate"
RULES = ("auto", "given", "none", "probe", SOLVE_RATE)
EPSILON = 0.005
"""Utility that a probe must add to what needs none: less is not worth a more complicated plan."""
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """Levels as they are told, and what every option is worth there, whatever it costs.

    Row i is problem `problem[i]` where it is told to be of level `levels.of[i]`, which it is so
    `often`. A problem is of one level, or of several when what tells it is noisy.
    """

    levels: Levels
    problem: Ints
    often: Floats
    table: ValueTable
    probe: Probe | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A case, how its levels are known, and the probe that tells them, if one does."""

    case: Case
    levels: Levels
    probe: Probe | None = None


def staged(told: Told, logs: Sequence[Counts], price: Prices, worlds: Floats) -> Stage:
    """Prices what was told: `worlds` (W, P) weigh the problems of the logs."""
    assert told.table.used is not None
    table = replace(told.table, cost=charge(told.table.used, logs, price, told.problem))
    weights = worlds[:, told.problem] * told.often
    share = np.bincount(told.levels.of, weights[0], len(told.levels.names)).astype(float)
    made = Case(table, told.levels.of, share, weights, told.problem)
    return Stage(made, told.levels, told.probe)


def plainly(levels: Levels, table: ValueTable) -> Told:
    """Levels that are known before anything is drawn."""
    every = np.arange(len(levels.of))
    return Told(levels, every, np.ones(len(every)), table)


def known(rule: str, counts: Counts) -> Levels:
    """Returns the levels that are there before anything is drawn.

    Raises:
        InputError: no such rule, or `given` of a log without levels.
    """
    if rule.partition(":")[0] not in RULES or (":" in rule and not rule.startswith(SOLVE_RATE)):
        raise InputError(
            f"levels must be one of {', '.join(RULES)}; got {rule!r}{nearest(rule, list(RULES))}"
        )
    if rule == "given" or (rule in ("auto", "probe") and counts.levels is not None):
        return given(counts)
    return one_level(len(counts))


def best(
    stages: Sequence[Stage], budget: float, weights: Sequence[Floats] | None = None
) -> tuple[int, Allocation]:
    """Returns the place of the stage of highest utility at a budget, and its simplest allocation.

    A probe that the budget cannot pay is left out, and one that gains less than EPSILON over a
    stage without a probe is not worth it. `weights` are of each stage's rows, its own if None.
    """
    chosen, most = None, -np.inf
    for i, stage in enumerate(stages):
        weight = None if weights is None else weights[i]
        made = stage.case.allocate(budget, weight)
        charged = made.value - (EPSILON if stage.probe is not None else 0.0)
        pays = stage.probe is None or made.spent <= budget * (1 + 1e-9)
        if pays and (chosen is None or charged > most + 1e-12):
            chosen, most = (i, weight), charged
    if chosen is None:
        least = min(float(stage.case.steps().budgets[0]) for stage in stages)
        raise InputError(
            f"budget must be at least {least:.4g} per problem to pay for the smallest probe;"
            f" got {budget:g}"
        )
    return chosen[0], simplest(stages[chosen[0]].case, budget, chosen[1])


def choosing(stages: Sequence[Stage], budget: float, rng: np.random.Generator) -> float:
    """Returns the utility of choosing a stage and its split on some problems, seen on the rest.

    Problems are dealt into FOLDS, REPEATS times over; each is valued by the plan that the problems
    of the other folds made, the choice among stages included. NaN where no fold can be planned
    without its problems.
    """
    names, outs = np.unique(stages[0].case.problem), []
    for _ in range(REPEATS):
        dealt = rng.permutation(len(names)) % FOLDS
        outs += [names[dealt == f] for f in range(FOLDS)]
    picked = [_picked(stage, budget, outs) for stage in stages]
    total, weight = 0.0, 0.0
    for f, out in enumerate(outs):
        place = max(range(len(stages)), key=lambda i: (picked[i].get(f, -np.inf), -i))
        if f not in picked[place]:
            continue  # without these problems the smallest probe costs too much
        case = stages[place].case
        gone = np.isin(case.problem, out)
        train = np.where(gone, 0.0, case.weights[0])
        seen = np.where(gone, case.weights[0], 0.0)
        total += float(seen @ case.rows(simplest(case, budget, train).weight))
        weight += float(seen.sum())
    return total / weight if weight > 0 else float("nan")


def _picked(stage: Stage, budget: float, outs: Sequence[Ints]) -> dict[int, float]:
    """What a stage is worth without each fold of problems, where it can be planned and paid."""
    trains = [_without(stage.case, np.isin(stage.case.problem, out)) for out in outs]
    there = [f for f, train in enumerate(trains) if train is not None]
    if not there:
        return {}
    made = stage.case.allocate_each(budget, np.stack([t for t in trains if t is not None]))
    charge = EPSILON if stage.probe is not None else 0.0
    return {
        f: each.value - charge
        for f, each in zip(there, made, strict=True)
        if stage.probe is None or each.spent <= budget * (1 + 1e-9)
    }


def _without(case: Case, out: Flags) -> Floats | None:
    """The weights of a case's rows without some; None where a level would have none left."""
    train = np.where(out, 0.0, case.weights[0])
    left = np.bincount(case.level, train, len(case.share))
    return train if (left[case.share > 0] > 0).all() else None


def others(stages: Sequence[Stage], chosen: int) -> Iterator[tuple[str, list[Stage]]]:
    """Yields the ways of knowing that were not chosen, by name: no probe, or any probe."""
    if stages[chosen].probe is not None:
        plain = [s for s in stages if s.probe is None and len(s.levels.names) > 1]
        if plain:
            yield "levels given in the log", plain
    elif probes := [s for s in stages if s.probe is not None]:
        yield "levels by the best probe", probes
