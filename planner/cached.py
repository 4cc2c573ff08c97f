"""The cache: the ground of a log kept on disk, so that the next budget is planned at once.

A file holds arrays and one JSON text, no code. Its name is a digest of what it was made from: the
bytes of the log, how they were read, the seed and rule, and this version of the program.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..analysis.counts import Counts
from ..analysis.curve import Floats
from ..analysis.levels import Levels
from ..analysis.probe import Probe
from ..data.traces import Group, Source
from .ground import Ground, Noise
from .plan import Option
from .stages import Told
from .table import Believed, ValueTable
from .used import KINDS, Used

FORMAT = 1
KEPT = 8
"""Files that the cache holds; the ones longest unused make room."""
MANIFEST = "manifest.json"
ROOT = Path(__file__).resolve().parent.parent
CODE = ("data", "analysis", "fitting", "planner")
COSTS = ("n", "c", "prompt_tokens", "output_tokens", "seconds", "verdict_tokens")
Arrays = dict[str, np.ndarray]


def folder() -> Path | None:
    """Returns where the cache lies, None where APPORTION_CACHE is `off`."""
    told = os.environ.get("APPORTION_CACHE")
    if told is not None:
        return None if told == "off" else Path(told)
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "apportion"


def place(log: Path, made: Mapping[str, object]) -> Path | None:
    """Returns the file that holds the ground of a log made in some way, whether it is there or not.

    None where nothing is cached: it is turned off, or the log is no file and no trace.
    """
    where = folder()
    source = log / MANIFEST if log.is_dir() else log
    if where is None or not source.is_file():
        return None
    with source.open("rb") as file:
        bytes_ = hashlib.file_digest(file, "sha256").hexdigest()
    told = json.dumps([FORMAT, _code(), bytes_, made], sort_keys=True, default=str)
    return where / f"{hashlib.sha256(told.encode()).hexdigest()[:32]}.npz"


def _code() -> str:
    """A digest of the program's files by their size and time."""
    files = sorted(p for name in CODE for p in (ROOT / name).rglob("*.py"))
    told = [(p.name, (s := p.stat()).st_size, s.st_mtime_ns) for p in files]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def load(file: Path) -> Ground | None:
    """Returns the ground in a file, None where there is none or it cannot be read."""
    try:
        with np.load(file, allow_pickle=False) as held:
            told = json.loads(bytes(held["json"]).decode())
            made = _ground(told, held)
        os.utime(file)
    except (OSError, ValueError, KeyError, EOFError):
        return None
    return made


def save(file: Path, base: Ground, noise: Mapping[Option, Noise]) -> None:
    """Keeps a ground, whole or not at all; a cache that cannot be written is no error."""
    arrays: Arrays = {}
    told = _told(base, noise, arrays)
    arrays["json"] = np.frombuffer(json.dumps(told).encode(), dtype=np.uint8)
    draft = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as out:
            np.savez(out, **arrays)  # type: ignore[arg-type]
        draft.replace(file)
        for old in sorted(file.parent.glob("*.npz"), key=lambda p: -p.stat().st_mtime)[KEPT:]:
            old.unlink()
    except OSError:
        draft.unlink(missing_ok=True)


def _told(base: Ground, noise: Mapping[Option, Noise], arrays: Arrays) -> dict[str, Any]:
    """The JSON of a ground, its arrays put aside by name."""
    ways = [base.plain, *(t for t in base.told if t is not base.plain)]
    ways += [] if base.gold is None else [base.gold]
    off = base.plain.table.believed
    if off is not None:
        arrays["right"], arrays["wrong"] = off.right, off.wrong
    for i, found in enumerate(noise.values()):
        arrays[f"noise {i}"] = np.stack([found.samples, found.verdicts, found.labels])
    return {
        "logs": [_log(counts, i, arrays) for i, counts in enumerate(base.logs)],
        "ways": [_way(told, i, arrays) for i, told in enumerate(ways)],
        "plain": any(told is base.plain for told in base.told),
        "gold": base.gold is not None,
        "noise": [_option(option) for option in noise],
        "doubts": list(base.doubts),
        "seed": base.seed,
    }


def _ground(told: Mapping[str, Any], held: Mapping[str, Any]) -> Ground:
    pair = (held["right"], held["wrong"]) if "right" in held else None
    ways = [_way_back(each, i, held, pair) for i, each in enumerate(told["ways"])]
    gold = ways.pop() if told["gold"] else None
    noise = {_option_back(each): Noise(*held[f"noise {i}"]) for i, each in enumerate(told["noise"])}
    return Ground(
        tuple(_log_back(each, i, held) for i, each in enumerate(told["logs"])),
        ways[0],
        tuple(ways if told["plain"] else ways[1:]),
        gold,
        noise,
        tuple(told["doubts"]),
        told["seed"],
    )


def _log(counts: Counts, i: int, arrays: Arrays) -> dict[str, Any]:
    for name in COSTS:
        arrays[f"log {i} {name}"] = getattr(counts, name)
    return {
        "group": asdict(counts.group),
        "problems": list(counts.problems),
        "levels": counts.levels and list(counts.levels),
        "stop_rule": counts.stop_rule,
        "verifier": counts.verifier,
        "sources": [asdict(source) for source in counts.sources],
        "labels": counts.labels,
    }


def _log_back(told: Mapping[str, Any], i: int, held: Mapping[str, Any]) -> Counts:
    return Counts(
        group=Group(**told["group"]),
        problems=tuple(told["problems"]),
        levels=told["levels"] and tuple(told["levels"]),
        stop_rule=told["stop_rule"],
        verifier=told["verifier"],
        drawn=None,
        sources=tuple(Source(**source) for source in told["sources"]),
        labels=told["labels"],
        **{name: held[f"log {i} {name}"] for name in COSTS},
    )


def _way(told: Told, i: int, arrays: Arrays) -> dict[str, Any]:
    table = told.table
    assert table.used is not None
    assert table.wrong is not None
    use = table.used
    # Where nothing runs at once, time is a copy of the amounts.
    timed = not np.array_equal(use.each[:2], use.each[2:])
    kinds = KINDS if timed else 2
    parts = {
        "level": told.levels.of,
        "problem": told.problem,
        "often": told.often,
        "value": table.value,
        "wrong": table.wrong,
        "of": use.of,
        "each": use.each[:kinds],
    }
    parts |= {} if use.probe is None else {"probe": use.probe[:kinds]}
    arrays |= {f"way {i} {name}": part for name, part in parts.items()}
    return {
        "names": list(told.levels.names),
        "rule": told.levels.rule,
        "probe": None if told.probe is None else _probe(told.probe),
        "options": [_option(option) for option in table.options],
        "by": use.by,
        "believed": None if table.believed is None else table.believed.columns.tolist(),
    }


def _way_back(
    told: Mapping[str, Any], i: int, held: Mapping[str, Any], pair: tuple[Floats, Floats] | None
) -> Told:
    def part(name: str) -> Any:
        return held[f"way {i} {name}"]

    problem, value = part("problem"), part("value")
    probe = _timed(part("probe")) if f"way {i} probe" in held else None
    used = Used(part("of"), _timed(part("each")), told["by"], probe)
    off = None
    if told["believed"] is not None and pair is not None:
        off = Believed(np.asarray(told["believed"]), *pair, problem)
    options = tuple(_option_back(each) for each in told["options"])
    table = ValueTable(options, value, np.full(value.shape, np.nan), part("wrong"), used, off)
    levels = Levels(tuple(told["names"]), part("level"), told["rule"])
    looked = None if told["probe"] is None else _probe_back(told["probe"])
    return Told(levels, problem, part("often"), table, looked)


def _timed(amounts: Floats) -> Floats:
    return amounts if len(amounts) == KINDS else np.concatenate([amounts, amounts])


def _option(option: Option) -> list[Any]:
    group = list(asdict(option.group).values())
    fields: Sequence[Any] = (
        option.strategy, option.solutions, option.verdicts, option.verifier, group, option.gate,
        option.fitted,
    )  # fmt: skip
    return list(fields)


def _option_back(told: Sequence[Any]) -> Option:
    strategy, solutions, verdicts, verifier, group, gate, fitted = told
    return Option(strategy, solutions, verdicts, verifier, Group(*group), gate, fitted)


def _probe(probe: Probe) -> dict[str, Any]:
    return asdict(probe)


def _probe_back(told: Mapping[str, Any]) -> Probe:
    parts = dict(told) | {"group": Group(**told["group"]), "cuts": tuple(told["cuts"])}
    return Probe(**parts)
