"""The trace directory: Parquet files that a manifest names, replaced all at once or not at all."""

import contextlib
import fcntl
import hashlib
import io
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any

import polars as pl

from . import shards
from .codes import CODES, worth_keeping
from .door import cast_columns, column_or_null
from .doubts import doubts
from .errors import InputError
from .schema import TABLES, dtypes
from .traces import Header, Source, Trace, with_codes

MANIFEST = "manifest.json"
VERSION = 2
_DATA = rf"(?:{'|'.join(TABLES)})-[0-9a-f]{{12}}\.parquet"
_OURS = re.compile(rf"{_DATA}|\.(?:{_DATA}|{re.escape(MANIFEST)})\.\d+\.tmp")
"""The names of data files, and of the drafts that a killed writer leaves."""


def digest(path: Path) -> Source:
    """Returns the name, SHA-256 and size of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Source(path.name, sha256, path.stat().st_size)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Opens a file that takes the place of `path` only when the block ends well.

    The bytes are on disk before the name changes hands, so a run killed at any moment leaves
    either the old file or the new one.
    """
    if not path.name:
        raise InputError(f"{path}: a file name is wanted; got a folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with draft.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write(trace: Trace, folder: str | Path) -> None:
    """Writes the trace under `folder`; an older trace there is replaced in one step.

    Data files carry their digest in the name and the manifest is written last, so readers see
    the old trace until the new one is whole.

    Raises:
        InputError: `folder` exists and is not a trace, or another process is writing it.
    """
    folder = Path(folder)
    if folder.exists() and not is_trace(folder) and (folder.is_file() or _foreign(folder)):
        raise InputError(f"{folder}: already there and not a trace; choose another name for -o")
    fresh = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        _write(trace, folder, fresh=fresh)


def _write(trace: Trace, folder: Path, *, fresh: bool) -> None:
    before = {path.name for path in folder.iterdir()}
    try:
        files = {name: _write_table(_kept(trace, name), name, folder) for name in TABLES}
        manifest = {"apportion": VERSION, "header": asdict(trace.header), "files": files}
        with replacing(folder / MANIFEST) as file:
            file.write(json.dumps(manifest, indent=1).encode())
    except BaseException:
        _sweep(folder, before | _named(folder))
        if fresh:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise
    _sweep(folder, {MANIFEST, *(str(f["file"]) for f in files.values())})


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keeps other writers of the same trace out: one would sweep away what the other has written.

    The lock is on the folder itself and ends with the process, so a kill leaves nothing behind.
    """
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise InputError(
            f"{folder}: another process is writing this trace; wait, or stop it"
        ) from error
    finally:
        os.close(held)


def _kept(trace: Trace, name: str) -> pl.DataFrame:
    """The table as it is stored: without empty columns; samples with their codes beside them."""
    table: pl.DataFrame = getattr(trace, name)
    codes = trace.codes
    table = table.select(c for c in table if c.null_count() < len(c) or c.is_empty())
    if name != "samples" or not trace.tallies.is_empty():
        return table
    if codes is None:
        codes = worth_keeping(trace.samples, len(trace.problems))
    return table if codes is None else table.hstack(codes.rename(lambda c: f"_{c}"))


def _write_table(table: pl.DataFrame, name: str, folder: Path) -> dict[str, object]:
    buffer = io.BytesIO()  # polars reports a full disk as a fault of the table
    table.write_parquet(buffer, compression="zstd", compression_level=9)
    sha256 = hashlib.sha256(buffer.getbuffer()).hexdigest()
    kept = f"{name}-{sha256[:12]}.parquet"
    with replacing(folder / kept) as file:
        file.write(buffer.getbuffer())
    return {"file": kept, "rows": len(table), "sha256": sha256}


def _sweep(folder: Path, kept: set[str]) -> None:
    """Removes what other writers left, whole or half-written; failing that costs only disk."""
    for path in folder.iterdir():
        if path.name not in kept and _OURS.fullmatch(path.name):
            with contextlib.suppress(OSError):
                path.unlink()


def _named(folder: Path) -> set[str]:
    """The data files that the manifest in force names."""
    try:
        return set(re.findall(_DATA, (folder / MANIFEST).read_text("utf8")))
    except OSError:
        return set()


def _foreign(folder: Path) -> bool:
    """Tells whether a folder holds what no writer of ours, killed before its end, left there."""
    return any(not _OURS.fullmatch(path.name) for path in folder.iterdir())


def is_trace(path: Path) -> bool:
    """Tells whether a directory holds a trace, at rest or of a run that goes on."""
    return (path / MANIFEST).is_file() or shards.is_run(path)


def read(folder: Path) -> Trace:
    """Reads a trace directory and checks it against its manifest.

    Where a run has drawn more since, or has not ended, its shards are read instead.

    Raises:
        InputError: a file is missing, was changed since, or was written by a newer version.
    """
    if shards.is_run(folder) and not _compacted(folder):
        return gathered(folder)
    try:
        return _read(folder)
    except FileNotFoundError:
        # A writer may have replaced the trace between our look at the manifest and at its files.
        try:
            return _read(folder)
        except FileNotFoundError as error:
            raise InputError(
                f"{error.filename}: the manifest names it, but it is not there"
            ) from error


def gathered(folder: Path) -> Trace:
    """Reads the shards of a run, with the doubts that they raise.

    Raises:
        InputError: nothing was drawn yet, or a line is not of a run.
    """
    bare = shards.gather(folder, digest)
    return replace(bare, header=replace(bare.header, doubts=doubts(bare)))


def _compacted(folder: Path) -> bool:
    """Tells whether the manifest was written from the shards as they are now."""
    if not (folder / MANIFEST).is_file():
        return False
    sources = _manifest(folder / MANIFEST)["header"].get("sources", ())
    known = {source["name"]: source["size"] for source in sources}
    return known == {path.name: path.stat().st_size for path in shards.paths(folder)}


def _read(folder: Path) -> Trace:
    where = folder / MANIFEST
    manifest = _manifest(where)
    try:
        files = {name: manifest["files"][name] for name in TABLES}
        entries = {name: (str(f["file"]), f["sha256"]) for name, f in files.items()}
        header = _header(**manifest["header"])
    except (KeyError, TypeError) as error:
        raise InputError(f"{where}: not the manifest of a trace ({error})") from error
    for file, _ in entries.values():
        if not _OURS.fullmatch(file):
            raise InputError(f"{where}: not the manifest of a trace (it names the file {file!r})")
    found = {name: _read_table(folder / file, sha) for name, (file, sha) in entries.items()}
    kept = [f"_{c}" for c in CODES]
    coded = set(kept) <= set(found["samples"].columns)
    codes = found["samples"].select(kept).rename(lambda c: c[1:]) if coded else None
    tables = {name: _as_admitted(table, name, where) for name, table in found.items()}
    return with_codes(Trace(**tables, header=header), codes)


def _header(
    *, sources: list[Any], stop_rule: object, settings: object, doubts: list[object], rows: object
) -> Header:
    if not isinstance(settings, dict) or not isinstance(rows, dict):
        raise TypeError("its settings or its rows are not an object")
    told = tuple(Source(**source) for source in sources)
    return Header(told, str(stop_rule), settings, tuple(str(d) for d in doubts), rows)


def _manifest(where: Path) -> dict[str, Any]:
    manifest: dict[str, Any]
    try:
        manifest = json.loads(where.read_text("utf8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{where}: cannot be read ({error})") from error
    if not isinstance(manifest, dict) or not {"apportion", "header", "files"} <= manifest.keys():
        raise InputError(f"{where}: not the manifest of a trace")
    version = manifest["apportion"]
    if version not in (*MIGRATIONS, VERSION):
        raise InputError(
            f"{where}: written by schema version {version};"
            f" this apportion reads versions {min(MIGRATIONS)} to {VERSION}"
        )
    for older in range(version, VERSION):
        manifest = MIGRATIONS[older](manifest)
    return manifest


def _counting_rows(manifest: dict[str, Any]) -> dict[str, Any]:
    """Version 1 did not say what became of the rows of its sources, and it stays unknown."""
    header = manifest["header"]
    return {**manifest, "header": {**header, "rows": {}}} if isinstance(header, dict) else manifest


MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _counting_rows}
"""How a manifest of an older version becomes one of the next; a new version adds its step here."""


def _as_admitted(table: pl.DataFrame, name: str, where: Path) -> pl.DataFrame:
    """The table's own columns: what a digest vouches for kept the rules when it was written."""
    ours = dtypes(name)
    if any(table.schema.get(column, dtype) != dtype for column, dtype in ours.items()):
        return cast_columns(table, name, str(where))
    return pl.DataFrame([column_or_null(table, *told) for told in ours.items()])


def _read_table(path: Path, sha256: str) -> pl.DataFrame:
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise InputError(f"{path}: the file is not the one that was written (its digest differs)")
    try:
        return pl.read_parquet(data)
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{path}: cannot be read ({str(error).splitlines()[0]})") from error
