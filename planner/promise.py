"""The promise: what a plan is worth on problems that had no say in choosing it."""

from collections.abc import Callable

import numpy as np

from ..analysis.counts import Ints
from ..analysis.curve import MASS, Floats, Interval, interval
from .allocate import Allocation
from .case import Case

FOLDS = 5
REPEATS = 4
Choose = Callable[[Case, float, Floats], list[Allocation]]
"""How splits are chosen, at a budget and under several weights (F, P) of the problems."""


def honest(
    case: Case,
    budget: float,
    rng: np.random.Generator,
    *,
    right: bool = False,
    choose: Choose = Case.allocate_each,
) -> Floats:
    """Returns (L,) each level's utility, planned on four fifths of its problems, seen on the rest.

    Folds are drawn within levels, several times over. A level with a single problem can leave none
    out; there the value that chose the plan stands. `right` asks for the accuracy instead.
    """
    levels = len(case.share)
    total, weight = np.zeros(levels), np.zeros(levels)
    outs, trains = [], [case.weights[0]]
    for _ in range(REPEATS):
        fold = _folds(case, rng)
        for f in range(FOLDS):
            out = fold == f
            train = np.where(out, 0.0, case.weights[0])
            kept = np.bincount(case.level, train, levels) > 0
            if out.any() and kept[case.share > 0].all():
                outs.append(out)
                trains.append(np.where(kept[case.level], train, case.weights[0]))
    whole, *made = choose(case, budget, np.stack(trains))
    for out, each in zip(outs, made, strict=True):
        seen = np.where(out, case.weights[0], 0.0)
        total += np.bincount(case.level, seen * case.rows(each.weight, right=right), levels)
        weight += np.bincount(case.level, seen, levels)
    apparent = per_level(case, whole.weight, right=right)[0]
    return np.where(weight > 0, total / np.where(weight > 0, weight, 1.0), apparent)


def _folds(case: Case, rng: np.random.Generator) -> Ints:
    """Deals the problems of each level into folds as evenly as it goes; a problem stays whole."""
    names, first = np.unique(case.problem, return_index=True)
    order = np.lexsort((rng.random(len(names)), case.level[first]))
    dealt = np.empty(len(names), dtype=np.int64)
    dealt[order] = (np.arange(len(names)) + rng.integers(FOLDS)) % FOLDS
    return np.asarray(dealt[np.searchsorted(names, case.problem)])


def per_level(case: Case, mixture: Floats, *, right: bool = False) -> Floats:
    """Returns (W, L) each level's mean utility in every world, or accuracy; NaN if it has no share.

    Args:
        case: what is decided.
        mixture: of the options, (L, O).
        right: whether accuracy is meant.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(case.worlds(mixture, right=right) / case.mixes())


def totals(case: Case, mixture: Floats, seen: Floats, *, right: bool = False) -> Floats:
    """Returns (W,) the utility of a mixture (L, O) in every world, its optimism removed.

    The worlds give the spread; their centre is moved from the value that chose the plan to `seen`
    (L,), the one found on problems left out.
    """
    worlds = per_level(case, mixture, right=right)
    return _total(case, _moved(case, worlds, seen, right))


def _moved(case: Case, worlds: Floats, seen: Floats, right: bool) -> Floats:
    least = 0.0 if right else -case.penalty
    return np.asarray(np.clip(worlds - (worlds[0] - seen), least, 1.0))


def _total(case: Case, worlds: Floats) -> Floats:
    return np.asarray((np.nan_to_num(worlds) * case.mixes()).sum(axis=1))


def promised(
    case: Case, mixture: Floats, seen: Floats, mass: float = MASS, *, right: bool = False
) -> tuple[Interval, list[Interval], float]:
    """Returns what `totals` come to, each level's own, and the optimism removed."""
    worlds = per_level(case, mixture, right=right)
    moved = _moved(case, worlds, seen, right)
    levels = [interval(column, mass) for column in moved.T]
    optimism = float(np.nan_to_num(worlds[0] - seen) @ case.share)
    return interval(_total(case, moved), mass), levels, optimism
