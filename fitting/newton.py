"""Newton's method for many small problems at once: one posterior mode in every world."""

from collections.abc import Callable

import numpy as np

from ..analysis.curve import Floats

Derivatives = Callable[[Floats, slice], tuple[Floats, Floats, Floats]]
"""(theta (W, p), which worlds) -> log posterior (W,), gradient (W, p) and Hessian (W, p, p)."""

LONGEST_STEP = 1.5


def maximise(derivatives: Derivatives, start: Floats, worlds: int, steps: int = 60) -> Floats:
    """Returns the mode in each world, (W, p).

    World 0 is climbed first and the others start from its mode, so they need only a few steps.
    Directions of positive curvature are turned downhill; a step that loses height is halved.
    """
    first = _climb(derivatives, np.asarray(start, dtype=float)[None, :], slice(0, 1), steps)
    if worlds == 1:
        return first
    rest = np.repeat(first, worlds - 1, axis=0)
    return np.vstack([first, _climb(derivatives, rest, slice(1, worlds), steps)])


def least_squares(
    curve: Callable[[Floats], tuple[Floats, Floats]],
    target: Floats,
    prior: tuple[Floats, Floats],
    noise: float,
) -> Floats:
    """Returns (W, p) the parameters whose curve (W, K) is nearest the target (W, K).

    `curve` maps theta to values (W, K) and slopes (W, K, p); the normal prior, (mean, sd), matters
    only where the curve says next to nothing, `noise` being a misfit that is ordinary.
    """
    mean, sd = prior

    def derivatives(theta: Floats, rows: slice) -> tuple[Floats, Floats, Floats]:
        value, slope = curve(theta)
        misfit, slope = (target[rows] - value) / noise, slope / noise
        away = (theta - mean) / sd
        height = -0.5 * ((misfit**2).sum(axis=1) + (away**2).sum(axis=1))
        gradient = np.einsum("wkp,wk->wp", slope, misfit) - away / sd
        hessian = -np.einsum("wkp,wkq->wpq", slope, slope) - np.diag(1 / sd**2)
        return height, gradient, hessian

    return maximise(derivatives, mean, len(target))


def _climb(derivatives: Derivatives, theta: Floats, rows: slice, steps: int) -> Floats:
    value, gradient, hessian = derivatives(theta, rows)
    scale = np.ones(len(theta))
    for _ in range(steps):
        step = _ascent(gradient, hessian) * scale[:, None]
        tried = theta + step
        new_value, new_gradient, new_hessian = derivatives(tried, rows)
        better = new_value >= value - 1e-10 * np.abs(value)
        theta = np.where(better[:, None], tried, theta)
        value = np.where(better, new_value, value)
        gradient = np.where(better[:, None], new_gradient, gradient)
        hessian = np.where(better[:, None, None], new_hessian, hessian)
        scale = np.where(better, 1.0, scale / 4)
        if np.abs(step).max() < 1e-7:
            break
    return theta


def _ascent(gradient: Floats, hessian: Floats) -> Floats:
    """Solves |H| step = gradient, with the step's length bounded."""
    try:  # Cholesky's decomposition is there for downward curvature only, and costs a fifth
        np.linalg.cholesky(-hessian)
        step = np.linalg.solve(-hessian, gradient[..., None])[..., 0]
    except np.linalg.LinAlgError:
        curvature, axes = np.linalg.eigh(hessian)
        bent = np.maximum(np.abs(curvature), 1e-6)
        along = np.einsum("wij,wi->wj", axes, gradient) / bent
        step = np.einsum("wij,wj->wi", axes, along)
    length = np.abs(step).max(axis=1, keepdims=True)
    return np.asarray(step * np.minimum(1.0, LONGEST_STEP / np.maximum(length, 1e-300)))
