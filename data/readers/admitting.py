"""Admitting: the rows that a foreign format's reader made go through the door, table by table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain

import polars as pl

from ..door import admit, cast_columns
from ..errors import InputError
from ..schema import dtypes
from .found import Found, Rows, agreed
from .intake import Intake, Piece
from .quarantine import REASON, Quarantine


@dataclass(slots=True)
class _Table:
    """The pieces of one table with their types, and the rows refused so far."""

    name: str
    pieces: list[Piece] = field(default_factory=list)
    frames: list[pl.DataFrame] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(map(len, self.frames))

    def take(self, piece: Piece, quarantine: Quarantine | None) -> None:
        """Casts a piece; its rows as Python objects are let go, being many times larger."""
        refused: dict[int, str] | None = None if quarantine is None else {}
        frame = piece.frame
        known = frame.select(c for c in frame.columns if c in dtypes(self.name))
        cast = cast_columns(known, self.name, piece.where, piece.place, refused)
        if quarantine is not None and refused:
            quarantine.take(refused, frame, piece.place)
            self.refused |= {len(self) + row: rule for row, rule in refused.items()}
        piece.rows.clear()
        piece.columns.clear()
        self.pieces.append(piece)
        self.frames.append(cast)

    def rows(self, where: str, quarantine: Quarantine | None) -> pl.DataFrame:
        """The rows of all pieces that keep the rules."""
        whole = pl.concat(self.frames)
        if self.name == "problems":
            return agreed(whole, where)
        if quarantine is None:
            return admit(whole, self.name, where, self._place)
        known = set(self.refused)
        good = admit(whole, self.name, where, self._place, self.refused)
        quarantine.take(self.refused, whole, self._place, known)
        return good

    def _place(self, row: int) -> str:
        for piece in self.pieces:
            if row < len(piece.places):
                return piece.place(row)
            row -= len(piece.places)
        raise IndexError(row)


def admitted(pieces: Iterable[Piece], intake: Intake, main: Sequence[str], where: str) -> Found:
    """Lets the pieces of one foreign format through the door, and holds its reader to account.

    Raises:
        InputError: a row breaks a rule and there is no quarantine; names the file, the place, the
            rule and the value.
    """
    quarantine = intake.asked.quarantine
    tables: dict[str, _Table] = {}
    for piece in chain(pieces, intake.rest()):
        tables.setdefault(piece.table, _Table(piece.table)).take(piece, quarantine)
    found = Found(
        rows=intake.rows,
        kept=sum(len(table) for name, table in tables.items() if name in main),
        aside=intake.aside,
        notes=intake.notes,
        settings=intake.settings,
        stop_rule=intake.stop_rule,
    )
    _check_kept(found, quarantine, where)
    if found.rows != found.kept + found.aside.total():
        raise RuntimeError(f"rows were lost: {found.rows} came in, {found.kept} were kept")
    for name, table in tables.items():
        rows = table.rows(where, quarantine)
        found.add(name, Rows(rows, counted=name in main))
        found.lose(len(table) - len(rows) if name in main else 0)
    _check_kept(found, quarantine, where)
    return found


def _check_kept(found: Found, quarantine: Quarantine | None, where: str) -> None:
    if found.kept:
        return
    left = "; ".join(f"{why}: {number:,}" for why, number in found.aside.items())
    first = f"; the first: {quarantine.first}" if quarantine and found.aside[REASON] else ""
    raise InputError(
        f"{where}: no row of {found.rows:,} can be used" + f" ({left}{first})" * bool(left)
    )
