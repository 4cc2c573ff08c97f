"""Unit tests of two strengths: they run or check an answer, and need no model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from ..engines.engine import Engine
from ..graders.expression import probes
from ..graders.tests import program, survivors
from ..sandbox import expressions
from ..solution import Solution, Verdict
from ..tasks.problem import Problem
from ..tasks.programs import Inputs, Program
from .checks import STRONG, WEAK, Check
from .verifier import by_problem


@dataclass(frozen=True, slots=True)
class UnitTest:
    """One verdict, the same every time, at the price of no token.

    `checks` judges bundled answers by their family, `inputs` are those on which a bundled program
    must do as its reference does, and `kept` says which of a problem's own weak tests a program
    must survive. A right answer passes. An answer that cannot be read fails, and where a problem
    has nothing to test by, the verdict is missing.
    """

    name: str
    checks: Mapping[str, Check]
    inputs: Callable[[Program], list[Inputs]]
    kept: slice
    repeats: ClassVar[int] = 1

    def judge(
        self, engine: Engine, solutions: Sequence[Solution], seed: int
    ) -> list[list[Verdict]]:
        """Returns one verdict for each solution; neither engine nor stream is used."""
        del engine, seed
        verdicts: list[list[Verdict]] = [[] for _ in solutions]
        for problem, places in by_problem(solutions):
            passed = self._passed(problem, [solutions[at] for at in places])
            for at, accepts in zip(places, passed, strict=True):
                verdicts[at] = [Verdict(accepts)]
        return verdicts

    def _passed(self, problem: Problem, solutions: Sequence[Solution]) -> list[bool | None]:
        """Whether each solution to one problem passes; None where there is no test."""
        answers = [solution.answer for solution in solutions]
        distinct = dict.fromkeys(answer for answer in answers if answer is not None)
        check = self.checks.get(problem.family or "")
        if problem.program is not None:
            good = _like_reference(problem.program, distinct, self.inputs(problem.program))
        elif check is not None:
            good = {answer for answer in distinct if check(answer, problem.operands)}
        elif problem.weak_tests:
            written = [program(problem, solution.text) for solution in solutions]
            kept = problem.weak_tests[self.kept]
            good = survivors((each for each in written if each is not None), kept)
            return [each in good for each in written]
        else:
            return [None] * len(solutions)
        return [answer in good for answer in answers]


def _like_reference(asked: Program, answers: Iterable[str], inputs: Sequence[Inputs]) -> set[str]:
    """The expressions that return what the reference does; to fail where it fails is no pass."""
    done = expressions.run(asked, [asked.reference, *answers], inputs)
    wanted = done[asked.reference]
    return {answer for answer, got in done.items() if got == wanted and None not in got}


WEAK_TEST = UnitTest("weak-test", WEAK, lambda asked: [asked.weak], slice(1))
"""One weak check: the family's, the program's one easy input, the first of the weak tests."""

STRONG_TEST = UnitTest(
    "strong-test", STRONG, lambda asked: [asked.weak, *probes(asked)], slice(None)
)
"""More than the weak one, and less than the truth: six inputs, all of the weak tests."""
