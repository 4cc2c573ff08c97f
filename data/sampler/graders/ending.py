"""Where a solution says its answer: in a box, after `answer is`, or wherever a grader looks."""

from __future__ import annotations

import re

MOST = 16  # boxes tried, from the last, for one that closes
BOX = re.compile(r"\\(?:boxed|fbox)\s*\{")
SAID = re.compile(r"\banswer\s+is\b|\banswer\b\W{0,3}:|####", re.IGNORECASE)


def boxed(text: str) -> str | None:
    """Returns what the last complete \\boxed{...} holds.

    >>> boxed(r"So \\boxed{1} or rather \\boxed{\\frac{1}{2}}.")
    '\\\\frac{1}{2}'
    """
    for found in reversed(list(BOX.finditer(text))[-MOST:]):
        depth, start = 1, found.end()
        for at in range(start, len(text)):
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            if not depth:
                return text[start:at].strip()
    return None


def told(text: str) -> str | None:
    """Returns the rest of the line after the last `answer is`, `answer:` or `####`.

    >>> told("The answer is: 7.\\nI checked it twice.")
    '7.'
    """
    found = list(SAID.finditer(text))
    if not found:
        return None
    rest = text[found[-1].end() :].lstrip(" \t:*")
    return rest.partition("\n")[0].strip() or None
