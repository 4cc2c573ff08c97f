"""Diagnostics on the page: how the fit was tested on this log, and what its intervals have held."""

import math
from collections.abc import Sequence

from ..fitting.fit import Fit, FittedFamily, GroupFit
from .calibrated import COMMAND, MEASURED, SOURCE
from .document import Block, Column, Prose, Section, Table
from .wording import CANNOT, clip, ends, percent, proportion

BASELINE = "log-projection"
"""The family that only draws a straight line onwards, to be beaten."""


def section(fit: Fit) -> Section:
    """Returns the section: the backtest in a sentence, what was sampled, what was measured."""
    blocks: list[Block] = [Prose(_story(fit.groups))]
    tested = _tested(fit)
    if tested.rows:
        blocks.append(tested)
    found = _found(fit)
    if found.rows:
        blocks.append(found)
    blocks += [Prose(_held()), _measured()]
    return Section("diagnostics", "How far the numbers have been tested", tuple(blocks))


def _story(groups: Sequence[GroupFit]) -> str:
    if not any(known(group) for group in groups):
        return "No curve was fitted, so there was nothing to test on this log."
    return (
        "Backtest: each family was fitted to a quarter of the samples of every problem and then"
        " judged on all of them. A mean error well below the straight line's says that the curves"
        " follow this log; it does not test the forecast far beyond it."
    )


def known(group: GroupFit) -> list[FittedFamily]:
    """Returns the families whose backtest has a number, the baseline left out."""
    return [f for f in group.families if math.isfinite(f.mae) and f.name != BASELINE]


def _tested(fit: Fit) -> Table:
    columns = (
        Column("group", "left"),
        Column("families"),
        Column("weighted error"),
        Column("least to greatest"),
        Column("straight line"),
        Column("families that count"),
    )
    rows = tuple(_row(group) for group in fit.groups if known(group))
    note = (
        "Mean absolute error of coverage. Families that count: one over the sum of the squared"
        " weights. All families stand under Coverage."
    )
    return Table("Backtest on this log", columns, rows, note)


def _row(group: GroupFit) -> tuple[str, ...]:
    tested = known(group)
    weight = sum(f.weight for f in tested)
    mean = sum(f.weight * f.mae for f in tested) / weight if weight > 0 else math.nan
    line = [f.mae for f in group.families if f.name == BASELINE]
    errors = [f.mae for f in tested]
    squares = sum((f.weight / weight) ** 2 for f in tested) if weight > 0 else math.nan
    return (
        clip(group.group.name),
        f"{len(tested)}",
        proportion(mean),
        ends(min(errors), max(errors)),
        proportion(line[0]) if line else CANNOT,
        f"{1 / squares:.2g}" if squares > 0 else CANNOT,
    )


def _found(fit: Fit) -> Table:
    rows = tuple(
        (clip(group.group.name), name, f"{value:.4g}")
        for group in fit.groups
        for name, value in group.diagnostics.items()
    )
    columns = (Column("group", "left"), Column("diagnostic", "left"), Column("value"))
    note = (
        "r-hat near 1 says that the chains of PyMC agree; it is there where PyMC ran (fit --bayes)."
        if any("hat" in name for _, name, _ in rows)
        else ""
    )
    return Table("Diagnostics of the fit", columns, rows, note)


def _held() -> str:
    return (
        "Calibration cannot be seen in one log. It was measured in simulated worlds whose truth is"
        " known, and is the same for every report of this version:"
    )


def _measured() -> Table:
    columns = (
        Column("interval", "left"),
        Column("should hold"),
        Column("held, mean"),
        Column("held, worst kind of world"),
        Column("logs"),
        Column("commit", "code"),
    )
    rows = tuple(
        (m.what, percent(m.mass), percent(m.mean), percent(m.least), f"{m.logs:,}", m.commit)
        for m in MEASURED
    )
    note = f"From {SOURCE}; to measure again: {COMMAND}."
    return Table("What intervals have been shown to hold", columns, rows, note)
