"""Beta-distributed solve rates, with or without a share of impossible problems."""

import numpy as np
from scipy.special import betaln, expit, psi

from ..analysis.curve import Floats
from .newton import maximise
from .tables import Table

PRIOR_MEAN = np.array([-1.0, 1.5, -1.5])
PRIOR_SD = np.array([1.0, 1.5, 1.5])
"""Normal priors of log a, log b and logit(impossible share): docs/methods.md shows the curves."""


def fit(table: Table, *, inflated: bool) -> Floats:
    """Returns the posterior mode of (log a, log b[, logit impossible]) in each world, (W, p)."""
    size = 3 if inflated else 2

    def derivatives(theta: Floats, rows: slice) -> tuple[Floats, Floats, Floats]:
        parts = _likelihood(theta, table, table.weights[rows])
        return _with_prior(theta, *parts)

    return maximise(derivatives, PRIOR_MEAN[:size], table.worlds)


def coverage(theta: Floats, k: Floats) -> Floats:
    """Returns (W, K): (1 - impossible) (1 - B(a, b + k) / B(a, b))."""
    a, b = np.exp(theta[:, 0, None]), np.exp(theta[:, 1, None])
    solved = -np.expm1(betaln(a, b + k) - betaln(a, b))
    return np.asarray(solved * limit(theta)[:, None])


def limit(theta: Floats) -> Floats:
    """Returns (W,) the coverage as k grows without end."""
    return np.asarray(expit(-theta[:, 2])) if theta.shape[1] == 3 else np.ones(len(theta))


def _with_prior(
    theta: Floats, value: Floats, gradient: Floats, hessian: Floats
) -> tuple[Floats, Floats, Floats]:
    size = theta.shape[1]
    precision = 1 / PRIOR_SD[:size] ** 2
    away = theta - PRIOR_MEAN[:size]
    return (
        value - 0.5 * (away**2 * precision).sum(axis=1),
        gradient - away * precision,
        hessian - np.diag(precision),
    )


def _likelihood(theta: Floats, table: Table, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Log likelihood and its derivatives, summed over the distinct pairs."""
    value, gradient, hessian = _per_pair(np.exp(theta[:, :2]), table)
    if theta.shape[1] == 2:
        return _sum(weights, value), _sum(weights, gradient), _sum(weights, hessian)
    return _inflate(theta[:, 2], table, weights, value, gradient, hessian)


def _sum(weights: Floats, parts: Floats) -> Floats:
    return np.asarray(np.einsum("wd,wd...->w...", weights, parts))


def _per_pair(ab: Floats, table: Table) -> tuple[Floats, Floats, Floats]:
    """Each pair's log likelihood (W, D), with derivatives in (log a, log b)."""
    a, b = ab[:, 0, None], ab[:, 1, None]
    ac, bc, abn = a + table.c, b + (table.n - table.c), a + b + table.n
    value = betaln(ac, bc) - betaln(a, b)
    total = psi(abn) - psi(a + b)
    ga = a * (psi(ac) - psi(a) - total)
    gb = b * (psi(bc) - psi(b) - total)
    bend = trigamma(abn) - trigamma(a + b)
    haa = a * a * (trigamma(ac) - trigamma(a) - bend) + ga
    hbb = b * b * (trigamma(bc) - trigamma(b) - bend) + gb
    hab = -a * b * bend
    hessian = np.stack([np.stack([haa, hab], -1), np.stack([hab, hbb], -1)], -2)
    return value, np.stack([ga, gb], -1), hessian


def _inflate(
    eta: Floats, table: Table, weights: Floats, value: Floats, gradient: Floats, hessian: Floats
) -> tuple[Floats, Floats, Floats]:
    """Mixes in impossible problems: those with c = 0 may be either kind."""
    pi = expit(eta)[:, None]
    zero = table.c == 0
    log_possible = np.log1p(-pi) + value
    mixed = np.where(zero, np.logaddexp(np.log(pi), log_possible), log_possible)
    possible = np.where(zero, np.exp(log_possible - mixed), 1.0)  # (W, D)
    g = np.concatenate([gradient * possible[..., None], (1 - possible - pi)[..., None]], -1)
    h = np.zeros((*possible.shape, 3, 3))
    doubt = possible * (1 - possible)
    outer = gradient[..., :, None] * gradient[..., None, :]
    h[..., :2, :2] = hessian * possible[..., None, None] + outer * doubt[..., None, None]
    h[..., :2, 2] = h[..., 2, :2] = -gradient * doubt[..., None]
    h[..., 2, 2] = doubt - pi * (1 - pi)
    return _sum(weights, mixed), _sum(weights, g), _sum(weights, h)


def trigamma(x: Floats) -> Floats:
    """Returns psi'(x) for x > 0 to about 1e-10, ten times faster than scipy's polygamma.

    Eight steps of psi'(x) = psi'(x + 1) + 1 / x^2, then the asymptotic series (DLMF 5.15.8).
    """
    total = np.zeros_like(x)
    for _ in range(8):
        total += 1 / (x * x)
        x = x + 1
    y = 1 / (x * x)
    series = 1 / x + y / 2 + y / x * (1 / 6 - y * (1 / 30 - y * (1 / 42 - y / 30)))
    return np.asarray(total + series)
