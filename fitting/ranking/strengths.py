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
    square = (theta**2).sum(axis=1, keepdims=True)
    terms = np.log(SHARES / SPREADS ** theta.shape[1]) - square / (2 * SPREADS**2)
    value = logsumexp(terms, axis=1, keepdims=True)
    precision = (np.exp(terms - value) / SPREADS**2).sum(axis=1, keepdims=True)
    return value[:, 0], -precision * theta


def draw(rng: np.random.Generator, size: int) -> Floats:
    """Draws (C,) strengths from the prior."""
    spread = rng.choice(SPREADS, p=SHARES)
    return np.asarray(spread * rng.standard_normal(size))
