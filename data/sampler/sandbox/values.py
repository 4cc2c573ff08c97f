"""Values in transit between a program and its tests: copied where plain, pointed at where not."""

from __future__ import annotations

import builtins
from collections import deque, namedtuple
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

Said = Any
"""What JSON can hold: a plain value as itself, or a list of its kind and its parts."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A built-in type whose values are copied: into parts, and back."""

    type: type
    apart: Callable[[Any], Iterable[object]]
    together: Callable[..., object]


def _collected(kind: Callable[[Iterable[object]], object]) -> Callable[..., object]:
    return lambda *parts: kind(parts)


def _paired(*parts: object) -> dict[object, object]:
    return dict(zip(parts[::2], parts[1::2], strict=True))


# A subclass travels as the type it is made of: of an int that equals everything, the int arrives.
# So a subtype stands before its type.
KINDS: dict[str, Kind] = {
    "int": Kind(int, lambda v: [hex(v)], lambda text: int(text, 16)),
    "float": Kind(float, lambda v: [float.hex(v)], float.fromhex),
    "complex": Kind(complex, lambda v: [v.real, v.imag], complex),
    "bytes": Kind(bytes, lambda v: [v.hex()], bytes.fromhex),
    "bytearray": Kind(bytearray, lambda v: [v.hex()], bytearray.fromhex),
    "list": Kind(list, list.__iter__, _collected(list)),
    "tuple": Kind(tuple, tuple.__iter__, _collected(tuple)),
    "set": Kind(set, set.__iter__, _collected(set)),
    "frozenset": Kind(frozenset, frozenset.__iter__, _collected(frozenset)),
    "deque": Kind(deque, deque.__iter__, _collected(deque)),
    "dict": Kind(dict, lambda v: (part for pair in dict.items(v) for part in pair), _paired),
    "range": Kind(range, lambda v: [v.start, v.stop, v.step], range),
    "slice": Kind(slice, lambda v: [v.start, v.stop, v.step], slice),
    "Fraction": Kind(Fraction, lambda v: [v.numerator, v.denominator], Fraction),
    "Decimal": Kind(Decimal, lambda v: [str(v)], Decimal),
    "datetime": Kind(datetime, lambda v: [v.isoformat()], datetime.fromisoformat),
    "date": Kind(date, lambda v: [v.isoformat()], date.fromisoformat),
    "timedelta": Kind(timedelta, lambda v: [v.days, v.seconds, v.microseconds], timedelta),
}
NAMED: dict[str, object] = {
    name: value
    for name, value in vars(builtins).items()
    if (isinstance(value, type) and name != "type")
    or name in ("abs", "all", "any", "chr", "len", "max", "min", "ord", "pow", "round", "sorted")
    or name in ("sum", "callable", "repr", "hash", "divmod", "Ellipsis", "NotImplemented")
}
"""What both sides have of their own: it is sent by its name."""
NAMES = {id(value): name for name, value in NAMED.items()}


def pack(value: object, point: Callable[[object], Said]) -> Said:
    """Returns a value as JSON can hold it; `point` says what stands for one that is not plain."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        parts = [pack(part, point) for part in tuple.__iter__(value)]
        return ["record", type(value).__name__, list(value._fields), parts]
    for name, kind in KINDS.items():
        if isinstance(value, kind.type):
            return [name, *(pack(part, point) for part in kind.apart(value))]
    if id(value) in NAMES:
        return ["named", NAMES[id(value)]]
    return point(value)


def unpack(said: Said, follow: Callable[[list[Said]], object]) -> object:
    """Returns the value that was packed; `follow` finds what `point` stood for."""
    if not isinstance(said, list):
        return said
    name, *parts = said
    if name == "named":
        return NAMED[parts[0]]
    if name == "record":
        made: Any = namedtuple(parts[0], parts[1])  # type: ignore[misc]
        return made(*(unpack(part, follow) for part in parts[2]))
    if name in KINDS:
        return KINDS[name].together(*(unpack(part, follow) for part in parts))
    return follow(said)


def renewed(old: Any, new: Any) -> Any:
    """Returns the new value, in the old one's place where that can be changed."""
    if type(old) is not type(new):
        return new
    if isinstance(old, list | deque):
        items = [*map(renewed, old, new), *list(new)[len(old) :]]
        old.clear()
        old.extend(items)
    elif isinstance(old, dict | set):
        kept = _kept(old, new) if isinstance(old, dict) else new
        old.clear()
        old.update(kept)
    elif isinstance(old, bytearray):
        old[:] = new
    elif isinstance(old, tuple):
        return tuple(map(renewed, old, new))
    else:
        return new
    return old


def _kept(old: dict[Any, Any], new: dict[Any, Any]) -> dict[Any, Any]:
    return {key: renewed(old[key], value) if key in old else value for key, value in new.items()}
