"""`make calibrate PARTS=kills`: kill -9 at random moments of a long read and of a writer."""

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from apportion.data import store
from apportion.data.shards import records

KILLS = 100
ROWS = (200_000, 300_000)
Starmap = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], list[Any]]

_WRITER = """
import sys
from pathlib import Path
from apportion.data.shards import Shard, records
path = Path(sys.argv[1])
with Shard(path) as shard:
    at = sum(1 for _ in records(path))
    while True:
        shard.append({"row": at, "text": "x" * (at % 997)})
        print(at, flush=True)
        at += 1
"""


def kills(_: Starmap) -> dict[str, object]:
    """Returns what 100 kills of either kind have cost."""
    with tempfile.TemporaryDirectory() as place:
        return {"read": _reads(Path(place)), "writer": _writes(Path(place) / "shard-0.jsonl")}


def _reads(place: Path) -> dict[str, object]:
    """Kills `apportion read` over an older trace: the old one or the new one has to be there."""
    logs = [_log(place / f"{rows}.jsonl", rows) for rows in ROWS]
    trace = place / "trace"
    started = time.monotonic()
    for log in logs:
        _command(log, trace).wait()
    spent = (time.monotonic() - started) / len(logs)
    rng, found, done = random.Random(0), [], 0
    for turn in range(KILLS):
        before = len(store.read(trace))
        run = _command(logs[turn % 2], trace)
        time.sleep(rng.uniform(0, 1.1 * spent))
        done += run.poll() is not None
        run.kill()
        run.wait()
        found.append(len(store.read(trace)) in (before, ROWS[turn % 2]))
    left = [path.name for path in trace.iterdir()]
    return {
        "kills": KILLS,
        "seconds of one read": round(spent, 2),
        "ended before the kill": done,
        "whole trace afterwards": sum(found),
        "files left at the end": len(left),
    }


def _writes(path: Path) -> dict[str, object]:
    """Kills a writer of a shard, again and again: what it said was written has to be there."""
    rng, lost, twice, acknowledged = random.Random(1), 0, 0, -1
    for _ in range(KILLS):
        run = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert run.stdout is not None
        run.stdout.readline()
        time.sleep(rng.uniform(0, 0.3))
        run.kill()
        said = run.stdout.read().split("\n")[:-1]
        run.wait()
        acknowledged = max([acknowledged, *map(int, said)])
        rows = [record["row"] for record in records(path)]
        lost += acknowledged + 1 - len(set(rows) & set(range(acknowledged + 1)))
        twice += len(rows) - len(set(rows))
    return {"kills": KILLS, "rows acknowledged": acknowledged + 1, "lost": lost, "twice": twice}


def _log(path: Path, rows: int) -> Path:
    with path.open("w") as file:
        for row in range(rows):
            told = {"problem": f"p{row // 100}", "sample": row % 100, "correct": row % 3 == 0}
            file.write(json.dumps(told) + "\n")
    return path


def _command(log: Path, trace: Path) -> "subprocess.Popen[bytes]":
    asked = [sys.executable, "-m", "apportion", "read", str(log), "-o", str(trace)]
    return subprocess.Popen(asked, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


PARTS: dict[str, Callable[[Starmap], dict[str, object]]] = {"kills": kills}
