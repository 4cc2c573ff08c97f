"""The frontier on the page: accuracy for every budget, beside what simpler ways to spend give."""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ..analysis.curve import Interval
from ..data.errors import InputError
from ..planner.plan import Baseline, Frontier, LevelPlan, Plan
from .document import Picture
from .figures import (
    BLUE,
    CYCLE,
    DASHES,
    GREY,
    MARKERS,
    canvas,
    ink,
    log_axis,
    look,
    name_lines,
    svg,
)
from .marks import Point, at, told
from .wording import amount, clip, people, percent, say

MOST = 5
"""Baselines in the picture; the table has them all."""
CORNERS = 20
"""About how many corners of a frontier can be pointed at."""


def worth(made: Plan | LevelPlan | Baseline) -> Interval:
    """Returns what is compared: the utility where mistakes cost, else the accuracy."""
    return made.accuracy if made.utility is None else made.utility


def measure(plan: Plan) -> str:
    """Returns the name of what is compared."""
    return "accuracy" if plan.utility is None else "utility"


def drawable(plan: Plan) -> bool:
    """Tells whether the plan's frontier has a point with a positive budget."""
    return bool(_alive(plan.frontier).any())


def rising(plan: Plan) -> bool:
    """Tells whether some frontier has two such points: a line, and not one way to spend alone."""
    every = [plan.frontier, *(baseline.frontier for baseline in plan.baselines)]
    return any(_alive(each).sum() > 1 for each in every)


def _alive(frontier: Frontier) -> NDArray[np.bool_]:
    alive: NDArray[np.bool_] = (
        np.isfinite(frontier.budget) & np.isfinite(frontier.accuracy) & (frontier.budget > 0)
    )
    return alive


def rival(plan: Plan) -> Baseline | None:
    """Returns the best baseline at this budget that can be executed, if any has a value."""
    able = [b for b in plan.baselines if not b.bound]
    known = [b for b in able if math.isfinite(worth(b).estimate)]
    return max(known, key=lambda b: worth(b).estimate, default=None)


def ratio(plan: Plan, baseline: Baseline) -> float:
    """Returns how many times the plan's spend the baseline needs to do as well, or NaN."""
    return baseline.budget_for_same_accuracy / plan.spent if plan.spent > 0 else math.nan


def picture(plan: Plan) -> Picture:
    """Returns the frontier as a picture, with its words."""
    best, drawn = rival(plan), figure(plan)
    said = say(plan.accuracy) if plan.utility is None else f"a utility of {say(plan.utility)}"
    against = ""
    if best is not None:
        times = ratio(plan, best)
        reach = (
            f"needs {times:.2g} times the budget" if math.isfinite(times) else "never reaches it"
        )
        against = f" The best baseline, {clip(best.name, 60)}, {reach}."
    return Picture(
        "allocation",
        f"{measure(plan).capitalize()} for every budget: the plan's frontier, with its band,"
        f" against simpler ways to spend. The circle is this plan's promise, with its interval; it"
        " stands below the line by the optimism removed. Dotted: more budget buys nothing."
        f"{against}",
        f"Line chart on a logarithmic budget axis. At {amount(plan.spent, plan.unit)} the plan"
        f" promises {said}.{against}",
        svg(drawn),
        at(drawn.axes[0], _points(plan)),
    )


def _points(plan: Plan) -> Iterator[Point]:
    """The promise, then the corners of the plan's frontier and of the baselines drawn."""
    promised = worth(plan)
    said = f"this plan's promise, {amount(plan.spent, plan.unit)}: {told(promised)}"
    yield plan.spent, promised.estimate, said
    for name, curve in [("plan", plan.frontier), *((b.name, b.frontier) for b in _shown(plan))]:
        alive = np.flatnonzero(_alive(curve))
        for i in alive[:: max(1, len(alive) // CORNERS)]:
            ends = float(curve.low[i]), float(curve.high[i])
            value = replace(promised, estimate=float(curve.accuracy[i]), low=ends[0], high=ends[1])
            spent = float(curve.budget[i])
            said = f"{clip(name, 60)}, {amount(spent, plan.unit)}: {told(value)}"
            yield spent, value.estimate, said


def _shown(plan: Plan) -> list[Baseline]:
    return [b for b in plan.baselines if _alive(b.frontier).any()][:MOST]


def figure(plan: Plan) -> Figure:
    """Draws the frontier and the baselines, and reads off the ratio of budgets.

    Raises:
        InputError: the frontier has no point.
    """
    if not drawable(plan):
        raise InputError("the picture 'allocation' needs a frontier; this plan has none")
    shown = _shown(plan)
    curves = [plan.frontier, *(b.frontier for b in shown)]
    budgets = np.concatenate([f.budget[_alive(f)] for f in curves])
    with look():
        drawn, axes = canvas(height=3.6, head=0.3)
        low, high = (budgets.min(), budgets.max()) if budgets.size else (1.0, 10.0)
        names = [_draw(axes, b.frontier, clip(b.name, 40), i + 1) for i, b in enumerate(shown)]
        names.append(_draw(axes, plan.frontier, "plan", 0))
        _limits(axes, plan, curves)
        log_axis(axes, float(low), float(high), f"budget, {plan.unit} per problem (expected)")
        for frontier, (_, y, color) in zip([*curves[1:], curves[0]], names, strict=True):
            x = frontier.budget[_alive(frontier)]
            axes.hlines(y, x.max(initial=low), axes.get_xlim()[1], color=color, lw=0.8, ls=":")
        name_lines(axes, names)
        _promise(axes, plan)
        _read_off(axes, plan)
    return drawn


def _draw(axes: Axes, frontier: Frontier, name: str, i: int) -> tuple[str, float, str]:
    """Draws one frontier, steps and all, and returns its label, its end and its colour."""
    alive = _alive(frontier)
    x, y = frontier.budget[alive], frontier.accuracy[alive]
    color = CYCLE[i]
    every = max(1, len(x) // 6)
    axes.plot(
        x, y, color=color, ls=DASHES[i], marker=MARKERS[i], markevery=(every // 2, every),
        lw=2.2 if i == 0 else 1.4, zorder=3 if i == 0 else 2,
    )  # fmt: skip
    if i == 0:
        low, high = frontier.low[alive], frontier.high[alive]
        axes.fill_between(x, low, high, color=color, alpha=0.16, lw=0)
    return name, float(y[-1]) if y.size else math.nan, color


def _limits(axes: Axes, plan: Plan, curves: list[Frontier]) -> None:
    """Frames the curves closely: differences between ways to spend are small beside 0 to 1."""
    values = [f.accuracy[_alive(f)] for f in curves]
    values += [plan.frontier.low[_alive(plan.frontier)], plan.frontier.high[_alive(plan.frontier)]]
    both = np.concatenate([*values, [worth(plan).low, worth(plan).high]])
    low, high = float(np.nanmin(both)), float(np.nanmax(both))
    room = max(0.08 * (high - low), 0.01)
    axes.set_ylim(max(low - room, 0), min(high + room, 1.02))
    axes.set_ylabel(measure(plan))
    kind = worth(plan)
    axes.annotate(
        f"{percent(kind.mass)} band: {people(kind.population)}", (0, 1.02),
        xycoords="axes fraction", fontsize=8.5, color=ink(BLUE), va="bottom",
    )  # fmt: skip


def _promise(axes: Axes, plan: Plan) -> None:
    value = worth(plan)
    if not math.isfinite(value.estimate) or plan.spent <= 0:
        return
    if math.isfinite(value.low) and math.isfinite(value.high):
        axes.plot([plan.spent] * 2, [value.low, value.high], color="#111111", lw=1.4, zorder=4)
    axes.plot(
        plan.spent, value.estimate, "o", color="#111111", ms=7, mfc="white", mew=1.8, zorder=5
    )


def _read_off(axes: Axes, plan: Plan) -> None:
    """Draws the horizontal way from the plan to the best baseline, and its length as a ratio."""
    best = rival(plan)
    times = math.nan if best is None else ratio(plan, best)
    if best is None or not math.isfinite(times) or times <= 1.02:
        return
    far, alive = best.budget_for_same_accuracy, _alive(plan.frontier)
    if far > axes.get_xlim()[1] or not alive.any():
        return
    y = float(np.interp(plan.spent, plan.frontier.budget[alive], plan.frontier.accuracy[alive]))
    axes.annotate(
        "", (far, y), (plan.spent, y),
        arrowprops={"arrowstyle": "->", "color": GREY, "lw": 1.2, "shrinkA": 0, "shrinkB": 0},
        zorder=6,
    )  # fmt: skip
    axes.annotate(
        f"{times:.2g}×", (far, y), (5, 0), textcoords="offset points",
        va="center", fontsize=9.5, fontweight="bold", color="#333333", zorder=6,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.5},
    )  # fmt: skip
