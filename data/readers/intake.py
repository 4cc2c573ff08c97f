"""The way in: foreign records become rows of our tables, and every one is accounted for."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from ..errors import InputError
from ..traces import UNKNOWN
from .fields import Unfit
from .files import column
from .glance import Glance

CHUNK = 20_000
"""Rows that are held as Python objects before they become columns."""
Row = dict[str, Any]
Parse = Callable[[Any], Iterable[tuple[str, Row]]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user says of the files.

    `truth` names the scorer, metric or filter that says what is correct, where a log has several;
    `answer` is a pattern that finds the answer in a text, which is then graded against the gold.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    verdicts: Mapping[str, str] = field(default_factory=dict)
    truth: str | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows of one table out of one file, with the line (or record) that each came from."""

    table: str
    rows: pl.DataFrame
    where: str
    places: list[int]
    unit: str = "line"

    def place(self, row: int) -> str:
        """Says where a row came from, for an error."""
        return f"{self.where}: {self.unit} {self.places[row]}"


class Intake:
    """What becomes of the rows of one format's files.

    `rows` counts what the files hold, `aside` what is left out by design and why; the rest has to
    arrive in the tables, and the one who joins them checks that it did.
    """

    def __init__(self, asked: Asked):
        self.asked = asked
        self.rows = 0
        self.aside: Counter[str] = Counter()
        self.notes: list[str] = []
        self.settings: dict[str, object] = {}
        self.stop_rule = UNKNOWN

    def leave(self, reason: str, rows: int = 1) -> None:
        """Counts rows that are left out by design."""
        self.aside[reason] += rows

    def note(self, sentence: str) -> None:
        """Keeps a sentence for the user, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def gather(
        self,
        records: Iterable[tuple[int, Any]],
        parse: Parse,
        where: str | Path,
        *,
        unit: str = "line",
        each: bool = True,
    ) -> Iterator[Piece]:
        """Yields the rows that `parse` makes of records, in pieces.

        Args:
            records: pairs of a place (a line number, say) and a record.
            parse: makes of one record pairs of a table's name and a row; raises Unfit.
            where: the file, for errors.
            unit: what the place counts.
            each: every record is one row of the log; else `parse` adds to `rows` itself.

        Raises:
            InputError: a record is not what the format says; names the file, the place, the rule.
        """
        held: dict[str, tuple[list[Row], list[int]]] = {}
        for place, record in records:
            self.rows += each
            try:
                made = list(parse(record))
            except Unfit as error:
                raise InputError(f"{where}: {unit} {place}: {error}") from error
            for table, row in made:
                rows, places = held.setdefault(table, ([], []))
                rows.append(row)
                places.append(place)
                if len(rows) == CHUNK:
                    yield _piece(table, *held.pop(table), str(where), unit)
        for table, (rows, places) in held.items():
            yield _piece(table, rows, places, str(where), unit)


def _piece(table: str, rows: list[Row], places: list[int], where: str, unit: str) -> Piece:
    names = dict.fromkeys(chain.from_iterable({tuple(row): None for row in rows}))
    frame = pl.DataFrame([column(name, [row.get(name) for row in rows]) for name in names])
    return Piece(table, frame, where, places, unit)


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its name, how to tell it, and its reader.

    `fits` looks at one file. `read` gets all files of the format in one call; its rows land in one
    of the tables `main`, others are told on the way (problems, verdicts of a sample's record).
    `heeds` names the options (`truth`, `answer`) that mean something to it; others are refused.
    """

    name: str
    fits: Callable[[Glance], bool]
    read: Callable[[Sequence[Path], Intake], Iterator[Piece]]
    main: tuple[str, ...] = ("samples", "tallies")
    heeds: tuple[str, ...] = ()
