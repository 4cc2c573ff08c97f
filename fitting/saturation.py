"""Where more stops paying: saturation points by their published definitions, per unit of cost."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..analysis.curve import MASS, Curve, Floats
from .crossing import SURE, ends, first_reaching
from .fit import Saturation
from .metrics import Metric

EPSILON = {"marginal": 0.001, "residual": 0.02}
"""Accuracy gained by one more sample, or 1,000 more tokens; accuracy still missing to the limit."""
PER = 1_000
"""Tokens that must gain more than epsilon."""


def _from_nothing(curve: Curve) -> tuple[Floats, Floats]:
    """The curve with its known beginning: no sample solves nothing."""
    k = np.concatenate([[0.0], curve.k])
    return k, np.pad(curve.worlds, ((0, 0), (1, 0)))


def marginal(curve: Curve, epsilon: float | Floats = EPSILON["marginal"]) -> Floats:
    """Returns (W,) the smallest N >= 0 from which more samples gain at most epsilon each.

    F(m) - F(N) <= epsilon (m - N) for all m > N, which is F(N + 1) - F(N) <= epsilon wherever gains
    only fall, as those of coverage do. Those of voting do not: a second vote never gains anything.
    Between points farther apart than 1 the mean gain is taken to be that at their geometric middle,
    as it is on a curve that nears its limit like 1 / k. `epsilon` may differ between worlds, (W,).
    """
    k, value = _from_nothing(curve)
    gain = np.stack([_best_gain(k[i:], value[:, i:]) for i in range(len(curve.k))], axis=1)
    falling = np.minimum.accumulate(gain, axis=1)
    middle = np.sqrt(k[:-1] * (k[1:] - 1))
    return first_reaching(middle, -falling, np.broadcast_to(-np.asarray(epsilon), len(gain)))


def _best_gain(k: Floats, value: Floats) -> Floats:
    """The most that the samples after the first of these points gain, each, (W,)."""
    return np.asarray(((value[:, 1:] - value[:, :1]) / (k[1:] - k[0])).max(axis=1))


def residual(curve: Curve, limits: Floats, epsilon: float = EPSILON["residual"]) -> Floats:
    """Returns (W,) the smallest N >= 0 from which on the curve is within epsilon of its limit.

    The last time that it is farther away counts, for some curves fall before they settle.
    """
    k, value = _from_nothing(curve)
    missing = np.abs(value - limits[:, None])
    settled = np.maximum.accumulate(missing[:, ::-1], axis=1)[:, ::-1]
    return first_reaching(k, -settled, np.full(len(value), -epsilon))


def points(
    level: str, metric: Metric, mass: float = MASS, *, epsilon: Mapping[str, float] = EPSILON
) -> list[Saturation]:
    """Returns the points of a metric: by both definitions in samples, and in tokens where logged.

    Only the marginal one is per unit of cost: in tokens its epsilon is what 1,000 more must gain.
    """
    each, left = epsilon["marginal"], epsilon["residual"]
    inside = metric.curve.k <= max(metric.horizon, 1)
    curve = replace(metric.curve, k=metric.curve.k[inside], worlds=metric.curve.worlds[:, inside])
    settled = residual(metric.curve, metric.limits, left)
    made = [
        _point(level, metric, ("marginal", each), marginal(curve, each), mass),
        _point(level, metric, ("residual", left), settled, mass, also=_fall(metric, left)),
    ]
    if metric.tokens is not None:
        at = marginal(curve, each * metric.tokens / PER)
        made.append(_point(level, metric, ("marginal", each), at, mass, tokens=metric.tokens))
    return made


def _point(
    level: str,
    metric: Metric,
    definition: tuple[str, float],
    at: Floats,
    mass: float,
    *,
    tokens: Floats | None = None,
    also: str | None = None,
) -> Saturation:
    """Summarises the samples (W,) as such or in tokens; a point too few worlds have is not given.

    `definition` is its name and epsilon; `also` is what else to doubt.
    """
    at = np.where(at <= metric.horizon, at, np.nan)
    each = np.ones(len(at)) if tokens is None else tokens
    low, high = ends(at * each, metric.horizon * each, mass)
    unknown = _unknown(at, metric.horizon)
    return Saturation(
        level,
        metric.name,
        definition[0],
        "samples" if tokens is None else "tokens",
        definition[1],
        np.nan if unknown else float(at[0] * each[0]),
        low,
        high,
        "; ".join(filter(None, [unknown, also])) or None,
    )


def _unknown(at: Floats, horizon: int) -> str | None:
    """Why the worlds (W,) do not place the point, None where they do."""
    beyond = 1 - np.isfinite(at[1:]).mean()
    if beyond <= 1 - SURE and np.isfinite(at[0]):
        return None
    if not horizon:
        return "cannot be determined from this log: it has too few samples of a problem"
    whose = f"{beyond:.0%} of the worlds place" if beyond else "the best estimate places"
    return f"cannot be determined from this log: {whose} it beyond {horizon:,} samples"


def _fall(metric: Metric, epsilon: float) -> str | None:
    """Says where the curve peaks, if by its end it has fallen from there by more than epsilon.

    A verifier's errors are found by searching for its highest score (Gao et al. 2023).
    """
    k, worlds = metric.curve.k, metric.curve.worlds
    peak = int(worlds[0].argmax())
    drop = worlds[:, peak] - worlds[:, -1]
    if drop[0] <= epsilon:
        return None
    share = (drop[1:] > epsilon).mean()
    if share >= SURE:
        return (
            f"more samples do harm: {metric.name} peaks at k={k[peak]:,} and is"
            f" {drop[0]:.2f} lower at k={k[-1]:,}"
        )
    return (
        f"whether {metric.name} falls after its peak at k={k[peak]:,} cannot be determined from"
        f" this log: in {share:.0%} of the worlds it is {epsilon:g} lower at k={k[-1]:,}"
    )
