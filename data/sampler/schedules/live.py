"""A policy carried out on fresh samples, by the very step that its replay on a log takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...policy import DRAW, Policy, decide
from ..course import Course


@dataclass(frozen=True, slots=True)
class Live:
    """Draws while the policy says so, at most `cap` samples on each problem.

    In rounds, nobody draws the next sample before everybody open has drawn this one, and `cap` is
    the budget of all, a problem. A quota is that of the problem whose turn it is: what the problems
    before it left over is added.
    """

    policy: Policy
    cap: int

    @property
    def together(self) -> bool:
        """Whether problems wait for each other."""
        return self.policy.kind in ("elimination", "rolling-quota")

    @property
    def stop_rule(self) -> str:
        """What the log says of itself."""
        return f"policy: {self.policy.kind}"

    def settings(self) -> Mapping[str, object]:
        """Returns the policy as data."""
        return {"schedule": "policy", "policy": self.policy.json(), "cap": self.cap}

    def most(self, problems: int) -> int:
        """Returns the cap on each."""
        return problems * self.cap

    def wants(self, courses: Sequence[Course]) -> list[int]:
        """Returns one for each problem on which the policy draws."""
        if self.policy.kind == "rolling-quota":
            return self._in_turn(courses)
        if self.policy.kind == "elimination":
            return self._in_rounds(courses)
        return [self._one(course) for course in courses]

    def answers(self, course: Course) -> bool:
        """Tells whether a problem ends with an answer; a policy that waits for a yes gives none."""
        return self.policy.answer != "accepted" or any(course.attempt.accepts)

    def _in_rounds(self, courses: Sequence[Course]) -> list[int]:
        """One sample for each open problem that is not ahead, while the budget lasts."""
        turn = 1 + min((c.drawn for c in courses if self._draws(c)), default=0)
        left = self.most(len(courses)) - sum(course.drawn for course in courses)
        wanted = []
        for course in courses:
            wanted.append(int(left > 0 and self._draws(course, round=turn)))
            left -= wanted[-1]
        return wanted

    def _one(self, course: Course, **now: float) -> int:
        return int(course.drawn < self.cap and self._draws(course, **now))

    def _draws(self, course: Course, **now: float) -> bool:
        return bool(decide(self.policy, course.attempt.state(**now)) == DRAW)

    def _in_turn(self, courses: Sequence[Course]) -> list[int]:
        """One sample for the first problem that is not done with its quota."""
        wanted, left = [0] * len(courses), 0.0
        for at, course in enumerate(courses):
            left += float(self.policy.settings["quota"])
            if self._one(course, quota=int(left + 1e-9)):
                wanted[at] = 1
                return wanted
            left -= course.drawn
        return wanted
