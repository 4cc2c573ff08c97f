"""Solution and Verdict: what a verifier may look at, and what it says."""

from __future__ import annotations

from dataclasses import dataclass

from .tasks.problem import Problem


@dataclass(frozen=True, slots=True)
class Solution:
    """One drawn solution, as a verifier sees it: whether it is right is not among its fields.

    `sample` is its number. `mean_logprob` is that of its tokens at temperature 1, NaN where
    unknown.
    """

    problem: Problem
    sample: int
    text: str
    answer: str | None
    mean_logprob: float


@dataclass(frozen=True, slots=True)
class Grade:
    """The answer read from a completion (None where none can be), and whether it is right.

    `correct` is None only where the truth could not be found out.
    """

    answer: str | None
    correct: bool | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verifier's yes or no (None where it gave neither), its score, and the tokens it took."""

    accepts: bool | None
    score: float | None = None
    tokens: int = 0
