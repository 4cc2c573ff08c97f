"""Scorers: how good a solution looks after its first steps."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Protocol

from ...errors import InputError
from ..tasks.problem import Problem

FARTHEST = 30.0
"""Log-odds are kept within this, so that a score stays strictly between 0 and 1."""


class Scorer(Protocol):
    """What guides a search: a process reward model, or an exact stand-in for one."""

    @property
    def name(self) -> str:
        """What a log calls it."""
        ...

    def score(self, problem: Problem, prefixes: Sequence[str], /) -> list[float]:
        """Returns one score a prefix, between 0 and 1; a prefix is all text after the prompt."""
        ...


@dataclass(frozen=True, slots=True)
class PartialCredit:
    """How many of the first steps are right, blurred: it looks at the truth, and says so.

    With credit = leading right steps / steps so far, a prefix scores
    sigmoid(strength (2 credit - 1) + noise z), z standard normal by a hash of seed, problem and
    prefix: the same prefix always scores alike, as from a process reward model that errs in its own
    way. A prefix that does not end with a step has come to its end, and what it lacks of the right
    steps counts as wrong; so `Problem.step` must end where a token ends.
    """

    strength: float = 4.0
    noise: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value in (("strength", self.strength), ("noise", self.noise)):
            if not 0 <= value < math.inf:
                raise InputError(f"{name} must satisfy 0 <= {name} < inf; got {value:g}")

    @property
    def name(self) -> str:
        """Says that it looks at the truth, how strongly, and how much noise hides it."""
        return f"partial-credit(strength={self.strength:g},noise={self.noise:g})"

    def score(self, problem: Problem, prefixes: Sequence[str], /) -> list[float]:
        """Returns one score a prefix.

        Raises:
            InputError: the problem's right steps are not known.
        """
        return [self._score(problem, prefix) for prefix in prefixes]

    def _score(self, problem: Problem, prefix: str) -> float:
        seen = self.strength * (2 * credit(problem, prefix) - 1)
        blurred = seen + self.noise * _normal(f"{self.seed}\n{problem.name}\n{prefix}")
        return 1 / (1 + math.exp(-min(max(blurred, -FARTHEST), FARTHEST)))


def credit(problem: Problem, prefix: str) -> float:
    """Returns the share of a prefix's steps before its first wrong one.

    Spaces do not count, nor does it whether `steps` are written with what ends them.

    >>> sums = Problem("a", "1 + 2 + 3", step="\\n", steps=("1 + 2 = 3", "3 + 3 = 6"))
    >>> [credit(sums, text) for text in ("1 + 2 = 3\\n", "1 + 2 = 3\\n3 + 3 = 7", "1 + 2 = 3")]
    [1.0, 0.5, 0.5]

    Raises:
        InputError: the problem's right steps are not known.
    """
    if not (problem.step and problem.steps):
        name = ascii(problem.name)
        raise InputError(f"partial credit is for problems with known `steps`; {name} has none")
    *told, last = prefix.split(problem.step)
    so_far = len(told) if told and not last else max(len(told) + 1, len(problem.steps))
    right = 0
    for step, wanted in zip([*told, last], problem.steps, strict=False):
        if _bare(step) != _bare(wanted).removesuffix(_bare(problem.step)):
            break
        right += 1
    return right / so_far


def _bare(text: str) -> str:
    return "".join(text.split())


def _normal(words: str) -> float:
    """A standard normal number by the hash of some words."""
    found = int.from_bytes(hashlib.sha256(words.encode("utf-8", "replace")).digest()[:8], "big")
    return NormalDist().inv_cdf(((found >> 12) + 0.5) / 2**52)
