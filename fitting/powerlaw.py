"""The exponentiated power law: coverage(k) = exp(-A k^-B) (Brown et al. 2024)."""

import numpy as np

from ..analysis.curve import Floats
from .newton import least_squares
from .tables import Table

PRIOR = np.array([1.0, -1.0]), np.array([2.0, 1.0])
"""Mean and sd of normal priors of log A and log B, for curves that say next to nothing."""
NOISE = 0.02
"""The misfit, in coverage, that the least squares take as ordinary."""
LEAST = 1e-9
"""Coverage is held this far from 0 and 1, where log(-log) would be infinite."""


def fit(table: Table) -> Floats:
    """Returns (log A, log B) by least squares on the coverage curve in each world, (W, 2)."""
    k = table.k.astype(float)
    log_k = np.log(k)

    def curve(theta: Floats) -> tuple[Floats, Floats]:
        value = coverage(theta, k)
        slope = value * np.log(np.maximum(value, 1e-300))
        return value, np.stack([slope, -slope * np.exp(theta[:, 1:]) * log_k], axis=-1)

    return least_squares(curve, table.coverage, PRIOR, NOISE)


def fit_logs(table: Table) -> Floats:
    """Returns (log A, B) by least squares of log(-log coverage) on log k in each world, (W, 2)."""
    log_k = np.log(table.k)
    height = np.log(-np.log(np.clip(table.coverage, LEAST, 1 - LEAST)))
    about = log_k - log_k.mean()
    slope = height @ about / max(about @ about, LEAST)
    return np.stack([height.mean(axis=1) - slope * log_k.mean(), -slope], axis=1)


def coverage(theta: Floats, k: Floats) -> Floats:
    """Returns (W, K): exp(-A k^-B) of (log A, log B)."""
    return _law(theta[:, :1], np.exp(theta[:, 1:]), k)


def coverage_logs(theta: Floats, k: Floats) -> Floats:
    """Returns (W, K): exp(-A k^-B) of (log A, B); a line that falls with k is taken as flat."""
    return _law(theta[:, :1], np.maximum(theta[:, 1:], 0.0), k)


def _law(log_a: Floats, b: Floats, k: Floats) -> Floats:
    return np.asarray(np.exp(-np.exp(log_a - b * np.log(k))))
