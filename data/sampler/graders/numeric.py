"""The `numeric` grader: one number, exactly or within a millionth.

The number is read from the last \\boxed{...}; else it is the first one after the last `answer is`,
`answer:` or `####`; else the last one of the text. Commas between thousands, currency signs, and
what follows a number (units, and the percent sign: 50% and 50 are one answer, 0.5 is another) do
not count. Fractions (3/4, 1 1/2, \\frac{3}{4}) and powers of ten (1.5e3, 1.5 \\times 10^3) do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from ..solution import Grade
from ..tasks.problem import Problem
from .ending import boxed, told

TOLERANCE = Fraction(1, 10**6)

FRACTION = re.compile(r"\\[dt]?frac\s*\{\s*([0-9]+)\s*\}\s*\{\s*([0-9]+)\s*\}")
POWER = re.compile(r"(?<=[0-9])\s*(?:\\times|\\cdot|×|\*)\s*10\s*\^\s*\{?\s*([+-]?[0-9]+)\s*\}?")
NOISE = re.compile(r"\\[,!;: ]|\\?[$£€]|(?<=[0-9])\{,\}(?=[0-9])|\*\*")
WHOLE = r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]{1,60}"
NUMBER = re.compile(
    r"(?<![\w.])(?P<sign>(?<![\w)\]}])[-+])?"
    rf"(?:(?P<units>[0-9]{{1,30}})\s+(?=[0-9]+\s*/))?"
    rf"(?P<top>(?:{WHOLE})(?:\.[0-9]{{1,60}})?|\.[0-9]{{1,60}})"
    r"(?:[eE](?P<power>[-+]?[0-9]{1,3})(?![0-9]))?"
    r"(?:\s*/\s*(?P<bottom>[0-9]{1,60}))?"
    r"(?![0-9]|\.[0-9])"
)


def grade(problem: Problem, texts: Sequence[str]) -> list[Grade]:
    """Grades numbers against the gold one, with a relative tolerance of one millionth."""
    wanted = value(problem.gold or "")
    return [_grade(value(text), wanted) for text in texts]


def _grade(found: Fraction | None, wanted: Fraction | None) -> Grade:
    if found is None or wanted is None:
        return Grade(None if found is None else spell(found), False)
    return Grade(spell(found), abs(found - wanted) <= TOLERANCE * abs(wanted))


def value(text: str) -> Fraction | None:
    """Returns the number that a text gives as its answer, None where it gives none.

    >>> [str(value(t)) for t in ("It is $1,250.50 in all.", "5 of 8, so 5/8", "none", "-3%")]
    ['2501/2', '5/8', 'None', '-3']
    """
    box = boxed(text)
    if box is not None:
        return _pick(box, -1)
    marked = told(text)
    found = _pick(marked, 0) if marked is not None else None
    return _pick(text, -1) if found is None else found


def spell(number: Fraction) -> str:
    """Returns one text a number: decimals where they end soon, else a fraction."""
    if number.denominator != 1 and 10**12 % number.denominator == 0 and abs(number) < 10**12:
        return format((Decimal(number.numerator) / number.denominator).normalize(), "f")
    return str(number)


def _pick(text: str, at: int) -> Fraction | None:
    plain = FRACTION.sub(r" \1/\2", text.replace("−", "-"))
    plain = NOISE.sub("", POWER.sub(r"e\1", plain))
    found = list(NUMBER.finditer(plain))
    return _value(found[at]) if found else None


def _value(found: re.Match[str]) -> Fraction | None:
    units, top, bottom = (found[part] or "" for part in ("units", "top", "bottom"))
    if bottom and not int(bottom):
        return None
    size = Fraction(top.replace(",", "")) * Fraction(10) ** int(found["power"] or 0)
    size = size / int(bottom or 1) + int(units or 0)
    return -size if (found["sign"] or "").startswith("-") else size
