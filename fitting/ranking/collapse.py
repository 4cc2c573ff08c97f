"""What verdicts say of candidates and judges when each judge wavers a little by candidate.

A judge's map for one candidate, theta_m ~ Dirichlet(kappa psi_m), is summed out. Given its gold
row g_m it is Dirichlet(kappa psi_m + g_m), exactly. Verdicts without gold follow the mixture
gamma = sum_m pi_m theta_m, which is taken as a Dirichlet variable of the same mean and the same
summed variance: a collapse, exact for kappa = inf or one true level, close elsewhere. The counts
are then Dirichlet-multinomial. Draws run along the last axis of every array.
"""

import math

import numpy as np
from scipy.special import digamma, gammaln, xlogy

from ...analysis.curve import Floats
from ...data.judgments import Ints

TINY = 1e-300

Said = tuple[Floats, Floats, Floats]
"""Log likelihood (T,), and its slopes in log pi (K, M, T) and log psi (J, K, M, M, T)."""


def likelihood(pi: Floats, psi: Floats, counts: Floats | Ints, gold: Ints, kappa: float) -> Said:
    """Returns the log likelihood, up to a constant, and its slopes.

    Args:
        pi: (K, M, T), how often each candidate is truly at each level.
        psi: (J, K, M, M, T), how often each judge calls a level (third axis) by a level (fourth);
            the second axis may have length 1.
        counts: (J, K, M) verdicts without gold.
        gold: (J, K, M, M) verdicts by true level; the second axis may have length 1 if all are 0.
        kappa: how much a judge's map for one candidate is like its map for another.
    """
    seen, known = counts[..., None], gold[..., None]
    return _same(pi, psi, seen, known) if math.isinf(kappa) else _own(pi, psi, seen, known, kappa)


def moments(pi: Floats, alpha: Floats, total: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Returns the mean rows, gamma's mean, its summed variance, and its concentration.

    `alpha` (J, K, M, M, T) are the Dirichlet parameters of theta, `total` their sums.
    """
    rows = alpha / total
    gamma = (pi[:, :, None] * rows).sum(axis=2)
    each = (rows * (1 - rows)).sum(axis=3) / (total[:, :, :, 0] + 1)
    spread = (pi**2 * each).sum(axis=2) + TINY
    return rows, gamma, spread, (gamma * (1 - gamma)).sum(axis=2) / spread - 1


def _same(pi: Floats, psi: Floats, counts: Floats | Ints, gold: Ints) -> Said:
    """One map for all candidates: gamma is the mixture itself."""
    weighted = pi[:, :, None] * psi
    gamma = weighted.sum(axis=2) + TINY
    share = weighted * (counts / gamma)[:, :, None]
    value = xlogy(counts, gamma).sum(axis=(0, 1, 2))
    if gold.any():
        value = value + xlogy(gold, psi + TINY).sum(axis=(0, 1, 2, 3))
    return value, share.sum(axis=(0, 3)), share + gold


def _own(pi: Floats, psi: Floats, counts: Floats | Ints, gold: Ints, kappa: float) -> Said:
    """A map for each candidate."""
    prior = kappa * psi + TINY
    total = kappa + gold.sum(axis=3, keepdims=True)
    alpha = prior + gold
    rows, gamma, spread, size = moments(pi, alpha, total)
    size = np.maximum(size, kappa)
    value, by_beta, by_size = _mixed(counts, gamma, size)
    by_gamma = size[:, :, None] * by_beta + (1 - 2 * gamma) * (by_size / spread)[:, :, None]
    bent = (-by_size * (size + 1) / spread)[:, :, None, None] * pi[:, :, None] / (total + 1)
    by_pi = rows * (by_gamma[:, :, None] + 2 * bent * (1 - rows))
    by_prior = pi[:, :, None] * (by_gamma[:, :, None] + bent * (1 - 2 * rows)) / total
    if gold.any():
        value = value + (gammaln(alpha) - gammaln(prior)).sum(axis=(0, 1, 2, 3))
        by_prior = by_prior + digamma(alpha) - digamma(prior)
    return value, pi * by_pi.sum(axis=(0, 3)), prior * by_prior


def _mixed(counts: Floats | Ints, gamma: Floats, size: Floats) -> Said:
    """Dirichlet-multinomial counts at mean gamma: the log, its slopes in size gamma and in size."""
    beta = size[:, :, None] * gamma + TINY
    many = counts.sum(axis=2)
    value = (gammaln(beta + counts) - gammaln(beta)).sum(axis=2) + gammaln(size)
    value = (value - gammaln(size + many)).sum(axis=(0, 1))
    by_beta = digamma(beta + counts) - digamma(beta)
    by_size = (by_beta * gamma).sum(axis=2) + digamma(size) - digamma(size + many)
    return value, by_beta, by_size
