"""Bradley-Terry without ties by PyMC: the same posterior, drawn by NUTS."""

from typing import Any

import numpy as np

from ...analysis.curve import Floats
from ..ranking.battles import Battles
from ..ranking.strengths import SHARES, SPREADS
from .door import library, sample


def model(found: Battles) -> Any:
    """Returns the PyMC model of battles that are already counted.

    The prior is that of `ranking.strengths`: deviations from the mean normal with an unknown
    spread, summed out.
    """
    pm = library()
    won, _, lost = found.times.T
    size = found.size
    with pm.Model() as made:
        theta = pm.Flat("theta", shape=size)
        mean = theta.mean()
        square = pm.math.sum((theta - mean) ** 2)
        terms = np.log(SHARES) - (size - 1) * np.log(SPREADS) - square / (2 * SPREADS**2)
        pm.Potential("prior", pm.math.logsumexp(terms) - 0.5 * size * mean**2)
        gap = theta[found.left] - theta[found.right]
        pm.Binomial("won", won + lost, logit_p=gap, observed=won)
        pm.Deterministic("first", theta[0] - mean)
    return made


def nuts(found: Battles, seed: int, draws: int = 1000) -> Floats:
    """Draws (T, C) strengths, centred."""
    drawn = sample(model(found), ["theta", "first"], seed, draws=draws, tune=draws).values["theta"]
    return np.asarray(drawn - drawn.mean(axis=1, keepdims=True))
