"""Coverage on the page: how often k samples hold a right answer, in the log and beyond it."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.curve import Curve
from ..fitting.fit import GroupFit
from .document import Block, Column, Picture, Prose, Section, Table
from .figures import (
    BLUE,
    GREY,
    accuracy_axis,
    band,
    canvas,
    ink,
    last,
    log_axis,
    look,
    name_lines,
    svg,
)
from .marks import along
from .wording import (
    amount,
    amount_between,
    clip,
    people,
    percent,
    proportion,
    say,
    say_whom,
    several,
    whom,
)


def section(group: GroupFit) -> Section:
    """Returns the section: the fan, coverage at k, targets, and the families fitted."""
    if not drawable(group.coverage) and not drawable(group.fan):
        return Section("coverage", "Coverage", (Prose(_silence(group)),))
    blocks: list[Block] = [Prose(_story(group)), _values(group)]
    if max(end(group.coverage), end(group.fan)) > 1:
        blocks.insert(1, picture(group))
    if group.targets:
        blocks.append(_targets(group))
    blocks.append(_families(group) if group.families else Prose(_no_forecast(group), "note"))
    return Section("coverage", "Coverage", tuple(blocks))


def drawable(curve: Curve | None) -> bool:
    """Tells whether the curve has a value anywhere."""
    return curve is not None and bool(np.isfinite(curve.estimate).any())


def end(curve: Curve) -> int:
    """Returns the largest k at which the curve exists, 0 if there is none."""
    alive = curve.k[np.isfinite(curve.estimate)]
    return int(alive[-1]) if alive.size else 0


def _silence(group: GroupFit) -> str:
    reason = group.coverage.reason or "no sample in it has a known correctness"
    return f"This log cannot tell the coverage: {reason}."


def _story(group: GroupFit) -> str:
    rows = [row for row in group.coverage.intervals() if math.isfinite(row.estimate)]
    lines = []
    if rows and end(group.coverage) > 1:
        lines.append(
            f"One sample is right {say(rows[0])} of the time; among"
            f" {several(end(group.coverage), 'sample')} at least one is right on {say(rows[-1])}"
            f" of the problems ({whom(rows)})."
        )
    elif rows:
        lines.append(f"One sample is right {say_whom(rows[0])} of the time.")
    if rows and rows[-1].estimate == 0:
        lines.append("Nothing was solved, so the log bounds coverage from above and no more.")
    beyond = [
        (int(k), row)
        for k, row in zip(group.forecast.k, group.forecast.intervals(), strict=True)
        if math.isfinite(row.estimate)
    ]
    if beyond:
        k, row = beyond[0]
        lines.append(f"At {k:,} samples the forecast is {say_whom(row)}.")
    return " ".join(lines)


def _no_forecast(group: GroupFit) -> str:
    reason = f": {group.forecast.reason}" if group.forecast.reason else ""
    return f"No curve was fitted, so there is no forecast beyond the log{reason}."


def picture(group: GroupFit) -> Picture:
    """Returns the fan as a picture, with its words."""
    n, far = end(group.coverage), end(group.fan)
    ahead = _ahead(group, n, far)
    beyond = f" to {proportion(last(group.fan))} at k = {far:,} (forecast)" if far > n else ""
    start = proportion(float(group.coverage.estimate[0])) if n else "an unknown value"
    drawn = figure(group)
    return Picture(
        "coverage",
        f"Coverage: the share of problems with at least one right answer among k samples.{ahead}",
        f"Line chart on a logarithmic k axis. Coverage rises from {start} at k = 1"
        f" to {proportion(last(group.coverage))} at k = {n:,} in the log{beyond}.",
        svg(drawn),
        along(drawn.axes[0], [("coverage", group.coverage)])
        + along(drawn.axes[0], [("forecast", group.fan)], start=n + 1),
    )


def _ahead(group: GroupFit, n: int, far: int) -> str:
    if far <= n:
        return ""
    line = f" Beyond k = {n:,} it is a forecast, dashed, up to k = {far:,}."
    if group.bracket is None or not drawable(group.bracket):
        return line
    return f"{line} Grey bars span all that agrees with the log, whatever the difficulty is like."


def figure(group: GroupFit) -> Figure:
    """Draws coverage: solid where the log speaks, dashed and lighter where the forecast does."""
    n, far = end(group.coverage), end(group.fan)
    with look():
        drawn, axes = canvas(right=0.975, head=0.45)
        if drawable(group.coverage):
            band(axes, group.coverage, BLUE, 0.26)
            k, estimate = group.coverage.k, group.coverage.estimate
            axes.plot(k, estimate, color=BLUE, marker="o")
        tops = [np.nanmax(c.high) for c in (group.coverage, group.fan) if drawable(c)]
        accuracy_axis(axes, max(tops, default=1.0), "coverage")
        log_axis(axes, 1, max(n, far, 2), "k, samples per problem")
        if far > n:
            _forecast(axes, group, n)
        _heads(axes, group, n, far)
    return drawn


def _forecast(axes: Axes, group: GroupFit, n: int) -> None:
    fan = group.fan
    beyond = fan.k >= n
    band(axes, fan, BLUE, 0.13, start=n)
    for edge in (fan.low, fan.high):
        axes.plot(fan.k[beyond], edge[beyond], color=BLUE, lw=0.7, ls=(0, (1.5, 2)))
    axes.plot(fan.k[beyond], fan.estimate[beyond], color=BLUE, ls=(0, (4, 2.2)))
    if group.bracket is not None and drawable(group.bracket):
        left_open = group.bracket
        axes.plot(left_open.k, left_open.low, ls="", marker="_", ms=9, color=GREY)
        axes.plot(left_open.k, left_open.high, ls="", marker="_", ms=9, color=GREY)
        axes.vlines(left_open.k, left_open.low, left_open.high, color=GREY, lw=0.7)
    if n:
        axes.axvline(n, color=GREY, lw=1)


def _heads(axes: Axes, group: GroupFit, n: int, far: int) -> None:
    """Says above each half whom its band is for, and names the rule between them."""
    place = axes.get_xaxis_transform()
    parts = [("in the log", group.coverage, n, "right", -6), ("forecast", group.fan, n, "left", 6)]
    if far <= n:
        parts = [("in the log", group.coverage, max(n, 1), "right" if n > 1 else "left", 0)]
    elif n <= 1:
        parts = parts[1:]  # a single k has no room of its own
    for title, curve, x, side, shift in parts:
        axes.annotate(
            f"{title}\n{percent(curve.mass)} band: {people(curve.population)}",
            (max(x, 1), 1.02), (shift, 0), place, "offset points",
            ha=side, va="bottom", fontsize=8.5, color=ink(BLUE), annotation_clip=False,
        )  # fmt: skip
    if far > n > 0:
        axes.annotate(
            f"the log ends: k = {n:,}", (n, 0.03), (4, 0), place, "offset points",
            rotation=90, va="bottom", fontsize=8.5, color=GREY,
        )  # fmt: skip


def _values(group: GroupFit) -> Table:
    curves = [("in the log", group.coverage), ("forecast", group.forecast)]
    rows = [
        (f"{int(k):,}", where, say(row), f"{percent(row.mass)}, {people(row.population)}")
        for where, curve in curves
        for k, row in zip(curve.k, curve.intervals(), strict=True)
    ]
    columns = (
        Column("k"),
        Column("seen or forecast", "left"),
        Column("coverage (interval)"),
        Column("interval", "left"),
    )
    reason = group.forecast.reason or group.coverage.reason or ""
    missing = any(not math.isfinite(x) for _, c in curves for x in c.estimate)
    note = f"Cannot tell: {reason}" if missing and reason else ""
    return Table("Coverage at k", columns, tuple(rows), note)


def _targets(group: GroupFit) -> Table:
    rows = tuple(
        (
            proportion(target.accuracy),
            clip(target.metric),
            amount_between(target.k.estimate, target.k.low, target.k.high, target.unit),
        )
        for target in group.targets
    )
    note = f"Per problem; {whom([target.k for target in group.targets])}."
    columns = (Column("to reach"), Column("of", "left"), Column("takes"))
    return Table("What a target takes", columns, rows, note)


def _families(group: GroupFit) -> Table:
    far = end(group.forecast)
    head = f"alone, at k = {far:,}" if far else "alone"
    columns = (
        Column("family", "left"),
        Column("weight"),
        Column("backtest error"),
        Column("log score"),
        Column(head),
        Column("parameters", "left"),
    )
    rows = tuple(
        (
            family.name,
            proportion(family.weight),
            proportion(family.mae),
            f"{family.log_score:.3g}" if math.isfinite(family.log_score) else "cannot tell",
            _alone(family.forecast, far),
            clip(", ".join(f"{n} = {amount(v.estimate)}" for n, v in family.parameters.items())),
        )
        for family in group.families
    )
    note = (
        "Difficulty's families weigh by how probable they make this log, laws of the curve by how"
        " closely they follow it; log-projection is the baseline and never speaks. In the backtest"
        " each was fitted to a quarter of the samples and judged on all: the error is the mean"
        " absolute error of coverage, the score the mean log score of 'solved within k'."
    )
    return Table("Families behind the forecast", columns, rows, note)


def _alone(curve: Curve, k: int) -> str:
    at = np.flatnonzero(curve.k == k)
    return proportion(float(curve.estimate[at[0]])) if at.size else "not asked"


def name_ends(axes: Axes, curves: list[tuple[str, Curve, str]]) -> None:
    """Names the curves at their ends."""
    name_lines(axes, [(name, last(c), color) for name, c, color in curves if drawable(c)])
