"""The `exact` grader: a completion is right where its text, trimmed, is the gold answer."""

from __future__ import annotations

from collections.abc import Sequence

from ..solution import Grade
from ..tasks.problem import Problem


def grade(problem: Problem, texts: Sequence[str]) -> list[Grade]:
    """Grades texts by equality, character for character, but for spaces around them."""
    wanted = (problem.gold or "").strip()
    answers = [text.strip() or None for text in texts]
    return [Grade(answer, answer == wanted) for answer in answers]
