"""The published law of long-context retrieval: documents, shots and iterations (Yue et al. 2024).

sigma^-1(P) = (a + b * i)^T log(knobs) + c, with i what exactly one document, or one shot, gains a
task over none (arXiv 2410.04343). `knob_law` is the general form, fitted by likelihood and
averaged; this one is by least squares, as published, for comparing with the paper.
"""

from dataclasses import dataclass

import numpy as np
from statsmodels.regression.linear_model import OLS

from ...analysis.curve import Floats
from ...data.errors import InputError

KNOBS = ("documents", "shots", "iterations")
INSIDE = 1e-6
"""The share of sigma's height that a metric at its very ends is moved inside by."""


@dataclass(frozen=True, slots=True)
class Sigmoid:
    """height / (1 + exp(-rate (x + shift))) + floor: the paper's fitted link of its metric."""

    height: float
    rate: float
    shift: float
    floor: float

    def of(self, x: Floats) -> Floats:
        """Returns the metric at linear predictors."""
        away = np.exp(-self.rate * (np.asarray(x, dtype=float) + self.shift))
        return np.asarray(self.height / (1 + away) + self.floor)

    def inverse(self, metric: Floats) -> Floats:
        """Returns the linear predictors at a metric, held just inside its range."""
        share = (np.asarray(metric, dtype=float) - self.floor) / self.height
        share = np.clip(share, INSIDE, 1 - INSIDE)
        return np.asarray(np.log(share / (1 - share)) / self.rate - self.shift)


SIGMA = Sigmoid(3.30, 1.81, 0.46, -2.18)


@dataclass(frozen=True, slots=True, eq=False)
class RagLaw:
    """The constants: `a` (3,), `b` (3,) whose last is 0, `c`; and standard errors of all but it.

    The errors are (6,), in the order a, b of documents and shots, c; NaN where they were not fitted
    here. `r2` and `mse` are of the linear predictor's scale.
    """

    a: Floats
    b: Floats
    c: float
    sigma: Sigmoid = SIGMA
    errors: Floats | None = None
    r2: float = float("nan")
    mse: float = float("nan")

    def linear(self, knobs: Floats, gains: Floats) -> Floats:
        """Returns the linear predictor (S,) at knobs (S, 3), gains of documents and shots (S, 2).

        >>> setting, gains = np.array([[100.0, 16, 1]]), np.array([[0.3, 0.1]])
        >>> print(GEMINI.linear(setting, gains).round(5), GEMINI.metric(setting, gains).round(4))
        [0.95193] [0.8822]
        """
        gains = np.column_stack([gains, np.zeros(len(gains))])
        slope = self.a + self.b * gains
        return np.asarray((slope * np.log(knobs)).sum(axis=1) + self.c)

    def metric(self, knobs: Floats, gains: Floats) -> Floats:
        """Returns the paper's normalised metric (S,)."""
        return self.sigma.of(self.linear(knobs, gains))


GEMINI = RagLaw(np.array([0.325, 0.101, 0.177]), np.array([-0.067, -0.008, 0.0]), -0.730)
"""Gemini 1.5 Flash, as published."""


def rag_law(
    knobs: Floats,
    gains: Floats,
    metric: Floats,
    *,
    tasks: Floats | None = None,
    sigma: Sigmoid = SIGMA,
    shift: float = 0.01,
) -> RagLaw:
    """Fits the six constants by ordinary least squares on sigma^-1 of the metric.

    Args:
        knobs: documents, shots and iterations, (R, 3).
        gains: of exactly one document and of exactly one shot, of the task of each row, (R, 2).
        metric: what was reached, (R,), within sigma's range.
        tasks: whose row it is, (R,), for cluster-robust errors (statsmodels).
        sigma: the link.
        shift: added to knobs that are 0 somewhere, before the log.

    Raises:
        InputError: shapes that differ, too few rows, or knobs below 0.
    """
    knobs, gains = np.asarray(knobs, dtype=float), np.asarray(gains, dtype=float)
    size = len(metric)
    if knobs.shape != (size, len(KNOBS)) or gains.shape != (size, 2):
        raise InputError(
            f"knobs must be ({size}, 3) and gains ({size}, 2); got {knobs.shape}, {gains.shape}"
        )
    if size < 7:
        raise InputError(f"six constants need 7 rows or more; got {size}")
    if not (knobs >= 0).all():
        raise InputError(f"{', '.join(KNOBS)} must be >= 0; got {knobs.min():g}")
    log = np.log(np.where((knobs > 0).all(axis=0), knobs, knobs + shift))
    design = np.column_stack([log, log[:, :2] * gains, np.ones(size)])
    model = OLS(sigma.inverse(metric), design)
    how = {} if tasks is None else {"cov_type": "cluster", "cov_kwds": {"groups": tasks}}
    found = model.fit(**how)
    theta = np.asarray(found.params)
    b = np.append(theta[3:5], 0.0)
    mse = float(np.mean(found.resid**2))
    return RagLaw(
        theta[:3], b, float(theta[5]), sigma, np.asarray(found.bse), float(found.rsquared), mse
    )
