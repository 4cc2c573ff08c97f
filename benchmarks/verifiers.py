"""Verifiers against known truth: accuracy at K and the ceiling, ranks, and the (S, V) surface."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from apportion.analysis.counts import Counts, count
from apportion.analysis.curve import quantiles
from apportion.data.synthetic import simulate
from apportion.fitting.bayes import verifier as bayes
from apportion.fitting.chosen import accepted, best_of
from apportion.fitting.importance import spread
from apportion.fitting.surface import surface
from apportion.fitting.unpooled import independent, plug_in
from apportion.fitting.verifier import PRIOR, Crossed, Rates, rates
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import beta

from . import codet
from .sbc import DRAWS, FAMILYWISE, p_values, ranked

Floats = NDArray[np.float64]

MODELS = {"weak": (-3.5, -3.0), "mid": (0.0, -2.0), "strong": (2.0, -1.5)}
"""The mean logits of the solve rate and of the FPR at the mean problem."""
SHARED = (2.2, -0.35, 1.0, 2.5, 0.3, 1.0)
"""The spread of the solve rate's logit; slope and spread of the FPR's; level, slope and spread of
the TPR's."""
SAMPLES = (5, 20, 100)
PROBLEMS, LOGS, WORLDS, MASS = 120, 150, 400, 0.95
WAYS = ("hierarchy", "independent Jeffreys", "plug-in empirical Bayes", "rectangle")
AT = ("K = 1", "K = n/2", "K = n", "K = 4n", "macro ceiling")
SIMULATIONS, SIZE = 1000, (40, 10)
SAMPLED, REDUCED, NUTS_DRAWS = 60, (15, 6), 300
FAR_S, FAR_V, SURFACES = np.array([1, 4, 16, 64]), np.array([1, 4, 16]), 100


def simulated(
    theta: Floats, problems: int, n: int, rng: np.random.Generator
) -> tuple[Crossed, Rates]:
    """Draws problems and n samples of each from the model; theta holds spreads, not scores."""
    level, wide, false, fall, false_wide, true, rise, true_wide = theta
    away = wide * rng.standard_normal(problems)
    p = expit(level + away)
    f = expit(false + fall * away + false_wide * rng.standard_normal(problems))
    t = expit(true + rise * away + true_wide * rng.standard_normal(problems))
    right = rng.binomial(n, p)
    cells = (right, right, rng.binomial(right, t), n - right, rng.binomial(n - right, f))
    log = Crossed(np.full(problems, float(n)), *(cell.astype(float) for cell in cells))
    return log, Rates(p[None], t[None], f[None], theta[None], np.inf)


def values(each: Rates, n: int) -> Floats:
    """What is judged, (W, AT): accuracy at the caps, and the macro ceiling, of these problems."""
    caps = np.array([1.0, n // 2, n, 4.0 * n])
    at = each.accuracy(caps).mean(axis=1)
    return np.column_stack([at, each.ceiling.mean(axis=1)])


def boxes(log: Crossed, n: int) -> tuple[Floats, Floats]:
    """The rectangle: every problem's rates at the far corners of their own intervals, averaged."""
    tail = (1 - MASS) / 6
    pairs = (
        (log.n, log.right),
        (log.judged_right, log.true_accepts),
        (log.judged_wrong, log.false_accepts),
    )
    low, high = (
        [np.atleast_2d(beta.ppf(at, 0.5 + c, 0.5 + of - c)) for of, c in pairs]
        for at in (tail, 1 - tail)
    )
    none: Floats = np.empty((1, 0))
    worst = values(Rates(low[0], low[1], high[2], none, np.inf), n)[0]
    best = values(Rates(high[0], high[1], low[2], none, np.inf), n)[0]
    return worst, best


def gate(model: str, n: int, seed: int) -> Floats:
    """One log: (WAYS, [held, width, interval score, bias], AT)."""
    rng = np.random.default_rng([seed, n, len(model)])
    theta = np.array([MODELS[model][0], SHARED[0], MODELS[model][1], *SHARED[1:]])
    log, truth = simulated(theta, PROBLEMS, n, rng)
    true = values(truth, n)[0]
    rows = []
    for way in (rates, independent, plug_in):
        drawn = values(way(log, worlds=WORLDS, rng=rng), n)
        low, high = quantiles(np.vstack([drawn.mean(axis=0), drawn]), MASS)
        rows.append(_judged(low, high, drawn.mean(axis=0), true))
    low, high = boxes(log, n)
    rows.append(_judged(low, high, (low + high) / 2, true))
    return np.array(rows)


def _judged(low: Floats, high: Floats, middle: Floats, true: Floats) -> Floats:
    miss = np.maximum(low - true, 0) + np.maximum(true - high, 0)
    return np.stack([miss == 0, high - low, high - low + 2 / (1 - MASS) * miss, middle - true])


def gates(share: Callable[..., Any], logs: int = LOGS) -> dict[str, Any]:
    """Coverage, its error, width, interval score and bias in every cell."""
    found = {}
    for model in MODELS:
        for n in SAMPLES:
            each = np.array(share(gate, [(model, n, seed) for seed in range(logs)]))
            mean, error = each.mean(axis=0), each.std(axis=0) / np.sqrt(logs)
            found[f"{model}, n = {n}"] = {
                way: {
                    "held": mean[i, 0].round(3).tolist(),
                    "error": error[i, 0].round(3).tolist(),
                    "width": mean[i, 1].round(4).tolist(),
                    "score": mean[i, 2].round(4).tolist(),
                    "bias": mean[i, 3].round(4).tolist(),
                }
                for i, way in enumerate(WAYS)
            }
            print(model, n, [mean[i, 0].round(3).tolist() for i in range(len(WAYS))], flush=True)
    return {"logs": logs, "at": AT, "mass": MASS, "cells": found}


def quantities(each: Rates, n: int) -> dict[str, Floats]:
    """What is ranked, each (W,): parameters and what they come to for these problems."""
    theta = {f"theta {i}": column for i, column in enumerate(each.theta.T)}
    at = values(each, n)
    right, wrong = each.accepts
    named = {name: at[:, i] for i, name in enumerate(AT)}
    pooled = right.sum(axis=1) / (right + wrong).sum(axis=1)
    return theta | named | {
        "pooled ceiling": pooled,
        "first problem's ceiling": each.ceiling[:, 0],
        "first problem's FPR": each.false_positive[:, 0],
        "first problem's TPR": each.true_positive[:, 0],
    }  # fmt: skip


def prior_log(seed: int, size: tuple[int, int]) -> tuple[Crossed, Rates, np.random.Generator]:
    """A log drawn from the prior, and its truth."""
    rng = np.random.default_rng([seed, 31])
    theta = PRIOR.draw(rng, 1)[0]
    natural = theta.copy()
    natural[[1, 4, 7]] = spread(theta[[1, 4, 7]])
    log, truth = simulated(natural, *size, rng)
    return (
        log,
        Rates(truth.solve, truth.true_positive, truth.false_positive, theta[None], np.inf),
        rng,
    )


def twin(seed: int, size: tuple[int, int] = SIZE) -> dict[str, int]:
    """Ranks of one log of the prior under the fast twin."""
    log, truth, rng = prior_log(seed, size)
    drawn = rates(log, worlds=DRAWS, rng=rng)
    both, ours = quantities(truth, size[1]), quantities(drawn, size[1])
    return ranked({name: np.append(both[name], ours[name]) for name in both}, rng)


def nuts(seed: int, size: tuple[int, int] = REDUCED) -> dict[str, int]:
    """The same under PyMC, its draws thinned to be nearly independent."""
    log, truth, rng = prior_log(seed, size)
    drawn = bayes.rates(log, seed, draws=NUTS_DRAWS)
    thin = np.linspace(0, len(drawn.theta) - 1, DRAWS).astype(int)
    kept = Rates(
        drawn.solve[thin],
        drawn.true_positive[thin],
        drawn.false_positive[thin],
        drawn.theta[thin],
        drawn.effective,
    )
    both, theirs = quantities(truth, size[1]), quantities(kept, size[1])
    return ranked({name: np.append(both[name], theirs[name]) for name in both}, rng)


def calibrated(share: Callable[..., Any]) -> dict[str, Any]:
    """The p values of uniform ranks under the twin and under PyMC, and the familywise level."""
    found = {
        "twin": p_values(share(twin, [(seed,) for seed in range(SIMULATIONS)])),
        "PyMC": p_values(share(nuts, [(seed,) for seed in range(SAMPLED)]), bins=10),
    }
    every = [p for row in found.values() for p in row.values()]
    reduced = f"{SAMPLED} of {REDUCED[0]} x {REDUCED[1]} for PyMC"
    sizes = f"{SIMULATIONS} logs of {SIZE[0]} x {SIZE[1]} for the twin, {reduced}"
    return {"logs": sizes, "least": min(every), "allowed": FAMILYWISE / len(every), "p": found}


def far(seed: int) -> Floats:
    """One log of beta-binomial verdicts: whether 90% intervals of the surface held, (S, V)."""
    rng = np.random.default_rng([seed, 41])
    counts, truth = repeated_world(60, rng)
    made = surface(counts, FAR_S, FAR_V, population="these", worlds=60, seed=seed)
    low, high = made.ends
    return np.asarray((low <= truth) & (truth <= high), dtype=np.float64)


def repeated_world(problems: int, rng: np.random.Generator) -> tuple[Counts, Floats]:
    """16 solutions x 4 verdicts of each problem, and the true mean accuracy (S, V)."""
    p = expit(rng.normal(-0.5, 1.5, problems))
    wrong = expit(rng.normal(-1.0, 0.8, problems))
    right = expit(1.0 + rng.normal(0, 0.6, problems))
    good = (rng.random((problems, 16)) < p[:, None]).astype(float)
    mean = np.where(good == 1, right[:, None], wrong[:, None])
    votes = rng.random((problems * 16, 4)) < rng.beta(3 * mean, 3 * (1 - mean)).reshape(-1, 1)
    made = count(simulate("mid", problems=problems, samples=16, verdicts=4, seed=0)[0])
    assert made.drawn is not None
    drawn = replace(made.drawn, right=good.ravel(), accepts=votes.astype(np.int8))
    agree = np.full(problems, 0.25)
    each = [
        best_of(p, accepted(right, agree, v), accepted(wrong, agree, v), FAR_S.astype(float))
        for v in FAR_V.astype(float)
    ]
    counts = replace(made, c=good.sum(axis=1).astype(np.int64), drawn=drawn)
    return counts, np.stack(each, axis=2).mean(axis=0)


def surfaces(share: Callable[..., Any]) -> dict[str, Any]:
    """The surface in a known world, and on CodeT's generated tests."""
    held = np.array(share(far, [(seed,) for seed in range(SURFACES)]))
    known = {
        "logs": SURFACES,
        "solutions": FAR_S.tolist(),
        "verdicts": FAR_V.tolist(),
        "held": held.mean(axis=0).round(3).tolist(),
        "error": (held.std(axis=0) / np.sqrt(SURFACES)).round(3).tolist(),
    }
    return {"known world, 16 x 4 logged": known, "codet": codet.folds()}


def speed(_share: Callable[..., Any]) -> dict[str, Any]:
    """What both take on 200 problems x 100 samples, and how far apart they are."""
    theta = np.array([MODELS["mid"][0], SHARED[0], MODELS["mid"][1], *SHARED[1:]])
    log, _ = simulated(theta, 200, 100, np.random.default_rng(1))
    began = time.process_time()
    ours = rates(log, worlds=WORLDS, rng=np.random.default_rng(2))
    spent, clock = time.process_time() - began, time.perf_counter()
    theirs = bayes.rates(log, 1)
    waited = time.perf_counter() - clock
    each = [np.column_stack([r.theta, r.ceiling.mean(axis=1)]) for r in (ours, theirs)]
    apart = np.abs(each[0].mean(axis=0) - each[1].mean(axis=0)) / each[1].std(axis=0)
    return {
        "problems": 200,
        "samples": 100,
        "twin, CPU seconds": round(spent, 2),
        "PyMC, seconds on one core": round(waited, 1),
        "effective draws": [round(ours.effective), round(theirs.effective)],
        "furthest apart, in sd": round(float(apart.max()), 3),
    }


PARTS: dict[str, Callable[[Callable[..., Any]], dict[str, Any]]] = {
    "verifier-speed": speed,
    "verifiers": gates,
    "verifier-sbc": calibrated,
    "surfaces": surfaces,
}
