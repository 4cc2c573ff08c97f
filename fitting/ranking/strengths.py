"""The prior of strengths: normal around their mean with a spread that is not known, summed out.

Only differences of strengths show; their mean is kept near 0 by a normal of its own, so that the
posterior is nearly normal wherever battles are many.
"""

import numpy as np
from scipy.special import logsumexp

from ...analysis.curve import Floats

WIDTH, REACH, NODES = 0.7, 2.5, 11
"""The log of the spread is normal(0, WIDTH), cut at REACH: nine in ten lie in .32 to 3.2 logits."""

_AT = np.linspace(-REACH, REACH, NODES)
SPREADS = np.exp(WIDTH * _AT)
SHARES = np.exp(-(_AT**2) / 2) / np.exp(-(_AT**2) / 2).sum()


def log_prior(theta: Floats) -> tuple[Floats, Floats]:
    """Returns the log prior (T,) of strengths theta (T, C), up to a constant, and its gradient."""
    mean = theta.mean(axis=1, keepdims=True)
    value, precision = _summed(theta - mean)
    level = -0.5 * theta.shape[1] * mean[:, 0] ** 2
    return value + level, -precision * (theta - mean) - mean


def curvature(theta: Floats) -> Floats:
    """Returns the Hessian (T, C, C) of the log prior."""
    size = theta.shape[1]
    away = theta - theta.mean(axis=1, keepdims=True)
    precision = _summed(away)[1]
    twice = _summed(away, power=4)[1] - precision**2
    flat = -precision[:, :, None] * (np.eye(size) - 1 / size)
    return np.asarray(flat - 1 / size + twice[:, :, None] * away[:, :, None] * away[:, None, :])


def precision(theta: Floats) -> Floats:
    """Returns the mean (T, 1) of one over the squared spread, given the strengths."""
    return _summed(theta - theta.mean(axis=1, keepdims=True))[1]


def _summed(away: Floats, power: int = 2) -> tuple[Floats, Floats]:
    """The log prior (T,), and the mean (T, 1) of one over the spread to a power, given theta."""
    square = (away**2).sum(axis=1, keepdims=True)
    terms = np.log(SHARES) - (away.shape[1] - 1) * np.log(SPREADS) - square / (2 * SPREADS**2)
    value = logsumexp(terms, axis=1, keepdims=True)
    return value[:, 0], (np.exp(terms - value) / SPREADS**power).sum(axis=1, keepdims=True)


def draw(rng: np.random.Generator, size: int) -> Floats:
    """Draws (C,) strengths from the prior."""
    normal = rng.standard_normal(size)
    spread = rng.choice(SPREADS, p=SHARES)
    return np.asarray(spread * (normal - normal.mean()) + normal.mean())
