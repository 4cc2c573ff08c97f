"""Drawn: the graded samples of a log, problem after problem, as read-only arrays."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .curve import Floats

Ints = NDArray[np.int64]
VOID = -1
"""The answer class of a sample whose answer could not be parsed."""

PER_SAMPLE = ("right", "answer", "score", "accepts", "sums", "mean_logprob", "tokens", "text")


def freeze(*arrays: NDArray[np.generic] | None) -> None:
    """Makes arrays read-only."""
    for array in arrays:
        if array is not None:
            array.setflags(write=False)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """The graded samples themselves, laid end to end; problem i owns `start[i]:start[i + 1]`.

    `right` (N,) is 0 or 1; `answer` (N,) the answer class within the problem, or VOID; `score`
    (N,) is NaN where missing; `accepts` (N, M) holds M verdicts, as many as every sample has: 1
    yes, 0 no, -1 missing or unread. `sums` (N, 3) are the accepting, the read and
    all verdicts that there are on each, where some have more; None where none has.
    `mean_logprob` and `tokens` (its output), (N,), are NaN where missing; `text` (N,) numbers the
    distinct completions. What the log never held is None.
    """

    start: Ints
    right: Floats
    answer: Ints | None = None
    score: Floats | None = None
    accepts: NDArray[np.int8] | None = None
    sums: Ints | None = None
    mean_logprob: Floats | None = None
    tokens: Floats | None = None
    text: Ints | None = None

    def __post_init__(self) -> None:
        freeze(self.start, *(getattr(self, name) for name in PER_SAMPLE))

    def only(self, kept: Ints) -> "Drawn":
        """Returns the samples of the problems at the given places."""
        sizes = np.diff(self.start)[kept]
        rows = np.concatenate([np.arange(self.start[i], self.start[i + 1]) for i in kept])
        return self.pick(rows, sizes)

    def pick(self, rows: Ints, sizes: Ints) -> "Drawn":
        """Returns the samples at `rows`, of which each problem owns the next `sizes[i]`."""
        start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        logged = {name: getattr(self, name) for name in PER_SAMPLE}
        picked: dict[str, Any] = {name: v if v is None else v[rows] for name, v in logged.items()}
        return replace(self, start=start, **picked)
