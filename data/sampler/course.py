"""Course: one problem as its samples come in; what a schedule looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..policy import Attempt
from .tasks.problem import Problem

Row = Mapping[str, Any]


@dataclass(slots=True)
class Course:
    """The samples of one problem so far, in the order of their numbers, and what judges said.

    `attempt` is the same as a policy sees it: answers, the judge's first verdict on each, and its
    score. Truth is in `rows` alone.
    """

    problem: Problem
    judge: str | None = None
    rows: list[Row] = field(default_factory=list)
    attempt: Attempt = field(default_factory=Attempt)

    @property
    def drawn(self) -> int:
        """How many samples there are."""
        return len(self.rows)

    @property
    def successes(self) -> int:
        """How many of them are right."""
        return sum(row["correct"] is True for row in self.rows)

    def add(self, row: Row, verdicts: list[Row]) -> None:
        """Adds the next sample and the verdicts on it."""
        self.rows.append(row)
        judged = next((v for v in verdicts if v["verifier"] == self.judge), None)
        score = judged["score"] if judged else row["mean_logprob"]
        self.attempt.add(
            row["answer"],
            accepts=bool(judged and judged["accepts"]),
            score=float("nan") if score is None else score,
        )

    def submitted(self, answer: str) -> int | None:
        """Returns which sample a policy's `answer` submits; None where it has none to give.

        Of equals the first drawn.
        """
        seen = self.attempt
        given = [a for a in seen.answers if a is not None]
        if answer == "accepted":
            return next((at for at, yes in enumerate(seen.accepts) if yes), None)
        if answer == "best":
            known = [s for s in seen.scores if s == s]
            return seen.scores.index(max(known)) if known else None
        return seen.answers.index(max(given, key=given.count)) if given else None
