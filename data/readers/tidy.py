"""Tidy files: samples, verdicts, problems or counts, told apart by their columns."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

import polars as pl

from ..door import admit, cast_columns, is_boolean, numbered, rename, unknown_columns
from ..errors import InputError, nearest
from ..schema import GROUP, dtypes
from ..store import digest
from ..traces import Trace
from .files import Spoilt, load, scan
from .found import Found, Rows, agreed
from .intake import Asked
from .joining import joined
from .quarantine import REASON, Quarantine
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

NAMED = 4
"""Files that an error about all of them together names."""
LISTED = 24
"""Columns that an error lists."""
OURS = sorted({c for table in KINDS for c in dtypes(table)} | {"gold", "level"})


def tables(paths: Sequence[Path], asked: Asked) -> Found:
    """Reads files of samples and whatever belongs to them.

    Args:
        paths: JSONL, CSV or Parquet files.
        asked: `names` for columns that are called otherwise, and `verdicts`, columns of the samples
            that are verdicts or scores.
    """
    names, verdicts, found = asked.names, asked.verdicts, Found()
    frames = [load(path, _spoilt(found, asked.quarantine)) for path in paths]
    for path, frame in zip(paths, _renamed(frames, names, where_of(paths)), strict=True):
        kind = kind_of(frame, str(path))
        good, rows, numbers = _good(frame, kind, str(path), asked.quarantine)
        found.add(kind, Rows(rows, ungraded="correct" not in frame.columns))
        _describe(found, good, kind, str(path))
        if kind == "samples":
            _lift(found, good, asked, str(path), numbers)
        found.rows += len(frame)
        found.kept += len(frame)
        found.lose(len(frame) - len(good))
        found.notes += _left_behind(frame, kind, set(verdicts.values()), path)
    if verdicts and "samples" not in found.tables:
        raise InputError("--verdict lifts a column of the samples, but no samples were read")
    return found


def _spoilt(found: Found, quarantine: Quarantine | None) -> Spoilt | None:
    """Sets lines aside that cannot be read at all."""
    if quarantine is None:
        return None

    def take(place: str, rule: str, line: str) -> None:
        quarantine.add(place, rule, line)
        found.rows += 1
        found.aside[REASON] += 1

    return take


def counted(paths: Sequence[Path], names: Mapping[str, str], verdicts: Mapping[str, str]) -> Trace:
    """Reads files of samples, keeping n and c of each problem."""
    if verdicts:
        raise InputError("--verdict lifts a column of the samples, which counts do not keep")
    where = where_of(paths)
    with ExitStack() as opened:
        scans = [opened.enter_context(scan(path)) for path in paths]
        _check_names([c for rows in scans for c in rows.collect_schema()], names, where)
        told = [tally(rows, path, names) for rows, path in zip(scans, paths, strict=True)]
    found = [Found({"tallies": [Rows(t)], "problems": [Rows(p)]}) for t, p, _ in told]
    if all(tallies.is_empty() for tallies, _, _ in told):
        raise InputError(f"{where}: no sample is graded (correct is empty everywhere)")
    said = dict.fromkeys(chain.from_iterable(doubts for _, _, doubts in told))
    return joined(found, tuple(digest(p) for p in paths), where, said)


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
                f" (columns: {listed(columns)}){nearest(theirs, columns)}"
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
        f" {listed(frame.columns)}); --map {missing[0]}=THEIRS names it"
    )


def listed(names: Sequence[str]) -> str:
    """Names in a row, for an error; of many or long ones no more than a line holds."""
    told = ", ".join(name if len(name) <= 60 else f"{name[:60]}..." for name in names[:LISTED])
    return told + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")


def where_of(paths: Sequence[Path]) -> str:
    """The files, for an error; of many the first and how many more there are."""
    named = ", ".join(str(p) for p in paths[:NAMED])
    return named + (f" and {len(paths) - NAMED} more" if len(paths) > NAMED else "")


def _good(
    frame: pl.DataFrame, kind: str, where: str, quarantine: Quarantine | None
) -> tuple[pl.DataFrame, pl.DataFrame, pl.Series]:
    """The rows of a file that keep the rules: as they are, as the door gives them, their numbers.

    Others are set aside, or without a quarantine are an error.
    """
    if kind == "verdicts" and "verdict" not in frame.columns:
        key = [c for c in ("problem", "sample", *GROUP, "verifier") if c in frame.columns]
        frame = frame.with_columns(verdict=pl.int_range(pl.len()).over(key))
    numbers = pl.int_range(len(frame), eager=True)
    if quarantine is None:
        return frame, admit(frame, kind, where), numbers
    refused: dict[int, str] = {}
    rows = admit(frame, kind, where, refused=refused)
    quarantine.take(refused, frame, numbered(where))
    good = ~numbers.is_in(list(refused))
    return frame.filter(good), rows, numbers.filter(good)


def _describe(found: Found, frame: pl.DataFrame, kind: str, where: str) -> None:
    """Takes in the problems that samples or counts describe on the way."""
    told = [c for c in ("level", "gold", "benchmark") if c in frame.columns]
    if kind in ("samples", "tallies") and told:
        rows = cast_columns(frame.select("problem", *told), "problems", where)
        found.add("problems", Rows(agreed(rows, where), counted=False))


def _lift(found: Found, frame: pl.DataFrame, asked: Asked, where: str, numbers: pl.Series) -> None:
    """Takes in the columns of samples that are verdicts; `numbers` are those of their rows."""
    key = [c for c in ("problem", "sample", *GROUP) if c in frame.columns]
    for verifier, column in asked.verdicts.items():
        if column not in frame.columns:
            raise InputError(
                f"{where}: --verdict {verifier}={column}: there is no column {column!r}"
                f" (columns: {listed(frame.columns)}){nearest(column, frame.columns)}"
            )
        flags = is_boolean(frame[column], sound=asked.quarantine is None)
        rows = frame.select(
            *key,
            pl.lit(verifier).alias("verifier"),
            pl.lit(0).alias("verdict"),
            pl.col(column).alias("accepts" if flags else "score"),
        )

        lifted = f"{where}: --verdict {verifier}={column}"

        def place(row: int, lifted: str = lifted) -> str:
            return f"{lifted}: row {numbers[row] + 1}"

        refused: dict[int, str] | None = None if asked.quarantine is None else {}
        good = admit(rows, "verdicts", lifted, place, refused)
        if asked.quarantine is not None and refused:
            asked.quarantine.take(refused, rows, place)
        found.add("verdicts", Rows(good, counted=False))


def _left_behind(frame: pl.DataFrame, kind: str, used: set[str], path: Path) -> list[str]:
    extra = [c for c in unknown_columns(frame, kind) if c not in used | {"level", "gold"}]
    return [f"{path.name}: columns not read: {', '.join(extra)}"] if extra else []
