"""Where more stops paying: saturation points by their published definitions, and k for a target."""

from collections.abc import Mapping

import numpy as np

from ..analysis.counts import Counts
from ..analysis.curve import MASS, Curve, Floats, Interval
from ..analysis.voting import majority_credit, majority_limits
from ..analysis.worlds import problem_worlds
from .coverage import Forecast
from .fit import Saturation, Target
from .tables import spread

EPSILON = {"marginal": 0.001, "residual": 0.02}
"""Accuracy gained by one more sample; accuracy still missing to the limit."""
SURE = 0.9
"""The share of worlds that must agree that the point exists within the horizon."""


def first_reaching(k: Floats, rising: Floats, level: Floats) -> Floats:
    """Returns (W,) the whole k at which each row of `rising` (W, K) first reaches its level.

    Exact where k is consecutive; between points farther apart the curve is taken as straight in
    log(1 + k), and the crossing rounded up. NaN where the level is never reached.
    """
    reached = rising >= level[:, None]
    at = reached.argmax(axis=1)
    rows = np.arange(len(rising))
    before = np.maximum(at - 1, 0)
    low, high = rising[rows, before], rising[rows, at]
    span = np.where(high > low, high - low, 1.0)
    part = np.where(at > 0, np.clip((level - low) / span, 0, 1), 0.0)
    left, right = np.log1p(k[before]), np.log1p(k[at])
    point = np.ceil(np.expm1(left + part * (right - left)))
    first = np.where(at > 0, np.floor(k[before]) + 1, k[0])
    return np.where(reached.any(axis=1), np.clip(point, first, np.ceil(k[at])), np.nan)


def _from_nothing(curve: Curve) -> tuple[Floats, Floats]:
    """The curve with its known beginning: no sample solves nothing."""
    k = np.concatenate([[0.0], curve.k])
    return k, np.pad(curve.worlds, ((0, 0), (1, 0)))


def marginal(curve: Curve, epsilon: float = EPSILON["marginal"]) -> Floats:
    """Returns (W,) the smallest N >= 0 after which one more sample gains at most epsilon.

    F(N + 1) - F(N) <= epsilon. Between points farther apart than 1 the mean gain is taken to be
    that at their geometric middle, as it is on a curve that nears its limit like 1 / k.
    """
    k, value = _from_nothing(curve)
    gain = np.diff(value, axis=1) / np.diff(k)
    falling = np.minimum.accumulate(gain, axis=1)
    middle = np.sqrt(k[:-1] * (k[1:] - 1))
    return first_reaching(middle, -falling, np.full(len(gain), -epsilon))


def residual(curve: Curve, limits: Floats, epsilon: float = EPSILON["residual"]) -> Floats:
    """Returns (W,) the smallest N >= 0 at which at most epsilon is missing to the limit."""
    k, value = _from_nothing(curve)
    return first_reaching(k, np.maximum.accumulate(value, axis=1), limits - epsilon)


def coverage_points(
    level: str,
    forecast: Forecast,
    mass: float = MASS,
    *,
    epsilon: Mapping[str, float] = EPSILON,
) -> list[Saturation]:
    """Returns both saturation points of coverage, read off the averaged forecast."""
    fan = forecast.fan(mass)
    found = {
        "marginal": marginal(fan, epsilon["marginal"]),
        "residual": residual(fan, forecast.limits(), epsilon["residual"]),
    }
    return [
        _point((level, "coverage", name), at, forecast.horizon, epsilon[name], mass)
        for name, at in found.items()
    ]


def majority_points(
    counts: Counts,
    level: str,
    seed: int,
    mass: float = MASS,
    *,
    epsilon: float = EPSILON["residual"],
) -> list[Saturation]:
    """Returns where, in the log, majority voting comes within epsilon of its limit.

    Only the first half of the log is looked at: at k = n a draw without replacement is the whole
    log, whose winners are the limit, whatever the truth is.
    """
    last = max(int(counts.n.min()) // 2, 1)
    k = spread(last, 16)
    weights = problem_worlds(counts.problems, seed)
    curve = weights @ majority_credit(counts, k)
    missing = np.abs(curve - (weights @ majority_limits(counts))[:, None])
    # The last time it is farther away counts, for voting may fall before it settles.
    settled = np.maximum.accumulate(missing[:, ::-1], axis=1)[:, ::-1]
    at = first_reaching(k.astype(float), -settled, np.full(len(weights), -epsilon))
    return [_point((level, "majority", "residual"), at, last, epsilon, mass)]


def _point(
    name: tuple[str, str, str], at: Floats, horizon: int, epsilon: float, mass: float
) -> Saturation:
    """Summarises the worlds; a point that too few of them have is not given.

    `name` is the level, the metric and the definition.
    """
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
    return Saturation(*name, "samples", epsilon, estimate, low, high, doubt)


def _ends(at: Floats, horizon: int, mass: float) -> tuple[float, float]:
    """The central interval, worlds without a point counted as beyond the horizon (open above)."""
    placed = np.where(np.isfinite(at[1:]), at[1:], np.inf)
    low, high = np.quantile(placed, [(1 - mass) / 2, (1 + mass) / 2], method="nearest")
    low, high = np.fmin(low, at[0]), np.fmax(high, at[0])
    return float(low if np.isfinite(low) else horizon), float(high)


def target(accuracy: float, curve: Curve, metric: str = "coverage") -> Target:
    """Returns the k at which the curve reaches an accuracy; open above where worlds never do."""
    rising = np.maximum.accumulate(curve.worlds, axis=1)
    at = first_reaching(curve.k.astype(float), rising, np.full(len(rising), accuracy))
    low, high = _ends(at, int(curve.k[-1]), curve.mass)
    return Target(accuracy, metric, Interval(float(at[0]), low, high, curve.mass, curve.population))
