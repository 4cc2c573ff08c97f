"""The `choice` grader: the letter of one of several answers, from A to J.

It is read from the last \\boxed{...}; else after the last `answer is`, `answer:` or `####`; else
from a text that is a letter, or that begins with one and a bracket, a dot or a colon; else it is
the last letter in brackets. A small letter counts only alone, in brackets, or in a box.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..solution import Grade
from ..tasks.problem import Problem
from .ending import boxed, told

DRESS = re.compile(r"\\(?:text|textbf|mathrm|mathbf)\s*\{([^{}]*)\}|[*$`]")
LONGEST = 40  # characters of a text that is no more than a letter
ALONE = re.compile(r"\W*(?:(?:option|choice)\s+)?([A-Ja-j])\W*", re.IGNORECASE)
HEAD = re.compile(r"\s*(?:(?:option|choice)\s+)?(?:\(([A-Ja-j])\)|([A-J])(?:[).:]|\s*$|\s+[-–—]))")
# A and I are words too, which another one follows.
LETTER = re.compile(
    r"\s*(?:(?:option|choice)\s+)?"
    r"(?:\(([A-Ja-j])\)|([B-HJ])\b(?!['’])|([AI])\b(?!['’]|\s+[a-z]))"
)
BRACKETED = re.compile(r"(?<!\w)\(([A-J])\)")


def grade(problem: Problem, texts: Sequence[str]) -> list[Grade]:
    """Grades letters."""
    wanted = letter(problem.gold or "")
    answers = [letter(text) for text in texts]
    return [Grade(answer, answer is not None and answer == wanted) for answer in answers]


def letter(text: str) -> str | None:
    """Returns the letter that a text chooses, None where it chooses none.

    >>> [letter(t) for t in ("The answer is (B).", "C) because", "d", "A cat", "Not (A) but (D)")]
    ['B', 'C', 'D', None, 'D']
    """
    box = boxed(text)
    plain = DRESS.sub(r"\1", text if box is None else box)
    short = plain.strip()[: LONGEST + 1]
    found = ALONE.fullmatch(short) or LETTER.match(told(plain) or "") or HEAD.match(plain)
    letters = found.groups() if found else BRACKETED.findall(plain)[-1:]
    return next((each.upper() for each in letters if each), None)
