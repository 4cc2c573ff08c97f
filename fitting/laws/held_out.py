"""Forecasts of the largest models' accuracy: problem by problem, or of the mean alone."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit, logit

from ...analysis.curve import Floats, Interval, Json, interval
from ..newton import maximise

PART = 4
"""One in so many models, the largest, is held out, and two at least."""
TRAINED = 4
"""Models that a straight line and its scatter need."""
WEAK = 1e-2
"""The prior precision of the link's coefficients: only against infinity."""


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """The accuracy of the H largest models, forecast from the smaller ones in two ways, (H,).

    `each` fits every problem's log odds of the right choice, straight in log compute, and averages
    last; `whole` fits the logit of the mean accuracy. `each_error` and `whole_error` are their mean
    absolute errors and `gain` the second less the first, for new problems.
    """

    truth: Floats
    each: Floats
    whole: Floats
    each_error: Interval
    whole_error: Interval
    gain: Interval
    models: tuple[str, ...] = ()

    def json(self) -> Json:
        """Returns the forecasts and their errors."""
        return {
            "models": list(self.models),
            "accuracy": self.truth.tolist(),
            "problem_by_problem": self.each.tolist(),
            "of_the_mean": self.whole.tolist(),
            "error_problem_by_problem": self.each_error.json(),
            "error_of_the_mean": self.whole_error.json(),
            "gain": self.gain.json(),
        }


def held_out(
    x: Floats, odds: Floats, accuracy: Floats, weights: Floats, mass: float
) -> Held | None:
    """Returns both forecasts, or None where fewer than 4 models would be left to fit.

    Args:
        x: log compute of the models, rising, (M,).
        odds: log odds of the right choice, (M, P).
        accuracy: whether each was right, (M, P).
        weights: of the problems in every world, (W, P).
        mass: of the intervals.
    """
    held = max(2, len(x) // PART)
    known = len(x) - held
    if known < TRAINED:
        return None
    truth = weights @ accuracy[known:].T
    each = weights @ _by_problem(x, odds[:known], accuracy[:known]).T
    whole = _of_mean(x, weights @ accuracy[:known].T, accuracy.shape[1])
    wrong = [np.abs(made - truth).mean(axis=1) for made in (each, whole)]
    ours, theirs, gain = (interval(e, mass) for e in (*wrong, wrong[1] - wrong[0]))
    return Held(truth[0], each[0], whole[0], ours, theirs, gain)


def _by_problem(x: Floats, odds: Floats, accuracy: Floats) -> Floats:
    """The chance (H, P) that each held-out model is right, its log odds forecast by a line."""
    known = len(odds)
    basis = np.stack([np.ones_like(x), x - x[:known].mean()], axis=1)
    solve = np.linalg.pinv(basis[:known])
    line = solve @ odds
    scatter = ((odds - basis[:known] @ line) ** 2).sum(axis=0) / (known - 2)
    start, slope = _link(odds.ravel(), accuracy.ravel())
    # Scatter is pooled: a problem's own, of so few models, says little of what it will be.
    variance = scatter.mean() * (1 + ((basis[known:] @ solve) ** 2).sum(axis=1))
    narrowed = np.sqrt(1 + np.pi / 8 * slope**2 * variance)
    return np.asarray(expit((start + slope * (basis[known:] @ line)) / narrowed[:, None]))


def _link(odds: Floats, right: Floats) -> Floats:
    """Start and slope of the logit of being right in the log odds, by likelihood."""
    basis = np.stack([np.ones_like(odds), odds], axis=1)

    def derivatives(theta: Floats, rows: slice) -> tuple[Floats, Floats, Floats]:  # noqa: ARG001
        eta = theta @ basis.T
        p = expit(eta)
        height = (right * log_expit(eta) + (1 - right) * log_expit(-eta)).sum(axis=1)
        gradient = (right - p) @ basis - WEAK * theta
        hessian = -np.einsum("wb,bp,bq->wpq", p * (1 - p), basis, basis) - WEAK * np.eye(2)
        return height - WEAK / 2 * (theta**2).sum(axis=1), gradient, hessian

    return np.asarray(maximise(derivatives, np.array([0.0, 1.0]), 1)[0])


def _of_mean(x: Floats, mean: Floats, problems: int) -> Floats:
    """The accuracy (W, H) by a straight line of its logit in log compute, in every world."""
    known = mean.shape[1]
    edge = 0.5 / problems
    height = logit(np.clip(mean, edge, 1 - edge))
    basis = np.stack([np.ones_like(x), x - x[:known].mean()], axis=1)
    return np.asarray(expit(height @ np.linalg.pinv(basis[:known]).T @ basis[known:].T))
