"""A glance at a file: what its name and its first bytes say, so that formats can be told apart."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from ..errors import InputError
from .opening import BROKEN, Record, ending, lines, opened, parsed
from .zipped import opened_zip

LOOKED = 1 << 16
"""The bytes of a JSON or YAML file that are looked at."""
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?|[{}\[\]]')
_YAML_KEY = re.compile(r"""^["']?([^\s:#"'][^:"'\n]*)["']?:""", re.MULTILINE)


@dataclass(frozen=True)
class Glance:
    """One file; its contents are looked at when first asked for."""

    path: Path

    @property
    def ending(self) -> str:
        """The ending without `.gz`, in small letters: `.jsonl`."""
        return ending(self.path)

    @cached_property
    def first(self) -> Record:
        """The first line of a JSONL file, where it is an object; else an empty one."""
        if self.ending not in (".jsonl", ".ndjson"):
            return {}
        try:
            _, line = next(lines(self.path), (0, b"{}"))
            found = parsed(line, "")
        except InputError:
            return {}
        return found if isinstance(found, dict) else {}

    @cached_property
    def keys(self) -> frozenset[str]:
        """The names of what the file holds.

        Those of the first line (JSONL), of the object or of the first object in the array (JSON, as
        far as LOOKED goes), the columns (Parquet, CSV), the keys (YAML), the members (.eval).
        """
        if self.ending in (".jsonl", ".ndjson"):
            return frozenset(self.first)
        look = _LOOKS.get(self.ending)
        try:
            return frozenset() if look is None else frozenset(look(self.path))
        except (*BROKEN, pl.exceptions.PolarsError):
            return frozenset()

    def has(self, *names: str) -> bool:
        """Tells whether all the names are among the keys."""
        return self.keys.issuperset(names)


def _start(path: Path) -> str:
    with opened(path) as file:
        return file.read(LOOKED).decode("utf-8-sig", "replace")


def _json(path: Path) -> set[str]:
    """Keys of the outermost object, or of the first object of the outermost array."""
    found: set[str] = set()
    depth, wanted = 0, 1
    for token in _TOKEN.finditer(_start(path)):
        sign = token[0]
        if sign in "{[":
            depth += 1
            if depth == 1 and sign == "[":
                wanted = 2
        elif sign in "}]":
            depth -= 1
            if depth < wanted:
                break
        elif token[2] and depth == wanted:
            found.add(token[1])
    return found


def _yaml(path: Path) -> set[str]:
    return set(_YAML_KEY.findall(_start(path)))


def _csv(path: Path) -> set[str]:
    head = _start(path).split("\n", 1)[0]
    return {name.strip().strip('"') for name in head.split(",")}


def _parquet(path: Path) -> set[str]:
    return set(pl.read_parquet_schema(path))


def _members(path: Path) -> set[str]:
    with opened_zip(path) as packed:
        return set(packed.namelist())


_LOOKS = {
    ".json": _json,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".csv": _csv,
    ".parquet": _parquet,
    ".eval": _members,
}
