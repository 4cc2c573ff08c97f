"""`make calibrate PARTS=budgets`: curves over budgets of known shapes; what intervals hold."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from apportion.analysis.counts import Ints
from apportion.analysis.curve import Floats
from apportion.fitting.laws.budgets import budget_curve
from scipy.special import expit
from scipy.stats import beta

LOGS, PROBLEMS, SAMPLES, MASS, WORLDS = 150, 60, 4, 0.9, 200
X = np.array([128, 256, 512, 1024, 2048, 4096, 8192.0])
AHEAD = np.append(X, 16384.0)
LEVEL = np.array([0.2, 0.35, 0.5, 0.55, 0.56, 0.56, 0.56, 0.56])
TRUTHS: dict[str, Floats] = {
    "flat": np.full(8, 0.4),
    "saturates": 0.6 * (1 - np.exp(-AHEAD / 400)),
    "power": 0.7 - 0.5 * (AHEAD / 128) ** -0.5,
    "rises": expit(-1 + 0.25 * np.log(AHEAD / 128)),
    "falls": expit(1 - 0.25 * np.log(AHEAD / 128)),
    "peaks": expit(0.3 - 0.35 * np.log(AHEAD / 2048) ** 2),
    "levels off at a corner": LEVEL,
}
Starmap = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], list[Any]]


def budgets(starmap: Starmap) -> dict[str, object]:
    """Returns what intervals held and which shapes were told, for each true shape."""
    found = starmap(_held, [(name, seed) for name in TRUTHS for seed in range(LOGS)])
    shapes = {name: _summary(found[i * LOGS : (i + 1) * LOGS]) for i, name in enumerate(TRUTHS)}
    size = {"logs": LOGS, "problems": PROBLEMS, "samples": SAMPLES, "mass": MASS}
    return {**size, "shapes": shapes}


def _summary(rows: list[dict[str, Any]]) -> dict[str, object]:
    curve = np.mean([row["curve"] for row in rows], axis=0)
    return {
        "within": {f"x = {x:g}": float(held) for x, held in zip(X, curve, strict=False)},
        "at twice the largest": float(curve[-1]),
        "slope": {at: float(np.mean([row[at] for row in rows])) for at in ("middle", "last")},
        "slope holds 0": float(np.mean([row["zero"] for row in rows])),
        "told": dict(sorted(Counter(row["shape"] for row in rows).items())),
    }


def _held(name: str, seed: int) -> dict[str, object]:
    truth = TRUTHS[name]
    fit = budget_curve(X, *_drawn(truth[:-1], seed), seed=seed, worlds=WORLDS)
    curve = fit.at(AHEAD, MASS)
    middle, last = fit.slope(X[3], MASS), fit.slope(X[5], MASS)
    return {
        "curve": (curve.low <= truth + 1e-12) & (truth <= curve.high + 1e-12),
        "middle": bool(middle.low <= truth[4] - truth[3] <= middle.high),
        "last": bool(last.low <= truth[6] - truth[5] <= last.high),
        "zero": bool(middle.low <= 0 <= middle.high),
        "shape": fit.shape,
    }


def _drawn(mean: Floats, seed: int) -> tuple[Ints, Ints]:
    """Problems as hard at one budget as at another, whose rates have exactly these means."""
    rng = np.random.default_rng(seed)
    p = beta.ppf(rng.random((PROBLEMS, 1)), 2 * mean, 2 * (1 - mean))
    c = np.asarray(rng.binomial(SAMPLES, p))
    return np.full_like(c, SAMPLES), c


PARTS: dict[str, Callable[[Starmap], dict[str, object]]] = {"budgets": budgets}
