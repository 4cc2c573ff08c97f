"""The bracket of coverages that the log leaves open when no family of curves is assumed."""

import numpy as np
from scipy.special import chdtri

from ..analysis.counts import Ints
from ..analysis.curve import Floats
from .npmle import climb, densities, grid, log_likelihood, nearest, solved

PRECISION = 1e-4
"""How closely the ends are found, in coverage."""
MOST = 1e6
"""Imagined problems beyond which no mixture that the log allows can gain PRECISION more."""
ROUNDS = 60

Point = tuple[float, float, float]
"""Of the frontier: the imagined problems t, the fall in log likelihood, the coverage reached."""


def bracket(
    n: Ints, c: Ints, weight: Floats, k: Floats | Ints, mass: float = 0.95
) -> tuple[Floats, Floats]:
    """Returns the least and the greatest coverage (K,) for new problems at k.

    Over all distributions of solve rates whose log likelihood is within half the chi-squared(1)
    quantile at `mass` of the maximum: the profile likelihood interval of coverage. Beyond the log
    it is wide, because rates below 1 / n that tell the futures apart leave no trace in the log.

    Args:
        n: samples of each distinct pair, (D,).
        c: right ones among them, (D,).
        weight: how many problems each pair stands for, (D,).
        k: draws, (K,).
        mass: of the chi-squared distribution, strictly between 0 and 1.

    >>> _, high = bracket(np.array([8]), np.array([0]), np.array([50.0]), np.array([8, 800]))
    >>> high.round(2)
    array([0.04, 0.98])
    """
    k = np.asarray(k, dtype=float)
    p, weight = grid(n, c, k.max(initial=1)), np.asarray(weight, dtype=float)
    density = densities(n, c, p)
    best, _ = climb(density, weight, nearest(n, c, weight, p))
    drop = float(chdtri(1, 1 - mass)) / 2
    gains = solved(p, k).T
    high = [_furthest(density, weight, best, gain, drop) for gain in gains]
    low = [1 - _furthest(density, weight, best, 1 - gain, drop) for gain in gains]
    return np.asarray(low), np.asarray(high)


def _furthest(density: Floats, weight: Floats, best: Floats, gain: Floats, drop: float) -> float:
    """Returns the greatest gain @ share whose log likelihood falls by at most `drop`.

    To the log are added t problems of which only the gain is seen: solved, or missed, in k draws.
    As t grows the mixture of greatest likelihood moves along the frontier of (value, fall), whose
    slope there is t / value. Tangents of that frontier bound the end from outside, chords from
    inside, and t is sought until they meet. The outer bound is returned.
    """
    rows = np.vstack([density, gain])
    top = log_likelihood(density, weight, best)
    share = 0.99 * best
    share[np.argmax(gain)] += 0.01
    short: Point
    past: Point
    short, past = (0.0, 0.0, float(gain @ best)), (MOST, np.inf, np.inf)
    t, outer = 2 * drop, float(gain.max())
    for _ in range(ROUNDS):
        share, gap = climb(rows, np.append(weight, t), share)
        fall, value = top - log_likelihood(density, weight, share), float(gain @ share)
        outer = min(outer, value + (drop - fall + gap) * value / t)
        short, past = ((t, fall, value), past) if fall <= drop else (short, (t, fall, value))
        if outer - _chord(short, past, drop) <= PRECISION or t >= MOST:
            break
        t = _next(short, past, drop)
    return outer


def _chord(short: Point, past: Point, drop: float) -> float:
    """The value where the chord between two points of the frontier has fallen by `drop`."""
    if not np.isfinite(past[1]):
        return short[2]
    return short[2] + (past[2] - short[2]) * (drop - short[1]) / (past[1] - short[1])


def _next(short: Point, past: Point, drop: float) -> float:
    """The t to try: log fall is nearly straight in log t, but t stays well between its bounds."""
    if not np.isfinite(past[1]):
        return min(MOST, short[0] * 4)
    if short[0] == 0:
        return past[0] / 4
    low, high = np.log(short[0]), np.log(past[0])
    rise = np.log(drop / max(short[1], 1e-12)) / np.log(past[1] / max(short[1], 1e-12))
    return float(np.exp(low + np.clip(rise, 0.05, 0.95) * (high - low)))
