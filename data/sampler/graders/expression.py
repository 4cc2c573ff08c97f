"""The `expression` grader: a differential test of an expression against the reference."""

from __future__ import annotations

import ast
import random
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...errors import InputError
from ..sandbox import expressions as sandbox
from ..solution import Grade
from ..tasks.problem import Problem
from ..tasks.programs import Inputs, Program

PROBES = 5
STRONG = 60


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What an expression returns: on the weak test's input, on the probes, on the strong test."""

    weak: tuple[str | None, ...]
    probes: tuple[str | None, ...]
    strong: tuple[str | None, ...]

    @property
    def whole(self) -> bool:
        """Whether it returned a value on every probe."""
        return None not in self.probes


def grade(problem: Problem, texts: Sequence[str]) -> list[Grade]:
    """Grades expressions that end a bundled one-line function; all are run at once."""
    answers = [read(text) for text in texts]
    program = problem.program
    if program is None:
        raise ValueError(f"problem {problem.name!r} has no program")
    seen = behaviours(program, (answer for answer in answers if answer is not None))
    wanted = seen[program.reference]
    right = {answer for answer, mine in seen.items() if mine == wanted}
    return [Grade(answer, answer in right) for answer in answers]


def read(text: str) -> str | None:
    """Python's own spelling of the expression, so that spaces, quotes and comments do not count."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the parser warns about the model's escapes
            return ast.unparse(ast.parse(text.strip(), mode="eval"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def behaviours(program: Program, expressions: Iterable[str]) -> dict[str, Behaviour]:
    """Run every distinct expression, and the reference, in the sandbox.

    Raises:
        InputError: the reference does not run, so nothing can be said of any other.
    """
    inputs = [list(program.weak), *probes(program), *strong(program)]
    said = sandbox.run(program, [program.reference, *expressions], inputs)
    if None in said[program.reference]:
        raise InputError(f"the sandbox cannot run the reference of {program.name} here")
    edge = 1 + PROBES
    return {e: Behaviour(o[:1], o[1:edge], o[edge:]) for e, o in said.items()}


def probes(program: Program) -> list[Inputs]:
    """A few inputs on which two answers are compared with each other."""
    return program.inputs(PROBES, random.Random(f"probes {program.name}"))


def strong(program: Program) -> list[Inputs]:
    """Many other inputs on which an answer is compared with the reference."""
    return program.inputs(STRONG, random.Random(f"strong {program.name}"))
