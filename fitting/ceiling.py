"""A power law below a ceiling: coverage(k) = c exp(-A k^-B), descriptive."""

import numpy as np
from scipy.special import expit

from ..analysis.curve import Floats
from . import powerlaw
from .newton import least_squares
from .tables import Table

PRIOR = np.array([1.0, -1.0, 2.0]), np.array([2.0, 1.0, 1.5])
"""Mean and sd of normal priors of log A, log B and logit c: ceiling and exponent trade off."""


def fit(table: Table) -> Floats:
    """Returns (log A, log B, logit c) by least squares on the curve in each world, (W, 3)."""
    k = table.k.astype(float)
    log_k = np.log(k)

    def curve(theta: Floats) -> tuple[Floats, Floats]:
        law, top = powerlaw.coverage(theta[:, :2], k), limit(theta)[:, None]
        slope = top * law * np.log(np.maximum(law, 1e-300))
        slopes = [slope, -slope * np.exp(theta[:, 1:2]) * log_k, law * top * (1 - top)]
        return top * law, np.stack(slopes, axis=-1)

    return least_squares(curve, table.coverage, PRIOR, powerlaw.NOISE)


def coverage(theta: Floats, k: Floats) -> Floats:
    """Returns (W, K): c exp(-A k^-B)."""
    return limit(theta)[:, None] * powerlaw.coverage(theta[:, :2], k)


def limit(theta: Floats) -> Floats:
    """Returns (W,) the ceiling c."""
    return np.asarray(expit(theta[:, 2]))
