"""The families of coverage curves, each a declaration; a new one adds a line to the list."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import expit

from ..analysis.curve import Floats
from . import betabinomial, powerlaw
from .tables import Table


@dataclass(frozen=True, slots=True)
class Family:
    """A family of coverage curves.

    `fit` finds theta (W, p) in every world, `value` gives coverage (W, K) at k (K,), `limit` the
    coverage (W,) as k grows, and `natural` names the parameters on the scale people quote.
    """

    name: str
    natural: dict[str, Callable[[Floats], Floats]]
    fit: Callable[[Table], Floats]
    value: Callable[[Floats, Floats], Floats]
    limit: Callable[[Floats], Floats]


def _ones(theta: Floats) -> Floats:
    return np.ones(len(theta))


_BETA: dict[str, Callable[[Floats], Floats]] = {
    "a": lambda theta: np.exp(theta[:, 0]),
    "b": lambda theta: np.exp(theta[:, 1]),
}

FAMILIES = (
    Family(
        "power-law",
        {"A": lambda theta: np.exp(theta[:, 0]), "B": lambda theta: np.exp(theta[:, 1])},
        powerlaw.fit,
        powerlaw.coverage,
        _ones,
    ),
    Family(
        "beta-binomial",
        _BETA,
        partial(betabinomial.fit, inflated=False),
        betabinomial.coverage,
        betabinomial.limit,
    ),
    Family(
        "zero-inflated-beta-binomial",
        {**_BETA, "impossible": lambda theta: np.asarray(expit(theta[:, 2]))},
        partial(betabinomial.fit, inflated=True),
        betabinomial.coverage,
        betabinomial.limit,
    ),
)
