"""One spelling for answers that are written in many ways: LaTeX and plain text to a normal form."""

from __future__ import annotations

import re
from fractions import Fraction

from .ending import boxed, told

LONGEST = 400  # characters of an answer that is looked at

# Each is applied wherever it fits, in this order.
REWRITES = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\\[()\[\]]|\\displaystyle|\\left|\\right|\\[bB]igg?[lr]?(?![a-z])|\$|\*\*(?=$)", ""),
        (r"\\[,!;: ]|~", " "),
        (r"[−–]", "-"),
        (r"(?<=[0-9])\{,\}(?=[0-9])", ","),
        (r"\^\s*\{?\s*\\circ\s*\}?|°|\\?%", ""),
        # Units follow something; words that stand alone are the answer.
        (r"(?<=[0-9})\]])\s*\\(?:text|mbox|mathrm|textbf)\s*\{[^{}]*\}(?:\^\{?[0-9]\}?)?", ""),
        (r"\\(?:text|mbox|mathrm|textbf|mathbf|operatorname)\s*\{([^{}]*)\}", r"\1"),
        (r"\\[dtc]frac", r"\\frac"),
        (r"\\frac\s*([0-9])\s*([0-9])", r"\\frac{\1}{\2}"),
        (r"\\frac\s*(\{[^{}]*\})\s*([0-9])", r"\\frac\1{\2}"),
        (r"\\sqrt\s*([0-9])", r"\\sqrt{\1}"),
        (r"\\(?:times|cdot)(?![a-z])|[×·]", "*"),
        (r"\\div(?![a-z])|÷", "/"),
        (r"∞", r"\\infty "),
        (r"π", r"\\pi "),
        (r"√", r"\\sqrt"),
        (r"\*\*", "^"),
        (r"^\s*[a-zA-Z]\s*(?:=(?=[^=]*$)|\\in(?![a-z]))", ""),
        # A space says something only between letters.
        (r"(?<![a-zA-Z])\s+|\s+(?![a-zA-Z])", ""),
        (r"\s+", " "),
        (r"[.,;:]$", ""),
    )
]
NUMBER = re.compile(r"-?(?:[0-9]{1,60}|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]{1,60})?|-?\.[0-9]{1,60}")
RATIO = re.compile(r"(-?)(?:\\frac\{([0-9]{1,60})\}\{([0-9]{1,60})\}|([0-9]{1,60})/([0-9]{1,60}))")


def answer(text: str) -> str | None:
    """Returns the normal form of what a solution gives as its answer.

    That is what the last \\boxed{...} holds, else what follows the last `answer is`, `answer:` or
    `####` on its line, else the last line that is not empty.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    found = boxed(text)
    if found is None:
        found = told(text) or (lines[-1] if lines else "")
    return normal(found[:LONGEST]) or None


def normal(text: str) -> str:
    """Returns the normal form of an answer; two answers with one form are equal.

    >>> [normal(text) for text in (r"$x = \\dfrac12$", "0.50", r"1{,}000 \\text{ cm}", "-3/6")]
    ['1/2', '1/2', '1000', '-1/2']
    """
    for pattern, replacement in REWRITES:
        text = pattern.sub(replacement, text)
    found = number(text)
    return text if found is None else str(found)


def is_number(normal_form: str) -> bool:
    """Whether a normal form is that of a number."""
    return number(normal_form) is not None


def number(text: str) -> Fraction | None:
    """Returns the number that a text is, whole and alone."""
    if NUMBER.fullmatch(text):
        return Fraction(text.replace(",", ""))
    found = RATIO.fullmatch(text)
    if not found:
        return None
    top, bottom = (found[2], found[3]) if found[2] else (found[4], found[5])
    return int(found[1] + top) / Fraction(int(bottom)) if int(bottom) else None
