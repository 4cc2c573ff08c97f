"""The promise: what a plan is worth on problems that had no say in choosing it."""

import numpy as np

from ..analysis.counts import Ints
from ..analysis.curve import MASS, Floats, Interval, interval
from .case import Case

FOLDS = 5
REPEATS = 4


def honest(case: Case, budget: float, rng: np.random.Generator) -> Floats:
    """Returns (L,) each level's accuracy, planned on four fifths of its problems, seen on the rest.

    Folds are drawn within levels, several times over. A level with a single problem can leave none
    out; there the value that chose the plan stands.
    """
    levels = len(case.share)
    total, weight = np.zeros(levels), np.zeros(levels)
    for _ in range(REPEATS):
        fold = _folds(case, rng)
        for f in range(FOLDS):
            out = fold == f
            train = np.where(out, 0.0, case.weights[0])
            kept = np.bincount(case.level, train, levels) > 0
            if not out.any() or not kept[case.share > 0].all():
                continue
            mixture = case.allocate(
                budget, np.where(kept[case.level], train, case.weights[0])
            ).weight
            seen = np.where(out, case.weights[0], 0.0)
            total += np.bincount(case.level, seen * case.rows(mixture), levels)
            weight += np.bincount(case.level, seen, levels)
    apparent = per_level(case, case.rows(case.allocate(budget).weight))[0]
    return np.where(weight > 0, total / np.where(weight > 0, weight, 1.0), apparent)


def _folds(case: Case, rng: np.random.Generator) -> Ints:
    """Deals the problems of each level into folds as evenly as it goes; a problem stays whole."""
    names, first = np.unique(case.problem, return_index=True)
    order = np.lexsort((rng.random(len(names)), case.level[first]))
    dealt = np.empty(len(names), dtype=np.int64)
    dealt[order] = (np.arange(len(names)) + rng.integers(FOLDS)) % FOLDS
    return np.asarray(dealt[np.searchsorted(names, case.problem)])


def per_level(case: Case, rows: Floats) -> Floats:
    """Returns (W, L) each level's mean of (P,) values in every world; NaN where its share is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((case.weights * rows) @ case.member().T / case.mixes())


def totals(case: Case, mixture: Floats, seen: Floats) -> Floats:
    """Returns (W,) the accuracy of a mixture (L, O) in every world, its optimism removed.

    The worlds give the spread; their centre is moved from the value that chose the plan to `seen`
    (L,), the one found on problems left out.
    """
    worlds = per_level(case, case.rows(mixture))
    return _total(case, worlds, worlds[0] - seen)


def _total(case: Case, worlds: Floats, optimism: Floats) -> Floats:
    shifted = np.clip(worlds - optimism, 0.0, 1.0)
    return np.asarray((np.nan_to_num(shifted) * case.mixes()).sum(axis=1))


def promised(
    case: Case, mixture: Floats, seen: Floats, mass: float = MASS
) -> tuple[Interval, list[Interval], float]:
    """Returns what `totals` come to, each level's own, and the optimism removed."""
    worlds = per_level(case, case.rows(mixture))
    optimism = worlds[0] - seen
    levels = [interval(column, mass) for column in np.clip(worlds - optimism, 0.0, 1.0).T]
    total = interval(_total(case, worlds, optimism), mass)
    return total, levels, float(np.nan_to_num(optimism) @ case.share)
