"""A curve over budgets in the terminal and as data: shape, peak, and where more stops paying."""

import math
from collections.abc import Sequence

import numpy as np

from ..analysis.counts import Ints
from ..analysis.curve import Floats, Interval, Json, number
from ..data.errors import InputError
from ..data.points import Points
from ..fitting.laws.budget_families import FAMILIES
from ..fitting.laws.budgets import BudgetCurve
from . import terminal
from .wording import amount_between, percent, say

LEAST_WEIGHT = 0.005


def crossed(points: Points, n: Floats, c: Floats) -> tuple[Floats, Ints, Ints, list[str]]:
    """Returns the budgets (B,), tried and right (P, B), and the names of the problems (P,).

    Raises:
        InputError: a row without a problem, or counts that are not whole.
    """
    names = points.texts["problem"]
    if None in names:
        where = f"{points.sources[0].name}: row {names.index(None) + 1}"
        raise InputError(f"{where}: problem is missing")
    if not (n % 1 == 0).all() or not (c % 1 == 0).all():
        raise InputError("budgets need whole counts: n and c, or correct as 0 and 1")
    x, column = np.unique(points.whole("budget"), return_inverse=True)
    problems, row = np.unique(np.array(names, dtype=object).astype(str), return_inverse=True)
    tried = np.zeros((len(problems), len(x)), dtype=np.int64)
    right = np.zeros_like(tried)
    np.add.at(tried, (row, column), n.astype(np.int64))
    np.add.at(right, (row, column), c.astype(np.int64))
    return x, tried, right, problems.tolist()


def json(made: BudgetCurve, *, at: Sequence[float], unit: float | None, mass: float) -> Json:
    """Returns the shape, the forecasts, the slope of each doubling, the peak and saturation."""
    stops = made.saturation(unit=unit, mass=mass)
    rows = zip(made.x, made.at(made.x, mass).intervals(), strict=True)
    ahead = zip(at, made.at(np.array(at), mass).intervals(), strict=True) if at else ()
    return {
        "shape": made.shape,
        "p_peak": number(made.p_peak),
        "peak": _open(made.peak(mass)),
        "budgets": [{"budget": float(x), **row.json()} for x, row in rows],
        "forecast": [{"budget": float(x), **row.json()} for x, row in ahead],
        "slopes": [{"budget": x, **s.json()} for x, s in _slopes(made, mass)],
        "saturation": {"marginal": _open(stops.marginal), "residual": _open(stops.residual)},
        "families": [
            {"name": f.name, "weight": number(w)}
            for f, w in zip(FAMILIES, made.weight, strict=True)
        ],
        "doubts": list(made.doubts),
    }


def show(made: BudgetCurve, *, at: Sequence[float], unit: float | None, mass: float) -> None:
    """Prints the same as short tables."""
    console = terminal._console()
    console.print(f"shape: {made.shape} (p = {made.p_peak:.2g} that no peak is inside)")
    peak = made.peak(mass)
    if math.isfinite(peak.estimate) and peak.estimate > 0:
        console.print(f"peak at {amount_between(peak.estimate, peak.low, peak.high)}")
    slopes = dict(_slopes(made, mass))
    curve = zip(made.x.tolist(), made.at(made.x, mass).intervals(), strict=True)
    rows = [[f"{x:,g}", say(row), _signed(slopes.get(x))] for x, row in curve]
    if at:
        ahead = zip(at, made.at(np.array(at), mass).intervals(), strict=True)
        rows += [[f"{x:,g} (forecast)", say(row), ""] for x, row in ahead]
    heads = ["budget", f"accuracy ({percent(mass)} interval, new problems)", "a doubling gains"]
    terminal._print(console, heads, rows)
    stops = made.saturation(unit=unit, mass=mass)
    told = [[name, _point(value)] for name, value in stops._asdict().items()]
    terminal._print(console, ["more stops paying", "from the budget"], told)
    heard = [
        [family.name, percent(weight)]
        for family, weight in zip(FAMILIES, made.weight, strict=True)
        if weight >= LEAST_WEIGHT
    ]
    terminal._print(console, ["family", "weight"], heard)


def _slopes(made: BudgetCurve, mass: float) -> list[tuple[float, Interval]]:
    """What a doubling gains from each budget whose double is still within the log."""
    last = made.x[-1] + made.shift
    inside = [float(x) for x in made.x if 2 * (x + made.shift) <= last * (1 + 1e-9)]
    return [(x, made.slope(x, mass)) for x in inside]


def _open(value: Interval) -> Json:
    """A budget with its interval; an end that is infinite is null, and said to be open."""
    return value.json() | {"open_above": bool(np.isposinf(value.high))}


def _point(value: Interval) -> str:
    return amount_between(value.estimate, value.low, value.high)


def _signed(slope: Interval | None) -> str:
    if slope is None:
        return ""
    return f"{slope.estimate:+.3f} ({slope.low:+.3f} to {slope.high:+.3f})"
