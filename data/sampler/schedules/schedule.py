"""What every schedule tells: which problems it looks at together, and what they get next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ..course import Course


class Schedule(Protocol):
    """A pure step from what was drawn to what is drawn next.

    `stop_rule` is what the trace says of it; `together` that it weighs all problems against each
    other. `most` is how many samples all these problems can get at most.
    """

    @property
    def stop_rule(self) -> str: ...

    @property
    def together(self) -> bool: ...

    def settings(self) -> Mapping[str, object]:
        """Returns what the trace's header keeps."""
        ...

    def most(self, problems: int) -> int: ...

    def wants(self, courses: Sequence[Course]) -> list[int]:
        """Returns how many more samples each problem gets now; all zero where it is done."""
        ...
