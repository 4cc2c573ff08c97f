"""`make calibrate PARTS=discounted`: a new log with an old one at a discount, drifted or not."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from apportion.analysis.curve import Floats
from apportion.fitting.power_prior import DRIFTED, power_prior
from scipy.special import betaln, expit, logit

from .forecasts import tallied

PROBLEMS, NEW, OLD, MASS = 60, 8, 32, 0.9
SHAPE = 0.6, 1.4
K = np.array([1, 8, 80])
DRIFTS = {"none": 0.0, "small": 0.25, "large": 1.0}
"""How much harder the old log found every problem, in logits."""
LOGS = 40
Starmap = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], list[Any]]


def measured(starmap: Starmap) -> dict[str, object]:
    """Returns what intervals held and how wide they were, the discount, and how often drift told.

    Coverage is of these problems at K, then of new ones at K.
    """
    told: dict[str, object] = {
        "logs": LOGS, "mass": MASS, "problems": PROBLEMS, "new": NEW, "old": OLD, "k": K.tolist()
    }  # fmt: skip
    for shared in (True, False):
        for name, drift in DRIFTS.items():
            each = starmap(_once, [(drift, shared, seed) for seed in range(LOGS)])
            rows = np.mean([one[0] for one in each], axis=0).round(3)
            told[f"{'shared' if shared else 'other'} problems, drift {name}"] = row = {
                way: {"held": rows[i, 0].tolist(), "width": rows[i, 1].tolist()}
                for i, way in enumerate(("discounted", "alone", "pooled"))
            }
            row["delta"] = {"mean": round(float(np.mean([one[1] for one in each])), 3)}
            row["drift told"] = {"share": float(np.mean([one[2] < DRIFTED for one in each]))}
            print(shared, name, row, flush=True)
    return told


def _once(drift: float, shared: bool, seed: int) -> tuple[Floats, float, float]:
    """(3, 2, 2 K): held and width with the discount learnt, 0 and 1; the discount; p of drift."""
    rng = np.random.default_rng(seed)
    p, others = rng.beta(*SHAPE, (2, PROBLEMS))
    before = expit(logit(np.clip(p if shared else others, 1e-12, 1 - 1e-12)) - drift)
    n, m = np.full(PROBLEMS, NEW), np.full(PROBLEMS, OLD)
    new, old = tallied(n, rng.binomial(n, p)), tallied(m, rng.binomial(m, before))
    if not shared:
        old = replace(old, problems=tuple(f"old {name}" for name in old.problems))
    a, b = SHAPE
    true = {
        "these": np.array([-np.expm1(k * np.log1p(-p)).mean() for k in K]),
        "new": -np.expm1(betaln(a, b + K) - betaln(a, b)),
    }
    found = [power_prior(new, old, delta=d, seed=seed) for d in (None, 0.0, 1.0)]
    rows = np.zeros((3, 2, 2 * len(K)))
    for i, one in enumerate(found):
        curves = [one.at(K, MASS, who) for who in ("these", "new")]
        low, high = (np.concatenate([getattr(c, end) for c in curves]) for end in ("low", "high"))
        truth = np.concatenate([*true.values()])
        rows[i] = (low <= truth) & (truth <= high), high - low
    return rows, found[0].delta.estimate, found[0].drift


PARTS: dict[str, Callable[[Starmap], dict[str, object]]] = {"discounted": measured}
