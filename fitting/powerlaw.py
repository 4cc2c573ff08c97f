"""The exponentiated power law: coverage(k) = exp(-A k^-B) (Brown et al. 2024)."""

import numpy as np

from ..analysis.curve import Floats
from .newton import maximise
from .tables import Table

PRIOR_MEAN = np.array([1.0, -1.0])
PRIOR_SD = np.array([2.0, 1.0])
"""Normal priors of log A and log B: they matter only where the log says next to nothing."""
NOISE = 0.02
"""The misfit, in coverage, that the least squares take as ordinary."""


def fit(table: Table) -> Floats:
    """Returns (log A, log B) by least squares on the coverage curve in each world, (W, 2)."""
    log_k = np.log(table.k)

    def derivatives(theta: Floats, rows: slice) -> tuple[Floats, Floats, Floats]:
        rate = np.exp(theta[:, :1] - np.exp(theta[:, 1:]) * log_k)
        curve = np.exp(-rate)
        misfit = (table.coverage[rows] - curve) / NOISE
        slope_a = -curve * rate / NOISE
        slope = np.stack([slope_a, -slope_a * np.exp(theta[:, 1:]) * log_k], axis=-1)
        away = (theta - PRIOR_MEAN) / PRIOR_SD
        value = -0.5 * ((misfit**2).sum(axis=1) + (away**2).sum(axis=1))
        gradient = np.einsum("wkp,wk->wp", slope, misfit) - away / PRIOR_SD
        hessian = -np.einsum("wkp,wkq->wpq", slope, slope) - np.diag(1 / PRIOR_SD**2)
        return value, gradient, hessian

    return maximise(derivatives, PRIOR_MEAN, table.worlds)


def coverage(theta: Floats, k: Floats) -> Floats:
    """Returns (W, K): exp(-A k^-B)."""
    return np.asarray(np.exp(-np.exp(theta[:, :1] - np.exp(theta[:, 1:]) * np.log(k))))
