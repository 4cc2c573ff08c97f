"""The graders of bundled answers, `number`, `stated`, `list`, `chain`: strict, exact readers.

What cannot be read is nothing, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ..solution import Grade
from ..tasks.problem import Problem

NUMBER = re.compile(r"\s*(-?[0-9]+)(?![0-9.,]*[0-9])")
STATED = re.compile(r"answer is\s*\$?(-?[0-9]+)(?![0-9.,]*[0-9])")
WHOLE = re.compile(r"\s*(-?[0-9]+)\s*")
ADDED = re.compile(r"\s*([0-9]+)\s*\+\s*([0-9]+)\s*=\s*([0-9]+)\s*")


def number(problem: Problem, texts: Sequence[str]) -> list[Grade]:
    """Grades whole numbers that a completion begins with."""
    return _graded(problem, texts, read_number)


def stated(problem: Problem, texts: Sequence[str]) -> list[Grade]:
    """Grades whole numbers after the words `answer is`."""
    return _graded(problem, texts, read_stated)


def listed(problem: Problem, texts: Sequence[str]) -> list[Grade]:
    """Grades lists of whole numbers: all of them right, and in the right order."""
    return _graded(problem, texts, read_list)


def chain(problem: Problem, texts: Sequence[str]) -> list[Grade]:
    """Grades running sums, `4 + 3 = 7, 7 + 2 = 9`: all of them right, and in the right order."""
    return _graded(problem, texts, read_chain)


def read_number(text: str) -> str | None:
    """Returns the number a text begins with, but for spaces."""
    found = NUMBER.match(text)
    return _plain(found.group(1)) if found else None


def read_stated(text: str) -> str | None:
    """Returns the number after the first `answer is`."""
    found = STATED.search(text)
    return _plain(found.group(1)) if found else None


def read_list(text: str) -> str | None:
    """Returns the numbers before the first closing bracket; without one they may be cut short."""
    inside, bracket, _ = text.partition("]")
    parts = [WHOLE.fullmatch(part) for part in inside.split(",")]
    numbers = [_plain(found.group(1)) for found in parts if found]
    return ", ".join(numbers) if bracket and len(numbers) == len(parts) else None


def read_chain(text: str) -> str | None:
    """Returns the sums, parted by commas, that make up the whole text."""
    parts = [ADDED.fullmatch(part) for part in text.split(",")]
    sums = ["{} + {} = {}".format(*map(_plain, found.groups())) for found in parts if found]
    return ", ".join(sums) if len(sums) == len(parts) else None


def _plain(digits: str) -> str:
    """Digits without leading zeros, so that 07 and 7 are one answer, and -0 and 0."""
    bare = digits.lstrip("-").lstrip("0")
    return ("-" if digits.startswith("-") else "") + bare if bare else "0"


def _graded(
    problem: Problem, texts: Sequence[str], read: Callable[[str], str | None]
) -> list[Grade]:
    answers = [read(text) for text in texts]
    return [Grade(answer, answer is not None and answer == problem.gold) for answer in answers]
