"""What a foreign score means: right, wrong, something between, or nothing."""

import math
from collections.abc import Iterator

from ..schema import GROUP
from .intake import Row

_WORDS: dict[str, float] = {
    "c": 1.0,
    "correct": 1.0,
    "true": 1.0,
    "yes": 1.0,
    "i": 0.0,
    "incorrect": 0.0,
    "n": 0.0,
    "noanswer": 0.0,
    "false": 0.0,
    "no": 0.0,
    "p": 0.5,
}

EXACT = {"C": True, "I": False, "N": False}
"""What most scores are, by far."""


def meaning(value: object) -> bool | float | None:
    """Returns True or False for a score of 1 or 0, a number for another, None for no score.

    >>> [meaning(value) for value in ("C", "I", "P", 1, 0.25, "nothing", float("nan"))]
    [True, False, 0.5, True, 0.25, None, None]
    """
    if isinstance(value, str):
        if value in EXACT:
            return EXACT[value]
        word = value.strip().lower()
        try:
            value = _WORDS[word] if word in _WORDS else float(word)
        except ValueError:
            return None
    if not isinstance(value, bool | int | float) or not math.isfinite(value):
        return None
    return bool(value) if value in (0, 1) else float(value)


def lifted(verifier: str, found: bool | float | None, sample: Row) -> Iterator[tuple[str, Row]]:
    """Yields the verdict row of a score that is not the truth."""
    key = {name: sample.get(name) for name in ("problem", "sample", *GROUP)}
    kind = "accepts" if isinstance(found, bool) else "score"
    yield "verdicts", {**key, "verifier": verifier, "verdict": 0, kind: found}
