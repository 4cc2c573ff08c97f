"""`make calibrate PARTS=warmed`: forecasts of a small new log, warmed by old logs and not."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from apportion.analysis.counts import Counts
from apportion.analysis.curve import Floats
from apportion.fitting.warmed import warmed
from scipy.special import betaln, expit

from .forecasts import tallied

NEW, OLD, MASS = (15, 4), (100, 16), 0.9
BETWEEN = 0.4
"""The standard deviation between logs of the logit of a log's mean and of the log of its a + b."""
ALIEN = 3.0
K = np.array([1, 4, 40, 400])
KINDS = {"one old log": 1, "alike": 4, "an alien among the old": 4, "an alien new log": 4}
LOGS = 60
Starmap = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], list[Any]]


def measured(starmap: Starmap) -> dict[str, object]:
    """Returns how often 90% intervals held, how wide they were and how far the estimate was off."""
    told: dict[str, object] = {"logs": LOGS, "mass": MASS, "new": NEW, "old": OLD, "k": K.tolist()}
    for kind in KINDS:
        rows = np.array(starmap(_once, [(kind, seed) for seed in range(LOGS)]))
        mean = rows.mean(axis=0).round(3)
        told[kind] = {
            name: dict(zip(("held", "width", "error"), mean[i].tolist(), strict=True))
            for i, name in enumerate(("warmed", "alone"))
        }
        print(kind, told[kind], flush=True)
    return told


def _once(kind: str, seed: int) -> Floats:
    """(2, 3, K) of the warmed forecast and of the new log's own: held, width, error."""
    rng = np.random.default_rng([seed, list(KINDS).index(kind)])
    middle = rng.normal(-1.0, 0.8)
    shift = [0.0] * KINDS[kind]
    if kind == "an alien among the old":
        shift[0] = ALIEN
    old = [_log(rng, *OLD, *_place(rng, middle + by)) for by in shift]
    place = _place(rng, middle - (ALIEN if kind == "an alien new log" else 0.0))
    made = warmed(_log(rng, *NEW, *place), old, seed=seed)
    a, b = place
    true = -np.expm1(betaln(a, b + K) - betaln(a, b))
    curves = [each.at(K, MASS) for each in (made.forecast, made.plain)]
    return np.array([
        [(c.low <= true) & (true <= c.high), c.high - c.low, np.abs(c.estimate - true)]
        for c in curves
    ])  # fmt: skip


def _place(rng: np.random.Generator, middle: float) -> tuple[float, float]:
    mean = float(expit(rng.normal(middle, BETWEEN)))
    size = float(np.exp(rng.normal(0.7, BETWEEN)))
    return mean * size, (1 - mean) * size


def _log(rng: np.random.Generator, problems: int, n: int, a: float, b: float) -> Counts:
    sizes = np.full(problems, n)
    return tallied(sizes, rng.binomial(sizes, rng.beta(a, b, problems)))


PARTS: dict[str, Callable[[Starmap], dict[str, object]]] = {"warmed": measured}
