"""Several models and verifiers on the same problems, every logit sampled: no grid."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import expit

from ..importance import SCALE, score
from ..several import Leaf, Several, Target, sorted_rates
from ..verifier import Crossed
from . import door

DRAWS = 500


def model(logs: Sequence[Sequence[Crossed]]) -> Any:
    """Returns the model of `fitting.several`, its logits non-centred."""
    pm = door.library()
    target = Target(logs)
    scales = _scales(target)
    with pm.Model() as built:
        theta = {
            i: pm.HalfNormal(f"theta_{i}", SCALE)
            if i in scales
            else pm.Normal(f"theta_{i}", mean, sd)
            for i, (mean, sd) in enumerate(zip(target.prior.mean, target.prior.sd, strict=True))
        }
        size = len(logs[0][0].n)
        ease = pm.Normal("ease", 0.0, 1.0, shape=size)
        for place, (leaf, (n, c)) in enumerate(zip(target.leaves, target.data, strict=True)):
            own = theta[leaf.sd] * pm.Normal(f"own_{place}", 0.0, 1.0, shape=size)
            x = pm.Deterministic(
                f"leaf_{place}", theta[leaf.level] + theta[leaf.slope] * ease + own
            )
            pm.Binomial(f"seen_{place}", n=n, logit_p=x, observed=c)
    return built


def _scales(target: Target) -> set[int]:
    """The places of parameters that are spreads."""
    of: Sequence[Leaf] = target.leaves
    return {leaf.sd for leaf in of} | {leaf.slope for leaf in of if leaf.positive}


def several(logs: Sequence[Sequence[Crossed]], seed: int, draws: int = DRAWS) -> Several:
    """Draws the rates of every model and verifier by NUTS: slow, and exact in the limit."""
    target = Target(logs)
    scales, size = _scales(target), len(target.prior.mean)
    names = [f"theta_{i}" for i in range(size)]
    leaves = [f"leaf_{i}" for i in range(len(target.leaves))]
    got = door.sample(model(logs), [*names, "ease", *leaves], seed, draws, tune=draws)
    each = [got.values[name] for name in names]
    theta = np.column_stack([score(x) if i in scales else x for i, x in enumerate(each)])
    rate = expit(np.stack([got.values[leaf] for leaf in leaves], axis=1))
    rates = sorted_rates(target, rate, theta, got.ess)
    return Several(rates, got.values["ease"], theta, got.ess)
