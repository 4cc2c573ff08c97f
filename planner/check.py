"""check: what a plan promised, against what a log that it has not seen shows of it.

The plan is carried out on the log's samples, exactly over their draws: nothing is chosen anew. Its
promise then is for these problems, so it is wider than for new ones at large: by how much problems
differ from each other, over how many there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import ndtri

from ..analysis.counts import Counts
from ..analysis.curve import Floats, Interval, Json, Population, number
from ..analysis.levels import Levels, given, one_level
from ..analysis.worlds import problem_worlds
from ..data.errors import InputError
from ..data.traces import Group, Trace
from .beyond import with_beyond
from .case import case
from .costs import check_logged
from .doubts import FEW_IN_LEVEL
from .lay import aligned
from .menu import Menu, menu_of
from .plan import Plan
from .probed import settled
from .saved import Saved, SavedLevel, saved
from .stages import Stage
from .table import ValueTable
from .unlike import applied
from .value import NOTHING, logged_verdicts, value_table

Three = tuple[Interval, Interval, Interval]


@dataclass(frozen=True, slots=True)
class CheckedLevel:
    """One level: its share of what is checked, how many problems it has here, and their intervals.

    A problem that a probe puts into several levels counts as far as it is in each.
    """

    level: str
    share: float
    problems: float
    promised: Interval
    realised: Interval
    gap: Interval
    spent: float

    def json(self) -> Json:
        """Returns the shape of a level of `Checked.json`."""
        told: Json = {"level": self.level, "share": self.share, "problems": self.problems}
        return told | _three(self) | {"spent": number(self.spent)}


@dataclass(frozen=True, slots=True)
class Checked:
    """A promise and what became of it.

    `population` is the plan's promise for new problems, `promised` the same for the mean over the
    problems of this log, `realised` what the plan reaches on them (its interval is for problems
    like them), and `gap` realised less promised.
    """

    promised: Interval
    population: Interval
    realised: Interval
    gap: Interval
    problems: int
    spent: float
    unit: str
    levels: tuple[CheckedLevel, ...]
    doubts: tuple[str, ...]

    def json(self) -> Json:
        """Returns the contract's shape."""
        return {
            **_three(self),
            "population": self.population.json(),
            "problems": self.problems,
            "spent": number(self.spent),
            "unit": self.unit,
            "levels": [level.json() for level in self.levels],
            "doubts": list(self.doubts),
        }


def _three(told: Checked | CheckedLevel) -> Json:
    return {name: getattr(told, name).json() for name in ("promised", "realised", "gap")}


def check(plan: Plan | Mapping[str, Any], log: Trace | Counts, *, seed: int = 0) -> Checked:
    """Carries a plan out on a log that it has not seen, and compares it with its promise.

    Args:
        plan: a plan, or the JSON of one.
        log: of the plan's models and verifiers, on other problems.
        seed: of the orders in which samples are replayed where a probe tells the levels.

    Raises:
        InputError: no plan; levels made with gold answers; a level, model, verifier or number of
            samples that one of the two lacks.
    """
    made = saved(plan)
    if made.rule.startswith("solve rate"):
        raise InputError(
            "the levels of this plan were made with gold answers, so it cannot be carried out"
        )
    named, doubts = _named(made, aligned(log))
    stage, mixture, beyond = _stage(made, named, seed)
    doubts += beyond + ([] if made.mixed else applied(made.made_on, named, seed))
    told = () if isinstance(log, Counts) else log.header.doubts
    levels = tuple(_level(made, each, stage, i, mixture) for i, each in enumerate(made.levels))
    rows = stage.case.rows(mixture)
    between = max(stage.case.spreads(mixture)[1], np.nan_to_num(made.spread))
    error = between / np.sqrt(len(named[0]))
    reached, spent = (
        float(stage.case.weights[0] @ rows),
        float(stage.case.weights[0] @ stage.case.spends(mixture)),
    )
    if made.mixed:
        share = np.asarray([level.share for level in levels])
        each = np.asarray([_sd(level.realised) for level in levels])
        error = float(np.sqrt(np.nansum((share * each) ** 2)))
    few = [v.level for v in levels if v.share > 0 and v.problems < FEW_IN_LEVEL]
    if few:
        doubts.append(
            f"fewer than {FEW_IN_LEVEL} problems of this log are of level {', '.join(few)}"
        )
    promised, realised, gap = _compare(made.promised, reached, float(error))
    return Checked(
        promised=promised,
        population=made.promised,
        realised=realised,
        gap=gap,
        problems=len(named[0]),
        spent=spent,
        unit=made.unit,
        levels=levels,
        doubts=tuple(dict.fromkeys([*told, *doubts])),
    )


def _compare(promise: Interval, realised: float, error: float) -> Three:
    """The promise for these problems, what was realised, and the gap."""
    both = float(np.hypot(_sd(promise), error))

    def around(middle: float, sd: float, who: Population, ends: tuple[float, float]) -> Interval:
        reach = _z(promise.mass) * sd
        low, high = max(middle - reach, ends[0]), min(middle + reach, ends[1])
        return Interval(middle, low, high, promise.mass, who)

    return (
        around(promise.estimate, both, "check", (0.0, 1.0)),
        around(realised, error, "new", (0.0, 1.0)),
        around(realised - promise.estimate, both, "check", (-1.0, 1.0)),
    )


def _z(mass: float) -> float:
    return float(ndtri((1 + mass) / 2))


def _sd(told: Interval) -> float:
    return (told.high - told.low) / (2 * _z(told.mass))


def _level(made: Saved, planned: SavedLevel, stage: Stage, i: int, mixture: Floats) -> CheckedLevel:
    case = stage.case
    own = case.level == i
    weight = case.weights[0] * own
    held = float(weight.sum())
    share = planned.share if made.mixed else held
    names = np.unique(case.problem[own & (weight > 0)])
    problems = held * len(np.unique(case.problem)) if made.probe is not None else len(names)
    if not held:
        nothing = Interval(float("nan"), float("nan"), float("nan"), planned.promised.mass)
        return CheckedLevel(planned.name, share, 0, planned.promised, nothing, nothing, np.nan)
    realised = float(weight @ case.rows(mixture) / held)
    between = max(np.nan_to_num(case.spreads(mixture)[0][i]), np.nan_to_num(planned.spread))
    promised, got, gap = _compare(planned.promised, realised, between / np.sqrt(max(problems, 1)))
    spent = float(weight @ case.spends(mixture) / held)
    return CheckedLevel(planned.name, share, problems, promised, got, gap, spent)


def _named(made: Saved, logs: list[Counts]) -> tuple[list[Counts], list[str]]:
    """The counts that the plan needs, named as it names them, and what differs."""
    wanted = [o for o in made.options if o.strategy != NOTHING.strategy]
    groups = {o.group for o in wanted} | ({made.probe.group} if made.probe else set())
    there = {_short(each.group) for each in logs}
    doubts = []
    if len(groups) == 1 and len(there) == 1 and groups != there:
        (ours,), (theirs,) = groups, there
        doubts.append(f"the plan was made for {ours.name!r}; this log is of {theirs.name!r}")
        logs = [replace(each, group=ours) for each in logs]
        there = groups
    for missing in groups - there:
        raise InputError(
            f"the plan uses {missing.name!r}, which this log does not have"
            f" (it has {', '.join(sorted(repr(g.name) for g in there))})"
        )
    judges = {o.verifier for o in wanted} | ({made.probe.verifier} if made.probe else set())
    for judge in sorted(j for j in judges if j is not None):
        if judge not in {each.verifier for each in logs}:
            raise InputError(f"the plan asks verifier {judge!r}, who has no verdicts in this log")
    kept = [
        replace(each, group=_short(each.group)) for each in logs if _short(each.group) in groups
    ]
    # A plan that answers nothing needs none of the groups, but problems to leave unanswered.
    kept = kept or logs[:1]
    asked = [each for each in kept if each.verifier is None or each.verifier in judges]
    kept = asked or kept[:1]
    check_logged(made.unit, made.prices, kept)
    return kept, doubts


def _short(group: Group) -> Group:
    return Group(model=group.model, temperature=group.temperature)


def _stage(made: Saved, logs: list[Counts], seed: int) -> tuple[Stage, Floats, list[str]]:
    """The plan's levels and options on this log, its mixture (L, O) of them, and doubts."""
    fewest = min(int(each.n.min()) for each in logs)
    _check_size(made.probe.samples if made.probe else 1, fewest)
    within = [o for o in made.options if o.solutions <= fewest]
    far = sorted({o.solutions for o in made.options if o.solutions > fewest})
    tried = menu_of(within, made.prices.parallel)
    table = value_table(logs, made.prices, tried=tried)
    if far:
        table = with_beyond(table, logs, made.prices, seed, far=np.asarray(far))
    worlds = problem_worlds(logs[0].problems, seed, 1)
    if made.probe is None:
        levels = _levels(made, logs[0])
        mix = {level.name: level.share for level in made.levels} if made.mixed else None
        stage = Stage(case(table, levels, mix, worlds, np.arange(len(logs[0]))), levels)
    else:
        stage = _probed(made, logs, worlds, seed, (tried, table))
    said = [
        f"the plan takes up to {most} samples of a problem and this log has {fewest}: what lies"
        " beyond is not replayed but valued by fits to this log"
        for most in far[-1:]
    ]
    return stage, _mixture(made, stage, logs), said


def _mixture(made: Saved, stage: Stage, logs: list[Counts]) -> Floats:
    place = {option: i for i, option in enumerate(stage.case.table.options)}
    place |= {replace(NOTHING, group=o.group): i for o, i in list(place.items()) if o == NOTHING}
    mixture = np.zeros((len(made.levels), len(stage.case.table.options)))
    for i, level in enumerate(made.levels):
        for part in level.split:
            option = NOTHING if part.option.strategy == NOTHING.strategy else part.option
            if option not in place:
                raise InputError(
                    f"this log cannot value {option.name!r}"
                    f" (its problems have {min(int(each.n.min()) for each in logs)} samples, those"
                    f" {max(map(logged_verdicts, logs))} verdicts each)"
                )
            mixture[i, place[option]] += part.weight
    return mixture


def _probed(
    made: Saved, logs: list[Counts], worlds: Floats, seed: int, tried: tuple[Menu, ValueTable]
) -> Stage:
    assert made.probe is not None
    stage = settled(made.probe, logs, made.prices, worlds, seed, *tried)
    if stage is None:
        raise InputError(f"this log does not have what the plan looks at ({made.probe.rule})")
    return stage


def _levels(made: Saved, counts: Counts) -> Levels:
    """The log's levels in the plan's order; every problem has to have one that was planned."""
    planned = [level.name for level in made.levels]
    if len(planned) == 1 and made.rule == one_level(1).rule:
        return one_level(len(counts))
    if counts.levels is None:
        raise InputError(f"the plan needs the levels {', '.join(planned)}; this log has none")
    there = given(counts)
    used = [level.name for level in made.levels if level.share > 0]
    if missing := [name for name in used if name not in there.names]:
        raise InputError(f"the plan's level {missing[0]!r} has no problem in this log")
    if extra := [name for name in there.names if name not in planned]:
        raise InputError(
            f"level {extra[0]!r} of this log was not planned for (planned: {', '.join(planned)})"
        )
    place = np.asarray([planned.index(name) for name in there.names])
    return replace(there, names=tuple(planned), of=place[there.of])


def _check_size(probe: int, fewest: int) -> None:
    if probe > fewest:
        raise InputError(
            f"the plan looks at {probe} samples of a problem; a problem of this log has {fewest}"
        )
