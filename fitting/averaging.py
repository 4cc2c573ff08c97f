"""Weights of the families: each is fitted to a part of the log and judged on the rest of it."""

from dataclasses import dataclass

import numpy as np

from ..analysis.counts import Counts
from ..analysis.coverage import credits
from ..analysis.curve import Floats
from ..analysis.exact.hypergeometric import miss_probability
from ..data.traces import UNTIL_SUCCESS
from .curves import FAMILIES
from .tables import Table, spread

SHARE = 4
"""The backtest fits on one in four samples and forecasts up to all of them."""
REPEATS = 24
FLOOR = 0.005
"""An error in coverage too small to prefer one family over another."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """Per family (F,): mean absolute error, mean log predictive density, the weight earned."""

    mae: Floats
    log_score: Floats
    weight: Floats
    possible: bool


def backtest(counts: Counts, seed: int) -> Backtest:
    """Fits every family to random quarters of each problem's samples and scores it on the whole.

    Weights are proportional to 1 / (mean squared error + FLOOR^2), so a family that misses twice
    as far counts a quarter as much. With under 8 samples a problem, or sampling that stopped at
    success, there is nothing to hold out and all weigh the same.
    """
    families = len(FAMILIES)
    nothing = np.full(families, np.nan)
    if counts.n.min() < 2 * SHARE or counts.stop_rule == UNTIL_SUCCESS:
        return Backtest(nothing, nothing, np.full(families, 1 / families), possible=False)
    thin = _thinned(counts, np.random.default_rng([seed, 2]))
    k = spread(int(counts.n.min()), 6, int(counts.n.min()) // SHARE + 1)
    truth = credits(counts, k).mean(axis=0)
    forecasts = np.stack([f.value(f.fit(thin), k.astype(float)) for f in FAMILIES])
    error = forecasts - truth
    mse = (error**2).mean(axis=(1, 2))
    weight = 1 / (mse + FLOOR**2)
    return Backtest(
        np.abs(error).mean(axis=(1, 2)), _log_score(error), weight / weight.sum(), possible=True
    )


def _log_score(error: Floats) -> Floats:
    """Mean normal log density of the truth under each family's forecast, (F, R, K) -> (F,).

    The spread is that of the family's own forecasts over the quarters, never below FLOOR.
    """
    variance = error.var(axis=1, keepdims=True) + FLOOR**2
    density = -0.5 * (np.log(2 * np.pi * variance) + error**2 / variance)
    return np.asarray(density.mean(axis=(1, 2)))


def _thinned(counts: Counts, rng: np.random.Generator) -> Table:
    """Draws REPEATS quarters of every problem's samples, without replacement."""
    n = np.maximum(counts.n // SHARE, 1)
    c = rng.hypergeometric(counts.c, counts.n - counts.c, n, size=(REPEATS, len(n)))
    pairs, where = np.unique(
        np.stack([np.broadcast_to(n, c.shape).ravel(), c.ravel()]), axis=1, return_inverse=True
    )
    size = pairs.shape[1]
    flat = where.ravel().reshape(c.shape) + size * np.arange(REPEATS)[:, None]
    weights = np.bincount(flat.ravel(), minlength=REPEATS * size).reshape(REPEATS, size)
    k = spread(int(n.min()))
    curve = (
        weights / weights.sum(axis=1, keepdims=True) @ (1 - miss_probability(pairs[0], pairs[1], k))
    )
    return Table(pairs[0], pairs[1], weights.astype(float), k, curve)
