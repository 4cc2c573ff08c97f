"""A curve, a fit or a plan as CSV: one row a point, or one a part of the split."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..analysis.curve import Curve
from ..data.store import replacing
from ..data.writers import table
from ..fitting.fit import Fit
from ..planner.plan import Plan

Row = Mapping[str, Any]
CURVES = ("coverage", "majority", "best_of", "forecast")
NAMED = ("model", "temperature", "run")


def write_csv(result: Curve | Fit | Plan, path: str | Path) -> None:
    """Writes a result as CSV; the file appears whole or not at all.

    Columns of an interval are estimate, low, high, mass and for (the population it is about).
    """
    if isinstance(result, Curve):
        rows = list(_points(result))
    else:
        rows = list((_fitted if isinstance(result, Fit) else _planned)(result.json()))
    with replacing(Path(path)) as file:
        file.write(table(rows))


def _points(curve: Curve) -> Iterator[Row]:
    for k, *three in zip(curve.k, curve.estimate, curve.low, curve.high, strict=True):
        named = zip(("estimate", "low", "high"), map(float, three), strict=True)
        yield {"k": int(k), **dict(named), "mass": curve.mass, "for": curve.population}


def _fitted(made: Row) -> Iterator[Row]:
    for group in made["groups"]:
        named = {name: group[name] for name in NAMED}
        for metric in CURVES:
            for point in group.get(metric) or ():
                yield {**named, "metric": metric, **point}


def _planned(made: Row) -> Iterator[Row]:
    for level in made["levels"]:
        for part in level["split"]:
            told = {"level": level["level"], "share": level["share"], **part}
            yield {
                **told,
                "cost": level["cost"],
                "unit": made["budget"]["unit"],
                **level["accuracy"],
            }
