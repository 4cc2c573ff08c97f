"""Curve: an estimate at several k over a leading axis of worlds, and the interval they give."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..data.shown import Shown

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


def whole_mass(worlds: Floats, mass: float) -> float:
    """Returns the mass of the pointwise intervals over (W, K) worlds that hold whole worlds.

    The quantile-based sup-t band of Montiel Olea & Plagborg-Moller 2019: one tail level at every
    k, the largest at which a share `mass` of the rows 1.. lies inside everywhere. Each world is
    judged by the band of the others, because a band judged by the worlds that it was drawn around
    is too narrow. Where even the envelope of the others holds fewer, the band is the envelope.
    """
    drawn = worlds[1:, np.isfinite(worlds[1:]).any(axis=0)]
    depth = np.min([np.ones(len(drawn)), *map(_depth, drawn.T)], axis=0)
    level, count = np.unique(depth, return_counts=True)
    held = 1 - (np.cumsum(count) - count) / max(len(depth), 1)
    tail = np.interp(mass, held[::-1], level[::-1]) - 1 / max(len(depth) - 1, 1)
    return float(max(mass, 1 - 2 * max(tail, 0.0)))


def _depth(column: Floats) -> Floats:
    """The share of the other worlds on the emptier side of each, (W,); 1 where it has no value."""
    alive = np.isfinite(column)
    ordered = np.sort(column[alive])
    below = np.searchsorted(ordered, column[alive], side="right") - 1
    above = len(ordered) - np.searchsorted(ordered, column[alive], side="left") - 1
    depth = np.ones(len(column))
    depth[alive] = np.minimum(below, above) / max(len(ordered) - 1, 1)
    return depth


def intervals(worlds: Floats, mass: float = MASS, population: Population = "new") -> list[Interval]:
    """Summarises (W, K) worlds column by column, as `interval` does one."""
    rows = zip(worlds[0].tolist(), *(end.tolist() for end in quantiles(worlds, mass)), strict=True)
    return [Interval(e, a, b, mass, population) for e, a, b in rows]


@dataclass(frozen=True, slots=True, eq=False)
class Curve(Shown):
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

    @property
    def band(self) -> tuple[Floats, Floats]:
        """The ends (K,) of the band that holds the whole true curve with the curve's mass.

        Wider than `low` and `high`, each of which holds the truth at its own k; see `whole_mass`.

        >>> rows = np.array([[0.5, 0.5], [0.3, 0.4], [0.4, 0.7], [0.6, 0.3], [0.7, 0.6]])
        >>> Curve(np.array([1, 2]), rows, "these", 0.5).band
        (array([0.3, 0.3]), array([0.7, 0.7]))
        """
        return quantiles(self.worlds, whole_mass(self.worlds, self.mass))

    def intervals(self) -> list[Interval]:
        """Returns one interval for each k."""
        return intervals(self.worlds, self.mass, self.population)

    def json(self, **more: object) -> list[Json]:
        """Returns one object for each k at which the estimate exists."""
        return [
            {"k": int(k), **more, **row.json()}
            for k, row in zip(self.k, self.intervals(), strict=True)
            if math.isfinite(row.estimate)
        ]

    def band_json(self) -> list[Json]:
        """Returns the ends of the band at each k at which the estimate exists."""
        rows = zip(self.k, self.estimate, *self.band, strict=True)
        return [
            {"k": int(k), "low": number(a), "high": number(b)}
            for k, middle, a, b in rows
            if math.isfinite(middle)
        ]
