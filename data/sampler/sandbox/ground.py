"""What a program finds when it starts: Python's own functions, and a part of its library."""

from __future__ import annotations

import builtins
import importlib
import random
import sys
from types import ModuleType
from typing import Any

LATE = "out of time"

MODULES = frozenset(
    (
        *("__future__", "abc", "array", "base64", "bisect", "calendar", "cmath", "collections"),
        *("contextlib", "copy", "dataclasses", "datetime", "decimal", "difflib", "enum"),
        *("fractions", "functools", "hashlib", "heapq", "io", "itertools", "json", "keyword"),
        *("math", "numbers", "operator", "pprint", "queue", "random", "re", "statistics"),
        *("string", "struct", "sys", "textwrap", "time", "types", "typing", "unicodedata"),
        *("warnings", "weakref"),
    )
)
"""What a program may import. What it can harm with them, the lock prevents."""

# Looked up by what is imported already, at a time when nothing can be opened any more.
LATER = (
    *("_strptime", "collections.abc", "encodings.ascii", "encodings.base64_codec"),
    *("encodings.cp1252", "encodings.hex_codec", "encodings.idna", "encodings.latin_1"),
    *("encodings.rot_13", "encodings.utf_16", "encodings.utf_32", "encodings.utf_8_sig"),
)


def prepare() -> None:
    """Import all that may be wanted, while files can still be opened."""
    for name in (*sorted(MODULES), *LATER):
        importlib.import_module(name)


def fresh(name: str) -> ModuleType:
    """Returns an empty module whose imports are those on the list; randomness starts anew."""
    random.seed(0)
    made = ModuleType(name)
    sys.modules[name] = made  # where dataclasses and typing look for it
    vars(made)["__builtins__"] = {**vars(builtins), "__import__": _import}
    return made


def _import(name: str, *rest: Any) -> ModuleType:
    level = rest[3] if len(rest) > 3 else 0
    if level or name.partition(".")[0] not in MODULES:
        raise ImportError(f"{name} is not to be had in the sandbox")
    return builtins.__import__(name, *rest)
