"""Schedules: how many more samples each problem gets, seen what came of those before."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import InputError, nearest
from .arise import Arise
from .dynamic import Dynamic
from .fixed import Fixed
from .live import Live
from .schedule import Schedule
from .until import Until

SCHEDULES: dict[str, Callable[..., Schedule]] = {
    "fixed": Fixed,
    "dynamic": Dynamic,
    "until": Until,
    "arise": Arise,
}
"""The kinds of schedules by name; a policy is executed by `Live`."""
__all__ = ["SCHEDULES", "Live", "Schedule", "parse"]


def parse(text: str, samples: int) -> Schedule:
    """Reads `fixed`, `dynamic`, `until:R` (successes), or `arise:LEAST`; `samples` is n or the cap.

    Raises:
        InputError: no such schedule, or a number out of its bounds.

    >>> parse("until:2", 64)
    Until(cap=64, successes=2, together=False)
    """
    name, colon, told = text.partition(":")
    if name not in SCHEDULES:
        known = [*SCHEDULES, "consistency", "policy"]
        raise InputError(f"no schedule {name!r} ({', '.join(known)}){nearest(name, known)}")
    if not colon:
        return SCHEDULES[name](samples)
    if name == "fixed" or not told.isdecimal() or int(told) < 1:
        takes = "takes no number" if name == "fixed" else "takes a whole number >= 1"
        raise InputError(f"--schedule {name} {takes}; got {told!r}")
    return SCHEDULES[name](samples, int(told))
