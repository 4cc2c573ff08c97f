"""What each number of solutions and of verdicts on each buys on a level, beside the choice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..analysis.counts import Ints
from ..analysis.curve import MASS, Floats, Interval, Population, interval, quantiles
from ..data.traces import Group
from .case import Case
from .costs import prices
from .ground import Ground, stage_of
from .plan import LevelPlan, Option, Plan
from .stages import Told

Kind = Literal["unjudged", "until accepted", "judged"]
"""No verdicts; one on each until one accepts, which draws fewer; V on each of all S."""

KINDS: Mapping[str, Kind] = {
    "one": "unjudged",
    "majority": "unjudged",
    "accept-first": "until accepted",
    "best-of": "judged",
    "weighted": "judged",
    "best-of-majority": "judged",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A way to spend on S solutions: its kind, and the verdicts V on each."""

    kind: Kind
    verdicts: int


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A level's options as cells: `rows` (R,) by numbers of `solutions` (S,), for new problems.

    `worlds` (1 + W, R, S) holds the accuracy, NaN where there is no option; of options that draw
    the same, the most accurate. `cost` (R, S) is what a problem is expected to cost. `fitted` (R,
    S) marks what lies beyond what the log can show, `alike` (R, S) what the log cannot tell from
    the plan's own accuracy. `chosen` are the cells of the plan: row, column, and the share of the
    level's problems; `elsewhere` is the share that gets what no cell shows. `share` is the level's
    part of all problems, `spent` what the plan spends on one of its problems. In a `crowd` other
    groups competed with this one.
    """

    level: str
    share: float
    group: Group
    verifier: str | None
    rows: tuple[Row, ...]
    solutions: Ints
    worlds: Floats
    cost: Floats
    fitted: NDArray[np.bool_]
    alike: NDArray[np.bool_]
    chosen: tuple[tuple[int, int, float], ...]
    elsewhere: float
    spent: float
    mass: float
    population: Population = "new"
    crowd: bool = False

    @property
    def estimate(self) -> Floats:
        """The accuracy of every cell, (R, S)."""
        return np.asarray(self.worlds[0])

    @property
    def ends(self) -> tuple[Floats, Floats]:
        """The ends of the interval of every cell, (R, S) each."""
        flat = self.worlds.reshape(len(self.worlds), -1)
        low, high = quantiles(flat, self.mass)
        return low.reshape(self.cost.shape), high.reshape(self.cost.shape)

    def at(self, row: int, column: int) -> Interval:
        """Returns the accuracy of one cell."""
        return interval(self.worlds[:, row, column], self.mass, self.population)

    def best(self, budget: float) -> tuple[int, int] | None:
        """Returns the most accurate cell that costs no more; of equals the cheapest."""
        able = np.isfinite(self.estimate) & (self.cost <= budget * (1 + 1e-9))
        if not able.any():
            return None
        places = np.argwhere(able)
        worth = [(self.estimate[r, s], -self.cost[r, s]) for r, s in places]
        row, column = places[max(range(len(places)), key=lambda i: worth[i])]
        return int(row), int(column)


def surfaces(
    base: Ground,
    plan: Plan,
    *,
    unit: str | None = None,
    mix: Mapping[str, float] | None = None,
    price_file: Path | None = None,
    mass: float = MASS,
) -> tuple[Cells, ...]:
    """Returns the cells of each level of a plan that has a choice of solutions or verdicts.

    Args:
        base: what the plan was made from.
        plan: the plan, made of `base` with the arguments below.
        unit: as in `plan`.
        mix: as in `plan`.
        price_file: as in `plan`.
        mass: of every interval.
    """
    told = _told(base, plan)
    if told is None:
        return ()
    _, price = prices(unit, list(base.logs), price_file)
    case = stage_of(base, told, price, mix if told.probe is None else None).case
    cost = case.means(case.weights[0])[0]
    found = (_cells(case, i, level, cost[i], mass) for i, level in enumerate(plan.levels))
    crowd = plan.groups > 1
    return tuple(replace(each, crowd=crowd) for each in found if each is not None)


def _told(base: Ground, plan: Plan) -> Told | None:
    """How the plan knows levels: the way of the ground whose probe and levels are the plan's."""
    names = tuple(level.level for level in plan.levels)
    ways = (base.plain, *base.told)
    return next((t for t in ways if t.probe is plan.probe and t.levels.names == names), None)


def _cells(case: Case, i: int, level: LevelPlan, cost: Floats, mass: float) -> Cells | None:
    options = case.table.options
    worlds = case.right_grid[:, i] / np.maximum(case.mixes()[:, i], 1e-300)[:, None]
    group, verifier = _shown(options, level, worlds[0])
    kept = dict(_kept(options, group, verifier))
    if len({option.solutions for option in kept.values()}) < 2:
        return None
    rows = sorted({_row(o) for o in kept.values()}, key=_order)
    solutions = np.unique([o.solutions for o in kept.values()])
    best = np.full((len(rows), len(solutions)), -1, dtype=np.int64)
    for place, option in kept.items():
        at = rows.index(_row(option)), int(np.searchsorted(solutions, option.solutions))
        if best[at] < 0 or worlds[0, place] > worlds[0, best[at]]:
            best[at] = place
    chosen, elsewhere = _chosen(level, group, verifier, rows, solutions)
    made = np.where(best >= 0, worlds[:, best], np.nan)
    return Cells(
        level.level, level.share, group, verifier, tuple(rows), solutions, made,
        np.where(best >= 0, cost[best], np.nan),
        np.asarray([o.fitted for o in options])[best] & (best >= 0),
        _alike(made, _planned(worlds, options, level), mass),
        chosen, elsewhere, level.cost, mass,
    )  # fmt: skip


def _shown(options: Sequence[Option], level: LevelPlan, worth: Floats) -> tuple[Group, str | None]:
    """The group and the verifier of the cells: the plan's own, else the best there are."""
    parts = sorted(level.split, key=lambda part: (part.option.verifier is None, -part.weight))
    own = [part.option for part in parts if part.option.strategy in KINDS]
    alive = [i for i, option in enumerate(options) if option.strategy in KINDS]
    top = max(alive, key=lambda i: worth[i])
    group = own[0].group if own else options[top].group
    if own and own[0].verifier is not None:
        return group, own[0].verifier
    judged = [i for i in alive if options[i].verifier is not None and options[i].group == group]
    return group, options[max(judged, key=lambda i: worth[i])].verifier if judged else None


def _kept(
    options: Sequence[Option], group: Group, verifier: str | None
) -> Iterator[tuple[int, Option]]:
    for place, option in enumerate(options):
        mine = option.group == group and option.verifier in (None, verifier)
        if mine and option.strategy in KINDS:
            yield place, option


def _row(option: Option) -> Row:
    return Row(KINDS[option.strategy], option.verdicts)


def _order(row: Row) -> tuple[int, int]:
    return row.verdicts, int(row.kind == "judged")


def _chosen(
    level: LevelPlan,
    group: Group,
    verifier: str | None,
    rows: Sequence[Row],
    solutions: Ints,
) -> tuple[tuple[tuple[int, int, float], ...], float]:
    found: dict[tuple[int, int], float] = {}
    for part in level.split:
        for _, option in _kept([part.option], group, verifier):
            at = rows.index(_row(option)), int(np.searchsorted(solutions, option.solutions))
            found[at] = found.get(at, 0.0) + part.weight
    elsewhere = sum(part.weight for part in level.split) - sum(found.values())
    return tuple((r, s, w) for (r, s), w in found.items()), max(elsewhere, 0.0)


def _planned(worlds: Floats, options: Sequence[Option], level: LevelPlan) -> Floats:
    """The accuracy of what the plan does on the level, in every world."""
    places = {option: i for i, option in enumerate(options)}
    each = [part.weight * worlds[:, places[part.option]] for part in level.split]
    return np.asarray(np.sum(each, axis=0)) if each else np.zeros(len(worlds))


def _alike(made: Floats, planned: Floats, mass: float) -> NDArray[np.bool_]:
    """Cells whose difference from the plan the log does not show, in the same worlds."""
    apart = (made - planned[:, None, None]).reshape(len(made), -1)
    low, high = quantiles(apart, mass)
    return np.asarray(((low <= 0) & (high >= 0)).reshape(made.shape[1:]))
