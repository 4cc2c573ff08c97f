"""A cell: a fork of a trusted process, for one piece of work that may hang, die, or lie."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable

HIGHEST = 64  # a clerk has fewer ends open than this


def read_block() -> str | None:
    """Returns the next block of standard input, and takes nothing of what follows it."""
    length = _read(8)
    return _read(int(length, 16)).decode("utf-8", "surrogatepass") if length else None


def _read(count: int) -> bytes:
    got = b""
    while len(got) < count and (more := os.read(0, count - len(got))):
        got += more
    return got


def fork(keep: tuple[int, ...], work: Callable[[], None]) -> int:
    """Start a process that has nothing open but standard input and the named ends, and works.

    Returns its number; in the new process it never returns.
    """
    if child := os.fork():
        return child
    try:
        for end in sorted(set(range(3, HIGHEST)) - set(keep)):
            _close(end)
        for end in (1, 2):
            _mute(end)
        work()
    finally:
        os._exit(0)


def deafen() -> None:
    """Let go of standard input."""
    _mute(0)


def _mute(end: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, end)
    os.close(nothing)


def _close(end: int) -> None:
    try:
        os.close(end)
    except OSError:
        return


def hear(end: int, seconds: float) -> str | None:
    """Returns what is written to an end until it closes, and closes it; None where time is up."""
    deadline = time.monotonic() + seconds
    said = b""
    try:
        while select.select([end], [], [], max(0.0, deadline - time.monotonic()))[0]:
            more = os.read(end, 4096)
            said += more
            if not more:
                return said.decode()
        return None
    finally:
        os.close(end)


def bury(child: int) -> int:
    """Kill a process; returns the signal that ended it."""
    os.kill(child, signal.SIGKILL)
    return os.WTERMSIG(os.waitpid(child, 0)[1])
