"""The way in: foreign records become rows of our tables, and every one is accounted for."""

from bisect import bisect_right
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
from .opening import Record, an_object, lines
from .quarantine import REASON, Quarantine

CHUNK = 20_000
"""Rows that are held as Python objects before they become columns."""
Row = dict[str, Any]
Parse = Callable[[Any], Iterable[tuple[str, Row]]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user says of the files.

    `truth` names the scorer, metric or filter that says what is correct, where a log has several;
    `answer` is a pattern that finds the answer in a text, which is then graded against the gold;
    rows that break a rule go to the `quarantine`, or without one are an error.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    verdicts: Mapping[str, str] = field(default_factory=dict)
    truth: str | None = None
    answer: str | None = None
    quarantine: Quarantine | None = None


@dataclass(slots=True)
class Piece:
    """Rows of one table, with the place that each came from: a line (or record) of a file.

    They stand in `rows`, or in `columns` where a reader has them so. `starts` says from which row
    on the places are those of which file, and what they count.
    """

    table: str
    rows: list[Row] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=dict)
    places: list[int] = field(default_factory=list)
    starts: list[tuple[int, str, str]] = field(default_factory=list)

    def start(self, where: str, unit: str) -> None:
        """Says of which file the next rows are, and what their places count."""
        if not self.starts or self.starts[-1][1:] != (where, unit):
            self.starts.append((len(self.places), where, unit))

    @property
    def frame(self) -> pl.DataFrame:
        """The rows as columns; those of mixed types are text."""
        if self.columns:
            return pl.DataFrame([column(name, values) for name, values in self.columns.items()])
        names = dict.fromkeys(chain.from_iterable({tuple(row): None for row in self.rows}))
        return pl.DataFrame([column(name, [row.get(name) for row in self.rows]) for name in names])

    @property
    def where(self) -> str:
        """The first of its files."""
        return self.starts[0][1]

    def place(self, row: int) -> str:
        """Says where a row came from, for an error."""
        _, where, unit = self.starts[bisect_right(self.starts, row, key=lambda s: s[0]) - 1]
        return f"{where}: {unit} {self.places[row]}"


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
        self._held: dict[str, Piece] = {}

    def leave(self, reason: str, rows: int = 1) -> None:
        """Counts rows that are left out by design."""
        self.aside[reason] += rows

    def note(self, sentence: str) -> None:
        """Keeps a sentence for the user, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def refuse(self, place: str, rule: str, row: object) -> None:
        """Sets a row aside that breaks a rule.

        Raises:
            InputError: there is no quarantine to set it aside in.
        """
        if self.asked.quarantine is None:
            raise InputError(f"{place}: {rule}")
        self.asked.quarantine.add(place, rule, row)
        self.rows += 1
        self.leave(REASON)

    def objects(self, path: Path) -> Iterator[tuple[int, Record]]:
        """Yields the JSON objects of a file with one on each line; lines that are none are refused.

        Raises:
            InputError: as `refuse`.
        """
        for number, line in lines(path):
            where = f"{path}: line {number}"
            try:
                found = an_object(line, where)
            except InputError as error:
                told = line.decode("utf8", "backslashreplace")
                self.refuse(where, str(error).removeprefix(f"{where}: "), told)
            else:
                yield number, found

    def survey(self, path: Path, look: Callable[[int, Record], None]) -> None:
        """Looks at every line of a file before it is read; what will be set aside is passed over.

        Raises:
            InputError: a line is not what the format says, and there is no quarantine.
        """
        for number, line in lines(path):
            where = f"{path}: line {number}"
            try:
                look(number, an_object(line, where))
            except (Unfit, InputError) as error:
                if self.asked.quarantine is not None:
                    continue
                if isinstance(error, InputError):
                    raise
                raise InputError(f"{where}: {error}") from error

    def gather(
        self,
        records: Iterable[tuple[int, Any]],
        parse: Parse,
        where: str | Path,
        *,
        unit: str = "line",
        each: bool = True,
    ) -> Iterator[Piece]:
        """Yields the rows that `parse` makes of records, in pieces; the last ones wait for `rest`.

        Args:
            records: pairs of a place (a line number, say) and a record.
            parse: makes of one record pairs of a table's name and a row; raises Unfit.
            where: the file, for errors.
            unit: what the place counts.
            each: every record is one row of the log; else `parse` adds to `rows` itself.

        Raises:
            InputError: a record is not what the format says, and there is no quarantine; names the
                file, the place, the rule.
        """
        pieces: dict[str, Piece] = {}
        for place, record in records:
            before = (self.rows, self.aside.copy()) if self.asked.quarantine else None
            self.rows += each
            try:
                made = list(parse(record))
            except Unfit as error:
                # What it holds was counted in part; as a whole it counts as one row.
                self.rows, self.aside = before or (self.rows, self.aside)
                self.refuse(f"{where}: {unit} {place}", str(error), record)
                continue
            for table, row in made:
                if table in pieces:
                    piece = pieces[table]
                else:
                    if table in self._held and self._held[table].columns:
                        yield self._held.pop(table)
                    piece = pieces[table] = self._held.setdefault(table, Piece(table))
                    piece.start(str(where), unit)
                piece.rows.append(row)
                piece.places.append(place)
                if len(piece.places) == CHUNK:
                    del pieces[table]
                    yield self._held.pop(table)

    def batch(
        self,
        table: str,
        columns: Mapping[str, list[Any]],
        places: Sequence[int],
        where: str | Path,
        *,
        unit: str = "line",
    ) -> Iterator[Piece]:
        """Takes rows in as columns, each a row of the log; yields as `gather` does."""
        held = self._held.get(table)
        if held is not None and (held.rows or held.columns.keys() != columns.keys()):
            yield self._held.pop(table)
        piece = self._held.setdefault(table, Piece(table))
        piece.start(str(where), unit)
        for name, values in columns.items():
            piece.columns.setdefault(name, []).extend(values)
        piece.places.extend(places)
        self.rows += len(places)
        if len(piece.places) >= CHUNK:
            yield self._held.pop(table)

    def rest(self) -> Iterator[Piece]:
        """Yields what is left once all files are gathered: small files share a piece."""
        yield from self._held.values()
        self._held = {}


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
