"""The `tests` grader: a Python program is right where it survives its tests in the sandbox.

The program is the last fenced block of a completion (```python, ```py or a bare fence). Without a
fence it is the completion put after the prompt, where that is Python (a function to be completed),
else the completion alone. The answer is a short digest of the program's syntax tree, so that
programs that differ in spaces, quotes and comments only are one answer.
"""

from __future__ import annotations

import ast
import hashlib
import re
import warnings
from collections.abc import Iterable, Sequence

from ..sandbox import programs
from ..solution import Grade
from ..tasks.problem import Problem

LONGEST = 100_000  # characters of a program that is read at all
FENCE = re.compile(
    r"^[ \t]*```[ \t]*(?:python|py|python3)?[ \t]*\n(.*?)^[ \t]*```", re.S | re.M | re.I
)


def grade(problem: Problem, texts: Sequence[str]) -> list[Grade]:
    """Grades programs by the problem's `tests`; each distinct program runs once."""
    found = [program(problem, text) for text in texts]
    distinct = {digest(each): each for each in found if each is not None}
    passed = survivors(distinct.values(), problem.tests)
    return [Grade(None, False) if p is None else _grade(digest(p), distinct, passed) for p in found]


def _grade(answer: str, distinct: dict[str, str], passed: set[str]) -> Grade:
    return Grade(answer, distinct[answer] in passed)


def survivors(found: Iterable[str], statements: Sequence[str]) -> set[str]:
    """Returns those of the programs after which every statement holds."""
    distinct = list(dict.fromkeys(found))
    failures = programs.failures([(each, tuple(statements)) for each in distinct])
    return {each for each, why in zip(distinct, failures, strict=True) if not why}


def program(problem: Problem, text: str) -> str | None:
    """Returns the program that a completion gives, None where it gives none."""
    fenced = FENCE.findall(text)
    if fenced:
        return fenced[-1] if digest(fenced[-1]) else None
    whole = problem.prompt + text
    if not problem.chat and digest(whole):
        return whole
    return text if digest(text) else None


def digest(text: str) -> str:
    """Returns 16 hexadecimal digits that stand for a program; an empty text where it is none."""
    if len(text) > LONGEST:
        return ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the parser warns about the model's escapes
            tree = ast.parse(text)
            words = ast.dump(tree) if tree.body else ""
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:16] if words else ""
