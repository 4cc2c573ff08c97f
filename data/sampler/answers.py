"""From a completion to an answer: a normal form that can be compared, or nothing."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable

NUMBER = re.compile(r"\s*(-?\d+)(?![\d.,]*\d)")
STATED = re.compile(r"answer is\s*\$?(-?\d+)(?![\d.,]*\d)")


def parse(family: str, text: str) -> str | None:
    """The answer a completion gives, or None where it gives none that can be read."""
    return PARSERS[family](text)


def _number(text: str) -> str | None:
    found = NUMBER.match(text)
    return _plain(found.group(1)) if found else None


def _stated(text: str) -> str | None:
    found = STATED.search(text)
    return _plain(found.group(1)) if found else None


def _plain(digits: str) -> str:
    """Digits without leading zeros, so that 07 and 7 are one answer."""
    return str(int(digits))


def _list(text: str) -> str | None:
    inside, bracket, _ = text.partition("]")
    parts = inside.split(",")
    if not bracket or not all(re.fullmatch(r"\s*-?\d+\s*", part) for part in parts):
        return None
    return ", ".join(_plain(part) for part in parts)


def _expression(text: str) -> str | None:
    """Python's own spelling of the expression, so that spaces, quotes and comments do not count."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the parser warns about the model's escapes
            return ast.unparse(ast.parse(text.strip(), mode="eval"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


PARSERS: dict[str, Callable[[str], str | None]] = {
    "add": _number,
    "sub": _number,
    "mul": _number,
    "max": _number,
    "sort": _list,
    "word": _stated,
    "code": _expression,
}
