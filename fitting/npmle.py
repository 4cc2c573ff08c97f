"""The nonparametric maximum-likelihood distribution of solve rates: what the log says, unshaped."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.special import xlog1py, xlogy

from ..analysis.counts import Ints
from ..analysis.curve import Floats

FINENESS = 0.15
"""Spacing of the rates, in standard errors of a rate seen max(n) times."""
PER_DECADE = 16
NEGLIGIBLE = 1e-3
"""Expected successes in k draws below which a rate needs no node of its own besides 0."""
TOLERANCE = 1e-6
"""A log likelihood too small to go on for; rounding can stop the climb a little before it."""
STEPS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Mixing:
    """Solve rates p (J,) with their shares (J,), which sum to 1.

    `log_likelihood` is in excess of giving every problem its own rate c / n, so it is at most 0.
    `gap` certifies it: no other distribution on the grid has a log likelihood greater by more.
    Rates far below 1 / n cannot be told from 0: beyond the log read the bracket, not this coverage.
    """

    p: Floats
    share: Floats
    log_likelihood: float
    gap: float

    def coverage(self, k: Floats | Ints) -> Floats:
        """Returns (K,): the sum of share (1 - (1 - p)^k)."""
        return np.asarray(self.share @ solved(self.p, k))


def npmle(n: Ints, c: Ints, weight: Floats) -> Mixing:
    """Returns the mixing distribution of greatest likelihood, on the nodes of `grid`.

    Args:
        n: samples of each distinct pair, (D,); a log that stopped at success has the same density.
        c: right ones among them, (D,).
        weight: how many problems each pair stands for, (D,); fractions and zeros allowed.

    >>> npmle(np.array([4, 4]), np.array([0, 4]), np.array([3.0, 1.0])).share
    array([0.75, 0.25])
    """
    p = grid(n, c)
    density, weight = densities(n, c, p), np.asarray(weight, dtype=float)
    share, gap = climb(density, weight, nearest(n, c, weight, p))
    kept = share > 0
    return Mixing(p[kept], share[kept], log_likelihood(density, weight, share), gap)


def excess(n: Ints, c: Ints, weight: Floats, log_density: Floats) -> float:
    """Returns twice the log likelihood that the nonparametric mixture gains over a family.

    `log_density` (D,) is the family's log E p^c (1 - p)^(n - c), without a binomial coefficient.
    The gain has no chi-squared reference (the mixture is no regular model), so none is offered.
    """
    family = weight @ (log_density - _own(n, c))
    return float(2 * (npmle(n, c, weight).log_likelihood - family))


def grid(n: Ints, c: Ints, k: float = 1) -> Floats:
    """Returns rates from 0 to 1 that stand for all others, in a log of (n, c) and draws of k.

    The log's own c / n; from 1 / max(n) up, evenly spaced in arcsin(sqrt p), where every rate is
    seen equally sharply; and below, on a log scale, down to where k draws expect next to nothing.
    Between neighbours the densities are as good as straight lines, which their mixtures follow.
    """
    most = float(np.max(n))
    even = np.linspace(0, np.pi / 2, int(np.ceil(np.pi * np.sqrt(most) / FINENESS)) + 1)
    low, high = NEGLIGIBLE / max(most, k), 1 / most
    small = np.geomspace(low, high, int(np.ceil(PER_DECADE * np.log10(high / low))) + 1)
    rates = np.sin(even) ** 2
    return np.unique(np.concatenate([[0.0], small, rates[rates > high], c / n]))


def densities(n: Ints, c: Ints, p: Floats) -> Floats:
    """Returns (D, J): p^c (1 - p)^(n - c), over its value at p = c / n."""
    n, c = np.asarray(n)[:, None], np.asarray(c)[:, None]
    return np.asarray(np.exp(xlogy(c, p) + xlog1py(n - c, -p) - _own(n, c)))


def _own(n: Ints, c: Ints) -> Floats:
    return np.asarray(xlogy(c, c / n) + xlog1py(n - c, -c / n))


def solved(p: Floats, k: Floats | Ints) -> Floats:
    """Returns (J, K): 1 - (1 - p)^k."""
    return np.asarray(-np.expm1(xlog1py(np.asarray(k, dtype=float), -p[:, None])))


def nearest(n: Ints, c: Ints, weight: Floats, p: Floats) -> Floats:
    """Returns (J,): each problem at the node nearest its own c / n, whence to climb."""
    middles = (p[1:] + p[:-1]) / 2
    own = np.bincount(np.searchsorted(middles, c / n), weights=weight, minlength=len(p))
    return np.asarray(own / own.sum())


def log_likelihood(density: Floats, weight: Floats, share: Floats) -> float:
    """Returns the sum of weight log(density @ share), in which no weight counts for nothing."""
    return float(xlogy(weight, density @ share).sum())


def climb(density: Floats, weight: Floats, share: Floats) -> tuple[Floats, float]:
    """Returns the shares (J,) of greatest likelihood, and how far below the maximum it can be.

    The constrained Newton method of Wang 2007 (J. R. Statist. Soc. B 69): the quadratic model of
    the log likelihood is maximised by non-negative least squares over the nodes in use and the
    peaks of the gradient. By concavity the gradient's greatest entry bounds what is left to gain.

    Args:
        density: (D, J) of every pair at every node.
        weight: (D,).
        share: (J,) to start from; `density @ share` is positive wherever weight is.
    """
    seen = weight > 0
    density, weight = density[seen], weight[seen]
    gap = np.inf
    for _ in range(STEPS):
        used = share > 0
        fitted = density[:, used] @ share[used]
        slope = weight / fitted @ density - weight.sum()
        gap = float(slope.max())
        if gap <= TOLERANCE:
            break
        free = np.flatnonzero(used | _peaks(slope))
        ratio = density[:, free] / fitted[:, None]
        aim = _newton(ratio, weight)
        step = _step(ratio @ aim, weight)
        if step == 0:
            break
        share = (1 - step) * share
        share[free] += step * aim
    return share, max(gap, 0.0)


def _peaks(slope: Floats) -> NDArray[np.bool_]:
    """Where the gradient is positive and not below its neighbours."""
    padded = np.concatenate([[0.0], slope, [0.0]])
    return (slope > 0) & (slope >= padded[:-2]) & (slope >= padded[2:])


def _newton(ratio: Floats, weight: Floats) -> Floats:
    """Minimises |sqrt(weight) (ratio @ share - 2)| over the simplex.

    With 2 written as 2 sum(share) the sum need not be fixed: the scale that least squares gives
    the shares is divided out without moving the minimum (Dax 1990).
    """
    root = np.sqrt(weight)[:, None]
    total = np.sqrt(weight.sum())
    rows = np.vstack([root * (ratio - 2), np.full(ratio.shape[1], total)])
    target = np.append(np.zeros(len(ratio)), total)
    share, _ = nnls(rows, target, maxiter=30 * ratio.shape[1])
    return np.asarray(share / share.sum())


def _step(change: Floats, weight: Floats) -> float:
    """Returns the first of 1, 1/2, 1/4 ... that gains a third of what the slope promises, or 0.

    `change` (D,) is each pair's density after a full step over that before.
    """
    promised = float(weight @ (change - 1))
    if promised <= 0:
        return 0.0
    for halvings in range(40):
        step = 0.5**halvings
        if xlog1py(weight, step * (change - 1)).sum() >= step * promised / 3:
            return step
    return 0.0
