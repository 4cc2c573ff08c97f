"""The families of coverage curves, each a declaration; a new one adds a line to a list.

A *mixture* says how hard problems are, and so has a likelihood; a *law* says how the curve runs,
and is fitted to it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from ..analysis.curve import Floats
from . import betabinomial, ceiling, difficulty, powerlaw, projection
from .importance import Prior
from .rates import solved
from .tables import Table

Natural = Mapping[str, Callable[[Floats], Floats]]
"""Parameters on the scale that people quote, each from theta (W, p)."""


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """A distribution of solve rates: `mass` gives its cells (W, J), `prior` what theta may be."""

    name: str
    natural: Natural
    mass: Callable[[Floats], Floats]
    prior: Prior

    def value(self, theta: Floats, k: Floats) -> Floats:
        """Returns coverage (W, K) at k (K,) for new problems."""
        return self.mass(theta) @ solved(k)

    def limit(self, theta: Floats) -> Floats:
        """Returns (W,) the share of problems that are not as good as impossible."""
        return 1 - self.mass(theta)[:, 0]


@dataclass(frozen=True, slots=True, eq=False)
class Law:
    """A curve: `fit` finds theta (W, p) in every world, `value` gives coverage (W, K) at k (K,)."""

    name: str
    natural: Natural
    fit: Callable[[Table], Floats]
    value: Callable[[Floats, Floats], Floats]
    limit: Callable[[Floats], Floats] = lambda theta: np.ones(len(theta))


def _exp(i: int) -> Callable[[Floats], Floats]:
    return lambda theta: np.exp(theta[:, i])


def _share(i: int) -> Callable[[Floats], Floats]:
    return lambda theta: np.asarray(expit(theta[:, i]))


def _plain(i: int) -> Callable[[Floats], Floats]:
    return lambda theta: theta[:, i]


def _prior(*normals: tuple[float, float]) -> Prior:
    mean, sd = np.array(normals).T
    return Prior(mean, sd)


_A, _B, _IMPOSSIBLE = zip(betabinomial.PRIOR_MEAN, betabinomial.PRIOR_SD, strict=True)
_SCALE = (1.5, 2.0)
# A Kumaraswamy's b acts like b^a of a Beta.
_KUMARASWAMY_B = (0.5, 0.8)
_MIDDLE, _SPREAD = (-2.0, 3.0), (0.9, 0.6)
_HARD, _NARROW, _GAP, _EASY = (-5.0, 3.0), (0.3, 0.6), (1.5, 0.6), (0.0, 1.5)
_SHAPE = (0.0, 0.8)
_BETA: Natural = {"a": _exp(0), "b": _exp(1)}
_NORMAL: Natural = {"mean": _plain(0), "sd": _exp(1)}
_KINDS: Natural = {"gap": _exp(2), "easy": _share(4)}

MIXTURES = (
    Mixture("beta-binomial", _BETA, difficulty.beta, _prior(_A, _B)),
    Mixture(
        "zero-inflated-beta-binomial",
        {**_BETA, "impossible": _share(2)},
        difficulty.beta_inflated,
        _prior(_A, _B, _IMPOSSIBLE),
    ),
    Mixture(
        "scaled-beta", {**_BETA, "scale": _share(2)}, difficulty.scaled_beta, _prior(_A, _B, _SCALE)
    ),
    Mixture(
        "scaled-kumaraswamy",
        {**_BETA, "scale": _share(2)},
        difficulty.scaled_kumaraswamy,
        _prior(_A, _KUMARASWAMY_B, _SCALE),
    ),
    Mixture("logit-normal", _NORMAL, difficulty.logit_normal, _prior(_MIDDLE, _SPREAD)),
    Mixture(
        "zero-inflated-logit-normal",
        {**_NORMAL, "impossible": _share(2)},
        difficulty.logit_normal_inflated,
        _prior(_MIDDLE, _SPREAD, _IMPOSSIBLE),
    ),
    Mixture(
        "two-logit-normals",
        {**_NORMAL, "easy sd": _exp(3), **_KINDS},
        difficulty.two_logit_normals,
        _prior(_HARD, _NARROW, _GAP, _NARROW, _EASY),
    ),
    Mixture(
        "two-betas",
        {"mean": _plain(0), "a": _exp(1), "easy a": _exp(3), **_KINDS},
        difficulty.two_betas,
        _prior(_HARD, _SHAPE, _GAP, _SHAPE, _EASY),
    ),
)
"""Every prior is normal, on the scale of theta; docs/methods.md shows the curves they allow."""

LAWS = (
    Law("power-law", {"A": _exp(0), "B": _exp(1)}, powerlaw.fit, powerlaw.coverage),
    Law(
        "power-law-in-logs",
        {"A": _exp(0), "B": _plain(1)},
        powerlaw.fit_logs,
        powerlaw.coverage_logs,
    ),
    Law(
        "power-law-with-ceiling",
        {"A": _exp(0), "B": _exp(1), "ceiling": _share(2)},
        ceiling.fit,
        ceiling.coverage,
        ceiling.limit,
    ),
)

BASELINE = Law(
    "log-projection",
    {"end": _plain(0), "per unit of log k": _plain(1)},
    projection.fit,
    projection.coverage,
)
"""What every family must beat; it never speaks."""

Family = Mixture | Law
FAMILIES: tuple[Family, ...] = (*MIXTURES, *LAWS, BASELINE)
