"""Grades reduced to what a model of judges who share items needs: distinct answers, and how often.

A unit is one candidate's answer to one item; its judges see the same thing.
"""

from dataclasses import dataclass

import numpy as np

from ...analysis.curve import Floats
from ...data.errors import InputError
from ...data.judgments import MISSING, Grades, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """R kinds of unit: ids (R,) of the candidate and of the pattern, the gold, and how many.

    A pattern is how often each of J judges gave each of M levels: `levels` (U, J, M). `gold` is
    MISSING where the true level is not known.
    """

    candidates: tuple[str, ...]
    judges: tuple[str, ...]
    candidate: Ints
    gold: Ints
    pattern: Ints
    times: Floats
    levels: Floats

    @property
    def shape(self) -> tuple[int, int, int]:
        """Candidates K, judges J and levels M."""
        return (len(self.candidates), *self.levels.shape[1:])


def patterns(grades: Grades) -> Patterns:
    """Gathers grades by unit, and units by candidate, gold and what the judges said.

    Raises:
        InputError: items are not named, a unit has two true levels, or no grade is known.
    """
    if grades.item is None:
        raise InputError("judges can be compared only where grades name their item")
    judge = np.zeros_like(grades.item) if grades.judge is None else grades.judge
    judges, levels = int(judge.max(initial=0)) + 1, grades.levels
    key = grades.item * len(grades.candidates) + grades.candidate
    units, unit = np.unique(key, return_inverse=True)
    known = grades.level != MISSING
    if not known.any():
        raise InputError("ranking needs at least one grade whose level is known; got none")
    cell = (unit * judges + judge) * levels + grades.level
    counts = np.bincount(cell[known], minlength=len(units) * judges * levels)
    found, pattern = np.unique(
        counts.reshape(len(units), judges * levels), axis=0, return_inverse=True
    )
    kinds = np.column_stack(
        [units % len(grades.candidates), _gold(grades, unit, len(units)), pattern.ravel()]
    )
    told = (kinds[:, 1] != MISSING) | (found.sum(axis=1) > 0)[kinds[:, 2]]
    kinds, times = np.unique(kinds[told], axis=0, return_counts=True)
    return Patterns(
        candidates=grades.candidates,
        judges=grades.origin.judges or tuple(f"judge {j + 1}" for j in range(judges)),
        candidate=kinds[:, 0],
        gold=kinds[:, 1],
        pattern=kinds[:, 2],
        times=times.astype(float),
        levels=found.reshape(-1, judges, levels).astype(float),
    )


def _gold(grades: Grades, unit: Ints, units: int) -> Ints:
    """The true level (units,) of each, MISSING where no row of it tells."""
    told = np.full(units, MISSING)
    if grades.gold is None:
        return told
    known = grades.gold != MISSING
    told[unit[known]] = grades.gold[known]
    torn = np.flatnonzero(known & (told[unit] != grades.gold))
    if len(torn):
        name = grades.candidates[grades.candidate[torn[0]]]
        raise InputError(f"an item has one true level for each candidate; got two for {name!r}")
    return told
