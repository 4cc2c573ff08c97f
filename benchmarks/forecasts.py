"""Forecasts against known truth: worlds drawn from the prior, fixed worlds, and interval scores."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from apportion.analysis.counts import Counts, count
from apportion.analysis.curve import Curve
from apportion.data.synthetic import population, simulate
from apportion.fitting import averaging
from apportion.fitting.bracket import bracket
from apportion.fitting.coverage import Forecast, forecast
from apportion.fitting.curves import FAMILIES, MIXTURES
from apportion.fitting.doubts import OPEN
from apportion.fitting.rates import CENTRES, STEP, solved
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WORLDS = ("beta", "beta-hard", "logit-normal", "bimodal", "impossible")
SIZES = ((60, 16), (200, 100))
FAR = np.array([10, 100])
"""How many times the log the forecasts reach."""
MASSES = (0.8, 0.95)
OTHERS = ("averaged", "stacked", "bracket")
NAMES = (*OTHERS, *(family.name for family in FAMILIES))


def scored(low: Floats, high: Floats, truth: Floats, mass: float) -> Floats:
    """The interval score (Gneiting & Raftery 2007) of a central interval: less is better."""
    miss = np.maximum(low - truth, 0) + np.maximum(truth - high, 0)
    return high - low + 2 / (1 - mass) * miss


def judged(made: Forecast, k: Ints, truth: Floats) -> Floats:
    """(NAMES, MASSES, [held, width, score], K): the average, its rivals, and each family."""
    each = made.each(k)
    worlds = np.arange(1, each.shape[1])
    stacked = speakers(made, stack(made))
    rows = [_at(made.at(k, mass), truth) for mass in MASSES]
    rows += [_at(Curve(k, _of(each, stacked, worlds), "new", mass), truth) for mass in MASSES]
    for mass in MASSES:
        ends = bracket(made.logged.n, made.logged.c, made.logged.weights[0], k, mass)
        rows.append(_ends(*ends, truth, mass))
    rows += [_at(Curve(k, own, "new", mass), truth) for own in each for mass in MASSES]
    return np.array(rows, float).reshape(len(NAMES), len(MASSES), 3, len(k))


def _of(each: Floats, speaker: Ints, worlds: Ints) -> Floats:
    drawn = each[speaker, worlds]
    return np.vstack([np.median(drawn, axis=0), drawn])


def _at(curve: Curve, truth: Floats) -> Floats:
    return _ends(curve.low, curve.high, truth, curve.mass)


def _ends(low: Floats, high: Floats, truth: Floats, mass: float) -> Floats:
    held = (low - 1e-9 <= truth) & (truth <= high + 1e-9)
    return np.stack([held, high - low, scored(low, high, truth, mass)])


def stack(made: Forecast, steps: int = 500) -> Floats:
    """Weights (F,) that stack the leave-one-out predictive densities (Yao et al. 2018), by EM."""
    density, times = np.exp(made.left_out), made.logged.times
    weight = np.full(len(density), 1 / len(density))
    for _ in range(steps):
        weight = weight * ((density / (weight @ density)) @ times) / times.sum()
    return np.concatenate([weight, np.zeros(len(FAMILIES) - len(weight))])


def speakers(made: Forecast, weight: Floats) -> Ints:
    return averaging.speakers(weight, len(made.speaker), np.random.default_rng(0))


def fixed(world: str, size: tuple[int, int], seed: int) -> Floats:
    """One log of a fixed world, judged: the second gate."""
    problems, samples = size
    counts = count(simulate(world, problems=problems, samples=samples, seed=20_000 + seed)[0])
    k = FAR * samples
    return judged(forecast(counts, seed=seed), k, population(world, k))


def drawn(size: tuple[int, int], seed: int) -> Floats:
    """One log of a world drawn from the prior, judged: the first gate."""
    counts, k, truth = posed(size, seed)
    return judged(forecast(counts, seed=seed), k, truth)


def posed(size: tuple[int, int], seed: int) -> tuple[Counts, Ints, Floats]:
    """A log of a world drawn from the prior of a family drawn evenly; the truth far beyond it."""
    problems, samples = size
    rng = np.random.default_rng([seed, 11])
    family = MIXTURES[seed % len(MIXTURES)]
    mass = family.mass(family.prior.draw(rng, 1))[0]
    cell = rng.choice(len(mass), problems, p=mass / mass.sum())
    rate = expit(CENTRES[cell] + STEP * (rng.random(problems) - 0.5))
    k = FAR * samples
    counts = tallied(np.full(problems, samples), rng.binomial(samples, rate))
    return counts, k, mass @ solved(k.astype(float))


def tallied(n: Ints, c: Ints) -> Counts:
    """Counts of one group made of numbers alone."""
    blank = count(simulate("beta", problems=len(n), samples=1, seed=0)[0])
    return replace(blank, n=n, c=c, drawn=None)


def summary(rows: Floats) -> dict[str, Any]:
    """Of (logs, forecasts, masses, 3, K): shares held with errors, mean widths and scores."""
    mean, error = rows.mean(axis=0), rows.std(axis=0) / np.sqrt(len(rows))
    ours = {
        f"{mass:.0%}": {
            "held": mean[0, i, 0].round(3).tolist(),
            "error": error[0, i, 0].round(3).tolist(),
            "width": mean[0, i, 1].round(4).tolist(),
        }
        for i, mass in enumerate(MASSES)
    }
    score = {name: mean[j, 1, 2].round(4).tolist() for j, name in enumerate(NAMES)}
    open_ = rows[:, OTHERS.index("bracket"), 1, 1]
    told = {
        "bracket, 95%, width": open_.mean(axis=0).round(3).tolist(),
        "no wider than it": (rows[:, 0, 1, 1] <= open_ + 1e-3).mean(axis=0).round(3).tolist(),
        "this log cannot tell": (open_ > OPEN).mean(axis=0).round(3).tolist(),
    }
    return {"logs": len(rows), **ours, **told, "score 95%": score, **_hindsight(rows[:, :, 1, 2])}


def _hindsight(score: Floats) -> dict[str, Any]:
    """How much worse than the family that was best here, both horizons, paired over logs."""
    each = score.mean(axis=2)
    first = len(OTHERS)
    best = first + int(each[:, first:].mean(axis=0).argmin())
    gap = each[:, 0] - each[:, best]
    base = each[:, best].mean()
    return {
        "best in hindsight": NAMES[best],
        "worse by": round(float(gap.mean() / base), 3),
        "worse by, error": round(float(gap.std() / np.sqrt(len(gap)) / base), 3),
    }


def cells(logs: int, spread: Callable[..., Any]) -> dict[str, Floats]:
    """Every cell of both gates: (logs, forecasts, masses, 3, K)."""
    jobs: dict[str, tuple[Callable[..., Floats], list[tuple[Any, ...]]]] = {}
    for size in SIZES:
        name = f"{size[0]} x {size[1]}"
        jobs[f"prior, {name}"] = drawn, [(size, seed) for seed in range(2 * logs)]
        for world in WORLDS:
            jobs[f"{world}, {name}"] = fixed, [(world, size, seed) for seed in range(logs)]
    return {name: np.array(spread(one, rows)) for name, (one, rows) in jobs.items()}
