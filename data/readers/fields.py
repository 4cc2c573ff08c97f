"""Fields of a foreign record: each looked up by its path and held to its kind."""

import hashlib
import math
from collections.abc import Callable
from typing import Any, TypeVar

from ..errors import shown

Kind = TypeVar("Kind")


class Unfit(ValueError):
    """What is wrong with one record: the rule and the value got; its reader adds the place."""


def want(record: object, path: str, kind: Callable[[object], Kind | None]) -> Kind:
    """Returns the value at a dotted path.

    Raises:
        Unfit: it is missing, null, or not of the kind.

    >>> want({"score": {"value": 1.0}}, "score.value", flag)
    True
    """
    found = maybe(record, path, kind)
    if found is None:
        raise Unfit(f"{path} must be {KINDS[kind]}; it is missing")
    return found


def maybe(record: object, path: str, kind: Callable[[object], Kind | None]) -> Kind | None:
    """Returns the value at a dotted path; None where it is missing, null or not a number (NaN).

    Raises:
        Unfit: it is there and not of the kind.
    """
    value: Any = record
    if "." in path:
        *above, path_ = path.split(".")
        for part in above:
            value = value.get(part) if type(value) is dict else None
    else:
        path_ = path
    value = value.get(path_) if type(value) is dict else None
    if value is None:
        return None
    found = kind(value)
    if found is None and value == value:  # NaN alone is not itself
        raise Unfit(f"{path} must be {KINDS[kind]}; got {shown(value)}")
    return found


def text(value: object) -> str | None:
    """A text, or a whole number spelled as one."""
    if type(value) is str and value.isascii():
        return value
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf8", "backslashreplace").decode("utf8")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def spelled(value: object) -> str | None:
    """Any plain value but NaN as text: answers are texts, whatever a tool kept them as."""
    if type(value) is str and value.isascii():
        return value
    if isinstance(value, float):
        whole = str(int(value)) if value.is_integer() else str(value)
        return whole if value == value else None
    return str(value) if isinstance(value, bool) else text(value)


def whole(value: object) -> int | None:
    """A whole number that 64 bits hold."""
    if type(value) is int and -(2**63) < value < 2**63:
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    fits = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
    return value if fits else None  # type: ignore[return-value]


def number(value: object) -> float | None:
    """A finite number."""
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def flag(value: object) -> bool | None:
    """True or false, or 1 or 0."""
    return bool(value) if isinstance(value, bool | int | float) and value in (0, 1) else None


def array(value: object) -> list[Any] | None:
    """An array."""
    return value if isinstance(value, list) else None


def record(value: object) -> dict[str, Any] | None:
    """An object."""
    return value if isinstance(value, dict) else None


def hashed(written: str) -> str:
    """A short digest of a completion, by which word-for-word repeats are seen."""
    return hashlib.sha256(written.encode("utf8", "replace")).hexdigest()[:12]


KINDS: dict[Callable[[object], Any], str] = {
    text: "text or a whole number",
    spelled: "text or a number",
    whole: "a whole number",
    number: "a finite number",
    flag: "true or false (or 1 or 0)",
    array: "an array",
    record: "an object",
}
