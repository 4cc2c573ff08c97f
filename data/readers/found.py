"""Found: what one reader made of its files, and what became of every row."""

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from ..errors import InputError
from ..traces import UNKNOWN
from .quarantine import REASON


@dataclass(slots=True)
class Rows:
    """Rows of one table that the door let in.

    `ungraded` samples are of a file that says nothing of correctness: they are graded by the gold
    answer once all files are joined. `counted` rows are rows of the log, others told on the way.
    """

    frame: pl.DataFrame
    ungraded: bool = False
    counted: bool = True


@dataclass(slots=True)
class Found:
    """The tables that the door let in; of `rows` so many were `kept`, the others left `aside`."""

    tables: dict[str, list[Rows]] = field(default_factory=dict)
    rows: int = 0
    kept: int = 0
    aside: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    settings: dict[str, object] = field(default_factory=dict)
    stop_rule: str = UNKNOWN

    def add(self, table: str, rows: Rows) -> None:
        """Takes admitted rows in."""
        self.tables.setdefault(table, []).append(rows)

    def lose(self, rows: int) -> None:
        """Counts rows that were kept so far and are set aside after all."""
        if rows:
            self.kept -= rows
            self.aside[REASON] += rows


def agreed(told: pl.DataFrame, where: str) -> pl.DataFrame:
    """One row a problem from all that is told of it; a null gives way, a contradiction does not."""
    facts = ("level", "gold")
    merged = told.group_by("problem", "benchmark", maintain_order=True).agg(
        pl.col(facts).drop_nulls().unique(maintain_order=True)
    )
    for fact in facts:
        twice = merged.filter(pl.col(fact).list.len() > 1)
        if len(twice):
            first = twice.row(0, named=True)
            one, other = first[fact][:2]
            raise InputError(
                f"{where}: a problem must have one {fact}; got {one!r} and {other!r} for problem"
                f" {first['problem']!r}"
            )
    return merged.with_columns(pl.col(facts).list.first()).select(told.columns)
