"""Opening a table file: JSONL, CSV or Parquet, whole or refused with its place."""

import contextlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from ..errors import InputError
from .opening import BROKEN, ending, opened
from .survey import Survey, count_nulls, survey

_BOM = b"\xef\xbb\xbf"


Spoilt = Callable[[str, str, str], None]
"""Takes a line that cannot be read: its place, the rule, its text."""


def load(path: Path, spoilt: Spoilt | None = None) -> pl.DataFrame:
    """Reads one table file by its ending.

    Args:
        spoilt: takes lines of JSONL that are no JSON objects, which without it are an error.

    Raises:
        InputError: missing, empty, cut off, or of an ending that is not known.
    """
    suffix = _ending(path)
    with readable(path), _unpacked(path) as plain:
        if suffix in _LINES:
            frame = _jsonl(plain, path, spoilt)
        else:
            frame = _LOADERS[suffix](plain)
    if frame.is_empty():
        raise InputError(f"{path}: the file has no rows")
    return frame


@contextlib.contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """The file itself, or what a `.gz` holds, for as long as the block lasts."""
    if path.suffix.lower() != ".gz":
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / path.stem
        with opened(path) as packed, plain.open("wb") as file:
            shutil.copyfileobj(packed, file)
        try:
            yield plain
        except InputError as error:
            raise InputError(str(error).replace(str(plain), str(path))) from error


@contextlib.contextmanager
def scan(path: Path) -> Iterator[pl.LazyFrame]:
    """Opens a file for passes over it, piece by piece: Parquet as it is, the others as Parquet.

    A text file in which a later line does not fit the first ones is read whole.

    Raises:
        InputError: as `load` does; a Parquet file cut off shows when it is passed over.
    """
    suffix = _ending(path)
    with contextlib.ExitStack() as stack:
        plain = stack.enter_context(_unpacked(path))
        with readable(path):
            found: Path | None = plain
            if suffix != ".parquet":
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                found = _sunk(plain, suffix, folder / "rows.parquet")
            rows = load(path).lazy() if found is None else pl.scan_parquet(found)
            rows.collect_schema()
        yield rows


def _sunk(path: Path, suffix: str, into: Path) -> Path | None:
    """Writes a text file as Parquet in flat memory; None where it has to be read with more care."""
    try:
        if suffix == ".csv":
            _without_blanks(pl.scan_csv(path, **_CSV)).sink_parquet(into)
            return into
        found = survey(path)
        if found.surrogates:
            return None
        pl.scan_ndjson(path).sink_parquet(into)
        rows = pl.scan_parquet(into)
        count, nulls = rows.select(pl.len()).collect().item(), rows.null_count().collect()
        return into if _all_told(path, found, count, nulls) else None
    except (ValueError, pl.exceptions.PolarsError):
        return None


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turns what a broken file makes polars say into one line about the file."""
    try:
        with _unheard() if ending(path) == ".parquet" else contextlib.nullcontext():
            yield
    except InputError:
        raise
    except _BREAKING as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise InputError(
            f"{path}: not a readable {path.suffix.lower()[1:]} file, perhaps cut off ({reason})"
        ) from error


_BREAKING = (*BROKEN, pl.exceptions.PolarsError, pl.exceptions.PanicException)


@contextlib.contextmanager
def _unheard() -> Iterator[None]:
    """Holds back what is written to stderr, and drops it where a file turns out to be broken.

    Rust prints every panic with its stack before Python hears of it, and a damaged Parquet file
    makes several threads panic.
    """
    try:
        stderr = os.dup(2)
    except OSError:  # there is no stderr
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except _BREAKING:
            held.truncate(0)
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            with contextlib.suppress(OSError):
                os.write(2, held.read())


def _ending(path: Path) -> str:
    """The ending of a file that is there, is known and is not empty."""
    if not path.exists():
        raise InputError(f"{path}: no such file")
    if (path / "manifest.json").is_file():
        raise InputError(f"{path}: a trace directory, not a tidy file")
    if path.is_dir():
        raise InputError(f"{path}: a folder without a manifest.json is not a trace")
    suffix = ending(path)
    if suffix not in (*_LINES, *_LOADERS):
        known = ", ".join((*_LINES, *_LOADERS))
        raise InputError(f"{path}: the ending must be one of {known}; got {suffix!r}")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty")
    return suffix


def _csv(path: Path) -> pl.DataFrame:
    return _without_blanks(pl.read_csv(path, **_CSV).lazy()).collect()


# Everything stays text until the door casts it, or the problem 007 would turn into 7.
_CSV: dict[str, Any] = {"infer_schema": False, "null_values": [""]}


def _without_blanks(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Leaves out blank lines, and the blanks about the names of columns."""
    kept = rows.filter(~pl.all_horizontal(pl.all().is_null()))
    return kept.rename({c: c.strip() for c in rows.collect_schema().names()})


def _jsonl(path: Path, named: Path, spoilt: Spoilt | None) -> pl.DataFrame:
    found = survey(path)
    if not found.surrogates:
        frame = _fast(path, found)
        if frame is not None:
            return frame
    data = path.read_bytes().removeprefix(_BOM)
    if not data.strip():
        return pl.DataFrame()
    if not found.surrogates:
        try:
            return pl.read_ndjson(io.BytesIO(data), infer_schema_length=None)
        except (ValueError, pl.exceptions.PolarsError):
            pass  # a torn line, or one that only a more patient parser reads: NaN, mixed types
    return _patient(data, named, spoilt)


def _fast(path: Path, found: Survey) -> pl.DataFrame | None:
    """Reads with the columns of the first lines; None where a later line has more of them.

    Types need no such care: polars refuses a value that is not of its column's type.
    """
    try:
        frame = pl.scan_ndjson(path).collect()
    except (ValueError, pl.exceptions.PolarsError):
        return None
    return frame if _all_told(path, found, len(frame), frame.null_count()) else None


def _all_told(path: Path, found: Survey, rows: int, nulls: pl.DataFrame) -> bool:
    """Tells whether a parser found every key of every line."""
    missing = sum(nulls.row(0))
    stated = count_nulls(path) if missing else 0
    return bool(found.keys == rows * nulls.width - missing + stated)


def _patient(data: bytes, path: Path, spoilt: Spoilt | None = None) -> pl.DataFrame:
    """Reads JSONL line by line; a column of mixed types becomes text, NaN is read as a number."""
    rows = []
    for number, line in enumerate(data.split(b"\n"), 1):
        row, rule = _object(line), "not a JSON object (is the file cut off?)"
        if row is not None:
            rows.append(row)
        elif spoilt is not None and line.strip():
            spoilt(f"{path}: line {number}", rule, line.decode("utf8", "backslashreplace"))
        elif line.strip():
            raise InputError(f"{path}: line {number} is {rule}")
    names = dict.fromkeys(name for row in rows for name in row)
    return pl.DataFrame([column(_storable(n), [row.get(n) for row in rows]) for n in names])


def _object(line: bytes) -> dict[str, object] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def column(name: str, values: list[object]) -> pl.Series:
    """A column of parsed JSON values; of mixed types it becomes text."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds & {dict, list}:
        return pl.Series(name, values, dtype=pl.Object)
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    if kinds and kinds <= {int, float} and not _vast(values):
        return pl.Series(name, values, dtype=pl.Float64 if float in kinds else pl.Int64)
    if kinds <= {str}:
        with contextlib.suppress(UnicodeEncodeError):  # half a character
            return pl.Series(name, values, dtype=pl.String)
    return pl.Series(name, [None if v is None else _text(v) for v in values], dtype=pl.String)


def _vast(values: list[object]) -> bool:
    """Tells whether a whole number needs more than 64 bits."""
    whole = [v for v in values if type(v) is int]
    return bool(whole) and not -(2**63) <= min(whole) <= max(whole) < 2**63


def _text(value: object) -> str:
    return _storable(value) if isinstance(value, str) else json.dumps(value)


def _storable(text: str) -> str:
    """Spells out what UTF-8 cannot hold, so that two such names stay two."""
    return text.encode("utf8", "backslashreplace").decode("utf8")


def _parquet(path: Path) -> pl.DataFrame:
    # The memory map is refused: a file cut while it is read must give an error, not a crash.
    return pl.read_parquet(path, memory_map=False)


_LINES = (".jsonl", ".ndjson")
_LOADERS = {".csv": _csv, ".parquet": _parquet}
