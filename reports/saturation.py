"""Saturation on the page: how far more spending still pays, by each definition in use."""

import math

from ..fitting.fit import GroupFit, Saturation
from .document import Column, Prose, Section, Table
from .wording import CANNOT, amount, amount_between, clip, percent, sentence, several


def section(group: GroupFit, mass: float) -> Section:
    """Returns the section: one row for each level, metric and definition."""
    rows = tuple(_row(point) for point in group.saturation)
    if not rows:
        return Section("saturation", "Where more stops paying", (Prose(_silence(group)),))
    columns = (
        Column("level", "left"),
        Column("metric", "left"),
        Column("definition", "left"),
        Column("threshold"),
        Column("stops paying at"),
        Column("remark", "left"),
    )
    note = f"In brackets: {percent(mass)} interval over worlds."
    table = Table("Saturation, by definition", columns, rows, note)
    return Section("saturation", "Where more stops paying", (Prose(_story(group)), table))


def _silence(group: GroupFit) -> str:
    return (
        "This log cannot tell where more stops paying:"
        f" no curve could be fitted to {several(group.problems, 'problem')}."
    )


def _story(group: GroupFit) -> str:
    known = sum(math.isfinite(point.budget) for point in group.saturation)
    return (
        "Saturation is a matter of definition, so each row names its own: the spending beyond"
        " which the metric gains less than the threshold. The log can place"
        f" {known} of {several(len(group.saturation), 'such point')}."
    )


def _row(point: Saturation) -> tuple[str, ...]:
    known = math.isfinite(point.budget)
    where = amount_between(point.budget, point.low, point.high, point.unit) if known else CANNOT
    remark = sentence(point.doubt) if point.doubt else "" if known else "No reason was given."
    return (
        clip(point.level),
        clip(point.metric),
        point.definition.replace("_", " "),
        _threshold(point),
        where,
        remark,
    )


def _threshold(point: Saturation) -> str:
    """What more must gain, or what may be missing."""
    if point.definition == "residual":
        return f"{amount(point.epsilon)} missing"
    return (
        f"{amount(point.epsilon)} a sample"
        if point.unit == "samples"
        else (f"{amount(point.epsilon)} per 1,000 {point.unit}")
    )
