"""Forecasts against real counts: fitted to a part of a large log, judged on the whole of it."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from apportion.analysis.counts import Counts
from apportion.analysis.exact.hypergeometric import miss_probability
from apportion.fitting.coverage import forecast
from apportion.fitting.curves import FAMILIES
from numpy.typing import NDArray

from .forecasts import tallied

Floats = NDArray[np.float64]
DATA = Path(os.environ.get("APPORTION_REAL_DATA", "../shared/data"))
PART = {100: (1_000, 10_000), 1_000: (10_000,)}
"""Samples a problem that the forecast sees, and the k that it is judged at."""
NAMES = ("averaged", *(family.name for family in FAMILIES))


def pythia() -> dict[str, Counts]:
    """Three models, 128 problems each, 10,000 samples a problem."""
    return _models(pl.read_csv(DATA / "pythia_math" / "counts.csv"))


def evalperf() -> dict[str, Counts]:
    """Seventeen models, 118 problems each, up to 100 samples a problem."""
    return _models(pl.read_parquet(DATA / "evalperf" / "counts.parquet"))


def _models(table: pl.DataFrame) -> dict[str, Counts]:
    parts = table.sort("model").group_by("model", maintain_order=True)
    return {str(name[0]): tallied(p["n"].to_numpy(), p["c"].to_numpy()) for name, p in parts}


def drawn(whole: Counts, samples: int, ks: tuple[int, ...], seed: int) -> Floats:
    """One hypergeometric part of a log, forecast for these problems: (1 + F, K, [error, held]).

    `held` is of the 95% interval; the truth is the whole log's own coverage.
    """
    rng = np.random.default_rng([seed, samples])
    n = np.minimum(samples, whole.n)
    part = replace(whole, n=n, c=rng.hypergeometric(whole.c, whole.n - whole.c, n))
    k = np.array(ks)
    truth = 1 - miss_probability(whole.n, whole.c, k).mean(axis=0)
    made = forecast(part, seed=seed, population="these")
    each, ours = made.each(k), made.at(k, 0.95).worlds
    worlds = np.concatenate([ours[None], each])
    low, high = np.quantile(worlds[:, 1:], [0.025, 0.975], axis=1)
    held = (low - 1e-9 <= truth) & (truth <= high + 1e-9)
    return np.stack([np.abs(worlds[:, 0] - truth), held.astype(float)], axis=-1)


def pythia_table(draws: int, spread: Callable[..., Any]) -> dict[str, Any]:
    """Mean absolute errors over draws, then models, and how often the 95% bands held the truth."""
    models = pythia()
    errors, kept = [], {}
    for samples, ks in PART.items():
        jobs = [(whole, samples, ks, seed) for whole in models.values() for seed in range(draws)]
        rows = np.array(spread(drawn, jobs)).reshape(len(models), draws, len(NAMES), len(ks), 2)
        for j, k in enumerate(ks):
            errors.append(rows[..., j, 0])
            kept[f"{samples} to {k}"] = rows[:, :, 0, j, 1].mean(axis=1).round(3).tolist()
    error = np.stack(errors, axis=-1)  # models, draws, forecasts, horizons
    each = error.mean(axis=(0, 1))
    best = 1 + int(each[1:].sum(axis=1).argmin())
    gap = (error[:, :, 0] - error[:, :, best]).sum(axis=-1)
    of_draws = np.sqrt((gap.var(axis=1) / draws).mean() / len(models))
    of_models = gap.mean(axis=1).std(ddof=1) / np.sqrt(len(models))
    return {
        "draws a model": draws,
        "models": list(models),
        "mean absolute error": {
            n: row.round(4).tolist() for n, row in zip(NAMES, each, strict=True)
        },
        "horizons": list(kept),
        "held, 95%, by model": kept,
        "best single": NAMES[best],
        "averaged less best, three horizons together": round(float(gap.mean()), 4),
        "its error over draws": round(float(of_draws), 4),
        "its error over models": round(float(of_models), 4),
    }


def evalperf_table(draws: int, spread: Callable[..., Any], samples: int = 25) -> dict[str, Any]:
    """From n to 2 n within the log, clustered by model."""
    models = evalperf()
    ks = (2 * samples,)
    jobs = [(whole, samples, ks, seed) for whole in models.values() for seed in range(draws)]
    rows = np.array(spread(drawn, jobs)).reshape(len(models), draws, len(NAMES), 2)
    kept = rows[:, :, 0, 1].mean(axis=1)
    each = rows[..., 0].mean(axis=(0, 1))
    return {
        "draws a model": draws,
        "models": len(models),
        "from, to": [samples, *ks],
        "mean absolute error": {n: round(float(e), 4) for n, e in zip(NAMES, each, strict=True)},
        "held, 95%": round(float(kept.mean()), 3),
        "its error, clustered by model": round(float(kept.std(ddof=1) / np.sqrt(len(kept))), 3),
    }
