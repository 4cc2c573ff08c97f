"""Where curves first reach a level, in every world, and the interval that the worlds give."""

import numpy as np

from ..analysis.curve import Floats

SURE = 0.9
"""The share of worlds that must agree that a point exists within the horizon."""


def crossing(k: Floats, rising: Floats, level: Floats) -> Floats:
    """Returns (W,) where each row of `rising` (W, K) first reaches its level, NaN if it never does.

    Between points the curve is taken as straight in log(1 + k); where it begins at its level or
    above, that is k[0].
    """
    reached = rising >= level[:, None]
    at = reached.argmax(axis=1)
    rows = np.arange(len(rising))
    before = np.maximum(at - 1, 0)
    low, high = rising[rows, before], rising[rows, at]
    span = np.where(high > low, high - low, 1.0)
    part = np.where(at > 0, np.clip((level - low) / span, 0, 1), 0.0)
    left, right = np.log1p(k[before]), np.log1p(k[at])
    point = np.where(at > 0, np.expm1(left + part * (right - left)), k[0])
    return np.where(reached.any(axis=1), point, np.nan)


def first_reaching(k: Floats, rising: Floats, level: Floats) -> Floats:
    """Returns (W,) the whole k at which each row of `rising` (W, K) first reaches its level.

    The crossing rounded up, so exact where k is consecutive. NaN where the level is never reached.
    """
    at = (rising >= level[:, None]).argmax(axis=1)
    before = np.maximum(at - 1, 0)
    first = np.where(at > 0, np.floor(k[before]) + 1, k[0])
    return np.clip(np.ceil(crossing(k, rising, level)), first, np.ceil(k[at]))


def ends(at: Floats, horizon: Floats, mass: float) -> tuple[float, float]:
    """Returns the central interval of points (W,), NaN being known only to lie beyond the horizon.

    Row 0 is the estimate; `horizon` is (W,). The interval is open above where too many lie beyond.
    """
    known = np.isfinite(at)
    least, most = np.where(known, at, horizon)[1:], np.where(known, at, np.inf)[1:]
    low = np.quantile(least, (1 - mass) / 2, method="nearest")
    high = np.quantile(most, (1 + mass) / 2, method="nearest")
    return float(np.fmin(low, at[0])), float(np.fmax(high, at[0]))
