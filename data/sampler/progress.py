"""How far a run is: what was drawn, how fast, and how long it may still take."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY = (0.2, 15.0)
"""Seconds between two looks: on a terminal, and where lines stay."""


@contextmanager
def shown() -> Iterator[Callable[[int, int], None]]:
    """Yields what is told of samples drawn and the most there may be; it writes to stderr."""
    alive = sys.stderr.isatty()
    began, last, first = time.monotonic(), 0.0, -1

    def tell(done: int, most: int) -> None:
        nonlocal last, first, began
        now = time.monotonic()
        if first < 0:  # what an earlier run drew, or took to load, says nothing of this one's rate
            first, began = done, now
        if now - last >= EVERY[not alive] or done >= most:
            last = now
            told = line(done, most, done - first, now - began)
            sys.stderr.write(f"\r\x1b[K{told}" if alive else f"{told}\n")
            sys.stderr.flush()

    try:
        yield tell
    finally:
        if alive and last:
            sys.stderr.write("\n")


def line(done: int, most: int, fresh: int, seconds: float) -> str:
    """Returns the line for `done` of at most `most` samples, `fresh` of them in so many seconds.

    >>> line(512, 1024, 256, 64.0)
    '512 of 1,024 samples, 4.0 a second, at most 2 min left'
    >>> line(16, 1024, 0, 0.0)
    '16 of 1,024 samples'
    """
    told = f"{done:,} of {most:,} samples"
    if fresh <= 0 or seconds <= 0:
        return told
    rate = fresh / seconds
    left = (most - done) / rate
    return f"{told}, {rate:.1f} a second, at most {_span(left)} left"


def _span(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
