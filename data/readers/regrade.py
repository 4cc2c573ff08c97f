"""Grading again: the answer found in a completion by the user's pattern, held against the gold."""

import re
from functools import lru_cache

from ..errors import InputError, shown
from .fields import number as finite

WORDS = 3
"""A gold of more words, or of several lines, is a worked solution."""


def answered(pattern: str, text: str) -> str | None:
    r"""Returns what the last match in a text says, by its first group or as a whole.

    A match that says nothing counts for nothing: `(.*)` also matches the empty end of every line.

    Raises:
        InputError: the pattern is no regular expression.

    >>> answered(r"answer is (\d+)", "The answer is 4. No: the answer is 42.")
    '42'
    """
    found = None
    for match in _compiled(pattern).finditer(text):
        said = (match[1] if match.re.groups else match[0]) or ""
        found = said.strip() or found
    return found


@lru_cache(maxsize=8)
def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise InputError(
            f"--answer must be a regular expression; got {shown(pattern)} ({error})"
        ) from error


def same(answer: str | None, gold: str | None) -> bool | None:
    """Tells whether an answer equals the gold as a text or as a number; None without a gold.

    A completion in which no answer is found is wrong: to leave it out would flatter the rest.

    >>> same("42.0", " 42")
    True
    """
    if answer is None or gold is None:
        return None if gold is None else False
    one, other = answer.strip(), gold.strip()
    numbers = _number(one), _number(other)
    return one == other or (numbers[0] is not None and numbers[0] == numbers[1])


def golden(pattern: str | None, gold: str | None) -> str | None:
    r"""Returns the gold to grade against: of a worked solution, the answer that the pattern finds.

    >>> golden(r"#### (\d+)", "6 * 7 = 42\n#### 42"), golden(r"#### (\d+)", "42")
    ('42', '42')
    """
    if pattern is None or gold is None:
        return gold
    worked = "\n" in gold.strip() or len(gold.split()) > WORDS
    return (answered(pattern, gold) if worked else None) or gold


def _number(text: str) -> float | None:
    try:
        return finite(float(text))
    except ValueError:
        return None
