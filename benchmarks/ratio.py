"""One ratio: two ways to do a thing, timed in turn in one process by CPU time."""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Ratio:
    """CPU seconds of ours and of theirs, medians of interleaved runs, and theirs / ours."""

    name: str
    ours: float
    theirs: float
    error: float

    @property
    def times(self) -> float:
        """How many times less CPU ours takes."""
        return self.theirs / self.ours


def measure(
    name: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    error: float,
    scale: float = 1.0,
    runs: int = 5,
) -> Ratio:
    """Times both in turn; `scale` is how many times as much work ours does."""
    mine, other = [], []
    for _ in range(runs):
        mine.append(_cpu(ours))
        other.append(_cpu(theirs))
    return Ratio(name, median(mine) / scale, median(other), error)


def _cpu(work: Callable[[], object]) -> float:
    start = spent()
    work()
    return spent() - start


def spent() -> float:
    """CPU seconds of this process and of those that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
