"""Whole programs that a model wrote: whether each survives its tests, found out in the sandbox."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ...errors import InputError
from . import child
from .ground import LATE

DEAD = "the sandbox ended"
START_SECONDS = 20.0
WALL_SECONDS = 10.0  # for one program and its tests

Trial = tuple[str, tuple[str, ...]]
"""A program, and the statements that must hold after it has run."""

RIGHT: Trial = ("def same(x): return x", ("assert same([1]) == [1]",))


def failures(trials: Sequence[Trial]) -> list[str]:
    """Returns why each program fails its tests, or an empty text where it passes them all.

    A trial that ran out of time on the clock is held once more, alone: it may have been the fault
    of others. The text may hold a model's words.
    """
    found = child.in_turn(trials, _ask, DEAD)
    return [
        (_ask([trial]) or [DEAD])[0] if why == LATE and len(trials) > 1 else why
        for trial, why in zip(trials, found, strict=True)
    ]


def _ask(trials: Sequence[Trial]) -> list[str]:
    """The failures that the sandbox found before it ended; it must pass a right program first."""
    held = [RIGHT, *trials]
    said = b"".join(_block(program) + _block(json.dumps(tests)) for program, tests in held)
    seconds = START_SECONDS + len(held) * (WALL_SECONDS + 1)
    lines = child.converse("court", [str(WALL_SECONDS)], said, seconds)
    first, *found = [str(json.loads(line)) for line in lines[: len(held)]] or [LATE]
    if first not in ("", LATE):
        raise InputError(f"the sandbox fails a right program here; {first!a}")
    return found


def _block(text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return f"{len(data):08x}".encode() + data
