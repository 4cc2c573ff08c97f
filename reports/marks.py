"""Marks: the values behind a picture, each in words at the place where it is drawn."""

import math
from collections.abc import Iterable, Iterator

from matplotlib.axes import Axes

from ..analysis.curve import Curve, Interval
from .document import Mark
from .wording import clip, percent, say

Point = tuple[float, float, str]
"""Data coordinates x and y, and what is said there."""


def at(axes: Axes, points: Iterable[Point]) -> tuple[Mark, ...]:
    """Returns the points that lie within the axes as marks; those without a value are left out."""
    width, height = axes.figure.bbox.width, axes.figure.bbox.height
    found = []
    for x, y, text in points:
        if not (math.isfinite(x) and math.isfinite(y)):
            continue
        across, up = axes.transData.transform((x, y))
        if axes.bbox.padded(1).contains(across, up):
            found.append(Mark(round(across / width, 4), round(1 - up / height, 4), text))
    return tuple(found)


def along(
    axes: Axes, curves: Iterable[tuple[str, Curve]], letter: str = "k", start: float = 0
) -> tuple[Mark, ...]:
    """Returns a mark at every point of named curves from k = `start` on."""
    return at(axes, (point for one in curves for point in _points(*one, letter, start)))


def _points(name: str, curve: Curve, letter: str, start: float) -> Iterator[Point]:
    for k, row in zip(curve.k.tolist(), curve.intervals(), strict=True):
        if k >= start:
            yield k, row.estimate, f"{clip(name, 60)}, {letter} = {k:,}: {told(row)}"


def told(value: Interval) -> str:
    """Returns an estimate with its interval and its mass: '0.41 (0.38 to 0.45), 90%'."""
    said = say(value)
    return f"{said}, {percent(value.mass)}" if said.endswith(")") else said
