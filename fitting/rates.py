"""Solve rates on a fixed grid of logits: what a log says of each, and what each would solve."""

import numpy as np
from scipy.special import expit, gammaln, log_expit

from ..analysis.counts import Ints
from ..analysis.curve import Floats

STEP = 0.25
EDGES = np.arange(-25.0, 13.0 + STEP / 2, STEP)
"""Between them lie the cells; below the first a problem is as good as impossible (p < 1e-11)."""
CENTRES = np.concatenate([[-30.0], EDGES[:-1] + STEP / 2, [18.0]])
"""The logit that stands for each cell (J,), the two open ones included."""
LOG_P, LOG_Q = log_expit(CENTRES), log_expit(-CENTRES)
P_EDGES, LOG_P_EDGES = expit(EDGES), log_expit(EDGES)


def likelihood(
    n: Ints | Floats, c: Ints | Floats, centres: Floats = CENTRES, step: float = STEP
) -> Floats:
    """Returns (D, J) the chance of c (D,) successes in n, averaged over each cell.

    A cell is wider than the likelihood of many samples, so Gauss-Legendre nodes within it grow
    with n; the log may have stopped at success, which only scales a row. Counts may be fractions.
    """
    nodes, weight = np.polynomial.legendre.leggauss(4 + int(np.sqrt(n.max()) * step))
    x = centres[:, None] + step / 2 * nodes
    log_p, log_q = log_expit(x), log_expit(-x)
    ways = gammaln(n + 1) - gammaln(c + 1) - gammaln(n - c + 1)
    rows = [
        np.exp(each * log_p + (of - each) * log_q + log_ways) @ weight / 2
        for of, each, log_ways in zip(n, c, ways, strict=True)
    ]
    return np.stack(rows)


def solved(k: Floats) -> Floats:
    """Returns (J, K) the chance that k samples of a problem hold a right one."""
    return np.asarray(-np.expm1(np.outer(LOG_Q, k)))


def from_cdf(cdf: Floats) -> Floats:
    """Returns (T, J) the mass of each cell, given that below each edge (T, J - 1)."""
    ends = np.zeros((len(cdf), 1))
    return np.diff(np.concatenate([ends, cdf, ends + 1], axis=1), axis=1)
