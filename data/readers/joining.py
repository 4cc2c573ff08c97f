"""Joining what readers found into one Trace: tables of several files, grades, doubts, accounts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import polars as pl

from ..door import admit, numbered
from ..doubts import doubts, one_by_one, stop_rule
from ..errors import InputError
from ..schema import empty
from ..traces import UNKNOWN, Header, Source, Trace, assemble, strays
from .found import Found, agreed
from .quarantine import Quarantine


def joined(
    found: Sequence[Found],
    sources: tuple[Source, ...],
    where: str,
    doubted: Iterable[str] = (),
    quarantine: Quarantine | None = None,
) -> Trace:
    """Joins all that was found into a checked Trace with its doubts and its accounts.

    Args:
        doubted: doubts that the readers came with.
        quarantine: takes rows that stand twice in the files together, and verdicts whose sample
            is not there.

    Raises:
        InputError: there are such rows, and no quarantine; or the tables do not fit each other.
    """
    rules = dict.fromkeys(part.stop_rule for part in found if part.stop_rule != UNKNOWN)
    header = Header(
        sources=sources,
        stop_rule=next(iter(rules)) if len(rules) == 1 else UNKNOWN,
        settings={k: v for part in found for k, v in part.settings.items()},
    )
    names = dict.fromkeys(table for part in found for table in part.tables)
    tables = {name: _one(found, name, where, quarantine) for name in names}
    try:
        if quarantine is not None and "verdicts" in tables:
            samples = tables.get("samples", empty("samples"))
            tables["verdicts"] = _with_samples(found, tables["verdicts"], samples, quarantine)
        trace = assemble(header, **tables)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    masks = [
        pl.repeat(rows.ungraded, len(rows.frame), eager=True)
        for part in found
        for rows in part.tables.get("samples", ())
    ]
    trace = replace(_graded(trace, masks, where), header=_accounted(header, found))
    notes = [note for part in found for note in part.notes]
    return _finish(trace, notes, [*doubted, *(quarantine.doubts if quarantine else ())])


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


def _one(
    found: Sequence[Found], table: str, where: str, quarantine: Quarantine | None
) -> pl.DataFrame:
    """One table of what several files hold of it."""
    frames = [rows.frame for part in found for rows in part.tables.get(table, ())]
    if table == "problems":
        return agreed(pl.concat(frames), where)
    if len(frames) == 1:
        return frames[0]
    whole, place = pl.concat(frames), f"{where}: {table} of all files together"
    if quarantine is None:
        return admit(whole, table, place)
    refused: dict[int, str] = {}
    good = admit(whole, table, place, refused=refused)
    quarantine.take(refused, whole, numbered(place))
    _drop(found, table, list(refused))
    return good


def _with_samples(
    found: Sequence[Found], verdicts: pl.DataFrame, samples: pl.DataFrame, quarantine: Quarantine
) -> pl.DataFrame:
    """Sets aside the verdicts on samples that are not there, such as samples set aside before."""
    lost = strays(verdicts, samples)
    rows = lost.arg_true().to_list()
    rule = "every verdict needs its sample, which is not in the log or was set aside"
    quarantine.take(dict.fromkeys(rows, rule), verdicts, numbered("verdicts of all files together"))
    _drop(found, "verdicts", rows)
    return verdicts.filter(~lost)


def _drop(found: Sequence[Found], table: str, dropped: Sequence[int]) -> None:
    """Drops rows, numbered through all that was found of a table, where they were found."""
    start = 0
    for part in found:
        for rows in part.tables.get(table, ()):
            numbers = pl.int_range(start, start + len(rows.frame), eager=True)
            gone = numbers.is_in(dropped)
            start += len(rows.frame)
            rows.frame = rows.frame.filter(~gone)
            part.lose(int(gone.sum()) if rows.counted else 0)


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
