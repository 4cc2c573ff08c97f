"""Joining what readers found into one Trace: tables of several files, grades, doubts, accounts."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import polars as pl

from ..door import admit
from ..doubts import doubts, one_by_one, stop_rule
from ..errors import InputError
from ..schema import dtypes
from ..traces import UNKNOWN, Header, Source, Trace, assemble
from .intake import Intake, Piece


@dataclass(slots=True)
class Found:
    """What one reader made of its files: tables the door let in, and what became of every row.

    `ungraded` marks the samples of files that say nothing of correctness, a mask for each table of
    samples: they are graded by the gold answer once all files are joined.
    """

    tables: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    ungraded: list[pl.Series] = field(default_factory=list)
    rows: int = 0
    kept: int = 0
    aside: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    settings: dict[str, object] = field(default_factory=dict)
    stop_rule: str = UNKNOWN

    def add(self, table: str, rows: pl.DataFrame, *, ungraded: bool = False) -> None:
        """Takes an admitted table in."""
        self.tables.setdefault(table, []).append(rows)
        if table == "samples":
            self.ungraded.append(pl.repeat(ungraded, len(rows), eager=True))


def admitted(pieces: Iterable[Piece], intake: Intake, main: Sequence[str], where: str) -> Found:
    """Lets the pieces of one foreign format through the door, and holds its reader to account.

    Raises:
        InputError: a row breaks a rule; names the file, the place, the rule and the value.
    """
    held: dict[str, list[Piece]] = {}
    frames: dict[str, list[pl.DataFrame]] = {}
    for piece in chain(pieces, intake.rest()):
        frames.setdefault(piece.table, []).append(_cast(piece))
        held.setdefault(piece.table, []).append(piece)
    found = Found(
        rows=intake.rows,
        kept=sum(len(piece.places) for table in main for piece in held.get(table, ())),
        aside=intake.aside,
        notes=intake.notes,
        settings=intake.settings,
        stop_rule=intake.stop_rule,
    )
    if not found.kept:
        left = "; ".join(f"{why}: {number:,}" for why, number in found.aside.items())
        raise InputError(
            f"{where}: no row of {found.rows:,} can be used" + f" ({left})" * bool(left)
        )
    if found.rows != found.kept + found.aside.total():
        raise RuntimeError(f"rows were lost: {found.rows} came in, {found.kept} were kept")
    for table, parts in held.items():
        whole = pl.concat(frames[table])
        if table == "problems":
            found.add(table, agreed(whole, where))
        else:
            found.add(table, admit(whole, table, where, _places(parts)))
    return found


def _cast(piece: Piece) -> pl.DataFrame:
    """The rows with their types; as Python objects they are let go, being many times larger."""
    frame = piece.frame
    piece.rows.clear()
    kept = [c for c in frame.columns if c in dtypes(piece.table)]
    return admit(frame.select(kept), piece.table, piece.where, piece.place, rules=False)


def _places(parts: Sequence[Piece]) -> Callable[[int], str]:
    """Finds the place of a row of all pieces together."""

    def place(row: int) -> str:
        for part in parts:
            if row < len(part.places):
                return part.place(row)
            row -= len(part.places)
        raise IndexError(row)

    return place


def joined(
    found: Sequence[Found], sources: tuple[Source, ...], where: str, doubted: Iterable[str] = ()
) -> Trace:
    """Joins all that was found into a checked Trace with its doubts and its accounts.

    Args:
        doubted: doubts that the readers came with.
    """
    rules = dict.fromkeys(part.stop_rule for part in found if part.stop_rule != UNKNOWN)
    header = Header(
        sources=sources,
        stop_rule=next(iter(rules)) if len(rules) == 1 else UNKNOWN,
        settings={k: v for part in found for k, v in part.settings.items()},
    )
    names = dict.fromkeys(table for part in found for table in part.tables)
    tables = {
        name: _one([rows for part in found for rows in part.tables.get(name, ())], name, where)
        for name in names
    }
    try:
        trace = assemble(header, **tables)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    masks = [mask for part in found for mask in part.ungraded]
    trace = replace(_graded(trace, masks, where), header=_accounted(header, found))
    return _finish(trace, [note for part in found for note in part.notes], doubted)


def _accounted(header: Header, found: Sequence[Found]) -> Header:
    if not any(part.rows for part in found):
        return header
    aside: Counter[str] = sum((part.aside for part in found), Counter())
    rows = {
        "read": sum(part.rows for part in found),
        "kept": sum(part.kept for part in found),
        "aside": dict(aside),
    }
    return replace(header, rows=rows)


def _one(rows: Sequence[pl.DataFrame], table: str, where: str) -> pl.DataFrame:
    """One table of what several files hold of it."""
    if table == "problems":
        return agreed(pl.concat(rows), where)
    if len(rows) == 1:
        return rows[0]
    whole = pl.concat(rows)
    return admit(whole, table, f"{where}: {table} of all files together")


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


def _graded(trace: Trace, ungraded: Sequence[pl.Series], where: str) -> Trace:
    """Grades by equality with the gold answer the samples of files that have no `correct`."""
    if not any(mask.any() for mask in ungraded):
        return trace
    key = ["problem", "benchmark"]
    golds = trace.samples.join(
        trace.problems.select(*key, "gold"),
        on=key,
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )["gold"]
    mask = pl.concat(ungraded)
    if golds.filter(mask).null_count() == mask.sum():
        raise InputError(f"{where}: no column 'correct', and no 'gold' to grade 'answer' against")
    right = _same(trace.samples["answer"], golds)
    samples = trace.samples.with_columns(correct=right.zip_with(mask, trace.samples["correct"]))
    return replace(trace, samples=samples)


def _same(answer: pl.Series, gold: pl.Series) -> pl.Series:
    """Equal as texts or as numbers; null where one is missing."""
    pair = pl.DataFrame({"answer": answer, "gold": gold}).select(pl.all().str.strip_chars())
    number = [pl.col(c).cast(pl.Float64, strict=False) for c in pair.columns]
    equal = (pl.col("answer") == pl.col("gold")) | (number[0] == number[1]).fill_null(value=False)
    return pair.select(equal).to_series()


def _finish(trace: Trace, notes: Sequence[str], more: Iterable[str] = ()) -> Trace:
    """Settles the stop rule and writes the doubts about the data into the header."""
    header = trace.header
    seen = replace(trace, samples=one_by_one(trace.samples))
    if header.stop_rule == UNKNOWN:
        header = replace(header, stop_rule=stop_rule(seen))
    said = doubts(replace(seen, header=header))
    settings: Mapping[str, object] = header.settings
    settings = {**settings, "notes": list(notes)} if notes else settings
    return replace(trace, header=replace(header, settings=settings, doubts=(*said, *more)))
