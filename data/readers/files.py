"""Opening a table file: JSONL, CSV or Parquet, whole or refused with its place."""

import json
from pathlib import Path

import polars as pl

from ..errors import InputError

MAX_LINE = 64 * 2**20


def load(path: Path) -> pl.DataFrame:
    """Reads one table file by its ending.

    Raises:
        InputError: missing, empty, cut off, or of an ending that is not known.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file")
    if path.is_dir():
        raise InputError(f"{path}: a folder without a manifest.json is not a trace")
    suffix = path.suffix.lower()
    if suffix not in _LOADERS:
        raise InputError(f"{path}: the ending must be one of {', '.join(_LOADERS)}; got {suffix!r}")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty")
    try:
        frame = _LOADERS[suffix](path)
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise InputError(_why(path, suffix, error)) from error
    if frame.is_empty():
        raise InputError(f"{path}: the file has no rows")
    return frame


def _csv(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, infer_schema_length=None, null_values=[""])


def _jsonl(path: Path) -> pl.DataFrame:
    return pl.read_ndjson(path, infer_schema_length=None)


def _parquet(path: Path) -> pl.DataFrame:
    # The memory map is refused: a file cut while it is read must give an error, not a crash.
    return pl.read_parquet(path, memory_map=False)


_LOADERS = {".jsonl": _jsonl, ".ndjson": _jsonl, ".csv": _csv, ".parquet": _parquet}


def _why(path: Path, suffix: str, error: Exception) -> str:
    if suffix in (".jsonl", ".ndjson") and (line := _bad_line(path)):
        return f"{path}: line {line} is not a JSON object (is the file cut off?)"
    reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return f"{path}: not a readable {suffix[1:]} file, perhaps cut off ({reason})"


def _bad_line(path: Path) -> int | None:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE):
            number += 1
            try:
                if line.strip() and not isinstance(json.loads(line), dict):
                    return number
            except (ValueError, RecursionError):
                return number
    return None
