"""The same number of samples on every problem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...traces import FIXED
from ..course import Course


@dataclass(frozen=True, slots=True)
class Fixed:
    """Draws `samples` of each problem, whatever comes of them."""

    samples: int
    stop_rule: str = FIXED
    together: bool = False

    def settings(self) -> Mapping[str, object]:
        """Returns n."""
        return {"schedule": "fixed", "samples": self.samples}

    def most(self, problems: int) -> int:
        """Returns n on each."""
        return problems * self.samples

    def wants(self, courses: Sequence[Course]) -> list[int]:
        """Returns all that is missing."""
        return [self.samples - course.drawn for course in courses]
