"""The model's log-odds of Yes against No as the next word, with nothing drawn (P(True), 2022)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from ..engines.engine import Engine
from ..solution import Solution, Verdict
from .formats import FORMATS
from .verifier import scored


@dataclass(frozen=True, slots=True)
class YesNo:
    """One verdict, the same every time: log p(Yes) - log p(No), accepted above the threshold.

    Reference: Kadavath et al., Language models (mostly) know what they know, arXiv 2207.05221.
    Its cost is a pass over the prompt. Nothing is sampled, but the word judged is one token
    that a server draws and bills in order to show it, so a verdict counts as one token.
    """

    format: str = "shots"
    threshold: float = 0.0
    repeats: ClassVar[int] = 1

    @property
    def name(self) -> str:
        """One verifier a format: `yesno-shots`."""
        return f"yesno-{self.format}"

    def judge(
        self, engine: Engine, solutions: Sequence[Solution], seed: int
    ) -> list[list[Verdict]]:
        """Returns one verdict for each solution; equal prompts are scored once."""
        del seed  # nothing is drawn
        form = FORMATS[self.format]
        prompts = [form.prompt(solution) for solution in solutions]
        distinct = list(dict.fromkeys(prompts))
        said = engine.score(distinct, (form.yes, form.no), form.chat)
        odds = {prompt: yes - no for prompt, (yes, no) in zip(distinct, said, strict=True)}
        return [[scored(odds[prompt], self.threshold, tokens=1)] for prompt in prompts]
