"""Families of surfaces over several knobs: declarations of how accuracy moves with their logs."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ...analysis.counts import Ints
from ...analysis.curve import Floats

Values = NDArray[Any]
"""Real, or complex where a derivative is taken by a step along the imaginary axis."""
EDGE = 1e-12
"""Fitted accuracies stay so far from 0 and 1."""
FARTHEST = 30.0
"""Linear predictors beyond it say 0 or 1."""
STEEPEST = 4.0
"""Logs of rates of levelling beyond it say at once, or never."""
INTERCEPT = (0.0, 5.0)
SLOPE = (0.0, 1.0)
"""The prior of what an e-fold of a knob adds: on the logit scale, from nothing to a doubling."""
COVARIATE = (0.0, 2.5)
CROSS = (0.0, 0.5)
LEVELS_OFF = (np.log(0.5), 1.0)
"""Of the log of the rate at which a knob's effect decays, per e-fold."""
TOP = (2.0, 2.0)
"""Of the logit of a ceiling."""


def _bounded(values: Values, most: float) -> Values:
    """The values, moved along the real axis into [-most, most]."""
    return np.asarray(values - (values.real - np.clip(values.real, -most, most)))


def _logistic(eta: Values) -> Values:
    return np.asarray(1 / (1 + np.exp(-eta)))


LINKS: dict[str, Callable[[Values], Values]] = {
    "logit": _logistic,
    "power": lambda eta: np.exp(-np.exp(-eta)),
    "hazard": lambda eta: -np.expm1(-np.exp(eta)),
}
"""From the linear predictor to accuracy. `power`: -log accuracy is a product of powers of the knobs
(Brown et al. 2024 with several); `hazard`: so is -log of what is missing."""


class Family(NamedTuple):
    """A form of surface: its link; whether effects level off, knobs work together, a top is fitted.

    A knob's effect is log x, or (1 - x^-b) / b where it levels off, x being the knob over the least
    logged; knobs that work together add the products of their effects.
    """

    name: str
    link: str = "logit"
    levelling: bool = False
    crossed: bool = False
    topped: bool = False


PLAIN = Family("logit")
FAMILIES = (
    PLAIN,
    Family("power", link="power"),
    Family("hazard", link="hazard"),
    Family("ceiling", topped=True),
    Family("levelling", levelling=True),
    Family("logit, crossed", crossed=True),
    Family("power, crossed", link="power", crossed=True),
    Family("levelling, crossed", levelling=True, crossed=True),
)


@dataclass(frozen=True, slots=True)
class Form:
    """A family over so many knobs and covariates; `moderated` pairs a covariate with a knob.

    Parameters stand in this order: the intercept, the knobs, the covariates, what each moderation
    adds to a knob's slope, the products of knobs, the rates at which they level off, the top.
    """

    family: Family
    knobs: int
    covariates: int = 0
    moderated: tuple[tuple[int, int], ...] = ()

    @property
    def _pairs(self) -> list[tuple[int, int]]:
        return list(combinations(range(self.knobs), 2)) if self.family.crossed else []

    @property
    def prior(self) -> tuple[Floats, Floats]:
        """The normal prior, (mean, sd), of the parameters (p,)."""
        told = [INTERCEPT, *[SLOPE] * self.knobs, *[COVARIATE] * self.covariates]
        told += [*[SLOPE] * len(self.moderated), *[CROSS] * len(self._pairs)]
        told += [LEVELS_OFF] * self.knobs * self.family.levelling + [TOP] * self.family.topped
        mean, sd = np.array(told).T
        return mean, sd

    def mean(self, theta: Values, x: Floats, z: Floats) -> Values:
        """Returns accuracy (W, D).

        Args:
            theta: (W, p).
            x: logs of the knobs over the least logged, (D, K).
            z: covariates, (D, Q).
        """
        family, at = self.family, 1 + self.knobs + self.covariates
        effects = np.broadcast_to(x, (len(theta), *x.shape))
        if family.levelling:
            last = theta.shape[1] - family.topped
            rate = np.exp(_bounded(theta[:, None, last - self.knobs : last], STEEPEST))
            effects = -np.expm1(-rate * x) / rate
        eta = theta[:, :1] + np.einsum("wdk,wk->wd", effects, theta[:, 1 : 1 + self.knobs])
        eta = eta + theta[:, 1 + self.knobs : at] @ z.T
        products = [effects[:, :, k] * z[:, q] for q, k in self.moderated]
        products += [effects[:, :, i] * effects[:, :, j] for i, j in self._pairs]
        for column, product in enumerate(products, at):
            eta = eta + theta[:, column, None] * product
        p = LINKS[family.link](_bounded(eta, FARTHEST))
        return p * _logistic(_bounded(theta[:, -1:], FARTHEST)) if family.topped else p

    def slopes(self, theta: Floats, x: Floats, z: Floats) -> tuple[Floats, Floats]:
        """Returns accuracy (D,) at the parameters (p,) and its derivatives in them (D, p).

        By a complex step, which is exact and leaves the real part as it is (Squire & Trapp 1998).
        """
        step = 1e-30
        made = self.mean(theta + 1j * step * np.eye(len(theta)), x, z)
        return np.asarray(made[0].real), np.asarray(made.imag.T / step)

    def near(self, theta: Floats, away: Floats, x: Floats, z: Floats) -> Floats:
        """Returns accuracy (W, D) at parameters (p,) and as they move by `away` (W, p) from there.

        Linear in the logit of accuracy: rates of levelling and slopes make up for each other, and
        parameters moved together along a line would leave what the log shows.
        """
        p, slopes = self.slopes(theta, x, z)
        p = np.clip(p, EDGE, 1 - EDGE)
        eta = np.log(p / (1 - p)) + away @ (slopes / (p * (1 - p))[:, None]).T
        return np.asarray(expit(eta))


def forms(
    knobs: int, covariates: int, moderated: tuple[tuple[int, int], ...], settings: int
) -> list[Form]:
    """Returns the plain form, and those others that differ from it over so many knobs and have at
    most half as many parameters as there are settings."""
    every = [Form(f, knobs, covariates, moderated) for f in FAMILIES if knobs > 1 or not f.crossed]
    return [f for f in every if f.family is PLAIN or 2 * len(f.prior[0]) <= settings]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What each task showed at each design: `x` (D, K) and `z` (D, Q) are the distinct designs.

    `n` (R,) and `c` (R,) are tried and right, `design` (R,) and `task` (R,) whose; `whole` says
    that they are counts, not accuracies.
    """

    x: Floats
    z: Floats
    n: Floats
    c: Floats
    design: Ints
    task: Ints
    whole: bool

    def only(self, kept: NDArray[np.bool_]) -> "Rows":
        """Returns the rows (R,) kept, designs and tasks as they were numbered."""
        return Rows(
            self.x, self.z, self.n[kept], self.c[kept], self.design[kept], self.task[kept],
            self.whole,
        )  # fmt: skip

    def totals(self) -> tuple[Floats, Floats]:
        """Returns tried and right at every design, (D,) each."""
        size = len(self.x)
        tried, right = (
            np.bincount(self.design, self.n, size),
            np.bincount(self.design, self.c, size),
        )
        return tried.astype(float), right.astype(float)
