"""Until a problem has been solved so many times, or its samples are used up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...traces import UNTIL_SUCCESS
from ..course import Course


@dataclass(frozen=True, slots=True)
class Until:
    """Draws one sample after another until `successes` are right, at most `cap`."""

    cap: int
    successes: int = 1
    together: bool = False

    @property
    def stop_rule(self) -> str:
        """What the log must say, since c/n is no estimate of such a log."""
        return UNTIL_SUCCESS if self.successes == 1 else f"until {self.successes} successes"

    def settings(self) -> Mapping[str, object]:
        """Returns the successes asked for and the cap."""
        return {"schedule": "until", "successes": self.successes, "cap": self.cap}

    def most(self, problems: int) -> int:
        """Returns the cap on each."""
        return problems * self.cap

    def wants(self, courses: Sequence[Course]) -> list[int]:
        """Returns one for each problem that is still open."""
        return [int(c.successes < self.successes and c.drawn < self.cap) for c in courses]
