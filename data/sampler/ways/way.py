"""What every way to a solution is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from ..engines.engine import Draw, Engine, Request
from ..tasks.problem import Problem


@dataclass(frozen=True, slots=True)
class Wanted:
    """One solution wanted: of which problem, its number, the seed of its stream, and how hot."""

    problem: Problem
    number: int
    seed: int
    temperature: float

    def request(self, **told: Any) -> Request:
        """Returns the request for it in one go; `told` replaces what is asked otherwise."""
        return replace(self.problem.request(self.seed, self.temperature), **told)


@dataclass(frozen=True, slots=True)
class Made:
    """A solution as it was made: its number among the problem's samples, and how it came about."""

    problem: Problem
    sample: int
    draw: Draw
    chain: int | None = None
    round: int | None = None
    score: float | None = None
    log: Mapping[str, Any] | None = field(default=None, repr=False)


class Way(Protocol):
    """How a solution is made.

    `effort` and `run` name it in the trace. One solution gives `rows` samples and takes `breadth`
    rows of the model's work at once.
    """

    @property
    def effort(self) -> str | None: ...

    @property
    def run(self) -> str | None: ...

    @property
    def rows(self) -> int: ...

    @property
    def breadth(self) -> int: ...

    def make(self, engine: Engine, wanted: Sequence[Wanted], seed: int) -> list[Made]:
        """Returns `rows` samples for each solution wanted; `seed` is the whole run's."""
        ...
