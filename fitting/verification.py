"""How far an imperfect verifier lets resampling go: accuracy at a cap, and its ceiling."""

import numpy as np

from ..analysis.accept import AcceptCells, accept_cells, accept_first
from ..analysis.counts import Counts, Ints
from ..analysis.curve import MASS, Curve, Floats, Interval, interval
from ..analysis.draws import default_draws, draws
from ..analysis.worlds import problem_worlds
from .fit import Ceiling
from .tables import spread

PENALTY = 1.0
TOLERANCE = 0.01
"""Caps whose utility lies this close to the best are not told apart."""
ALL_CAPS = 256


def ceilings(
    counts: Counts, *, k: Ints | None = None, seed: int = 0, mass: float = MASS
) -> tuple[Ceiling, ...]:
    """Returns the macro and the pooled ceiling of the verifier that was counted, for new problems.

    Exact over the log at every cap (Stroebl et al. 2024 simulate the same thing); the share of
    accepted answers that are right is what the accuracy tends to. Estimates come from counts alone:
    no curve is assumed beyond the log.
    """
    n = int(counts.n.min())
    caps = draws(default_draws(n) if k is None else k)
    weights = problem_worlds(counts.problems, seed)
    cells = accept_cells(counts)
    right = accept_first(counts, caps).right
    curve = Curve(caps, _mean(weights, right), "new", mass)
    tpr, fpr = rates(cells, weights, mass)
    best = best_caps(counts)
    return tuple(
        Ceiling(str(counts.verifier), name, value, worst, most, curve, best, PENALTY, tpr, fpr)
        for name, value, worst, most in (
            _macro(cells, weights, mass),
            _pooled(cells, weights, mass),
        )
    )


def _mean(weights: Floats, credit: Floats) -> Floats:
    """Weighted means over problems; NaN where any problem has none."""
    means = weights @ np.nan_to_num(credit)
    means[:, np.isnan(credit).any(axis=0)] = np.nan
    return np.asarray(means)


def _ratio(above: Floats, below: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(below > 0, above / below, np.nan)


def _macro(cells: AcceptCells, weights: Floats, mass: float) -> tuple[str, Interval, float, float]:
    """The mean over problems of their accepted answers' accuracy, those never accepted left out."""
    true, false = cells.true_accepts.sum(axis=1), cells.false_accepts.sum(axis=1)
    share = _ratio(true.astype(float), (true + false).astype(float))
    seen = np.isfinite(share)
    worlds = _ratio(weights @ np.nan_to_num(share), weights @ seen)
    unseen = float(1 - seen.mean())
    worst = float(np.nan_to_num(share).mean())
    return "macro", interval(worlds, mass), worst, worst + unseen


def _pooled(cells: AcceptCells, weights: Floats, mass: float) -> tuple[str, Interval, float, float]:
    """The accuracy of all accepted answers together; problems accepted often weigh more."""
    true, false = cells.true_accepts.sum(axis=1), cells.false_accepts.sum(axis=1)
    value = interval(_ratio(weights @ true, weights @ (true + false)), mass)
    return "pooled", value, value.estimate, value.estimate


def rates(cells: AcceptCells, weights: Floats, mass: float = MASS) -> tuple[Interval, Interval]:
    """Returns the true- and the false-positive rate, pooled over samples, in every world."""
    pairs = ((cells.true_accepts, cells.read_right), (cells.false_accepts, cells.read_wrong))
    tpr, fpr = (
        interval(_ratio(weights @ yes.sum(axis=1), weights @ read.sum(axis=1)), mass)
        for yes, read in pairs
    )
    return tpr, fpr


def best_caps(counts: Counts, penalty: float = PENALTY) -> tuple[int, int]:
    """Returns the caps K whose utility (+1 right, -penalty wrong, 0 abstain) is within TOLERANCE.

    Utility can have several local maxima, so every cap is tried (a log grid beyond ALL_CAPS).
    """
    n = int(counts.n.min())
    caps = np.arange(1, n + 1) if n <= ALL_CAPS else spread(n, ALL_CAPS)
    drawn = accept_first(counts, caps)
    utility = (drawn.right - penalty * drawn.wrong).mean(axis=0)
    if utility.max() <= 0:
        return 0, 0
    good = caps[utility >= utility.max() - TOLERANCE]
    return int(good[0]), int(good[-1])


def doubts(counts: Counts) -> list[str]:
    """Says when the ceiling hangs on problems where nothing was ever accepted."""
    cells = accept_cells(counts)
    accepted = (cells.true_accepts + cells.false_accepts).sum(axis=1)
    silent = int((accepted == 0).sum())
    if silent <= 0.1 * len(counts):
        return []
    return [
        f"{counts.verifier} accepted nothing on {silent} of {len(counts)} problems, and the macro"
        " ceiling leaves them out: read it between its worst and best, and trust the accuracy at a"
        " finite cap first"
    ]
