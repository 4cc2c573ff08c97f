"""Curve: an estimate at several k over a leading axis of worlds, and the interval they give."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Population = Literal["these", "new", "check"]
Json = dict[str, object]

MASS = 0.9


def number(x: float) -> float | None:
    """Returns the number as JSON can hold it: null where it does not exist."""
    return float(x) if math.isfinite(x) else None


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the central interval of `mass` around it, for a named population."""

    estimate: float
    low: float
    high: float
    mass: float = MASS
    population: Population = "new"

    def json(self) -> Json:
        """Returns the interval in the shape that every output shares."""
        return {
            "estimate": number(self.estimate),
            "low": number(self.low),
            "high": number(self.high),
            "mass": self.mass,
            "for": self.population,
        }


def interval(worlds: Floats, mass: float = MASS, population: Population = "new") -> Interval:
    """Summarises (W,) worlds: row 0 is the estimate, the others give the central interval.

    The interval always holds the estimate, and is NaN where no world has a value.
    """
    low, high = quantiles(worlds[:, None], mass)
    return Interval(float(worlds[0]), float(low[0]), float(high[0]), mass, population)


def quantiles(worlds: Floats, mass: float) -> tuple[Floats, Floats]:
    """Returns the (K,) ends of the central interval over the rows 1.. of (W, K) worlds."""
    low = np.full(worlds.shape[1], np.nan)
    high = low.copy()
    alive = np.isfinite(worlds[1:]).any(axis=0)
    if alive.any():
        tails = [(1 - mass) / 2, (1 + mass) / 2]
        low[alive], high[alive] = np.nanquantile(worlds[1:, alive], tails, axis=0)
    return np.fmin(low, worlds[0]), np.fmax(high, worlds[0])


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Values at `k` (K,) in every world (W, K); row 0 is the log itself, the rest are redrawn.

    `population` says whom the interval is for: `these` problems, `new` problems like them, or a
    `check`: what another log of named problems will show. NaN marks an estimate that does not
    exist, and `reason` says why.
    """

    k: NDArray[np.int64]
    worlds: Floats
    population: Population = "new"
    mass: float = MASS
    reason: str | None = None

    @property
    def estimate(self) -> Floats:
        """The log's own values, (K,)."""
        return np.asarray(self.worlds[0])

    @property
    def low(self) -> Floats:
        """The lower end at each k, (K,)."""
        return quantiles(self.worlds, self.mass)[0]

    @property
    def high(self) -> Floats:
        """The upper end at each k, (K,)."""
        return quantiles(self.worlds, self.mass)[1]

    def intervals(self) -> list[Interval]:
        """Returns one interval for each k."""
        low, high = quantiles(self.worlds, self.mass)
        rows = zip(self.estimate.tolist(), low.tolist(), high.tolist(), strict=True)
        return [Interval(e, a, b, self.mass, self.population) for e, a, b in rows]

    def json(self, **more: object) -> list[Json]:
        """Returns one object for each k at which the estimate exists."""
        return [
            {"k": int(k), **more, **row.json()}
            for k, row in zip(self.k, self.intervals(), strict=True)
            if math.isfinite(row.estimate)
        ]
