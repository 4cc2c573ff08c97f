"""How sure the model was of its own solution: the mean log-probability of its tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from ..engines.engine import Engine
from ..solution import Solution, Verdict
from .verifier import scored


@dataclass(frozen=True, slots=True)
class Likelihood:
    """A score that costs nothing: a ranking, and a verdict only where a threshold is given.

    Where the log-probabilities are unknown (NaN), score and verdict are missing.
    """

    threshold: float | None = None
    name: ClassVar[str] = "likelihood"
    repeats: ClassVar[int] = 1

    def judge(
        self, engine: Engine, solutions: Sequence[Solution], seed: int
    ) -> list[list[Verdict]]:
        """Returns one verdict for each solution; neither model nor stream is used."""
        del engine, seed
        return [[scored(solution.mean_logprob, self.threshold)] for solution in solutions]
