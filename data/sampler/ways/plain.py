"""A solution in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..engines.engine import Engine
from .way import Made, Wanted


@dataclass(frozen=True, slots=True)
class Plain:
    """Draws until the stop, or to the problem's length."""

    effort: str | None = None
    run: str | None = None
    rows: int = 1
    breadth: int = 1

    def make(self, engine: Engine, wanted: Sequence[Wanted], seed: int) -> list[Made]:
        """Draws them all in one call."""
        del seed  # the solutions have their own
        draws = engine.propose([each.request() for each in wanted])
        return [Made(w.problem, w.number, d) for w, d in zip(wanted, draws, strict=True)]
