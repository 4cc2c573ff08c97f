"""From a verifier's table of counts to any function of its rates: the joint posterior, pushed on.

Solve rate, TPR and FPR of independent trials have Beta posteriors; a function of all three has the
posterior of its draws. Intervals for each of the three, put together at their far corners, are a
rectangle: much too wide (Zanella-Beguelin et al. 2022 show it for privacy). Repeated samples of one
problem are not independent trials; `verifier.rates` is for those.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.special import betaincinv
from scipy.stats import qmc

from ..analysis.curve import MASS, Floats, Interval
from ..data.errors import InputError

PRIORS = {"jeffreys": 0.5, "uniform": 1.0}
DRAWS = 2**16

Functional = Callable[[Floats, Floats, Floats], Floats]
"""(solve rate, TPR, FPR), (W,) each, to the quantity, (W,)."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """Samples by truth and verdict: the right ones accepted and rejected, and the wrong ones."""

    true_positive: float
    false_negative: float
    false_positive: float
    true_negative: float

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if not (np.isfinite(value := getattr(self, name)) and value >= 0):
                raise InputError(f"{name} must satisfy {name} >= 0; got {name}={value:g}")

    @property
    def pairs(self) -> tuple[tuple[float, float], ...]:
        """Successes and failures behind the solve rate, the TPR and the FPR."""
        right = self.true_positive + self.false_negative
        wrong = self.false_positive + self.true_negative
        return (
            (right, wrong),
            (self.true_positive, self.false_negative),
            (self.false_positive, self.true_negative),
        )


def ceiling(solve: Floats, tpr: Floats, fpr: Floats) -> Floats:
    """Returns the share of accepted answers that are right."""
    return np.asarray(solve * tpr / (solve * tpr + (1 - solve) * fpr))


def youden(solve: Floats, tpr: Floats, fpr: Floats) -> Floats:
    """Returns TPR - FPR."""
    return np.asarray(tpr - fpr + 0 * solve)


def expected_draws(solve: Floats, tpr: Floats, fpr: Floats) -> Floats:
    """Returns the draws until one is accepted."""
    return np.asarray(1 / (solve * tpr + (1 - solve) * fpr))


def drawn(
    table: Confusion, *, prior: str = "jeffreys", draws: int = DRAWS, seed: int = 0
) -> tuple[Floats, Floats, Floats]:
    """Returns quasi-random draws of the solve rate, the TPR and the FPR, (draws,) each.

    Raises:
        InputError: an unknown prior.
    """
    half = _prior(prior)
    points = qmc.Sobol(3, rng=np.random.default_rng(seed)).random(draws)
    each = [
        betaincinv(half + yes, half + no, u)
        for (yes, no), u in zip(table.pairs, points.T, strict=True)
    ]
    return each[0], each[1], each[2]


def _prior(name: str) -> float:
    if name not in PRIORS:
        raise InputError(f"prior must be one of {', '.join(PRIORS)}; got {name!r}")
    return PRIORS[name]


def pushforward(
    table: Confusion,
    functional: Functional,
    *,
    prior: str = "jeffreys",
    mass: float = MASS,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """Returns the posterior mean of a function of the rates, and its equal-tailed interval.

    Args:
        table: the counts, independent trials.
        functional: of the solve rate, the TPR and the FPR.
        prior: `jeffreys` or `uniform`, of each rate; with empty cells it matters.
        mass: of the interval.
        draws: a power of 2.
        seed: of the draws.

    >>> row = pushforward(Confusion(90, 10, 20, 380), ceiling, mass=0.95)
    >>> round(row.low, 3), round(row.high, 3)
    (0.738, 0.881)
    """
    values = functional(*drawn(table, prior=prior, draws=draws, seed=seed))
    low, high = np.quantile(values, [(1 - mass) / 2, (1 + mass) / 2])
    return Interval(float(values.mean()), float(low), float(high), mass, "new")


def rectangle(
    table: Confusion, functional: Functional, *, prior: str = "jeffreys", mass: float = MASS
) -> Interval:
    """Returns what separate intervals of the three rates allow: the baseline that is too wide.

    Each has the mass that Bonferroni leaves it; the function is taken to be monotone in each rate,
    so that its ends lie at corners.
    """
    half, tail = _prior(prior), (1 - mass) / 6
    ends = [
        [float(betaincinv(half + yes, half + no, at)) for at in (tail, 1 - tail)]
        for yes, no in table.pairs
    ]
    corners = np.array(list(product(*ends))).T
    values = functional(*corners)
    middle = functional(*(np.array([(half + y) / (2 * half + y + n)]) for y, n in table.pairs))
    return Interval(float(middle[0]), float(values.min()), float(values.max()), mass, "new")
