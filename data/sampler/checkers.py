"""What is right: exact answers, and for code a differential test against the reference."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from . import sandbox
from .programs import Inputs, Program
from .tasks import Problem

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


def behaviours(program: Program, expressions: Iterable[str]) -> dict[str, Behaviour]:
    """Run every distinct expression, and the reference, in the sandbox."""
    inputs = [list(program.weak), *probes(program), *strong(program)]
    said = sandbox.run(program, [program.reference, *expressions], inputs)
    edge = 1 + PROBES
    return {e: Behaviour(o[:1], o[1:edge], o[edge:]) for e, o in said.items()}


def probes(program: Program) -> list[Inputs]:
    """A few inputs on which two answers are compared with each other."""
    return program.inputs(PROBES, random.Random(f"probes {program.name}"))


def strong(program: Program) -> list[Inputs]:
    """Many other inputs on which an answer is compared with the reference."""
    return program.inputs(STRONG, random.Random(f"strong {program.name}"))


def is_correct(problem: Problem, answer: str | None, seen: dict[str, Behaviour]) -> bool:
    """Whether the answer is right; an answer that could not be read is not."""
    if answer is None:
        return False
    if problem.program is None:
        return answer == problem.gold
    mine, reference = seen[answer], seen[problem.program.reference]
    return mine == reference and None not in mine.strong
