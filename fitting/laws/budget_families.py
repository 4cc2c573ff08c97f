"""The families of curves over a budget, each a declaration; a new one adds a line to a list."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from ...analysis.curve import Floats
from ..peaked import FORMS, logit_fit, nearest

SCALES = 120
"""Scales, or exponents, that a family with one nonlinear parameter tries."""
EXPONENTS = (0.05, 4.0)


class Family(NamedTuple):
    """A curve over budgets x > 0, theta (W, p) being its parameters in every world.

    `fit` takes x (B,), accuracies (W, B) and how many problems they average (W, B), `value` gives
    (W, K) at x (K,), and `limit` (W,) the best that the curve ever reaches.
    """

    name: str
    least: int
    fit: Callable[[Floats, Floats, Floats], Floats]
    value: Callable[[Floats, Floats], Floats]
    limit: Callable[[Floats], Floats]


def _fit_flat(x: Floats, accuracy: Floats, tried: Floats) -> Floats:  # noqa: ARG001
    return np.asarray((accuracy * tried).sum(axis=1, keepdims=True) / tried.sum(axis=1)[:, None])


def _fit_exponential(x: Floats, accuracy: Floats, tried: Floats) -> Floats:  # noqa: ARG001
    """(F, G, s, x0) of F - G exp(-(x - x0) / s), x0 the least budget, which is only an origin."""
    scales = np.geomspace((x[1] - x[0]) / 5, 2 * (x[-1] - x[0]), SCALES)
    left = np.exp((x[0] - x) / scales[:, None])
    best, (f, g) = nearest(np.stack([np.ones_like(left), -left], axis=-1), accuracy)
    return np.stack([f, g, scales[best], np.full(len(f), x[0])], axis=1)


def _fit_power(x: Floats, accuracy: Floats, tried: Floats) -> Floats:  # noqa: ARG001
    """(F, G, a, x0) of F - G (x / x0)^-a, x0 the least budget, which is only a unit."""
    exponents = np.geomspace(*EXPONENTS, SCALES)
    left = (x / x[0]) ** -exponents[:, None]
    best, (f, g) = nearest(np.stack([np.ones_like(left), -left], axis=-1), accuracy)
    return np.stack([f, g, exponents[best], np.full(len(f), x[0])], axis=1)


def _exponential(theta: Floats, x: Floats) -> Floats:
    f, g, s, least = theta.T[:, :, None]
    return np.asarray(np.clip(f - g * np.exp((least - x) / s), 0, 1))


def _power(theta: Floats, x: Floats) -> Floats:
    f, g, a, least = theta.T[:, :, None]
    return np.asarray(np.clip(f - g * (x / least) ** -a, 0, 1))


def _settles(theta: Floats) -> Floats:
    """The end of a curve that rises to F, or the start of one that falls to it."""
    return np.asarray(np.clip(theta[:, 0] - np.minimum(theta[:, 1], 0), 0, 1))


def _quadratic(theta: Floats, x: Floats) -> Floats:
    return FORMS["quadratic"].value(theta, x)


def _top(theta: Floats) -> Floats:
    """The top of a logit that is quadratic in log x; 1 where it bends upwards or only rises."""
    _, tilt, bend = theta.T
    down = bend < 0
    at = np.where(down, -tilt / np.where(down, 2 * bend, 1.0), 0.0)
    return np.where(down, expit(theta[:, 0] + at * tilt + at**2 * bend), 1.0)


def _bent(theta: Floats, x: Floats) -> Floats:
    return np.asarray(np.clip(FORMS["saturating"].value(theta, x), 0, 1))


def _bent_top(theta: Floats) -> Floats:
    """The top of F (1 - exp(-x / s)) - d x; 1 where it never turns."""
    with np.errstate(invalid="ignore", divide="ignore"):
        at = FORMS["saturating"].peak(theta)
    turns = np.isfinite(at) & (at > 0) & (theta[:, 2] > 0)
    f, s, d = theta.T
    at = np.where(turns, at, 0.0)
    return np.where(turns, np.clip(f * -np.expm1(-at / s) - d * at, 0, 1), 1.0)


PEAKED = ("quadratic", "saturating")
"""The families that may peak: the two forms of `peaked`, by its names."""

FAMILIES = (
    Family(
        "flat",
        1,
        _fit_flat,
        lambda theta, x: np.repeat(theta, len(x), axis=1),
        lambda theta: theta[:, 0],
    ),
    Family("exponential", 3, _fit_exponential, _exponential, _settles),
    Family("power", 3, _fit_power, _power, _settles),
    Family(
        "log-linear",
        2,
        lambda x, accuracy, tried: logit_fit(x, accuracy, tried, 2),
        _quadratic,
        lambda theta: np.ones(len(theta)),
    ),
    Family("quadratic", 3, FORMS["quadratic"].fit, _quadratic, _top),
    Family("saturating", 3, FORMS["saturating"].fit, _bent, _bent_top),
)
"""Flat, saturating in two ways, straight in logs, and the two that may fall again."""
