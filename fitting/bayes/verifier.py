"""The hierarchical model of a verifier's rates, every problem's logits sampled: no grid."""

from typing import Any

import numpy as np
from scipy.special import expit

from ..importance import SCALE, score
from ..verifier import PRIOR, Crossed, Rates
from . import door

DRAWS = 500
SPREADS = ("spread", "false_spread", "true_spread")
ORDER = (
    "mean", "spread", "false_mean", "false_slope", "false_spread",
    "true_mean", "true_slope", "true_spread",
)  # fmt: skip
"""The columns of `theta`."""


def model(log: Crossed, *, complete: bool = False) -> Any:
    """Returns the model of `fitting.verifier`, its logits non-centred."""
    pm = door.library()
    names = ORDER[: 5 if complete else 8]
    with pm.Model() as built:
        shared = {}
        for name, mean, sd in zip(names, PRIOR.mean, PRIOR.sd, strict=False):
            if name in SPREADS:
                shared[name] = pm.HalfNormal(name, SCALE)
            else:
                shared[name] = pm.Normal(name, mean, sd)
        size = len(log.n)
        away = shared["spread"] * pm.Normal("solve_z", 0.0, 1.0, shape=size)
        x = pm.Deterministic("solve", shared["mean"] + away)
        pm.Binomial("right", n=log.n, logit_p=x, observed=log.right)
        sides = [
            ("false", log.judged_wrong, log.false_accepts),
            ("true", log.judged_right, log.true_accepts),
        ]
        for name, n, c in sides[: 1 if complete else 2]:
            line = shared[f"{name}_mean"] + shared[f"{name}_slope"] * away
            noise = pm.Normal(f"{name}_z", 0.0, 1.0, shape=size)
            y = pm.Deterministic(f"{name}_rate", line + shared[f"{name}_spread"] * noise)
            pm.Binomial(f"{name}_accepts", n=n, logit_p=y, observed=c)
    return built


def rates(log: Crossed, seed: int, *, complete: bool = False, draws: int = DRAWS) -> Rates:
    """Draws each problem's rates by NUTS: slow, and exact in the limit."""
    names = ORDER[: 5 if complete else 8]
    latent = ["solve", "false_rate"] + ([] if complete else ["true_rate"])
    got = door.sample(model(log, complete=complete), [*names, *latent], seed, draws, tune=draws)
    x, y, *z = (expit(got.values[name]) for name in latent)
    theta = np.column_stack(
        [score(got.values[n]) if n in SPREADS else got.values[n] for n in names]
    )
    return Rates(x, z[0] if z else np.ones_like(x), y, theta, got.ess)
