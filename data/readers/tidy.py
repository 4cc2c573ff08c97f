"""Tidy files: samples, verdicts, problems or counts, told apart by their columns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import polars as pl

from ..door import admit, cast_columns, is_boolean, rename, unknown_columns
from ..doubts import doubts, one_by_one, stop_rule
from ..errors import InputError, nearest
from ..schema import GROUP, dtypes
from ..store import digest
from ..traces import UNKNOWN, Header, Trace, assemble
from .files import load, scan
from .tallied import tally

KINDS: dict[str, tuple[set[str], ...]] = {
    "verdicts": (
        {"problem", "sample", "verifier", "accepts"},
        {"problem", "sample", "verifier", "score"},
    ),
    "samples": ({"problem", "sample", "correct"}, {"problem", "sample", "answer"}),
    "tallies": ({"problem", "n", "c"},),
    "problems": ({"problem", "level"}, {"problem", "gold"}),
}
"""What a file must have to be of a kind; the first kind that fits is taken."""

OURS = sorted({c for table in KINDS for c in dtypes(table)} | {"gold", "level"})


def read(
    paths: Sequence[Path],
    *,
    names: Mapping[str, str] | None = None,
    verdicts: Mapping[str, str] | None = None,
    counts: bool = False,
) -> Trace:
    """Reads files of samples and whatever belongs to them into one Trace.

    Args:
        paths: JSONL, CSV or Parquet files.
        names: `{ours: theirs}` for columns that are called otherwise.
        verdicts: `{verifier: column}` for columns of the samples that are verdicts or scores.
        counts: samples are reduced to n and c of each problem while they are read.
    """
    if counts:
        return _counted(paths, names or {}, verdicts or {})
    names, verdicts = names or {}, verdicts or {}
    frames = _renamed([load(path) for path in paths], names, _where(paths))
    tables: dict[str, list[pl.DataFrame]] = {}
    ungraded: list[pl.Series] = []
    notes: list[str] = []
    for path, frame in zip(paths, frames, strict=True):
        kind = kind_of(frame, str(path))
        lifted = _lift(frame, verdicts, str(path)) if kind == "samples" else []
        for table, rows in [*_split(frame, kind, str(path)), *lifted]:
            tables.setdefault(table, []).append(rows)
        if kind == "samples":
            ungraded.append(pl.repeat("correct" not in frame.columns, len(frame), eager=True))
        notes += _left_behind(frame, kind, set(verdicts.values()), path)
    if verdicts and "samples" not in tables:
        raise InputError("--verdict lifts a column of the samples, but no samples were read")
    trace = assemble(
        Header(sources=tuple(digest(p) for p in paths)),
        **{table: _joined(rows, table, _where(paths)) for table, rows in tables.items()},
    )
    return _finish(_graded(trace, ungraded, _where(paths)), notes)


def _counted(paths: Sequence[Path], names: Mapping[str, str], verdicts: Mapping[str, str]) -> Trace:
    """Reads files of samples, keeping n and c of each problem."""
    if verdicts:
        raise InputError("--verdict lifts a column of the samples, which counts do not keep")
    scans = [scan(path) for path in paths]
    _check_names([c for rows in scans for c in rows.collect_schema()], names, _where(paths))
    tables = [tally(rows, path, names) for rows, path in zip(scans, paths, strict=True)]
    tallies, problems, said = zip(*tables, strict=True)
    if all(table.is_empty() for table in tallies):
        raise InputError(f"{_where(paths)}: no sample is graded (correct is empty everywhere)")
    trace = assemble(
        Header(sources=tuple(digest(p) for p in paths)),
        tallies=_joined(tallies, "tallies", _where(paths)),
        problems=_agreed(pl.concat(problems), _where(paths)),
    )
    return _finish(trace, (), dict.fromkeys(chain.from_iterable(said)))


def _renamed(
    frames: Sequence[pl.DataFrame], names: Mapping[str, str], where: str
) -> list[pl.DataFrame]:
    """Calls the columns by our names in every file that has them; some file must."""
    _check_names([c for frame in frames for c in frame.columns], names, where)
    return [
        rename(frame, {ours: theirs for ours, theirs in names.items() if theirs in frame.columns})
        for frame in frames
    ]


def _check_names(found: Sequence[str], names: Mapping[str, str], where: str) -> None:
    columns = list(dict.fromkeys(found))
    for ours, theirs in names.items():
        if ours not in OURS:
            raise InputError(
                f"--map {ours}=...: apportion has no column {ours!r}{nearest(ours, OURS)}"
            )
        if theirs not in columns:
            raise InputError(
                f"{where}: --map {ours}={theirs}: there is no column {theirs!r}"
                f" (columns: {', '.join(columns)}){nearest(theirs, columns)}"
            )


def kind_of(frame: pl.DataFrame, where: str) -> str:
    """Tells what a frame's rows are.

    Raises:
        InputError: no kind fits; says what is missing for the nearest one.
    """
    have = set(frame.columns)
    for kind, needs in KINDS.items():
        if any(need <= have for need in needs):
            return kind
    kind, need = max(
        ((kind, need) for kind, needs in KINDS.items() for need in needs),
        key=lambda pair: (len(pair[1] & have), pair[0] == "samples"),
    )
    missing = sorted(need - have)
    raise InputError(
        f"{where}: no column {', '.join(map(repr, missing))} for {kind} (columns:"
        f" {', '.join(frame.columns)}); --map {missing[0]}=THEIRS names it"
    )


def _where(paths: Sequence[Path]) -> str:
    return ", ".join(str(p) for p in paths)


def _split(frame: pl.DataFrame, kind: str, where: str) -> list[tuple[str, pl.DataFrame]]:
    """The rows of a file, and the problems that they describe on the way."""
    if kind == "verdicts" and "verdict" not in frame.columns:
        key = [c for c in ("problem", "sample", *GROUP, "verifier") if c in frame.columns]
        frame = frame.with_columns(verdict=pl.int_range(pl.len()).over(key))
    parts = [(kind, admit(frame, kind, where))]
    told = [c for c in ("level", "gold", "benchmark") if c in frame.columns]
    if kind in ("samples", "tallies") and told:
        rows = cast_columns(frame.select("problem", *told), "problems", where)
        parts.append(("problems", _agreed(rows, where)))
    return parts


def _joined(rows: Sequence[pl.DataFrame], table: str, where: str) -> pl.DataFrame:
    """One table of what several files hold of it."""
    if len(rows) == 1:
        return rows[0]
    whole = pl.concat(rows)
    if table == "problems":
        return _agreed(whole, where)
    return admit(whole, table, f"{where}: {table} of all files together")


def _agreed(told: pl.DataFrame, where: str) -> pl.DataFrame:
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


def _lift(
    frame: pl.DataFrame, verdicts: Mapping[str, str], where: str
) -> list[tuple[str, pl.DataFrame]]:
    key = [c for c in ("problem", "sample", *GROUP) if c in frame.columns]
    lifted = []
    for verifier, column in verdicts.items():
        if column not in frame.columns:
            raise InputError(
                f"{where}: --verdict {verifier}={column}: there is no column {column!r}"
                f" (columns: {', '.join(frame.columns)}){nearest(column, frame.columns)}"
            )
        rows = frame.select(
            *key,
            pl.lit(verifier).alias("verifier"),
            pl.lit(0).alias("verdict"),
            pl.col(column).alias("accepts" if is_boolean(frame[column]) else "score"),
        )
        place = f"{where}: --verdict {verifier}={column}"
        lifted.append(("verdicts", admit(rows, "verdicts", place)))
    return lifted


def _left_behind(frame: pl.DataFrame, kind: str, used: set[str], path: Path) -> list[str]:
    extra = [c for c in unknown_columns(frame, kind) if c not in used | {"level", "gold"}]
    return [f"{path.name}: columns not read: {', '.join(extra)}"] if extra else []


def _finish(trace: Trace, notes: Sequence[str], more: Iterable[str] = ()) -> Trace:
    """Settles the stop rule and writes the doubts about the data into the header."""
    header = trace.header
    seen = replace(trace, samples=one_by_one(trace.samples))
    if header.stop_rule == UNKNOWN:
        header = replace(header, stop_rule=stop_rule(seen))
    said = doubts(replace(seen, header=header))
    settings = {**header.settings, "notes": list(notes)} if notes else header.settings
    return replace(trace, header=replace(header, settings=settings, doubts=(*said, *more)))
