"""Generated code is run here and nowhere else: in a locked child process, and failing closed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from .programs import SHOTS, Inputs, Program

JAIL = Path(__file__).with_name("jail.py")
COMMAND = (sys.executable, "-I", "-S", "-W", "ignore", str(JAIL))
WALL_SECONDS = 20.0
BATCH = 64  # expressions a child is given at once

Outcomes = tuple[str | None, ...]


def run(
    program: Program, expressions: Iterable[str], inputs: Sequence[Inputs]
) -> dict[str, Outcomes]:
    """What each distinct expression returns on each input, as text; None where it failed.

    When a child dies, the expression it was at gets one more chance, at the head of a fresh child;
    so an expression is judged by its own doings only.
    """
    failed: Outcomes = (None,) * len(inputs)
    waiting = list(dict.fromkeys(expressions))
    results: dict[str, Outcomes] = {}
    while waiting:
        done = _run_child(program, waiting[:BATCH], inputs) or [failed]
        results.update(zip(waiting, done, strict=False))
        waiting = waiting[len(done) :]
    return results


def _run_child(
    program: Program, expressions: list[str], inputs: Sequence[Inputs]
) -> list[Outcomes]:
    """The outcomes the child managed to report before it ended."""
    job = {
        "name": program.name,
        "parameters": list(program.domains),
        "shown": [[shot.name, list(shot.domains), shot.reference] for shot in SHOTS],
        "expressions": expressions,
        "inputs": json.dumps(inputs),
        "count": len(inputs),
    }
    with tempfile.TemporaryDirectory(prefix="apportion-jail-") as empty:
        lines = _converse(json.dumps(job), empty).splitlines()
    outcomes: list[Outcomes] = []
    for line in lines[: len(expressions)]:
        try:
            outcomes.append(_checked(json.loads(line), len(inputs)))
        except ValueError:  # a line cut short by death
            break
    return outcomes


def _checked(said: object, count: int) -> Outcomes:
    """The child's report is not trusted either: one text or nothing for each input."""
    if not isinstance(said, list) or len(said) != count:
        return (None,) * count
    return tuple(text if isinstance(text, str) else None for text in said)


def _converse(job: str, folder: str) -> str:
    """Start the child in its own process group, without environment, and never outwait it."""
    child = subprocess.Popen(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={},
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        said, _ = child.communicate(job, timeout=WALL_SECONDS)
    except subprocess.TimeoutExpired:
        _kill_group(child.pid)
        said, _ = child.communicate()
    finally:
        _kill_group(child.pid)
        child.wait()
    return said


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
