"""Ways to answer on the page: accuracy against cost, and which ways nothing else beats."""

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from ..analysis.ways import Ways
from ..data.errors import InputError
from ..fitting.fit import GroupFit
from .document import Column, Picture, Prose, Section, Table
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
from .marks import Point, at, told
from .wording import amount, clip, percent, proportion, say, several

MOST = 5
"""Named lines in one picture; the others are grey, and the table names whatever may matter."""

CHANCE = 0.05
"""A way that stands on the frontier in fewer worlds than this is left out of the table."""


def section(group: GroupFit, mass: float) -> Section | None:
    """Returns the section, or None where the log can value a single way only."""
    ways = group.ways
    if ways is None or len(_lines(ways)) < 2:
        return None
    blocks = (Prose(_story(ways, mass)), picture(ways), _values(ways, mass))
    return Section("ways", "Ways to answer, and what they cost", blocks)


def figure(group: GroupFit) -> Figure:
    """Draws the ways of a group.

    Raises:
        InputError: it has none.
    """
    if group.ways is None:
        raise InputError("the picture 'ways' needs samples; this log has none to draw again")
    return _drawn(group.ways)


def picture(ways: Ways) -> Picture:
    """Returns accuracy against cost as a picture, with its words."""
    best, drawn = _best(ways), _drawn(ways)
    return Picture(
        "ways",
        f"Accuracy against {ways.unit} a problem, a line for each way as its number of samples"
        " grows. Black rings: no other way costs less and is right as often.",
        f"Line chart on a logarithmic cost axis with {several(len(_lines(ways)), 'line')}. The"
        f" most accurate is {ways.ways[best].name}: {proportion(ways.accuracy(best).estimate)}.",
        svg(drawn),
        at(drawn.axes[0], _points(ways)),
    )


def _points(ways: Ways) -> Iterator[Point]:
    for i, (way, cost) in enumerate(zip(ways.ways, _cost(ways).tolist(), strict=True)):
        value = ways.accuracy(i)
        yield cost, value.estimate, f"{clip(way.name)}, {amount(cost, ways.unit)}: {told(value)}"


def _lines(ways: Ways) -> dict[str, list[int]]:
    """The places of the ways that differ in their number of samples alone, most accurate first."""
    lines: dict[str, list[int]] = {}
    for i, way in enumerate(ways.ways):
        lines.setdefault(way.line, []).append(i)
    top = {name: max(_accuracy(ways)[members]) for name, members in lines.items()}
    return {name: lines[name] for name in sorted(lines, key=lambda name: -top[name])}


def _accuracy(ways: Ways) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([p.accuracy[0] for p in ways.frontier.points])


def _cost(ways: Ways) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([p.cost[0] for p in ways.frontier.points])


def _best(ways: Ways) -> int:
    return int(np.nanargmax(_accuracy(ways)))


def _drawn(ways: Ways) -> Figure:
    x, y = _cost(ways), _accuracy(ways)
    with look():
        drawn, axes = canvas(height=3.6, right=0.7)
        names = []
        for i, (name, members) in enumerate(_lines(ways).items()):
            at = np.array(members)[np.argsort(x[members])]
            style = (CYCLE[i], DASHES[i], MARKERS[i]) if i < MOST else (GREY, "-", ".")
            color, dash, marker = style
            axes.plot(x[at], y[at], color=color, ls=dash, marker=marker, lw=1.3, ms=4)
            if i < MOST:
                names.append((clip(name, 40), float(y[at[-1]]), color))
        on = ways.frontier.on
        axes.plot(x[on], y[on], "o", ms=9, mfc="none", mec="#111111", mew=1.1, zorder=5)
        accuracy_axis(axes, float(np.nanmax(y)), "accuracy")
        log_axis(axes, float(np.nanmin(x)), float(np.nanmax(x)), f"{ways.unit} per problem")
        name_lines(axes, names)
    return drawn


def _story(ways: Ways, mass: float) -> str:
    best = _best(ways)
    on = int(ways.frontier.on.sum())
    first = ways.accuracy(0, mass)
    return (
        f"One sample is right in {proportion(first.estimate)} of problems. The most accurate way"
        f" within this log is {clip(ways.ways[best].name, 80)}: {say(ways.accuracy(best, mass))},"
        f" at {amount(float(_cost(ways)[best]), ways.unit)} a problem. Of"
        f" {several(len(ways.ways), 'way')} {on} stand on the frontier; how often each does when"
        " the problems are drawn again says how far to trust that. These are ways for all"
        " problems alike: a plan that treats levels differently can do better."
    )


def _values(ways: Ways, mass: float) -> Table:
    cost, chance = _cost(ways), np.nan_to_num(ways.frontier.chance)
    kept = [i for i in np.argsort(cost) if ways.frontier.on[i] or chance[i] >= CHANCE]
    rows = tuple(
        (
            clip(ways.ways[i].line, 60),
            f"{ways.ways[i].k:,}",
            amount(float(cost[i]), ways.unit),
            say(ways.accuracy(i, mass)),
            percent(round(float(chance[i]), 2)),
        )
        for i in kept
    )
    return Table(
        "Ways on the frontier, or on that of at least 1 in 20 worlds",
        (
            Column("way", "left"), Column("k"), Column("cost a problem"), Column("accuracy"),
            Column("on the frontier"),
        ),
        rows,
        f"k: the most samples drawn. Costs are generated {ways.unit}, verdicts included where"
        " the log has theirs. In brackets: interval for new problems.",
    )  # fmt: skip
