"""Job: what a run is asked to draw, and the promise that its parts are all of one run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import shards
from ..errors import InputError
from ..store import replacing
from .schedules import Schedule
from .tasks.generated import digest
from .tasks.problem import Problem
from .verifiers.verifier import Verifier
from .ways.way import Way

MODEL = ("engine", "model", "weights_sha256", "dtype")
"""What of an engine's description must not change within a run; versions and devices may."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One setting under which problems are solved."""

    temperature: float
    way: Way

    @property
    def name(self) -> str:
        """What tells its random streams from those of another arm."""
        parts = (f"T={self.temperature:g}", self.way.run, self.way.effort)
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Job:
    """What to draw.

    `words` say how the verifiers were asked for, with all their settings. `judge` names the one
    that a policy listens to. `part` of `parts` says which problems are this process's. At most
    `at_once` solutions are drawn by one call of the engine.
    """

    tasks: Sequence[Problem]
    arms: Sequence[Arm]
    schedule: Schedule
    verifiers: Sequence[Verifier] = ()
    words: Sequence[str] = ()
    seed: int = 0
    judge: str | None = None
    part: int = 0
    parts: int = 1
    at_once: int = 256
    token_ids: bool = False

    @property
    def mine(self) -> list[Problem]:
        """The problems of this part."""
        return list(self.tasks[self.part :: self.parts])

    @property
    def shard(self) -> str:
        """The name of this part's shard."""
        return f"shard-{self.part}-of-{self.parts}.jsonl"

    def settings(self) -> dict[str, Any]:
        """Returns what every part of the run must agree on."""
        return {
            **self.schedule.settings(),
            "arms": [arm.name for arm in self.arms],
            "verifiers": {v.name: v.repeats for v in self.verifiers},
            "asked": list(self.words),
            "seed": self.seed,
            "tasks": len(self.tasks),
            "tasks_sha256": digest(list(self.tasks)),
            "token_ids": self.token_ids,
        }


def agree(out: Path, job: Job) -> dict[str, Any] | None:
    """Returns what the run under `out` says of itself; None where there is none yet.

    Raises:
        InputError: it was asked for something else, or `out` holds something else.
    """
    if not shards.is_run(out):
        if out.exists() and (not out.is_dir() or _foreign(out)):
            raise InputError(f"{out}: already there and no run of the sampler; choose another -o")
        return None
    told = shards.told(out)
    _same(out, told["settings"], job.settings())
    parts = {path.name.rpartition("-of-")[2] for path in shards.paths(out)}
    if parts - {f"{job.parts}.jsonl"}:
        raise InputError(f"{out}: was begun in other parts than --shard {job.part}/{job.parts}")
    return told


def _foreign(out: Path) -> bool:
    """Tells whether a folder holds more than what a run, killed in its first moment, left there."""
    files = (path for path in out.rglob("*") if not path.is_dir())
    return any(path.parent != out / shards.FOLDER or path.suffix != ".tmp" for path in files)


def begin(out: Path, job: Job, info: Mapping[str, object], today: str) -> None:
    """Writes what the run is; a run that was begun before must have had the same model.

    Raises:
        InputError: it had another.
    """
    if shards.is_run(out):
        kept = shards.told(out)["settings"]
        mine = {key: info[key] for key in MODEL if key in info}
        _same(out, kept, mine)
        return
    told = {
        "settings": {**job.settings(), **info, "date": today},
        "stop_rule": job.schedule.stop_rule,
        "problems": [
            # A reference program is one right answer of many, so it is no gold to compare with.
            {"problem": t.name, "level": t.level, "benchmark": t.benchmark, "gold": _gold(t)}
            for t in job.tasks
        ],
    }
    with replacing(out / shards.FOLDER / shards.RUN) as file:
        file.write(json.dumps(told, indent=1, allow_nan=False).encode())


def _same(out: Path, theirs: Mapping[str, Any], mine: Mapping[str, Any]) -> None:
    plain = json.loads(json.dumps(mine))  # as it would come back from the file
    for key, value in plain.items():
        if theirs.get(key) != value:
            raise InputError(
                f"{out}: holds a run with other settings: {key} is {theirs.get(key)!r}, not"
                f" {value!r}; choose another -o, or ask for the same"
            )


def _gold(task: Problem) -> str | None:
    return None if task.program else task.gold
