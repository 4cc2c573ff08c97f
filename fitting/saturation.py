"""Where more stops paying: saturation points by their published definitions, and k for a target."""

import numpy as np

from ..analysis.counts import Counts
from ..analysis.credits import majority_credit, majority_limits
from ..analysis.curve import MASS, Curve, Floats, Interval
from ..analysis.worlds import problem_worlds
from .coverage import Forecast
from .fit import Saturation, Target
from .tables import spread

EPSILON = {"marginal": 0.001, "residual": 0.02}
"""Accuracy gained by one more sample; accuracy still missing to the limit."""
SURE = 0.9
"""The share of worlds that must agree that the point exists within the horizon."""


def first_reaching(k: Floats, rising: Floats, level: Floats) -> Floats:
    """Returns (W,) where each row of `rising` (W, K) first reaches its level; NaN where never.

    Between grid points the curve is taken as straight in log k.
    """
    reached = rising >= level[:, None]
    at = reached.argmax(axis=1)
    rows = np.arange(len(rising))
    before = np.maximum(at - 1, 0)
    low, high = rising[rows, before], rising[rows, at]
    span = np.where(high > low, high - low, 1.0)
    part = np.where(at > 0, np.clip((level - low) / span, 0, 1), 0.0)
    point = np.exp(np.log(k[before]) + part * (np.log(k[at]) - np.log(k[before])))
    return np.where(reached.any(axis=1), point, np.nan)


def marginal(curve: Curve) -> Floats:
    """Returns (W,) the k after which one more sample gains at most EPSILON["marginal"]."""
    k = curve.k.astype(float)
    gain = np.diff(curve.worlds, axis=1) / np.diff(k)
    falling = np.minimum.accumulate(gain, axis=1)
    middle = np.sqrt(k[1:] * k[:-1])
    return first_reaching(middle, -falling, np.full(len(gain), -EPSILON["marginal"]))


def residual(curve: Curve, limits: Floats) -> Floats:
    """Returns (W,) the k at which at most EPSILON["residual"] is still missing to the limit."""
    rising = np.maximum.accumulate(curve.worlds, axis=1)
    return first_reaching(curve.k.astype(float), rising, limits - EPSILON["residual"])


def coverage_points(level: str, forecast: Forecast, mass: float = MASS) -> list[Saturation]:
    """Returns both saturation points of coverage, read off the averaged forecast."""
    fan = forecast.fan(mass)
    found = {"marginal": marginal(fan), "residual": residual(fan, forecast.limits())}
    return [_point(level, "coverage", name, k, forecast.horizon, mass) for name, k in found.items()]


def majority_points(counts: Counts, level: str, seed: int, mass: float = MASS) -> list[Saturation]:
    """Returns where, in the log, majority voting comes within EPSILON["residual"] of its limit."""
    k = spread(int(counts.n.min()), 16)
    weights = problem_worlds(counts.problems, seed)
    curve = weights @ majority_credit(counts, k)
    missing = np.abs(curve - (weights @ majority_limits(counts))[:, None])
    # The last time it is farther away counts, for voting may fall before it settles.
    settled = np.maximum.accumulate(missing[:, ::-1], axis=1)[:, ::-1]
    at = first_reaching(k.astype(float), -settled, np.full(len(weights), -EPSILON["residual"]))
    return [_point(level, "majority", "residual", at, int(counts.n.min()), mass)]


def _point(
    level: str, metric: str, definition: str, at: Floats, horizon: int, mass: float
) -> Saturation:
    """Summarises the worlds; a point that too few of them have is not given."""
    known = np.isfinite(at[1:]).mean()
    doubt = None
    estimate, low, high = float(at[0]), *_ends(at, horizon, mass)
    if known < 1 - SURE:
        doubt = f"beyond {horizon:,} samples in nearly every world, so not seen from this log"
        estimate = np.nan
    elif known < SURE or not np.isfinite(estimate):
        doubt = (
            f"cannot be determined from this log: {known:.0%} of the worlds have it within"
            f" {horizon:,} samples"
        )
        estimate = np.nan
    epsilon = EPSILON[definition]
    return Saturation(level, metric, definition, "samples", epsilon, estimate, low, high, doubt)


def _ends(at: Floats, horizon: int, mass: float) -> tuple[float, float]:
    """The central interval, worlds without a point counted as beyond the horizon (open above)."""
    placed = np.where(np.isfinite(at[1:]), at[1:], np.inf)
    low, high = np.quantile(placed, [(1 - mass) / 2, (1 + mass) / 2], method="nearest")
    return float(low if np.isfinite(low) else horizon), float(high)


def target(accuracy: float, curve: Curve, metric: str = "coverage") -> Target:
    """Returns the k at which the curve reaches an accuracy; open above where worlds never do."""
    rising = np.maximum.accumulate(curve.worlds, axis=1)
    at = first_reaching(curve.k.astype(float), rising, np.full(len(rising), accuracy))
    low, high = _ends(at, int(curve.k[-1]), curve.mass)
    return Target(accuracy, metric, Interval(float(at[0]), low, high, curve.mass, curve.population))
