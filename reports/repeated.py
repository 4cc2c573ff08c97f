"""Repeated verdicts on the page: what more solutions and more verdicts buy, and how to split."""

from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..fitting.fit import GroupFit
from ..fitting.split import Split
from ..fitting.surface import EVERY, Surface
from ..fitting.verified import Verified
from .document import Block, Column, Picture, Prose, Section, Table
from .figures import (
    CYCLE,
    DASHES,
    GREY,
    MARKERS,
    accuracy_axis,
    canvas,
    log_axis,
    look,
    name_lines,
    svg,
)
from .marks import Point, at
from .wording import amount, clip, ends, people, percent, proportion, say

MOST = 3
"""Verifiers that are shown."""
LINES = 5
"""Numbers of verdicts that get a line in the picture."""
SURE = 0.5
"""From this chance on, a fall is told."""
ROWS = 7
"""Budgets in the table."""


def section(group: GroupFit) -> Section:
    """Returns the section; nothing but a sentence where every solution was judged at most once."""
    title = "Solutions and verdicts"
    if not group.verified:
        quiet = (
            "No solution was judged more than once, so this log cannot tell how far verdicts on one"
            " solution agree, nor what more of them would buy."
        )
        return Section("repeated", title, (Prose(quiet),))
    blocks: list[Block] = []
    for number, each in enumerate(group.verified[:MOST], 1):
        blocks += [Prose(_story(each)), _picture(each, number), _grid(each)]
        if each.split is not None:
            blocks += [Prose(_advice(each.split)), _budgets(each.split)]
        else:
            blocks.append(
                Prose("The log has no tokens of verdicts, so their price cannot be told from it.")
            )
    return Section("repeated", title, tuple(blocks))


def _story(each: Verified) -> str:
    """Says what agreement costs, and whether more solutions do harm."""
    surface, drawn = each.surface, each.surface.drawn
    agree, alike = float(np.median(drawn.wrong[1])), float(np.median(drawn.right[1]))
    logged = surface.exact.any(axis=0) & (surface.verdicts != EVERY)
    many = int(surface.verdicts[logged].max(initial=1))
    worth = many / (1 + (many - 1) * agree)
    said = (
        f"Verdicts of {clip(each.verifier, 60)} on one solution agree (correlation"
        f" {proportion(agree)} on wrong ones, {proportion(alike)} on right ones, at the median), so"
        f" {many} of them on a wrong solution are worth {worth:.1f} independent ones: their gain"
        " ends early."
    )
    return said + _fall(surface)


def _fall(surface: Surface) -> str:
    place = np.flatnonzero(surface.verdicts == EVERY)
    if not len(place):
        return ""
    column = int(place[0])
    peak, chance = surface.falls(column)
    height = surface.estimate[:, column]
    inside = np.flatnonzero(surface.exact[:, column])
    last = int(inside[-1]) if len(inside) else -1
    top = float(np.nanmax(height[inside])) if len(inside) else float("nan")
    if chance < SURE or not height[last] < top:
        return ""
    return (
        f" Chosen by all logged verdicts, accuracy rises to {proportion(top)} at S = {peak} and"
        f" then falls, to {proportion(float(height[last]))} at S = {surface.solutions[last]}"
        f" (chance {percent(round(chance, 2))}): among more solutions there is sooner a wrong one"
        " that scores above the right ones."
    )


def _shown(surface: Surface) -> list[int]:
    """The columns that are drawn: all logged verdicts, and numbers of them from few to many."""
    numbers = np.flatnonzero(surface.verdicts != EVERY)
    few = numbers[np.unique(np.linspace(0, len(numbers) - 1, LINES).round().astype(int))]
    return [*map(int, np.flatnonzero(surface.verdicts == EVERY)), *map(int, few)]


def _name(v: int) -> str:
    return "all logged" if v == EVERY else f"V = {v}"


def _picture(each: Verified, number: int) -> Picture:
    surface = each.surface
    height, drawn = surface.estimate, figure(surface)
    return Picture(
        f"repeated-{number}",
        f"Accuracy of the best of S solutions by {clip(each.verifier, 60)}, V verdicts on each."
        " Dots lie within the log, where they are exact; open ones are believed.",
        f"Line chart on a logarithmic S axis, one line for each V. Accuracy goes from"
        f" {proportion(float(height[0, 0]))} at S = 1 to between"
        f" {proportion(float(np.nanmin(height[-1])))} and"
        f" {proportion(float(np.nanmax(height[-1])))} at S = {surface.solutions[-1]:,}.",
        svg(drawn),
        at(drawn.axes[0], _points(surface)),
    )


def _points(surface: Surface) -> Iterator[Point]:
    low, high = surface.ends
    for j in _shown(surface):
        for i, s in enumerate(surface.solutions.tolist()):
            said = _cell(float(surface.estimate[i, j]), float(low[i, j]), float(high[i, j]))
            text = f"{_name(int(surface.verdicts[j]))}, S = {s:,}: {said}, {percent(surface.mass)}"
            yield s, float(surface.estimate[i, j]), text


def figure(surface: Surface) -> Figure:
    """Draws accuracy over S, a line for each V, and the interval of the last."""
    with look():
        drawn, axes = canvas(head=0.3)
        columns = _shown(surface)
        low, high = surface.ends
        accuracy_axis(axes, float(np.nanmax(high[:, columns])), "accuracy")
        log_axis(axes, 1, int(surface.solutions[-1]), "S, solutions")
        names: list[tuple[str, float, str]] = []
        for i, j in enumerate(columns):
            _line(axes, surface, j, i)
            end = float(surface.estimate[-1, j])
            names.append((_name(int(surface.verdicts[j])), end, CYCLE[i]))
        j = columns[-1]
        axes.fill_between(
            surface.solutions, low[:, j], high[:, j],
            color=CYCLE[(len(columns) - 1) % len(CYCLE)], alpha=0.12, linewidth=0,
        )  # fmt: skip
        name_lines(axes, names)
        text = f"{percent(surface.mass)} band of the last line: {people(surface.population)}"
        axes.annotate(
            text, (0, 1.03), xycoords="axes fraction", fontsize=8.5, color=GREY, va="bottom"
        )
    return drawn


def _line(axes: Axes, surface: Surface, j: int, i: int) -> None:
    exact, height, color = surface.exact[:, j], surface.estimate[:, j], CYCLE[i]
    axes.plot(surface.solutions, height, color=color, ls=DASHES[i])
    for kept, face in ((exact, color), (~exact, "#ffffff")):
        axes.plot(
            surface.solutions[kept], height[kept], MARKERS[i], color=color, markerfacecolor=face
        )


def _grid(each: Verified) -> Table:
    surface = each.surface
    low, high = surface.ends
    columns = (Column("S"), *(Column(_name(int(v))) for v in surface.verdicts))
    rows = tuple(
        (f"{s:,}", *map(_cell, surface.estimate[i], low[i], high[i]))
        for i, s in enumerate(surface.solutions)
    )
    note = (
        f"In brackets: {percent(surface.mass)} interval for {people(surface.population)}. Within"
        " the log estimates are exact over all draws; beyond it they are those of correlated"
        " verdicts."
    )
    return Table("Best of S by V verdicts each", columns, rows, note)


def _cell(middle: float, low: float, high: float) -> str:
    return f"{proportion(middle)} ({ends(low, high)})"


def _advice(split: Split) -> str:
    """Says where verification starts to pay, and how a larger budget is best split."""
    starts, a = split.starts, split.exponent
    price = f"A verdict costs {proportion(split.price)} solutions (tokens, models of one size)."
    if not np.isfinite(starts.estimate):
        return f"{price} Within reach of this surface verdicts never keep paying."
    said = (
        f"{price} Verdicts pay from a budget of {starts.estimate:.3g} solutions on"
        f" ({amount(starts.low)} to {amount(starts.high)})."
    )
    if np.isfinite(a.estimate):
        said += (
            f" From there on the best number of solutions grows like budget^a with a = {say(a)};"
            " the rest buys verdicts."
        )
    return said


def _budgets(split: Split) -> Table:
    columns = (
        Column("budget, in solutions"),
        Column("best S"),
        Column("best V"),
        Column("accuracy"),
        Column("without verdicts"),
        Column("chance that V = 0 is best"),
    )
    places = np.unique(np.linspace(0, len(split.budgets) - 1, ROWS).round().astype(int))
    rows = tuple(
        (
            f"{split.budgets[i]:.3g}",
            f"{split.solutions[0, i]:.3g}",
            f"{split.verdicts[0, i]:.3g}",
            proportion(float(split.accuracy[0, i])),
            proportion(float(split.solving[0, i])),
            f"{split.p_solve[i]:.0%}",
        )
        for i in places
    )
    return Table(
        "Solve or verify", columns, rows, "S (1 + price V) = budget; S and V interpolated."
    )
