"""A common exponent: several models' curves as one exponentiated power law, shifted in log k."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..analysis.curve import Curve, Floats, Json, Population, interval, quantiles
from .newton import least_squares
from .powerlaw import NOISE, PRIOR

SURE = 0.99
"""The mass of the interval by which exponents must differ before they are said to."""
ALIKE = 0.01
"""Exponents nearer than this change no factor that anyone would act on."""


@dataclass(frozen=True, slots=True, eq=False)
class SharedExponent:
    """coverage_m(k) = exp(-A_m k^-B), with one B for all M models, in every world.

    `exponent` is B (W,), `log_scale` the log A_m (W, M), `own` what B would be for each model
    alone, (W, M). `doubt` says where those differ, so that no one factor holds at every level.
    """

    exponent: Floats
    log_scale: Floats
    own: Floats
    mass: float
    population: Population
    doubt: str | None

    @property
    def factors(self) -> Floats:
        """How many times the first model's samples each needs, (A_m / A_0)^(1 / B), (W, M)."""
        apart = self.log_scale - self.log_scale[:, :1]
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(apart / self.exponent[:, None]))

    def json(self) -> Json:
        """Returns the exponent, the factors, and the exponents of each model alone."""

        def told(worlds: Floats) -> Json:
            return interval(worlds, self.mass, self.population).json()

        return {
            "exponent": told(self.exponent),
            "factors": [told(factor) for factor in self.factors.T],
            "own": [told(own) for own in self.own.T],
            "doubt": self.doubt,
        }


def shared_exponent(curves: Sequence[Curve]) -> SharedExponent:
    """Fits all curves jointly by least squares on coverage, in every world.

    The curves, each at its own k, must share their worlds; their factors are then exactly what one
    curve is stretched by to give another.
    """
    exponent, log_scale = _fit(curves)
    own = np.stack([_fit([curve])[0] for curve in curves], axis=1)
    first = curves[0]
    doubt = _doubt(own)
    return SharedExponent(exponent, log_scale, own, first.mass, first.population, doubt)


def _fit(curves: Sequence[Curve]) -> tuple[Floats, Floats]:
    """Returns B (W,) and log A (W, M)."""
    log_k = np.log(np.concatenate([curve.k for curve in curves]))
    model = np.repeat(np.arange(len(curves)), [len(curve.k) for curve in curves])
    belongs = np.eye(len(curves))[model]

    def value(theta: Floats) -> tuple[Floats, Floats]:
        exponent = np.exp(theta[:, :1])
        made = np.exp(-np.exp(theta[:, 1 + model] - exponent * log_k))
        slope = made * np.log(np.maximum(made, 1e-300))
        by_exponent = -slope * exponent * log_k
        return made, np.concatenate([by_exponent[..., None], slope[..., None] * belongs], axis=-1)

    prior = [np.append(p[1], np.repeat(p[0], len(curves))) for p in PRIOR]
    target = np.concatenate([curve.worlds for curve in curves], axis=1)
    theta = least_squares(value, target, (prior[0], prior[1]), NOISE)
    return np.exp(theta[:, 0]), theta[:, 1:]


def _doubt(own: Floats) -> str | None:
    """Says which models' own exponents differ by more than their worlds do."""
    for i, j in combinations(range(own.shape[1]), 2):
        low, high = quantiles(own[:, [j]] - own[:, [i]], SURE)
        if low[0] > ALIKE or high[0] < -ALIKE:
            return (
                f"the curves are no shifts of one another (exponents {own[0, i]:.2f} and"
                f" {own[0, j]:.2f}): the factor changes with the level"
            )
    return None
