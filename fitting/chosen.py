"""Best-of-S by accepting verdicts out of V, for independent solutions of known make: formulas."""

import numpy as np
from scipy.special import betainc, expit, gammaln

from ..analysis.curve import Floats

FINE, FARTHEST = 600, 60.0
"""Cells of either half of the logit of a rate, which stand for infinitely many verdicts, and where
they end: a correlated class has much of its mass very near 0 and 1."""


def best_of(solve: Floats, right: Floats, wrong: Floats, solutions: Floats) -> Floats:
    """Returns (..., S) the chance that the highest scored of S solutions is right, ties shared.

    Of independent solutions, each right with chance `solve` and then scored at level l with chance
    right_l, else with wrong_l: sum_l (F_l^S - F_{l-1}^S) times the share of level l that is right.

    Args:
        solve: (...).
        right: (..., L), adding up to 1.
        wrong: (..., L), adding up to 1.
        solutions: S >= 1, (S,).

    >>> best_of(np.array(0.3), np.array([0.2, 0.8]), np.array([0.8, 0.2]), np.array([1.0, 2.0]))
    array([0.3  , 0.426])
    """
    ours = solve[..., None] * right
    level = ours + (1 - solve[..., None]) * wrong
    share = np.divide(ours, level, out=np.zeros_like(level), where=level > 0)
    upto = np.minimum(level.cumsum(axis=-1), 1.0)
    below = np.maximum(upto - level, 0.0)
    each = [((upto**s - below**s) * share).sum(axis=-1) for s in solutions]
    return np.stack(each, axis=-1)


def accepted(mean: Floats, agree: Floats, verdicts: float) -> Floats:
    """Returns (..., L) the chances of so many accepting verdicts out of V, of a rate if V is inf.

    Beta-binomial of a mean rate and a correlation rho within a solution, a + b = 1 / rho - 1
    (V verdicts are worth V / (1 + (V - 1) rho) independent ones).

    >>> accepted(np.array(0.5), np.array(1 / 3), 2).round(3)
    array([0.333, 0.333, 0.333])
    """
    strength = (1 / agree - 1)[..., None]
    a, b = mean[..., None] * strength, (1 - mean[..., None]) * strength
    if np.isinf(verdicts):
        return _rates(a, b)
    j = np.arange(verdicts)
    k = np.arange(verdicts + 1)
    ways = gammaln(verdicts + 1) - gammaln(k + 1) - gammaln(verdicts - k + 1)
    up, down = _rising(a, j), _rising(b, j)
    return np.asarray(np.exp(ways + up + down[..., ::-1] - _rising(a + b, j)[..., -1:]))


def _rates(a: Floats, b: Floats) -> Floats:
    """The mass of a beta in fine cells of the logit, (..., 2 FINE), each half from its own end."""
    edges = expit(np.linspace(-FARTHEST, 0.0, FINE + 1)[1:])
    low, high = betainc(a, b, edges), betainc(b, a, edges)
    none = np.zeros((*a.shape[:-1], 1))
    halves = [np.diff(np.concatenate([none, half], axis=-1), axis=-1) for half in (low, high)]
    return np.concatenate([halves[0], halves[1][..., ::-1]], axis=-1)


def _rising(a: Floats, j: Floats) -> Floats:
    """The log rising factorials log Gamma(a + k) / Gamma(a), (..., V + 1)."""
    steps = np.log(a + j).cumsum(axis=-1)
    return np.concatenate([np.zeros((*steps.shape[:-1], 1)), steps], axis=-1)
