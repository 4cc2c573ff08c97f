"""Answers: which of a problem's samples agree, and how far each answer is right."""

from dataclasses import dataclass

import numpy as np

from ..data.errors import InputError
from .counts import VOID, Counts, Ints
from .curve import Floats
from .draws import fixed


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """One problem's answers: the class 0..A-1 of each sample, or VOID, and the share right of each.

    `answer` is (n,), `right` (A,).
    """

    answer: Ints
    right: Floats


def answers(counts: Counts, what: str) -> list[Answers]:
    """Returns the answers of each problem.

    Raises:
        InputError: the log has none, or its samples are no draws that ignore the outcomes.
    """
    drawn = counts.drawn
    if drawn is None or drawn.answer is None:
        raise InputError(f"{what} needs answers; this log has none (column 'answer')")
    fixed(counts, what)
    spans = [counts.rows(i) for i in range(len(counts))]
    return [classes(drawn.answer[rows], drawn.right[rows]) for rows in spans]


def classes(answer: Ints, right: Floats) -> Answers:
    """Returns answers (n,) numbered 0..A-1, of samples that are right or not, (n,).

    >>> numbered = classes(np.array([7, VOID, 3, 7]), np.array([1.0, 0.0, 0.0, 1.0]))
    >>> numbered.answer.tolist(), numbered.right.tolist()
    ([1, -1, 0, 1], [0.0, 1.0])
    """
    valid = answer != VOID
    _, place = np.unique(answer[valid], return_inverse=True)
    numbered = np.full(len(answer), VOID, dtype=np.int64)
    numbered[valid] = place
    return Answers(numbered, np.bincount(place, right[valid]) / np.bincount(place))
