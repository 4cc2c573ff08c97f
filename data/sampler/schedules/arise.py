"""More repeats where outcomes vary: the sampling of ARISE (Yin et al. 2025, arXiv 2510.06014)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

from ..course import Course

ENOUGH = 0.5
"""The sum of both coefficients of variation at which a problem has repeats enough."""


@dataclass(frozen=True, slots=True)
class Arise:
    """Draws at least `least` samples, then more while CV(accuracy) + CV(tokens) exceeds .5.

    CV is sd / mean, the sd with ddof 0. The first samples are kept: they are samples like any.
    """

    cap: int
    least: int = 3
    together: bool = False
    stop_rule: str = "variance-driven repeats"

    def settings(self) -> Mapping[str, object]:
        """Returns the least and the most samples, and the bound."""
        return {"schedule": "arise", "least": self.least, "cap": self.cap, "enough": ENOUGH}

    def most(self, problems: int) -> int:
        """Returns the cap on each."""
        return problems * self.cap

    def wants(self, courses: Sequence[Course]) -> list[int]:
        """Returns what is missing to the least, then one for each problem that varies."""
        return [self._wants(course) for course in courses]

    def _wants(self, course: Course) -> int:
        least = min(self.least, self.cap)
        if course.drawn < least:
            return least - course.drawn
        right = [float(row["correct"] is True) for row in course.rows]
        tokens = [float(row["output_tokens"]) for row in course.rows]
        return int(course.drawn < self.cap and _spread(right) + _spread(tokens) > ENOUGH)


def _spread(values: Sequence[float]) -> float:
    """The coefficient of variation; the small term keeps all-zero accuracies at 0."""
    return pstdev(values) / (fmean(values) + 1e-8)
