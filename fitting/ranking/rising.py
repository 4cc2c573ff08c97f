"""Judges whose verdicts rise with the level, as free numbers: mass that moves up row by row.

Row m of a judge's map dominates row m - 1 (to first order: each `at most s` is rarer) if and only
if it is row m - 1 with mass moved up. So walk up the levels: of the mass at hand at level s, what
row m - 1 has there and what came from below, a share u_ms goes on and the rest stays. Before row
0 all mass lies at level 0. Every u in (0, 1) gives such a judge, and each judge has one u.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit, logit

from ...analysis.curve import Floats

TINY = 1e-300


class Rising:
    """Judges psi (J, M, M, T) from x (J, M, M - 1, T), the logits of the shares that go on."""

    def __init__(self, x: Floats) -> None:
        self.x, self.on, self.off = x, expit(x), expit(-x)
        judges, levels, _, draws = x.shape
        self.hand = np.empty((judges, levels, levels, draws))
        self.psi = np.empty_like(self.hand)
        for m in range(levels):
            hand, on, row = self.hand[:, m], self.on[:, m], self.psi[:, m]
            hand[...] = self.psi[:, m - 1] if m else (np.arange(levels) == 0)[:, None]
            for s in range(levels - 1):
                hand[:, s + 1] += on[:, s] * hand[:, s]
            np.maximum(self.off[:, m] * hand[:, :-1], TINY, out=row[:, :-1])
            row[:, -1] = np.maximum(hand[:, -1], TINY)

    def log_prior(self, alpha: Floats) -> tuple[Floats, Floats]:
        """Returns the log density (T,) in x of rows Dirichlet(alpha_m), (M, M).

        Beside it stands its slope in log psi, (M, M, 1); the slope in x has `off` on top. As
        psi_ms = (1 - u_ms) h_ms of the mass at hand, d psi / dx is triangular, and its
        determinant the product of u_ms psi_ms over s < M - 1.
        """
        weight = alpha[..., None].copy()
        weight[:, -1] -= 1
        value = log_expit(self.x).sum(axis=(0, 1, 2))
        return value + (weight * np.log(self.psi)).sum(axis=(0, 1, 2)), weight

    def to_x(self, by_log: Floats) -> Floats:
        """Turns slopes in log psi (J, M, M, T) into slopes in x (J, M, M - 1, T)."""
        by_psi = by_log / self.psi
        slope = np.empty_like(self.x)
        for m in range(self.x.shape[1] - 1, -1, -1):
            on, off = self.on[:, m], self.off[:, m]
            ahead = by_psi[:, m].copy()
            for s in range(on.shape[1] - 1, -1, -1):
                slope[:, m, s] = ahead[:, s + 1] - ahead[:, s]
                ahead[:, s] += on[:, s] * slope[:, m, s]
            slope[:, m] *= on * off * self.hand[:, m, :-1]
            if m:
                by_psi[:, m - 1] += ahead
        return slope


def shares(psi: Floats) -> Floats:
    """Returns the x (M, M - 1) of one judge psi (M, M) whose verdicts rise."""
    above = 1 - np.cumsum(psi, axis=1)[:, :-1]
    before = np.vstack([np.zeros(psi.shape[1] - 1), above[:-1]])
    hand = np.column_stack([np.ones(len(psi)), above[:, :-1]]) - before
    return np.asarray(logit(np.clip((above - before) / hand, 1e-6, 1 - 1e-6)))


def rises(psi: Floats) -> NDArray[np.bool_]:
    """Returns (...): whether a judge's verdicts rise with the level, for psi (..., M, M)."""
    below = np.cumsum(psi, axis=-1)[..., :-1]
    return np.asarray((np.diff(below, axis=-2) <= 1e-12).all(axis=(-1, -2)))
