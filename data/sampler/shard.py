"""An append-only log of finished problems: a killed run loses at most the problem it was at."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def append(path: Path, record: Record) -> None:
    """Add one record, and return only once it is on the disk."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")
        file.flush()
        os.fsync(file.fileno())


def mend(path: Path) -> None:
    """Cut a last line that was torn by a kill, so that appending does not join two records."""
    if not path.exists():
        return
    kept = path.read_bytes().rpartition(b"\n")
    if kept[2]:
        os.truncate(path, len(kept[0]) + len(kept[1]))


def paths(folder: Path) -> list[Path]:
    """The shards of a folder, however many parts each of them is one of."""
    return sorted(folder.glob("shard-*.jsonl"))


def read(folder: Path) -> Iterator[Record]:
    """Every whole record of every shard in a folder."""
    for path in paths(folder):
        with path.open("rb") as file:  # bytes, since a tear may fall inside a character
            yield from (json.loads(line) for line in file if line.endswith(b"\n"))
