"""The next sample goes to the problem with the fewest successes."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..course import Course


@dataclass(frozen=True, slots=True)
class Dynamic:
    """Spends `samples` a problem on average where successes are fewest, `step` samples at a time.

    Of equals, the problem drawn least is next, then the first. Within a step the samples asked for
    already count as failures, so that `step = 1` looks at every sample and more spread out more.
    """

    samples: int
    step: int = 32
    stop_rule: str = "dynamic: fewest successes next"
    together: bool = True

    def settings(self) -> Mapping[str, object]:
        """Returns the mean number of samples and the step."""
        return {"schedule": "dynamic", "samples": self.samples, "step": self.step}

    def most(self, problems: int) -> int:
        """Returns the whole budget."""
        return problems * self.samples

    def wants(self, courses: Sequence[Course]) -> list[int]:
        """Returns the next step's samples, or what is left of the budget."""
        left = self.most(len(courses)) - sum(course.drawn for course in courses)
        queue = [(c.successes, c.drawn, at) for at, c in enumerate(courses)]
        heapq.heapify(queue)
        wanted = [0] * len(courses)
        for _ in range(min(self.step, left)):
            solved, drawn, at = queue[0]
            wanted[at] += 1
            heapq.heapreplace(queue, (solved, drawn + 1, at))
        return wanted
