"""Levels taken at their word: mean grades, and how they spread over items and over judges."""

from collections.abc import Mapping

import numpy as np

from ...analysis.curve import Floats
from ...analysis.worlds import WORLDS, problem_worlds
from ...data.errors import InputError
from ...data.judgments import MISSING, Grades, Ints
from .standing import Standing

FEW = 10
"""Items that can be drawn again; fewer hardly differ from draw to draw."""
FEWEST = 3
"""Judges, or items, that can be drawn again."""


def plain(grades: Grades, *, gold: bool = False, worlds: int = WORLDS, seed: int = 0) -> Standing:
    """Ranks candidates by the mean value of their levels; items are drawn again, shared by all.

    Args:
        grades: levels; those that are missing are left out.
        gold: use the true levels in place of the judges'.
        worlds: of the items drawn again; single judgments are where no item is named.
        seed: of the worlds.

    Raises:
        InputError: a candidate has no level.
    """
    level, item, candidate = _rows(grades, grades.item, gold=gold)
    units, items = "items", int(item.max(initial=-1)) + 1
    few = grades.item is not None and items < FEW
    if grades.item is None or few:
        level, item, candidate = _rows(grades, None, gold=gold)
        units = "judgments"
    said = f"only {items} items: too few to draw again, so judgments are taken as independent"
    return Standing(
        assumption=f"{'true levels' if gold else 'levels at their word'}, {units} drawn again",
        candidates=grades.candidates,
        worlds=_redrawn(grades, level, item, candidate, worlds, seed),
        doubts=(said,) if few else (),
    )


def shares(grades: Grades, *, worlds: int = WORLDS, seed: int = 0) -> Mapping[str, Floats] | None:
    """Returns the share (C,) of each mean's variance by drawing items, or judges, again.

    None where there are fewer than FEWEST of either, or they are not named.
    """
    spread = {}
    for source, whose in (("items", grades.item), ("judges", grades.judge)):
        if whose is None or len(np.unique(whose)) < FEWEST:
            return None
        level, each, candidate = _rows(grades, whose)
        spread[source] = _redrawn(grades, level, each, candidate, worlds, seed)[1:].var(axis=0)
    total = np.maximum(sum(spread.values()), 1e-300)
    return {source: part / total for source, part in spread.items()}


def _rows(grades: Grades, whose: Ints | None, *, gold: bool = False) -> tuple[Ints, Ints, Ints]:
    """Levels that are known, what each counts with, and whose they are."""
    said = grades.gold if gold else grades.level
    if said is None:
        raise InputError("no true levels are given (a column gold)")
    kept = np.flatnonzero(said != MISSING)
    unit = np.arange(len(said)) if whose is None else whose
    return said[kept], np.unique(unit[kept], return_inverse=True)[1], grades.candidate[kept]


def _redrawn(
    grades: Grades, level: Ints, unit: Ints, candidate: Ints, worlds: int, seed: int
) -> Floats:
    """Means (1 + W, C) with the units drawn again; within a unit judgments count alike."""
    size, units = len(grades.candidates), int(unit.max(initial=-1)) + 1
    cell = unit * size + candidate
    times = np.bincount(cell, minlength=units * size).reshape(units, size)
    if not times.any(axis=0).all():
        name = grades.candidates[int(times.any(axis=0).argmin())]
        raise InputError(f"a candidate needs at least one level; {name!r} has none")
    worth = np.asarray(grades.values)[level]
    total = np.bincount(cell, worth, units * size).reshape(units, size)
    mean = total / np.maximum(times, 1)
    weights = problem_worlds([f"{i:09d}" for i in range(units)], seed, worlds)
    return np.asarray((weights @ mean) / (weights @ (times > 0)))
