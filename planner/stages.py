"""Stages: how difficulty may be known when a problem arrives, and which way of knowing pays."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..analysis.counts import Counts
from ..analysis.curve import Floats
from ..analysis.levels import Levels, by_solve_rate, given, halves, one_level
from ..analysis.probe import Probe
from ..analysis.worlds import problem_worlds
from ..data.errors import InputError, nearest
from ..data.traces import UNTIL_SUCCESS
from .allocate import Allocation
from .case import Case, case
from .costs import Prices
from .promise import FOLDS, REPEATS
from .value import ValueTable, value_table

RULES = ("auto", "given", "none", "probe", "solve-rate")
EPSILON = 0.005
"""Accuracy that a probe must add to what needs none: less is not worth a more complicated plan."""
ENOUGH_FOR_HALVES = 8
"""Samples a problem needs before half of them may make its level and half may value it."""
MIN_PROBLEMS_FOR_ORACLE = 12
Flags = NDArray[np.bool_]
Mix = Mapping[str, float] | None


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A case, how its levels are known, and the probe that tells them, if one does."""

    case: Case
    levels: Levels
    probe: Probe | None = None


def known(rule: str, counts: Counts) -> Levels:
    """Returns the levels that are there before anything is drawn.

    Raises:
        InputError: no such rule, or `given` of a log without levels.
    """
    if rule not in RULES:
        raise InputError(
            f"levels must be one of {', '.join(RULES)}; got {rule!r}{nearest(rule, list(RULES))}"
        )
    if rule == "given" or (rule in ("auto", "probe") and counts.levels is not None):
        return given(counts)
    return one_level(len(counts))


def observed(logs: list[Counts], levels: Levels, price: Prices, mix: Mix, seed: int) -> Stage:
    """Levels that are known before anything is drawn, valued on the whole log."""
    worlds = problem_worlds(logs[0].problems, seed)
    made = case(value_table(logs, price), levels, mix, worlds, np.arange(len(logs[0])))
    return Stage(made, levels)


def oracle(logs: list[Counts], price: Prices, seed: int) -> Stage:
    """Levels made from one half of the samples and valued on the other, in both directions."""
    split = [halves(each, np.random.default_rng([seed, 4])) for each in logs]
    tables, of = [], []
    for made, valued in ((0, 1), (1, 0)):
        levels = by_solve_rate(split[0][made])
        of.append(levels.of)
        tables.append(value_table([pair[valued] for pair in split], price, part=1.0))
    table = ValueTable(
        tables[0].options,
        np.concatenate([t.value for t in tables]),
        np.concatenate([t.cost for t in tables]),
    )
    both = replace(levels, of=np.concatenate(of))
    worlds = np.tile(problem_worlds(logs[0].problems, seed), 2) / 2
    twice = np.tile(np.arange(len(logs[0])), 2)
    return Stage(case(table, both, None, worlds, twice), both)


def can_halve(logs: list[Counts]) -> bool:
    """Returns whether half of every problem's samples may make its level, the rest value it."""
    return all(
        each.drawn is not None
        and each.stop_rule != UNTIL_SUCCESS
        and int(each.n.min()) >= ENOUGH_FOR_HALVES
        and len(each) >= MIN_PROBLEMS_FOR_ORACLE
        for each in logs
    )


def best(
    stages: Sequence[Stage], budget: float, weights: Sequence[Floats] | None = None
) -> tuple[int, Allocation]:
    """Returns the place of the stage of highest accuracy at a budget, and its allocation.

    A probe that the budget cannot pay is left out, and one that gains less than EPSILON over a
    stage without a probe is not worth it. `weights` are of each stage's rows, its own if None.
    """
    chosen, most = None, -np.inf
    for i, stage in enumerate(stages):
        made = stage.case.allocate(budget, None if weights is None else weights[i])
        charged = made.value - (EPSILON if stage.probe is not None else 0.0)
        pays = stage.probe is None or made.spent <= budget * (1 + 1e-9)
        if pays and (chosen is None or charged > most + 1e-12):
            chosen, most = (i, made), charged
    if chosen is None:
        least = min(stage.case.steps().base_cost for stage in stages)
        raise InputError(
            f"budget must be at least {least:.4g} per problem to pay for the smallest probe;"
            f" got {budget:g}"
        )
    return chosen


def choosing(stages: Sequence[Stage], budget: float, rng: np.random.Generator) -> float:
    """Returns the accuracy of choosing a stage and its split on some problems, seen on the rest.

    Problems are dealt into FOLDS, REPEATS times over; each is valued by the plan that the problems
    of the other folds made, the choice among stages included. NaN where no fold can be planned
    without its problems.
    """
    total, weight = 0.0, 0.0
    names = np.unique(stages[0].case.problem)
    for _ in range(REPEATS):
        dealt = rng.permutation(len(names)) % FOLDS
        for f in range(FOLDS):
            outs = [np.isin(s.case.problem, names[dealt == f]) for s in stages]
            train = [_without(s.case, out) for s, out in zip(stages, outs, strict=True)]
            kept = [i for i, weights in enumerate(train) if weights is not None]
            if not kept:
                continue
            try:
                place, made = best(
                    [stages[i] for i in kept], budget, [w for w in train if w is not None]
                )
            except InputError:  # without these problems the smallest probe costs too much
                continue
            chosen = stages[kept[place]].case
            seen = np.where(outs[kept[place]], chosen.weights[0], 0.0)
            total += float(seen @ chosen.rows(made.weight))
            weight += float(seen.sum())
    return total / weight if weight > 0 else float("nan")


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
