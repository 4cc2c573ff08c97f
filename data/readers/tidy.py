"""Tidy files: samples, verdicts, problems or counts, told apart by their columns."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from ..door import admit, cast_columns, rename, unknown_columns
from ..doubts import doubts, stop_rule
from ..errors import InputError, nearest
from ..schema import GROUP, dtypes
from ..store import digest
from ..traces import UNKNOWN, Header, Trace, assemble
from .files import load

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
) -> Trace:
    """Reads files of samples and whatever belongs to them into one Trace.

    Args:
        paths: JSONL, CSV or Parquet files.
        names: `{ours: theirs}` for columns that are called otherwise.
        verdicts: `{verifier: column}` for columns of the samples that are verdicts or scores.
    """
    names, verdicts = names or {}, verdicts or {}
    for ours in names:
        if ours not in OURS:
            raise InputError(
                f"--map {ours}=...: apportion has no column {ours!r}{nearest(ours, OURS)}"
            )
    tables: dict[str, list[pl.DataFrame]] = {}
    notes: list[str] = []
    for path in paths:
        frame = rename(load(path), names, str(path))
        kind = kind_of(frame, str(path))
        lifted = _lift(frame, verdicts, str(path)) if kind == "samples" else []
        for table, rows in [*_split(frame, kind, str(path)), *lifted]:
            tables.setdefault(table, []).append(rows)
        notes += _left_behind(frame, kind, set(verdicts.values()), path)
    if verdicts and "samples" not in tables:
        raise InputError("--verdict lifts a column of the samples, but no samples were read")
    whole = {table: admit(pl.concat(rows), table, _where(paths)) for table, rows in tables.items()}
    trace = assemble(Header(sources=tuple(digest(p) for p in paths)), **whole)
    return _finish(trace, notes)


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
        key=lambda pair: (len(pair[1] & have) / len(pair[1]), len(pair[1])),
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
    if kind == "samples":
        frame = _graded(frame, where)
    parts = [(kind, admit(frame, kind, where))]
    told = [c for c in ("level", "gold", "benchmark") if c in frame.columns]
    if kind in ("samples", "tallies") and told:
        parts.append(("problems", _described(frame.select("problem", *told), where)))
    return parts


def _described(frame: pl.DataFrame, where: str) -> pl.DataFrame:
    problems = admit_unique(frame, where)
    twice = problems.filter(pl.struct("problem", "benchmark").is_duplicated())
    if len(twice):
        first = twice.row(0, named=True)["problem"]
        raise InputError(f"{where}: problem {first!r} has two different levels or gold answers")
    return problems


def admit_unique(frame: pl.DataFrame, where: str) -> pl.DataFrame:
    """Returns the distinct rows of problems, cast but with duplicates still to be judged."""
    return cast_columns(frame, "problems", where).unique(maintain_order=True)


def _graded(frame: pl.DataFrame, where: str) -> pl.DataFrame:
    """Grades by equality with the gold answer where the file has no `correct`."""
    if "correct" in frame.columns or "gold" not in frame.columns:
        if "correct" not in frame.columns:
            raise InputError(
                f"{where}: no column 'correct', and no 'gold' to grade 'answer' against"
            )
        return frame
    answer, gold = (pl.col(c).cast(pl.String).str.strip_chars() for c in ("answer", "gold"))
    return frame.with_columns(correct=answer == gold)


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
        values = frame[column]
        yes_no = (
            values.dtype == pl.Boolean
            or values.drop_nulls()
            .cast(pl.String)
            .is_in(["0", "1", "0.0", "1.0", "true", "false"])
            .all()
        )
        rows = frame.select(
            *key,
            pl.lit(verifier).alias("verifier"),
            pl.lit(0).alias("verdict"),
            values.alias("accepts" if yes_no else "score"),
        )
        lifted.append(("verdicts", admit(rows, "verdicts", where)))
    return lifted


def _left_behind(frame: pl.DataFrame, kind: str, used: set[str], path: Path) -> list[str]:
    extra = [c for c in unknown_columns(frame, kind) if c not in used | {"level", "gold"}]
    return [f"{path.name}: columns not read: {', '.join(extra)}"] if extra else []


def _finish(trace: Trace, notes: Sequence[str]) -> Trace:
    """Settles the stop rule and writes the doubts about the data into the header."""
    header = trace.header
    if header.stop_rule == UNKNOWN:
        header = replace(header, stop_rule=stop_rule(trace))
    trace = replace(trace, header=header)
    settings = {**header.settings, "notes": list(notes)} if notes else header.settings
    return replace(trace, header=replace(header, settings=settings, doubts=doubts(trace)))
