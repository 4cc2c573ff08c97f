"""The surface on the page: what each S and V would give on a level, the plan's cell outlined."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ..analysis.curve import Floats
from ..data.errors import InputError
from ..planner.surface import Cells, Row
from .document import Block, Picture, Prose, Section, Table
from .document import Column as Head
from .figures import BLACK, GREY, VERMILION, WIDTH, label, look, svg
from .wording import amount, clip, percent, proportion, say, several, together, whom

MOST = 4
"""Levels in the picture, those that take most of the budget; the table has them all."""
WIDE = 14
"""Columns beyond which only powers of 2 and what was chosen are drawn."""
TIMES = (0.5, 1, 2, 4)
"""Spends that get a line and a row, as multiples of the plan's on the level."""
LEAST = 0.005
"""A level on which no cell is right as often as this has nothing to choose."""
LEFT, RIGHT, GAP, TALL = 1.3, 0.12, 0.42, 0.27
"""Inches: margins, between levels, and of a row."""


def section(cells: Sequence[Cells], unit: str) -> Section | None:
    """Returns the section, or None where no level has a choice that earns anything."""
    told = [each for each in cells if np.nanmax(each.estimate) >= LEAST]
    if not told:
        return None
    blocks: tuple[Block, ...] = (Prose(_story(told)), picture(told, unit))
    table = _table(told, unit)
    title = "Solutions against verdicts, level by level"
    return Section("surface", title, (*blocks, table) if table.rows else blocks)


def _story(cells: Sequence[Cells]) -> str:
    by = list(dict.fromkeys(clip(each.verifier, 50) for each in cells if each.verifier))
    judges = f", verdicts by {together(by[:3])}" if by else ""
    many = max((row.verdicts for each in cells for row in each.rows), default=0)
    more = (
        " The log has at most one verdict on a solution, so the rows end there."
        if many == 1
        else " The log has no verdicts, so only the number of solutions can be chosen."
        if many == 0
        else ""
    )
    return (
        f"Each cell is one way to spend on a problem: S solutions, and V verdicts on each{judges}."
        " Along a dotted line every cell costs the same; to its right they cost more. The best"
        f" place to stand is where such a line meets the darkest cell.{more}"
    )


def picture(cells: Sequence[Cells], unit: str) -> Picture:
    """Returns the surfaces as a picture, with its words."""
    shown = _most(cells)
    told = [f"on level {clip(c.level, 40)} {_chosen(c)}" for c in shown]
    rest = len(cells) - len(shown)
    left = f" {several(rest, 'level')} with less of the budget not drawn." if rest else ""
    return Picture(
        "surface",
        "Accuracy of S solutions with V verdicts on each. Outlined: what the plan does. Dots: the"
        " log cannot tell the accuracy from the plan's. Dotted lines: equal cost, in"
        f" {unit}, the plan's own in bold. Hatched: beyond what the log can show, by fits."
        f"{_width(shown)}{left}",
        f"Heat map for each level, S across and V down; outlined {'; '.join(told)}.",
        svg(drawn(shown)),
    )


def _width(cells: Sequence[Cells]) -> str:
    halves = np.concatenate([((high - low) / 2).ravel() for low, high in (c.ends for c in cells)])
    if not np.isfinite(halves).any():
        return ""
    half = float(np.nanmedian(halves))
    return (
        f" The {percent(cells[0].mass)} interval of a cell, for new problems, reaches"
        f" ±{proportion(half)} at the median."
    )


def _most(cells: Sequence[Cells]) -> list[Cells]:
    kept = sorted(cells, key=lambda each: -each.spent * each.share)[:MOST]
    return [each for each in cells if any(each is one for one in kept)]


def _chosen(cells: Cells) -> str:
    parts = [
        f"{_words(cells.rows[r], int(cells.solutions[s]))} ({say(cells.at(r, s))})"
        for r, s, _ in cells.chosen
    ]
    return " and ".join(parts) or "nothing that a cell shows"


def _words(row: Row, solutions: int) -> str:
    if row.kind == "until accepted":
        return f"until one is accepted, at most {solutions:,}"
    drawn = several(solutions, "solution")
    if row.kind == "unjudged":
        return drawn if solutions == 1 else f"{drawn}, the majority"
    return f"{drawn}, {several(row.verdicts, 'verdict')} each"


def figure(cells: Sequence[Cells]) -> Figure:
    """Draws the surface of each level, one below the other.

    Raises:
        InputError: no level has a choice of solutions.
    """
    if not cells:
        raise InputError("the picture 'surface' needs a plan that had numbers to choose from")
    return drawn(_most(cells))


def drawn(cells: Sequence[Cells]) -> Figure:
    """Draws these levels, all of them."""
    tall = [TALL * len(each.rows) for each in cells]
    height = sum(tall) + (GAP + 0.36) * len(cells) + 0.1
    with look():
        made = Figure(figsize=(WIDTH, height))
        top = height - 0.02
        for each, own in zip(cells, tall, strict=True):
            top -= GAP + own
            wide = (WIDTH - LEFT - RIGHT) / WIDTH
            axes = made.add_axes((LEFT / WIDTH, top / height, wide, own / height))
            top -= 0.36
            _panel(axes, each)
    return made


def _columns(cells: Cells) -> list[int]:
    """The columns that are drawn."""
    size = cells.solutions
    every = range(len(size))
    if len(size) <= WIDE:
        return list(every)
    chosen = {s for _, s, _ in cells.chosen}
    return [i for i in every if size[i] & (size[i] - 1) == 0 or i in chosen]


def _panel(axes: Axes, cells: Cells) -> None:
    columns = _columns(cells)
    height, cost = cells.estimate[:, columns], cells.cost[:, columns]
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(cells.rows) - 0.5, -0.5)
    axes.grid(visible=False)
    _fill(axes, cells, columns, height)
    for times in TIMES:
        _equal(axes, cost, times * cells.spent, own=times == 1)
    for r, s, weight in cells.chosen:
        _outline(axes, r, columns.index(s), weight)
    axes.set_xticks(range(len(columns)), [f"{cells.solutions[i]:,}" for i in columns], fontsize=8)
    names = [_name(row) for row in cells.rows]
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(_head(cells), loc="left", fontsize=9, fontweight="bold", pad=15)
    axes.annotate(
        "S =", (-0.012, -0.04), xycoords="axes fraction", fontsize=8, ha="right", va="top"
    )


def _head(cells: Cells) -> str:
    """The level, then whose samples or else whose verdicts: there is room for one of them."""
    level = label(cells.level, 24, 1)
    if cells.crowd:
        return f"{level}, {label(cells.group.name, 30, 1)}"
    return f"{level}, verdicts by {label(cells.verifier, 18, 1)}" if cells.verifier else level


def _name(row: Row) -> str:
    if row.kind == "unjudged":
        return "V = 0, majority"
    if row.kind == "until accepted":
        return "until accepted"
    return f"V = {row.verdicts} on each"


def _fill(axes: Axes, cells: Cells, columns: list[int], height: Floats) -> None:
    """Colours the cells by accuracy and writes it; darker is better."""
    low, high = float(np.nanmin(height)), float(np.nanmax(height))
    depth = (height - low) / max(high - low, 1e-9)
    for r, x in np.argwhere(np.isfinite(height)):
        s = columns[x]
        shade = 0.95 - 0.62 * depth[r, x]
        color = (shade * 0.93, min(shade * 1.02, 1.0), 1.0 - 0.28 * depth[r, x])
        hatch = "////" if cells.fitted[r, s] else None
        axes.add_patch(
            Rectangle(
                (x - 0.5, r - 0.5), 1, 1, facecolor=color, edgecolor="#ffffff", hatch=hatch, lw=0
            )
        )
        ink = "white" if depth[r, x] > 0.75 and not hatch else "#111111"
        axes.text(
            x, r, _short(height[r, x]), ha="center", va="center", fontsize=7.5, color=ink, zorder=3
        )
        if cells.alike[r, s]:
            axes.plot(x + 0.36, r - 0.3, "o", ms=2.2, color=ink)


def _short(x: float) -> str:
    """Two digits after the point, no nought before it; what only rounds to 1 is not 1."""
    if 0.995 <= x < 1:
        return ">.99"
    return f"{x:.2f}".removeprefix("0") if x < 1 else "1"


def _outline(axes: Axes, row: int, x: int, weight: float) -> None:
    axes.add_patch(
        Rectangle((x - 0.5, row - 0.5), 1, 1, fill=False, edgecolor="#111111", lw=2.2, zorder=5)
    )
    if weight < 0.995:
        axes.annotate(
            percent(round(weight, 2)), (x, row + 0.46), fontsize=5.5, ha="center", va="bottom",
            zorder=6,
        )  # fmt: skip


def _equal(axes: Axes, cost: Floats, budget: float, *, own: bool) -> None:
    """Draws where every row costs the budget: a stair across the rows, its amount above it."""
    if not budget > 0:
        return
    places = [_place(row, budget) for row in cost]
    edges = len(cost), cost.shape[1]
    if all(x <= -0.5 for x in places) or all(x >= edges[1] - 0.5 for x in places):
        return
    x = np.repeat(places, 2)
    y = np.ravel([(r - 0.5, r + 0.5) for r in range(edges[0])])
    axes.plot(
        x, y, color=VERMILION, lw=1.7 if own else 0.9, ls=(0, (1.2, 1.4)), zorder=2, clip_on=False
    )
    axes.annotate(
        amount(budget), (places[0], -0.5), (0, 2), textcoords="offset points", fontsize=7,
        color=BLACK if own else GREY, fontweight="bold" if own else "normal", ha="center",
        va="bottom", annotation_clip=False,
    )  # fmt: skip


def _place(cost: Floats, budget: float) -> float:
    """Where along a row the cost reaches the budget, between columns in proportion of its log."""
    known = np.flatnonzero(np.isfinite(cost) & (cost > 0))
    if not len(known) or cost[known].max() <= budget:
        return float(known[-1] if len(known) else len(cost) - 1) + 0.5
    rising = np.maximum.accumulate(cost[known])
    if budget < rising[0]:
        return -0.5
    return float(np.interp(np.log(budget), np.log(rising), known))


def _table(cells: Sequence[Cells], unit: str) -> Table:
    columns = (
        Head("level", "left"),
        Head("spend", "left"),
        Head("most accurate cell within it", "left"),
        Head(f"cost, {unit}"),
        Head("accuracy (interval)"),
    )
    rows = [row for each in cells for row in _rows(each)]
    note = (
        f"In brackets: {whom([each.at(0, 0) for each in cells])}. Cells are valued on the problems"
        " they are compared on, so the best of them promises slightly more than it keeps; the"
        " plan's own promise has that removed."
    )
    return Table("What other spends on a level would buy", columns, tuple(rows), note)


def _rows(cells: Cells) -> list[tuple[str, ...]]:
    made: list[tuple[str, ...]] = []
    for times in TIMES if cells.spent > 0 else ():
        place = cells.best(times * cells.spent)
        if place is not None:
            name = {0.5: "half the plan's", 1: "the plan's"}.get(times, f"{times:g} times")
            r, s = place
            how = _words(cells.rows[r], int(cells.solutions[s]))
            beyond = " (by fit)" if cells.fitted[r, s] else ""
            cost = amount(float(cells.cost[r, s]))
            made.append((clip(cells.level), name, how + beyond, cost, say(cells.at(r, s))))
    return made
