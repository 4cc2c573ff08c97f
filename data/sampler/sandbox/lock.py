"""The lock of the sandbox: a process gives up, for good, the means to harm."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterable
from typing import Any

from . import seccomp

MEMORY = 512 * 2**20
LIMITS = {
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_NOFILE: 3,
    resource.RLIMIT_NPROC: 0,
    resource.RLIMIT_CORE: 0,
}
NARROW = ("compile", "exec")
"""The audited operations that evaluating an expression needs."""

WIDE = (
    *NARROW,
    *("builtins.id", "builtins.input", "builtins.input/result", "array.__new__", "time.sleep"),
    *("sys._getframe", "sys._getframemodulename", "sys.unraisablehook", "sys.excepthook"),
    *("object.__getattr__", "object.__setattr__", "object.__delattr__", "function.__new__"),
)
"""Those that may happen in a whole program; they reach its own memory and nothing else."""


class Refused(Exception):
    """Something was tried that is not on the list."""


def lock(
    cpu_seconds: int, events: Iterable[str] = NARROW, memory: int = MEMORY, means: Any = None
) -> bool:
    """Resources first, then system calls, then every audited operation but `events`.

    `means` is what `seccomp.reach` found, where that was asked before. Says whether the system
    calls are confined as well, which only Linux can do.
    """
    ctypes = means or seccomp.reach()
    seccomp.unshare(ctypes)
    for limit, value in {**LIMITS, resource.RLIMIT_CPU: cpu_seconds}.items():
        resource.setrlimit(limit, (value, value))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    confined = seccomp.confine(ctypes)
    allowed = frozenset(events)

    def forbid(event: str, _: tuple[Any, ...]) -> None:
        if event not in allowed:
            raise Refused(event)

    sys.addaudithook(forbid)
    return confined
