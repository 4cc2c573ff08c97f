"""The prior of strengths: normal around 0 with a spread that is not known, summed out."""

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
    value, precision = _summed(theta)
    return value, -precision * theta


def curvature(theta: Floats) -> Floats:
    """Returns the Hessian (T, C, C) of the log prior."""
    precision = _summed(theta)[1]
    twice = _summed(theta, power=4)[1] - precision**2
    flat = -precision[:, :, None] * np.eye(theta.shape[1])
    return np.asarray(flat + twice[:, :, None] * theta[:, :, None] * theta[:, None, :])


def _summed(theta: Floats, power: int = 2) -> tuple[Floats, Floats]:
    """The log prior (T,), and the mean (T, 1) of one over the spread to a power, given theta."""
    square = (theta**2).sum(axis=1, keepdims=True)
    terms = np.log(SHARES) - theta.shape[1] * np.log(SPREADS) - square / (2 * SPREADS**2)
    value = logsumexp(terms, axis=1, keepdims=True)
    return value[:, 0], (np.exp(terms - value) / SPREADS**power).sum(axis=1, keepdims=True)


def draw(rng: np.random.Generator, size: int) -> Floats:
    """Draws (C,) strengths from the prior."""
    spread = rng.choice(SPREADS, p=SHARES)
    return np.asarray(spread * rng.standard_normal(size))
