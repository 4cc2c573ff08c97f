"""The beta-binomial model of solve rates, its problems marginalised out."""

from typing import Any

import numpy as np

from ...analysis.counts import Counts
from ..betabinomial import PRIOR_MEAN, PRIOR_SD
from . import door


def model(counts: Counts) -> Any:
    """Returns the model of (log a, log b), with the priors of the mode finder.

    Equal (n, c) are counted together: the likelihood of a pair is raised to how often it occurs.
    """
    pm = door.library()
    pairs, times = np.unique(np.stack([counts.n, counts.c]), axis=1, return_counts=True)
    with pm.Model() as built:
        log_a = pm.Normal("log_a", PRIOR_MEAN[0], PRIOR_SD[0])
        log_b = pm.Normal("log_b", PRIOR_MEAN[1], PRIOR_SD[1])
        a, b = pm.math.exp(log_a), pm.math.exp(log_b)
        each = pm.logp(pm.BetaBinomial.dist(n=pairs[0], alpha=a, beta=b), pairs[1])
        pm.Potential("log_likelihood", (each * times).sum())
    return built
