"""Quarantine: rows that break a rule, set aside in a file of their own with the rule they broke."""

import json
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import polars as pl

from ..door import Place
from ..store import replacing

REASON = "quarantined"
"""What the accounts of a log call a row that was set aside here."""
NONE: frozenset[int] = frozenset()


class Quarantine:
    """The rows set aside so far: one JSON object a line with its place, the rule, and the row."""

    def __init__(self, file: IO[bytes], name: str):
        self._file, self.name = file, name
        self.rows, self.first = 0, ""

    def add(self, place: str, rule: str, row: object) -> None:
        """Sets one row aside."""
        self.rows += 1
        self.first = self.first or f"{place}: {rule}"
        told = {"place": place, "rule": rule, "row": row}
        try:
            line = json.dumps(told, allow_nan=False)
        except ValueError:  # a number that JSON lacks
            line = json.dumps({**told, "row": repr(row)})
        self._file.write(f"{line}\n".encode("ascii"))

    def take(
        self, refused: Mapping[int, str], frame: pl.DataFrame, place: Place, known: Set[int] = NONE
    ) -> None:
        """Sets aside the rows that the door refused; not those `known`, which are here already."""
        for row, rule in refused.items():
            if row not in known:
                cells = frame.row(row, named=True)
                told = {name: cell for name, cell in cells.items() if cell is not None}
                self.add(place(row), rule, told)

    @property
    def doubts(self) -> list[str]:
        """What the rows that are missing put in doubt."""
        if not self.rows:
            return []
        rows, are = ("row", "is") if self.rows == 1 else ("rows", "are")
        return [
            f"{self.rows:,} {rows} broke a rule and {are} not in the trace but in {self.name}:"
            " unless the damage has nothing to do with difficulty, every number is off"
        ]


@contextmanager
def quarantine(path: Path | None) -> Iterator[Quarantine | None]:
    """Opens the file of a quarantine, which is there only when the block ends well; or none.

    A file that is already there is replaced, by an empty one where no row breaks a rule.
    """
    if path is None:
        yield None
        return
    with replacing(path) as file:
        yield Quarantine(file, path.name)
