"""The trace directory: Parquet files that a manifest names, replaced all at once or not at all."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import polars as pl

from .door import admit
from .errors import InputError
from .schema import TABLES
from .traces import Header, Source, Trace

MANIFEST = "manifest.json"
VERSION = 1


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


def write(trace: Trace, folder: Path) -> None:
    """Writes the trace under `folder`; an older trace there is replaced in one step.

    Data files carry their digest in the name and the manifest is written last, so readers see
    the old trace until the new one is whole.

    Raises:
        InputError: `folder` exists and is not a trace.
    """
    if folder.exists() and not is_trace(folder) and (folder.is_file() or any(folder.iterdir())):
        raise InputError(f"{folder}: already there and not a trace; choose another name for -o")
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: _write_table(getattr(trace, name), name, folder) for name in TABLES}
    manifest = {"apportion": VERSION, "header": asdict(trace.header), "files": files}
    with replacing(folder / MANIFEST) as file:
        file.write(json.dumps(manifest, indent=1).encode())
    _sweep(folder, {f["file"] for f in files.values()})


def _write_table(table: pl.DataFrame, name: str, folder: Path) -> dict[str, object]:
    draft = folder / f".{name}.{os.getpid()}.tmp"
    try:
        table.write_parquet(draft, compression="zstd", compression_level=9)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        source = digest(draft)
        kept = f"{name}-{source.sha256[:12]}.parquet"
        draft.replace(folder / kept)
    finally:
        draft.unlink(missing_ok=True)
    return {"file": kept, "rows": len(table), "sha256": source.sha256}


def _sweep(folder: Path, kept: set[object]) -> None:
    """Removes the data files of earlier manifests; failure to do so costs only disk."""
    for path in folder.glob("*-????????????.parquet"):
        if path.name not in kept and path.name.partition("-")[0] in TABLES:
            with contextlib.suppress(OSError):
                path.unlink()


def is_trace(path: Path) -> bool:
    """Tells whether a directory holds a trace."""
    return (path / MANIFEST).is_file()


def read(folder: Path) -> Trace:
    """Reads a trace directory and checks it against its manifest.

    Raises:
        InputError: a file is missing, was changed since, or was written by a newer version.
    """
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


def _read(folder: Path) -> Trace:
    where = folder / MANIFEST
    manifest = _manifest(where)
    try:
        header, files = manifest["header"], manifest["files"]
        entries = {name: (Path(files[name]["file"]).name, files[name]["sha256"]) for name in TABLES}
        told = Header(
            sources=tuple(Source(**s) for s in header["sources"]),
            stop_rule=header["stop_rule"],
            settings=header["settings"],
            doubts=tuple(header["doubts"]),
        )
    except (KeyError, TypeError) as error:
        raise InputError(f"{where}: not the manifest of a trace ({error})") from error
    tables = {name: _read_table(folder / file, name, sha) for name, (file, sha) in entries.items()}
    return Trace(**tables, header=told)


def _manifest(where: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(where.read_text("utf8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{where}: cannot be read ({error})") from error
    if not isinstance(manifest, dict) or not {"apportion", "header", "files"} <= manifest.keys():
        raise InputError(f"{where}: not the manifest of a trace")
    if manifest["apportion"] != VERSION:
        raise InputError(
            f"{where}: written by schema version {manifest['apportion']};"
            f" this apportion reads version {VERSION}"
        )
    return manifest


def _read_table(path: Path, name: str, sha256: str) -> pl.DataFrame:
    if digest(path).sha256 != sha256:
        raise InputError(f"{path}: the file is not the one that was written (its digest differs)")
    try:
        return admit(pl.read_parquet(path, memory_map=False), name, str(path))
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{path}: cannot be read ({str(error).splitlines()[0]})") from error
