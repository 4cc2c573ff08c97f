"""The outside of the sandbox: a child process is started, spoken to, and never outwaited."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from ...errors import InputError

START = """
import importlib, sys
sys.path.append(sys.argv[1])
main = importlib.import_module("sandbox." + sys.argv[2]).main
sys.path.remove(sys.argv[1])
main(*sys.argv[3:])
"""
# Isolated, without site packages; of all its environment a child keeps the seed of its hashes, so
# that what a set of texts gives first is the same in every run.
COMMAND = (sys.executable, "-P", "-s", "-S", "-W", "ignore", "-c", START)
ENVIRONMENT = {"PYTHONHASHSEED": "0"}
READY = "ready"
BATCH = 64  # jobs that a child is given at once

Job = TypeVar("Job")
Outcome = TypeVar("Outcome")


def in_turn(
    jobs: Sequence[Job], ask: Callable[[Sequence[Job]], list[Outcome]], failed: Outcome
) -> list[Outcome]:
    """Returns the outcome of each job; `ask` gives those that a child managed before it ended.

    When a child dies, the job it was at gets one more chance, at the head of a fresh child; so a
    job is judged by its own doings only.
    """
    outcomes: list[Outcome] = []
    while len(outcomes) < len(jobs):
        waiting = jobs[len(outcomes) : len(outcomes) + BATCH]
        outcomes += ask(waiting) or [failed]
    return outcomes


def converse(script: str, words: Sequence[str], said: bytes, seconds: float) -> list[str]:
    """Returns the lines that a script of the sandbox says when it is told something.

    Raises:
        InputError: the script does not start here, so its silence would mean nothing.
    """
    if sys.platform == "win32":
        raise InputError("the sandbox needs Linux or macOS; got Windows")
    room = str(Path(__file__).parent.parent)
    with tempfile.TemporaryDirectory(prefix="apportion-jail-") as empty:
        told, complaints = _speak((*COMMAND, room, script, *words), said, empty, seconds)
    first, *lines = told.decode("utf-8", "replace").split("\n")
    if first != READY:
        last = ascii(complaints.decode("utf-8", "replace").strip().rpartition("\n")[2][-200:])
        raise InputError(f"the sandbox does not start here: {script} must say it is ready; {last}")
    return lines[:-1]  # a line that death cut short does not count


def _speak(command: Sequence[str], said: bytes, folder: str, seconds: float) -> tuple[bytes, bytes]:
    """Start the child in a session of its own, and kill the whole of it in the end."""
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=ENVIRONMENT,
        start_new_session=True,
    )
    try:
        return child.communicate(said, timeout=seconds)
    except subprocess.TimeoutExpired:
        _kill_group(child.pid)
        return child.communicate()
    finally:
        _kill_group(child.pid)
        child.wait()


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
