"""Saturation on the page: how far more spending still pays, by each definition in use."""

import math
from collections.abc import Sequence

from ..fitting.fit import GroupFit, Saturation
from .document import Block, Column, Prose, Section, Table
from .wording import CANNOT, amount, amount_between, clip, percent, sentence, several

MOST = 12
"""Remarks on the page."""
Threshold = tuple[str, str, float]
"""A definition, its unit and its epsilon: a column of the table."""


def section(group: GroupFit, mass: float) -> Section:
    """Returns the section: a row for each level and metric, a column for each definition."""
    title = "Where more stops paying"
    if not group.saturation:
        return Section("saturation", title, (Prose(_silence(group)),))
    blocks: list[Block] = [Prose(_story(group)), _table(group.saturation, mass)]
    remarks = _remarks(group.saturation)
    if remarks.rows:
        blocks.append(remarks)
    return Section("saturation", title, tuple(blocks))


def _silence(group: GroupFit) -> str:
    return (
        "This log cannot tell where more stops paying:"
        f" no curve could be fitted to {several(group.problems, 'problem')}."
    )


def _story(group: GroupFit) -> str:
    known = sum(math.isfinite(point.budget) for point in group.saturation)
    return (
        "Saturation is a matter of definition, so each column names its own: the spending beyond"
        " which the metric gains less than the threshold (marginal), or beyond which less than the"
        " threshold is missing to where it ends (residual). The log can place"
        f" {known} of {several(len(group.saturation), 'such point')}."
    )


def _table(points: Sequence[Saturation], mass: float) -> Table:
    kinds = list(dict.fromkeys(map(_kind, points)))
    rows: dict[tuple[str, str], dict[Threshold, str]] = {}
    for point in points:
        rows.setdefault((point.level, point.metric), {})[_kind(point)] = _where(point)
    columns = (
        Column("level", "left"),
        Column("metric", "left"),
        *(Column(f"{name.replace('_', ' ')}, {_threshold(name, unit, least)}, in {unit}")
          for name, unit, least in kinds),
    )  # fmt: skip
    return Table(
        "Spending a problem beyond which more stops paying",
        columns,
        tuple(
            (clip(level), clip(metric), *(found.get(kind, "") for kind in kinds))
            for (level, metric), found in rows.items()
        ),
        f"In brackets: {percent(mass)} interval over worlds.",
    )


def _kind(point: Saturation) -> Threshold:
    return point.definition, point.unit, point.epsilon


def _where(point: Saturation) -> str:
    if not math.isfinite(point.budget):
        return CANNOT
    return amount_between(point.budget, point.low, point.high)


def _remarks(points: Sequence[Saturation]) -> Table:
    """Why a point cannot be told, or what else is to be said of it."""
    rows = tuple(
        (
            clip(point.level),
            clip(point.metric),
            f"{point.definition.replace('_', ' ')}, {_threshold(*_kind(point))}",
            sentence(point.doubt) if point.doubt else "No reason was given.",
        )
        for point in points
        if point.doubt or not math.isfinite(point.budget)
    )
    columns = (
        Column("level", "left"),
        Column("metric", "left"),
        Column("definition", "left"),
        Column("remark", "left"),
    )
    more = len(rows) - MOST
    note = f"And {more:,} more of the kind; apportion fit --json has all." if more > 0 else ""
    return Table("Why some cannot be told, and other remarks", columns, rows[:MOST], note)


def _threshold(definition: str, unit: str, epsilon: float) -> str:
    """What more must gain, or what may be missing."""
    if definition == "residual":
        return f"{amount(epsilon)} missing"
    return (
        f"{amount(epsilon)} a sample"
        if unit == "samples"
        else (f"{amount(epsilon)} per 1,000 {unit}")
    )
