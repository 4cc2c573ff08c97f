"""What is asked of a ranking, and what its answer is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...analysis.curve import MASS
from ...data.judgments import Ints

ROPE = {"outcomes": 0.01, "pairs": 0.1, "orders": 0.1, "levels": 0.02}
"""Differences that do not matter: of accuracy, in logits, in shares of the range of levels."""


@dataclass(frozen=True, slots=True)
class How:
    """How a ranking is made: see `rank`."""

    metric: str = "coverage"
    k: int | Sequence[int] = 1
    budget: float | None = None
    rope: float | None = None
    mass: float = MASS
    seed: int = 0

    def rng(self) -> np.random.Generator:
        """Returns the generator of a posterior's draws."""
        return np.random.default_rng([self.seed, 8])

    def matters(self, kind: str, reach: float = 1.0) -> float:
        """Returns the difference up to which two candidates are equal; `reach` is of the values."""
        return ROPE[kind] * reach if self.rope is None else self.rope


def sizes(item: Ints | None, judge: Ints | None, **more: int) -> dict[str, int]:
    """Returns how many of everything the judgments hold."""
    named = {"items": item, "judges": judge}
    return more | {n: len(np.unique(x)) for n, x in named.items() if x is not None}
