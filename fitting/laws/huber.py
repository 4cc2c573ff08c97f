"""Huber's loss on log residuals, from many starts, and in worlds of resampled residuals.

A few runs of a table are often off by more than the rest, so least squares is not used (Huber 1964;
Hoffmann et al. 2022 take delta = .001 for it).
"""

import numpy as np

from ...analysis.curve import Floats
from .losses import Law

DELTA = 1e-3
STEP = 1e-30
STARTS = 24
"""Starts that are refined, the best of the law's own grid."""
STEPS, LONGEST = 300, 2.0
WEAK = 1e-8
"""Keeps what the table does not tell from running away."""


def cost(residual: Floats, delta: float) -> Floats:
    """Returns the sum of Huber's loss over the last axis."""
    size = np.abs(residual)
    each = np.where(size <= delta, size**2 / 2, delta * (size - delta / 2))
    return np.asarray(each.sum(axis=-1))


def slopes(law: Law, theta: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Returns log responses (W, R), and their derivatives (W, R, p) by a complex step."""
    made = [law.log(theta + 1j * STEP * unit, x) for unit in np.eye(theta.shape[1])]
    return np.asarray(made[0].real), np.stack([m.imag / STEP for m in made], axis=2)


def descend(
    law: Law, theta: Floats, x: Floats, y: Floats, delta: float, near: float = 1e-9
) -> tuple[Floats, Floats]:
    """Returns theta (W, p) of least cost, each climbed down to from its own start, and the costs.

    Levenberg and Marquardt's steps on reweighted squares, all worlds at once; those that have
    arrived are left alone.

    Args:
        law: what is fitted.
        theta: the starts, (W, p).
        x: centred logs of the columns, (R, q).
        y: log responses, (W, R) or (R,).
        delta: where squares end.
        near: a world has arrived when steps gain less than this share of its cost, twice.
    """
    theta, y = theta.copy(), np.broadcast_to(y, (len(theta), len(x)))
    quiet = np.zeros(len(theta), dtype=int)
    damp = np.full(len(theta), 1e-2)
    value, slope = slopes(law, theta, x)
    heights = cost(y - value, delta)
    live = np.arange(len(theta))
    for _ in range(STEPS):
        residual = y[live] - value
        step = _step(residual, slope, damp[live], delta)
        tried, tried_slope = slopes(law, theta[live] + step, x)
        height = cost(y[live] - tried, delta)
        better = height <= heights[live]
        small = heights[live] - height <= near * heights[live]
        quiet[live] += better & small
        theta[live[better]] += step[better]
        heights[live[better]] = height[better]
        damp[live] = np.clip(np.where(better, damp[live] / 3, damp[live] * 4), 1e-9, 1e9)
        value = np.where(better[:, None], tried, value)
        slope = np.where(better[:, None, None], tried_slope, slope)
        going = (quiet[live] < 2) & (damp[live] < 1e9)
        live, value, slope = live[going], value[going], slope[going]
        if not len(live):
            break
    return theta, heights


def _step(residual: Floats, slope: Floats, damp: Floats, delta: float) -> Floats:
    weight = np.minimum(1.0, delta / np.maximum(np.abs(residual), 1e-300))
    pull = np.einsum("wrp,wr->wp", slope, weight * residual)
    bend = np.einsum("wrp,wr,wrq->wpq", slope, weight, slope)
    diagonal = np.einsum("wpp->wp", bend)
    scale = damp[:, None] * diagonal + WEAK * diagonal.max(axis=1, keepdims=True) + 1e-300
    solved = np.linalg.solve(bend + scale[:, :, None] * np.eye(slope.shape[2]), pull[..., None])
    return np.clip(solved[..., 0], -LONGEST, LONGEST)


def best(law: Law, x: Floats, y: Floats, delta: float) -> tuple[Floats, Floats, Floats]:
    """Returns the best theta (p,), and where the best starts led to, (G, p), with the costs."""
    starts = law.starts.copy()
    starts[:, list(law.level)] += y.mean()
    with np.errstate(over="ignore", invalid="ignore"):
        first = cost(y - law.log(starts, x).real, delta)
    kept = starts[np.argsort(np.where(np.isfinite(first), first, np.inf))[:STARTS]]
    found, height = descend(law, kept, x, y, delta, 1e-13)
    order = np.argsort(height, kind="stable")
    return found[order[0]], found[order], height[order]
