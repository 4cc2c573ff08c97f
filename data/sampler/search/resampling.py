"""Resampling: from scores to weights, from weights to ancestors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CLIP = 1e-7
"""Scores are kept this far from 0 and 1, or one of them would decide everything."""


def log_odds(scores: Sequence[float]) -> Floats:
    """Returns (N,) log r / (1 - r): the log-weights of particles with these scores."""
    clipped = np.clip(np.asarray(scores, dtype=float), CLIP, 1 - CLIP)
    return np.asarray(np.log(clipped) - np.log1p(-clipped))


def softmax(weights: ArrayLike, temperature: float = 1.0) -> Floats:
    """Returns the probabilities (N,) of log-weights (N,) at a temperature."""
    scaled = np.asarray(weights, dtype=float) / temperature
    heights = np.exp(scaled - scaled.max())
    return np.asarray(heights / heights.sum())


def ess(probabilities: Floats) -> float:
    """Returns the effective number of particles, 1 / sum of squares.

    >>> ess(np.full(4, 0.25)), ess(np.array([1.0, 0.0]))
    (4.0, 1.0)
    """
    return float(1 / np.square(probabilities).sum())


def multinomial(probabilities: Floats, rng: np.random.Generator) -> Ints:
    """Returns the ancestors (N,) of N slots, each drawn on its own."""
    return _reached(probabilities, rng.random(len(probabilities)))


def systematic(probabilities: Floats, rng: np.random.Generator) -> Ints:
    """Returns the ancestors (N,) of N slots at even distances from one random start.

    A particle of probability p gets floor(N p) or ceil(N p) slots, N p on average.
    """
    number = len(probabilities)
    return _reached(probabilities, (rng.random() + np.arange(number)) / number)


def _reached(probabilities: Floats, levels: Floats) -> Ints:
    heights = np.cumsum(probabilities)
    found = np.searchsorted(heights, levels * heights[-1], side="right")
    # A level that rounds up to the top belongs to the last particle that can be drawn.
    return np.asarray(np.minimum(found, np.flatnonzero(probabilities)[-1]))
