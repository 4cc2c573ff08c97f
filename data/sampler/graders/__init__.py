"""Graders: from the text of a solution to its answer, and whether it is right."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..solution import Grade
from ..tasks.problem import Problem
from . import choice, exact, expression, math, numeric, reading, tests

Grader = Callable[[Problem, Sequence[str]], list[Grade]]
"""From a problem and completions of it to a grade for each; an unreadable answer is wrong."""

GRADERS: dict[str, Grader] = {
    "number": reading.number,
    "stated": reading.stated,
    "list": reading.listed,
    "chain": reading.chain,
    "expression": expression.grade,
    "exact": exact.grade,
    "numeric": numeric.grade,
    "choice": choice.grade,
    "math": math.grade,
    "tests": tests.grade,
}
GOLDS: dict[str, tuple[str, Callable[[str], object]]] = {
    "numeric": ("a number", numeric.value),
    "choice": ("a letter from A to J", choice.letter),
}
"""What a gold answer must be for a grader, and what reads it (as None where it is not)."""


def grade(problem: Problem, texts: Sequence[str]) -> list[Grade]:
    """Returns the grade of each text, by the problem's grader; equal texts are graded once."""
    distinct = list(dict.fromkeys(texts))
    grades = dict(zip(distinct, GRADERS[problem.grader](problem, distinct), strict=True))
    return [grades[text] for text in texts]
