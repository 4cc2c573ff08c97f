"""The model solves the problem again, V times: a solution is accepted where both answers agree."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from ..engines.engine import Draw, Engine, Request
from ..graders import grade
from ..graders.expression import probes
from ..sandbox import expressions
from ..solution import Solution, Verdict
from ..tasks.problem import Problem
from .verifier import by_problem, draws

Meaning = str | tuple[str | None, ...] | None


@dataclass(frozen=True, slots=True)
class Resolve:
    """V fresh completions of the problem's own prompt, each compared with the solution's answer.

    A fresh answer that cannot be read is a missing verdict, and a solution whose own answer cannot
    be read is rejected. A verdict's tokens are its completion's.
    """

    repeats: int = 8
    temperature: float = 0.8
    name: ClassVar[str] = "resolve"

    def judge(
        self, engine: Engine, solutions: Sequence[Solution], seed: int
    ) -> list[list[Verdict]]:
        """Returns `repeats` verdicts for each solution."""
        drawn = draws(self, engine, solutions, seed, self._again)
        verdicts: list[list[Verdict]] = [[] for _ in solutions]
        for problem, places in by_problem(solutions):
            own = [solutions[at].answer for at in places]
            judged = _compared(problem, own, [drawn[at] for at in places])
            for at, each in zip(places, judged, strict=True):
                verdicts[at] = each
        return verdicts

    def _again(self, solution: Solution, seed: int) -> Request:
        return solution.problem.request(seed, self.temperature)


def _compared(
    problem: Problem, own: Sequence[str | None], drawn: Sequence[Sequence[Draw]]
) -> list[list[Verdict]]:
    """The verdicts on answers to one problem, each from the draws made for it."""
    flat = list(itertools.chain.from_iterable(drawn))
    fresh = [read.answer for read in grade(problem, [draw.text for draw in flat])]
    meant = meanings(problem, [*own, *fresh])
    said = zip(flat, fresh, strict=True)
    return [
        [
            Verdict(agrees(answer, again, meant), tokens=draw.output_tokens)
            for draw, again in itertools.islice(said, len(each))
        ]
        for answer, each in zip(own, drawn, strict=True)
    ]


def meanings(problem: Problem, answers: Iterable[str | None]) -> Mapping[str, Meaning]:
    """What each answer stands for: itself, or for a bundled program what it does on the probes.

    None for a program that fails on a probe.
    """
    read = [answer for answer in answers if answer is not None]
    if problem.program is None:
        return {answer: answer for answer in read}
    done = expressions.run(problem.program, read, probes(problem.program))
    return {answer: None if None in got else got for answer, got in done.items()}


def agrees(answer: str | None, again: str | None, meant: Mapping[str, Meaning]) -> bool | None:
    """Whether a fresh answer means the same; None where there is no fresh answer to compare."""
    if again is None:
        return None
    if answer is None or meant[answer] is None:
        return False
    return meant[answer] == meant[again]
