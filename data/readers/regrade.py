"""Grading a log again: the user's pattern finds the answer, and the log's gold judges it."""

import re
from functools import cache

from ..errors import InputError


def answered(pattern: str, text: str | None) -> str | None:
    """Returns what the pattern last finds in a text: its first group, or all of it.

    Raises:
        InputError: the pattern is none.

    >>> answered(r"is (-?[0-9]+)", "It is 3; no, it is 4.")
    '4'
    """
    every = list(_compiled(pattern).finditer(text or ""))
    if not every:
        return None
    found = every[-1]
    kept: str | None = found[1] if found.re.groups else found[0]
    return kept


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise InputError(f"answer must be a pattern; got {pattern!r} ({error})") from error


def same(answer: str | None, gold: str | None) -> bool | None:
    """Tells whether an answer is the gold, as text or as number; None where one is missing.

    >>> same("42.0", " 42"), same("a", "b"), same(None, "b")
    (True, False, None)
    """
    if answer is None or gold is None:
        return None
    if answer.strip() == gold.strip():
        return True
    try:
        return float(answer) == float(gold)
    except ValueError:
        return False
