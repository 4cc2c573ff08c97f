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
"""Log likelihood (T,), and its slopes in log pi (K, M, T) and in log psi, shaped as psi is."""


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
    """Returns theta's mean rows, their summed variances, gamma's mean and its concentration.

    `alpha` (J, K or 1, M, M, T) are the Dirichlet parameters of theta, `total` their sums.
    """
    rows = alpha / total
    each = (rows * (1 - rows)).sum(axis=3) / (total[:, :, :, 0] + 1)
    gamma = _blend(pi, rows)
    spread = (pi**2 * each).sum(axis=2) + TINY
    return rows, each, gamma, (gamma * (1 - gamma)).sum(axis=2) / spread - 1


def _same(pi: Floats, psi: Floats, counts: Floats | Ints, gold: Ints) -> Said:
    """One map for all candidates: gamma is the mixture itself."""
    gamma = _blend(pi, psi) + TINY
    value, share = xlogy(counts, gamma).sum(axis=(0, 1, 2)), counts / gamma
    by_psi = psi * _spread_out(share, pi, psi)
    if gold.any():
        value = value + xlogy(gold, psi + TINY).sum(axis=(0, 1, 2, 3))
        by_psi = by_psi + (gold if psi.shape[1] > 1 else gold.sum(axis=1, keepdims=True))
    return value, pi * _gathered(share, psi), by_psi


def _own(pi: Floats, psi: Floats, counts: Floats | Ints, gold: Ints, kappa: float) -> Said:
    """A map for each candidate."""
    prior = kappa * psi + TINY
    total = kappa + gold.sum(axis=3, keepdims=True)
    alpha = prior + gold
    rows, each, gamma, size = moments(pi, alpha, total)
    size = np.maximum(size, kappa)
    value, by_beta, by_size = _mixed(counts, gamma, size)
    spread = (pi**2 * each).sum(axis=2) + TINY
    by_gamma = size[:, :, None] * by_beta + (1 - 2 * gamma) * (by_size / spread)[:, :, None]
    by_spread = (-by_size * (size + 1) / spread)[:, :, None]
    by_pi = _gathered(by_gamma, rows) + 2 * pi * (by_spread * each).sum(axis=0)
    bent = pi**2 * by_spread / (total[:, :, :, 0] + 1)
    bent = bent if rows.shape[1] > 1 else bent.sum(axis=1, keepdims=True)
    by_prior = (_spread_out(by_gamma, pi, rows) + bent[:, :, :, None] * (1 - 2 * rows)) / total
    if gold.any():
        value = value + (gammaln(alpha) - gammaln(prior)).sum(axis=(0, 1, 2, 3))
        by_prior = by_prior + digamma(alpha) - digamma(prior)
    by_psi = prior * by_prior
    return value, pi * by_pi, by_psi if psi.shape[1] > 1 else by_psi.sum(axis=1, keepdims=True)


def _blend(pi: Floats, rows: Floats) -> Floats:
    """Each judge's rows mixed as each candidate has the levels, (J, K, M, T)."""
    if rows.shape[1] == 1:
        return np.asarray(np.einsum("kmt,jmst->jkst", pi, rows[:, 0]))
    return np.asarray(np.einsum("kmt,jkmst->jkst", pi, rows))


def _gathered(slope: Floats, rows: Floats) -> Floats:
    """The slope in gamma (J, K, M, T) taken back to pi (K, M, T)."""
    if rows.shape[1] == 1:
        return np.asarray(np.einsum("jkst,jmst->kmt", slope, rows[:, 0]))
    return np.asarray(np.einsum("jkst,jkmst->kmt", slope, rows))


def _spread_out(slope: Floats, pi: Floats, rows: Floats) -> Floats:
    """The slope in gamma (J, K, M, T) taken back to the rows, shaped as they are."""
    if rows.shape[1] == 1:
        return np.asarray(np.einsum("jkst,kmt->jmst", slope, pi)[:, None])
    return np.asarray(np.einsum("jkst,kmt->jkmst", slope, pi))


def _mixed(counts: Floats | Ints, gamma: Floats, size: Floats) -> Said:
    """Dirichlet-multinomial counts at mean gamma: the log, its slopes in size gamma and in size."""
    beta = size[:, :, None] * gamma + TINY
    many = counts.sum(axis=2)
    value = (gammaln(beta + counts) - gammaln(beta)).sum(axis=2) + gammaln(size)
    value = (value - gammaln(size + many)).sum(axis=(0, 1))
    by_beta = digamma(beta + counts) - digamma(beta)
    by_size = (by_beta * gamma).sum(axis=2) + digamma(size) - digamma(size + many)
    return value, by_beta, by_size
