"""How hard problems are: distributions of the solve rate, as the mass of each cell of `rates`.

Each takes parameters (T, p) on the scale of their priors and returns masses (T, J).
"""

import numpy as np
from scipy.special import betainc, expit, ndtr

from ..analysis.curve import Floats
from .rates import EDGES, LOG_P, LOG_P_EDGES, LOG_Q, P_EDGES, STEP, from_cdf

BOUNDS = 1e-9, 1e9
WIDEST = 60.0
"""Shapes of a Beta, and a gap between logits, beyond which nothing changes but the arithmetic."""


def beta(theta: Floats) -> Floats:
    """Beta(a, b) of (log a, log b)."""
    return _beta(np.exp(theta[:, :1]), np.exp(theta[:, 1:2]))


def _beta(a: Floats, b: Floats) -> Floats:
    """By the density of the logit, p^a q^b, smooth at this step; the open cells in closed form."""
    a, b = np.clip(a, *BOUNDS), np.clip(b, *BOUNDS)
    log_mass = a * LOG_P + b * LOG_Q
    log_mass[:, 0] = (a * LOG_P_EDGES[0] - np.log(a * STEP))[:, 0]
    log_mass[:, -1] = (-b * EDGES[-1] - np.log(b * STEP))[:, 0]
    mass = np.exp(log_mass - log_mass.max(axis=1, keepdims=True))
    return np.asarray(mass / mass.sum(axis=1, keepdims=True))


def scaled_beta(theta: Floats) -> Floats:
    """s Beta(a, b) of (log a, log b, logit s)."""
    a, b, s = np.exp(theta[:, :1]), np.exp(theta[:, 1:2]), expit(theta[:, 2:3])
    return from_cdf(np.asarray(betainc(a, b, np.minimum(P_EDGES / s, 1.0)), dtype=float))


def scaled_kumaraswamy(theta: Floats) -> Floats:
    """s x with P(x <= t) = 1 - (1 - t^a)^b, of (log a, log b, logit s)."""
    a, b, s = np.exp(theta[:, :1]), np.exp(theta[:, 1:2]), expit(theta[:, 2:3])
    log_power = np.minimum(a * (LOG_P_EDGES - np.log(s)), -1e-300)
    # log(1 - t^a), by whichever form keeps its digits.
    log_rest = np.where(
        log_power > -1, np.log(-np.expm1(log_power)), np.log1p(-np.exp(np.minimum(log_power, -1)))
    )
    return from_cdf(-np.expm1(b * log_rest))


def logit_normal(theta: Floats) -> Floats:
    """Logits Normal(m, s) of (m, log s)."""
    return _logit_normal(theta[:, :1], np.exp(theta[:, 1:2]))


def _logit_normal(mean: Floats, sd: Floats) -> Floats:
    return from_cdf(ndtr((EDGES - mean) / sd))


def two_logit_normals(theta: Floats) -> Floats:
    """A hard and an easy kind, of (m, log s, log gap, log s of the easy, logit easy share)."""
    hard, gap, share = _kinds(theta)
    low = _logit_normal(hard, np.exp(theta[:, 1:2]))
    return (1 - share) * low + share * _logit_normal(hard + gap, np.exp(theta[:, 3:4]))


def two_betas(theta: Floats) -> Floats:
    """A hard and an easy kind, of (logit m, log a, log gap, log a of the easy, logit easy share).

    A kind's mean is such that log(a / b) is its logit m, and the easy one's is gap higher.
    """
    hard, gap, share = _kinds(theta)
    a, easy_a = np.exp(theta[:, 1:2]), np.exp(theta[:, 3:4])
    low, high = _beta(a, a * np.exp(-hard)), _beta(easy_a, easy_a * np.exp(-hard - gap))
    return (1 - share) * low + share * high


def _kinds(theta: Floats) -> tuple[Floats, Floats, Floats]:
    gap = np.exp(np.minimum(theta[:, 2:3], np.log(WIDEST)))
    return theta[:, :1], gap, expit(theta[:, 4:5])


def beta_inflated(theta: Floats) -> Floats:
    """Beta(a, b), but a share of problems impossible, of (log a, log b, logit share)."""
    return _inflated(beta(theta[:, :2]), theta[:, 2])


def logit_normal_inflated(theta: Floats) -> Floats:
    """Logits Normal(m, s), but a share of problems impossible, of (m, log s, logit share)."""
    return _inflated(logit_normal(theta[:, :2]), theta[:, 2])


def _inflated(mass: Floats, logit_share: Floats) -> Floats:
    share = expit(logit_share)
    mass = mass * (1 - share)[:, None]
    mass[:, 0] += share
    return mass
