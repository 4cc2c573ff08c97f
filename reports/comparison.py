"""Comparison on the page: several groups of one log side by side, before each has its own part."""

import math

import numpy as np
from matplotlib.figure import Figure

from ..analysis.curve import Curve
from ..fitting.fit import Fit, GroupFit
from .coverage import drawable, end, name_ends
from .document import Block, Column, Picture, Prose, Section, Table
from .figures import (
    CYCLE,
    DASHES,
    MARKERS,
    accuracy_axis,
    band,
    canvas,
    last,
    log_axis,
    look,
    svg,
)
from .marks import along
from .verification import by_verifier
from .wording import CANNOT, clip, proportion, say, several, whom

MOST = 7
"""Groups in the picture; the table has them all."""


def section(fit: Fit) -> Section:
    """Returns the section: one row a group, and their coverage in one picture."""
    blocks: list[Block] = [Prose(_story(fit)), _table(fit)]
    if any(drawable(group.coverage) for group in fit.groups):
        blocks.append(picture(fit))
    return Section("comparison", "The groups side by side", tuple(blocks))


def _story(fit: Fit) -> str:
    return (
        f"The log holds {several(len(fit.groups), 'group')} of samples drawn under different"
        " settings; they are never merged. Intervals that overlap do not prove that two groups"
        " are equal, since groups on the same problems share what makes a problem hard."
    )


def picture(fit: Fit) -> Picture:
    """Returns the coverage of the groups as a picture, with its words."""
    drawn = [group for group in fit.groups if drawable(group.coverage)]
    cut = f" The first {MOST} groups are drawn." if len(drawn) > MOST else ""
    sketch = figure(fit)
    ends = [
        f"{clip(g.group.name, 50)} {proportion(last(g.coverage))} at k = {end(g.coverage):,}"
        for g in drawn[:MOST]
    ]
    return Picture(
        "comparison",
        f"Coverage of each group within the log; bands: {whom([g.coverage for g in drawn[:MOST]])}."
        f"{cut}",
        f"Line chart on a logarithmic k axis. At the last k: {'; '.join(ends)}.",
        svg(sketch),
        along(sketch.axes[0], [(g.group.name, g.coverage) for g in drawn[:MOST]]),
    )


def figure(fit: Fit) -> Figure:
    """Draws the coverage of up to seven groups, within the log."""
    shown = [group for group in fit.groups if drawable(group.coverage)][:MOST]
    with look():
        drawn, axes = canvas(height=3.6)
        for i, group in enumerate(shown):
            curve = group.coverage
            band(axes, curve, CYCLE[i], 0.14)
            axes.plot(curve.k, curve.estimate, ls=DASHES[i], color=CYCLE[i], marker=MARKERS[i])
        accuracy_axis(axes, max([_peak(g.coverage) for g in shown], default=1.0), "coverage")
        far = max([end(g.coverage) for g in shown], default=2)
        log_axis(axes, 1, max(far, 2), "k, samples per problem")
        name_ends(axes, [(g.group.name, g.coverage, CYCLE[i]) for i, g in enumerate(shown)])
    return drawn


def _peak(curve: Curve) -> float:
    return float(np.nanmax(curve.estimate))


def _table(fit: Fit) -> Table:
    columns = (
        Column("group", "left"),
        Column("problems"),
        Column("samples"),
        Column("one sample right"),
        Column("coverage at the end of the log"),
        Column("majority there"),
        Column("ceiling"),
        Column("doubts"),
    )
    rows = tuple(_row(group) for group in fit.groups)
    note = f"In brackets: {whom([group.coverage for group in fit.groups])}."
    return Table("Groups", columns, rows, note)


def _row(group: GroupFit) -> tuple[str, ...]:
    return (
        clip(group.group.name),
        f"{group.problems:,}",
        f"{group.samples:,}",
        _at(group.coverage, 0),
        f"{_at(group.coverage, -1)} at {end(group.coverage):,}" if end(group.coverage) else CANNOT,
        proportion(last(group.majority)) if group.majority is not None else "no answers",
        best_ceiling(group),
        f"{len(group.doubts)}",
    )


def _at(curve: Curve, place: int) -> str:
    rows = [row for row in curve.intervals() if math.isfinite(row.estimate)]
    return say(rows[place]) if rows else CANNOT


def best_ceiling(group: GroupFit) -> str:
    """Returns the highest ceiling of the group's verifiers, or says that there is no verdict."""
    known = [c.value.estimate for c in by_verifier(group) if math.isfinite(c.value.estimate)]
    if known:
        return proportion(max(known))
    return CANNOT if group.ceilings else "no verdicts"
