"""Imperfect judges of an answer: a weak test that needs no solution, and solving again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .checkers import Behaviour
from .tasks import Problem

WEAK_TEST = "weak-test"
RESOLVE = "resolve"


def weak_test(problem: Problem, answer: str | None, seen: dict[str, Behaviour]) -> bool:
    """One weak check, the same every time; an answer that could not be read fails it."""
    if answer is None:
        return False
    if problem.program is not None:
        expected = seen[problem.program.reference].weak
        return None not in expected and seen[answer].weak == expected
    return CHECKS[problem.family](answer, problem.operands)


def agrees(
    problem: Problem, answer: str | None, again: str | None, seen: dict[str, Behaviour]
) -> bool | None:
    """Whether a fresh solution gives the same answer; None where the fresh one is unreadable."""
    if again is None:
        return None
    if answer is None:
        return False
    if problem.program is None:
        return answer == again
    return seen[answer].whole and seen[answer].probes == seen[again].probes


def _nines(compute: Callable[[int, int], int]) -> Callable[[str, Sequence[int]], bool]:
    """Casting out nines: right answers pass, and so does one wrong answer in nine by luck."""
    return lambda answer, numbers: (int(answer) - compute(numbers[0], numbers[1])) % 9 == 0


def _among(answer: str, numbers: Sequence[int]) -> bool:
    """For a maximum: one of the numbers, and larger than the smallest."""
    return int(answer) in numbers and int(answer) > min(numbers)


def _ascending(answer: str, _: Sequence[int]) -> bool:
    """For a sorted list: in order, whatever the numbers."""
    found = [int(part) for part in answer.split(",")]
    return found == sorted(found)


def _plausible(answer: str, numbers: Sequence[int]) -> bool:
    """For a story: not negative, and no more than all its numbers together."""
    return 0 <= int(answer) <= sum(numbers)


CHECKS: dict[str, Callable[[str, Sequence[int]], bool]] = {
    "add": _nines(lambda a, b: a + b),
    "sub": _nines(lambda a, b: a - b),
    "mul": _nines(lambda a, b: a * b),
    "max": _among,
    "sort": _ascending,
    "word": _plausible,
}
