"""Shards: the append-only log of a run that goes on, or went; one line a record, whole or cut."""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import polars as pl

from .door import admit
from .errors import InputError
from .traces import UNKNOWN, Header, Source, Trace, assemble

FOLDER = "raw"
"""Where a trace directory keeps its shards."""
RUN = "run.json"
Record = Mapping[str, Any]


class Shard:
    """One shard, open for appending; a second writer of the same shard is refused.

    A last line that a kill cut short is dropped on opening, so that appending does not join two
    records.

    Args:
        sync: seconds that may pass between two syncs with the disk. By default every record is
            synced; a longer wait can cost the last records where the machine itself goes down,
            never where only the process is killed.

    Raises:
        InputError: another process has it open.
    """

    def __init__(self, path: Path, sync: float = 0.0):
        self._sync, self._synced = sync, time.monotonic()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[bytes] = path.open("ab+", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise InputError(
                f"{path}: another run is writing it; wait, or stop that run"
            ) from error
        mend(path)

    def append(self, record: Record) -> None:
        """Adds one record, by one write, and returns once it is on the disk, or may be so later."""
        line = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        whole = f"{line}\n".encode()
        if self._file.write(whole) != len(whole):
            raise OSError(28, "the disk is full", self._file.name)
        if time.monotonic() - self._synced >= self._sync:
            os.fsync(self._file.fileno())
            self._synced = time.monotonic()

    def close(self) -> None:
        """Puts all on the disk and lets the next writer in."""
        os.fsync(self._file.fileno())
        self._file.close()

    def __enter__(self) -> "Shard":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trail: TracebackType | None,
    ) -> None:
        self.close()


def mend(path: Path) -> None:
    """Cuts a shard after its last whole line."""
    with path.open("rb") as file:
        whole = sum(len(line) for line in file if line.endswith(b"\n"))
    if whole < path.stat().st_size:
        os.truncate(path, whole)


def paths(folder: Path) -> list[Path]:
    """Returns the shards under a trace directory."""
    return sorted((folder / FOLDER).glob("shard-*.jsonl"))


def records(path: Path) -> Iterator[dict[str, Any]]:
    """Yields every whole record of a shard.

    Raises:
        InputError: a line that is not the last is no JSON object.
    """
    with path.open("rb") as file:  # bytes, since a tear may fall inside a character
        for at, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            try:
                record = json.loads(line)
                if not isinstance(record, dict):
                    raise ValueError
            except (ValueError, RecursionError) as error:
                raise InputError(f"{path}: line {at}: a record must be a JSON object") from error
            yield record


def is_run(folder: Path) -> bool:
    """Tells whether a directory holds the shards of a run."""
    return (folder / FOLDER / RUN).is_file()


def told(folder: Path) -> dict[str, Any]:
    """Returns what the run under a trace directory says of itself.

    Raises:
        InputError: it cannot be read.
    """
    path = folder / FOLDER / RUN
    try:
        found = json.loads(path.read_text("utf8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
    if not isinstance(found, dict) or not {"settings", "problems"} <= found.keys():
        raise InputError(f"{path}: does not describe a run")
    return found


def gather(folder: Path, digest: Callable[[Path], Source]) -> Trace:
    """Returns the trace of all records so far, in the order of problems and samples.

    The order in which a run happened to draw does not show, so an interrupted run that went on
    gathers to the trace of an uninterrupted one.

    Raises:
        InputError: there is no record yet, or one that is not of a run.
    """
    run, shards = told(folder), paths(folder)
    lines = [record for path in shards for record in records(path)]
    order = {row["problem"]: at for at, row in enumerate(run["problems"])}
    where = str(folder / FOLDER)
    try:
        samples = _rows(lines, "samples", order)
        verdicts = _rows(lines, "verdicts", order)
    except (KeyError, TypeError) as error:
        raise InputError(f"{where}: a record is not of this run ({error})") from error
    if not samples:
        raise InputError(f"{where}: the run has drawn no sample yet")
    header = Header(
        tuple(digest(path) for path in shards), str(run.get("stop_rule", UNKNOWN)), run["settings"]
    )
    return assemble(
        header,
        samples=admit(_frame(samples), "samples", where),
        verdicts=admit(_frame(verdicts), "verdicts", where) if verdicts else None,
        problems=admit(_frame(run["problems"]), "problems", where),
    )


def _rows(lines: Iterable[Record], table: str, order: Mapping[str, int]) -> list[dict[str, Any]]:
    """The rows of one table, sorted by arm, problem, sample, verifier as told, and verdict."""
    found = [
        ((line["arm"], order[row["problem"]], row["sample"]), row)
        for line in lines
        for row in line.get(table, ())
    ]
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, infer_schema_length=None)
