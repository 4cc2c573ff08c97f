"""The `math` grader: two formulas are equal, whichever way they are written.

Answers with one normal form are equal, and numbers are compared exactly: 0.5 is 1/2, and 0.33 is
not 1/3. All others are compared by sympy in the sandbox, with letters standing for positive
numbers. Tuples and intervals must agree in their brackets and their order; sets, unions and lists
without brackets in any order. What is no formula is judged by its spelling. Where a comparison
runs out of time or memory, or nothing is sure, the truth is not known: the grade keeps the answer,
and `correct` is None.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..sandbox import formulas
from ..solution import Grade
from ..tasks.problem import Problem
from . import latex


def grade(problem: Problem, texts: Sequence[str]) -> list[Grade]:
    """Grades formulas; each distinct one is compared once.

    Raises:
        InputError: sympy is needed and not installed.
    """
    wanted = latex.normal(problem.gold or "")
    answers = [latex.answer(text) for text in texts]
    known: dict[str | None, bool | None] = {None: False, wanted: True}
    if latex.is_number(wanted):
        known |= {a: False for a in answers if a is not None and a != wanted and latex.is_number(a)}
    unknown = [a for a in dict.fromkeys(answers) if a is not None and a not in known]
    known |= zip(unknown, formulas.equal([(wanted, a) for a in unknown]), strict=True)
    return [Grade(answer, known[answer]) for answer in answers]
