"""Weights of the families: by what the log says of each, with room for none being true."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import nnls

from ..analysis.counts import Ints
from ..analysis.curve import Floats

LAW_SHARE = 0.5
"""What the laws of the curve weigh together in the estimate, before the log; the mixtures the rest.

Forecasts of different kinds average out their errors, best about evenly (docs/methods.md).
"""
LAW_VOICE = 0.2
"""The same among the worlds that make the band: a law knows the curve alone, so its worlds spread
too little, and the band is calibrated by the mixtures."""
FLOOR = 0.01
"""An error in coverage too small to hold against a law, which is never exactly true."""
SPOTS = 4
"""Points of the curve, spread evenly over log k, at which a law's misfit is judged."""
FREE = 2.0
"""The misfit expected of a true law: SPOTS less the two parameters that it spends."""


def weights(evidence: Floats, misfit: Floats, share: float = LAW_SHARE) -> Floats:
    """Returns what each family weighs, mixtures (M,) then laws (L,), adding up to 1.

    Mixtures share by their evidence, the log probability of the log under each with its parameters
    averaged out by the prior: every problem is predicted from those before it, so this is a
    backtest on held-out problems over all orders (Fong & Holmes 2020), and the whole is calibrated
    for worlds that the prior may have drawn. A law has no such probability; its prior share is cut
    by exp(-(misfit - FREE) / 2) where its misfit to the curve exceeds what chance and FLOOR allow.
    """
    mixed = np.exp(evidence - evidence.max())
    fair = np.exp(-0.5 * np.maximum(misfit - FREE, 0.0))
    laws = share / len(misfit) * fair
    raw = np.concatenate([(1 - share) * mixed / mixed.sum(), laws])
    return np.asarray(raw / raw.sum())


def misfit(curve: Floats, fitted: Floats) -> float:
    """Returns the chi-squared of a law's residuals, (W, K) each, at a few points of the curve.

    Their covariance is that of the residuals over worlds, which were fitted alike, with FLOOR on
    its diagonal.
    """
    last = curve.shape[1] - 1
    spots = np.unique(np.linspace(0, last, SPOTS).round().astype(int))
    residual = (curve - fitted)[:, spots]
    covariance = np.cov(residual[1:].T) + FLOOR**2 * np.eye(len(spots))
    return float(residual[0] @ np.linalg.solve(covariance, residual[0]))


def stacked(misses: Sequence[Floats], noise: Sequence[Floats]) -> Floats:
    """Returns the weights (F,), none negative and adding up to 1, whose average misses least.

    Breiman 1996, with a pull to equal weights as strong as one fold of pure noise, which decides
    where what was held out does not.

    Args:
        misses: what each family missed in each fold, (F, S) each.
        noise: the sd of what is held out, (S,) each; a fold counts as one whatever its size.
    """
    pairs = zip(misses, noise, strict=True)
    scaled = np.concatenate([miss / (sd * np.sqrt(len(sd))) for miss, sd in pairs], axis=1).T
    families = scaled.shape[1]
    sure = 1e3 * max(float(np.abs(scaled).max()), 1.0)
    design = np.vstack([scaled, np.eye(families), np.full((1, families), sure)])
    target = np.concatenate([np.zeros(len(scaled)), np.full(families, 1 / families), [sure]])
    weight, _ = nnls(design, target)
    return np.asarray(weight / weight.sum())


def median(worlds: Floats, weight: Floats) -> Floats:
    """Returns (K,) the weighted median over families and worlds, (F, W, K), of weights (F,)."""
    spread = worlds.reshape(worlds.shape[0] * worlds.shape[1], worlds.shape[2])
    each = np.repeat(weight / worlds.shape[1], worlds.shape[1])
    order = np.argsort(spread, axis=0)
    reached = np.cumsum(each[order], axis=0) >= 0.5
    at = order[reached.argmax(axis=0), np.arange(spread.shape[1])]
    return np.asarray(spread[at, np.arange(spread.shape[1])])


def speakers(weight: Floats, worlds: int, rng: np.random.Generator) -> Ints:
    """Returns (worlds,) which family stands for each world: as near its weight as can be."""
    start = rng.random()
    at = (np.arange(worlds) + start) / worlds
    chosen = np.minimum(np.searchsorted(np.cumsum(weight), at), len(weight) - 1)
    return np.asarray(rng.permutation(chosen))
