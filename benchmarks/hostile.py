"""Damaged logs: every one must end in a trace that lost nothing, or in one clear line."""

import json
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from apportion.data.errors import InputError
from apportion.data.readers import read
from apportion.data.readers.quarantine import REASON
from apportion.data.readers.zipped import zipfile
from apportion.data.traces import Trace

SECONDS = 20
"""The longest that one damaged log may take, on a machine that does other things too."""
HOSTILE = (
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\r\n",
    b"\n",
    b"\n\n",
    b"null",
    b"NaN",
    b"-1",
    b"1e999",
    b"9" * 25,
    b"9" * 5000,
    b"true",
    b'"=cmd|calc"',
    b'"\\ud800"',
    b'"\x1b[2J<script>"',
    b"[" * 3000,
    b"{}",
    b"[]",
    b'{"a":1,"a":2}',
    b"!!python/object/apply:os.system [true]",
    b"&a [*a, *a]",
    b",",
    b'"',
    b": ",
)
"""What is put into a log."""


@dataclass(slots=True)
class Outcome:
    """How many damaged logs ended in which way, the longest time, and what went wrong.

    Of those refused so many were `saved` with a quarantine for the rows that were at fault.
    """

    read: int = 0
    refused: int = 0
    saved: int = 0
    longest: float = 0.0
    wrong: list[str] = field(default_factory=list)
    formats: Counter[str] = field(default_factory=Counter)


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Returns bytes with one to three faults: cut, repeated, swapped, overwritten or put in."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        first, last = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        last = min(last, first + rng.choice((1, 8, 64, 4096)))
        piece = data[first:last]
        put = rng.choice(
            (
                b"",
                piece + piece,
                bytes(reversed(piece)),
                rng.choice(HOSTILE),
                piece + rng.choice(HOSTILE),
                bytes(b ^ (1 << rng.randrange(8)) for b in piece[:1]) + piece[1:],
                _other(data, rng),
            )
        )
        data = data[:first] + put + data[last:]
        if rng.random() < 0.1:
            data = data[:first]
        if not data:
            return data
    return data


def _other(data: bytes, rng: random.Random) -> bytes:
    """A line, or a value between commas, from elsewhere in the file."""
    return rng.choice(data.split(rng.choice((b"\n", b","))))


def spoil(path: Path, rng: random.Random) -> None:
    """Damages one file in place; of a ZIP often a member, so that the rest of it still opens."""
    if path.suffix != ".eval" or rng.random() < 0.3:
        path.write_bytes(damaged(path.read_bytes(), rng))
        return
    with zipfile.ZipFile(path) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    name = rng.choice(sorted(members))
    members[name] = damaged(members[name], rng)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)


def try_all(
    lay: Callable[[str, Path], Sequence[Path]], cases: Sequence[str], seeds: Iterator[int]
) -> Outcome:
    """Damages and reads a log for each seed, and says how that ended.

    Args:
        lay: lays the files of a case out in a folder that does not exist yet.
        cases: names of small logs; their format stands before a `+`.
        seeds: one for each damaged log.
    """
    outcome = Outcome()
    for seed in seeds:
        rng = random.Random(seed)
        case = rng.choice(list(cases))
        outcome.formats[case.partition("+")[0]] += 1
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "log"
            lay(case, folder)
            files = sorted(path for path in folder.rglob("*") if path.is_file())
            spoil(rng.choice(files), rng)
            named = case.partition("+")[0] if rng.random() < 0.5 and "," not in case else None
            started = time.monotonic()
            plain = _judge(outcome, files, named, f"seed {seed} ({case})", folder)
            aside = Path(place) / "aside.jsonl"
            what = f"seed {seed} ({case}), with a quarantine"
            kept = _judge(outcome, files, named, what, folder, aside)
            _judge_kept(outcome, plain, kept, aside, what)
            outcome.longest = max(outcome.longest, time.monotonic() - started)
    return outcome


def _judge(
    outcome: Outcome,
    files: Sequence[Path],
    named: str | None,
    what: str,
    folder: Path,
    aside: Path | None = None,
) -> Trace | None:
    """Reads a damaged log and notes how it ended."""
    signal.signal(signal.SIGALRM, _late)
    signal.alarm(SECONDS)
    try:
        trace = read(list(files), format=None if named == "tidy" else named, quarantine=aside)
    except InputError as error:
        said = str(error)
        outcome.refused += aside is None
        if "\n" in said or str(folder) not in said or len(said) > 2000:
            outcome.wrong.append(f"{what}: not one line that names the file: {ascii(said)[:300]}")
        return None
    except BaseException as error:  # a panic of polars is none of Exception
        if isinstance(error, KeyboardInterrupt):
            raise
        outcome.wrong.append(f"{what}: {type(error).__name__}: {ascii(str(error))[:300]}")
        return None
    finally:
        signal.alarm(0)
    outcome.read += aside is None
    _account(outcome, trace, what)
    return trace


def _account(outcome: Outcome, trace: Trace, what: str) -> None:
    rows = trace.header.rows
    kept = len(trace.samples) + len(trace.tallies)
    if rows["read"] != rows["kept"] + sum(rows["aside"].values()):
        outcome.wrong.append(f"{what}: rows were lost: {json.dumps(rows)}")
    if rows["kept"] < kept:
        outcome.wrong.append(f"{what}: more rows than were read: {json.dumps(rows)}, {kept}")


def _judge_kept(
    outcome: Outcome, plain: Trace | None, kept: Trace | None, aside: Path, what: str
) -> None:
    """Compares a read with a quarantine against one without."""
    if kept is None:
        if plain is not None or aside.exists():
            outcome.wrong.append(f"{what}: a quarantine lost a log that can be read, or its file")
        return
    told = [json.loads(line) for line in aside.read_text("ascii").splitlines()]
    counted = kept.header.rows["aside"].get(REASON, 0)
    if counted > len(told) or any(row.keys() != {"place", "rule", "row"} for row in told):
        outcome.wrong.append(f"{what}: {counted} rows counted, {len(told)} set aside")
    if plain is None:
        outcome.saved += bool(told)
        if not told:
            outcome.wrong.append(f"{what}: refused without, but nothing was set aside")
    elif told or len(plain) != len(kept):
        outcome.wrong.append(f"{what}: {len(told)} rows set aside of a log without a fault")


def _late(_: int, __: FrameType | None) -> None:
    raise TimeoutError(f"took longer than {SECONDS} s")
