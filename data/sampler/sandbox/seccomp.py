"""The system calls that a computation needs; all others fail, in this process and for good."""

from __future__ import annotations

import platform
import struct
import sys
from typing import Any

# The number of each call; what is left out has no such call.
CALLS: dict[str, dict[str, int]] = {
    "x86_64": {
        **{"read": 0, "write": 1, "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12},
        **{"rt_sigprocmask": 14, "rt_sigreturn": 15, "sched_yield": 24, "mremap": 25},
        **{"madvise": 28, "nanosleep": 35, "setitimer": 38, "getpid": 39, "exit": 60},
        **{"gettimeofday": 96, "getrusage": 98, "times": 100, "time": 201, "futex": 202},
        **{"restart_syscall": 219, "clock_gettime": 228, "clock_getres": 229},
        **{"clock_nanosleep": 230, "exit_group": 231, "getrandom": 318},
    },
    "aarch64": {
        **{"read": 63, "write": 64, "exit": 93, "exit_group": 94, "futex": 98, "nanosleep": 101},
        **{"setitimer": 103, "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115},
        **{"sched_yield": 124, "restart_syscall": 128, "rt_sigprocmask": 135, "rt_sigreturn": 139},
        **{"times": 153, "getrusage": 165, "gettimeofday": 169, "getpid": 172, "brk": 214},
        **{"munmap": 215, "mremap": 216, "mmap": 222, "mprotect": 226, "madvise": 233},
        **{"getrandom": 278},
    },
}
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # instructions of the filter's machine
NUMBER, ARCHITECTURE = 0, 4  # where a call's description holds its number, and its machine
ALLOW, FAIL, KILL = 0x7FFF0000, 0x00050001, 0x80000000  # FAIL is EPERM
SET_NO_NEW_PRIVS, SET_SECCOMP, FILTER_MODE = 38, 22, 2
NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000


def program(machine: str) -> bytes:
    """Returns the filter of a machine in the kernel's own form, eight bytes an instruction."""
    numbers = sorted(CALLS[machine].values())
    lines = [
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_IF_EQUAL, 1, 0, ARCHITECTURES[machine]),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        *((JUMP_IF_EQUAL, len(numbers) - at, 0, number) for at, number in enumerate(numbers)),
        (RETURN, 0, 0, FAIL),
        (RETURN, 0, 0, ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def reach() -> Any:
    """Returns ctypes where there is a filter to install with it, else None; it opens files."""
    if sys.platform != "linux" or platform.machine() not in CALLS:
        return None
    try:
        import ctypes
    except ImportError:
        return None
    # Nothing that runs here later may find it.
    for name in [name for name in sys.modules if name.startswith(("ctypes", "_ctypes"))]:
        del sys.modules[name]
    return ctypes


def unshare(ctypes: Any) -> None:
    """Leave the network; some containers refuse, and the filter does without."""
    if ctypes is not None:
        ctypes.CDLL(None).unshare(NEW_USER | NEW_NETWORK)


def confine(ctypes: Any) -> bool:
    """Install the filter, and say whether it holds."""
    if ctypes is None:
        return False
    code = program(platform.machine())
    held = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog: a count, padding, a pointer.
    described = struct.pack("=H6xQ", len(code) // 8, ctypes.addressof(held))
    control = ctypes.CDLL(None).prctl
    words = [ctypes.c_ulong(word) for word in (0, 0, 0, 1)]
    return bool(
        control(SET_NO_NEW_PRIVS, words[3], *words[:3]) == 0
        and control(SET_SECCOMP, FILTER_MODE, ctypes.c_char_p(described), *words[:2]) == 0
    )
