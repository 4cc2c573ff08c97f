"""The model is asked whether a solution is right, and says so in words, V times (GenRM, 2024)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..engines.engine import Draw, Engine, Request
from ..solution import Solution, Verdict
from .formats import FORMATS
from .verifier import draws


@dataclass(frozen=True, slots=True)
class Generative:
    """V sampled verdicts; a text that holds neither Yes nor No is a verdict that is missing.

    Reference: Zhang et al., Generative verifiers, arXiv 2408.15240. A verdict's tokens are those
    of its text, what was thought before it included.
    """

    repeats: int = 8
    format: str = "shots"
    temperature: float = 0.8

    @property
    def name(self) -> str:
        """One verifier a format: `generative-shots`."""
        return f"generative-{self.format}"

    def judge(
        self, engine: Engine, solutions: Sequence[Solution], seed: int
    ) -> list[list[Verdict]]:
        """Returns `repeats` verdicts for each solution."""
        drawn = draws(self, engine, solutions, seed, self._asked)
        return [[self._verdict(draw) for draw in each] for each in drawn]

    def _asked(self, solution: Solution, seed: int) -> Request:
        form = FORMATS[self.format]
        return Request(
            form.prompt(solution),
            seed,
            self.temperature,
            form.max_tokens,
            form.stop,
            chat=form.chat,
        )

    def _verdict(self, draw: Draw) -> Verdict:
        return Verdict(FORMATS[self.format].read(draw.text), tokens=draw.output_tokens)
