"""Answers revised in turn: each round reads the answer before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..engines.engine import Engine
from ..streams import base_seed
from .way import Made, Wanted

ASK = "Your earlier answer:\n{answer}\n\nCheck it, correct it if it is wrong, and answer again."


@dataclass(frozen=True, slots=True)
class Revised:
    """Draws an answer and then revises it: `rounds` samples, of which round 0 is the first answer.

    A chat model is shown the problem, its answer, and asked to answer again. A raw prompt is
    followed by the answer and by its own last line once more, which few-shot prompts understand.
    """

    rounds: int
    effort: str | None = None
    run: str | None = "revised"
    breadth: int = 1

    @property
    def rows(self) -> int:
        """One sample a round."""
        return self.rounds

    def make(self, engine: Engine, wanted: Sequence[Wanted], seed: int) -> list[Made]:
        """Draws all chains side by side, one round after another."""
        made: list[Made] = []
        asked = [each.request() for each in wanted]
        for at in range(self.rounds):
            draws = engine.propose(asked)
            made += [
                Made(w.problem, w.number * self.rounds + at, draw, chain=w.number, round=at)
                for w, draw in zip(wanted, draws, strict=True)
            ]
            asked = [
                replace(
                    w.request(),
                    prompt=_shown(w, draw.text),
                    seed=base_seed(seed, f"round {at + 1} of {w.seed}", w.problem.name),
                )
                for w, draw in zip(wanted, draws, strict=True)
            ]
        return made


def _shown(wanted: Wanted, answer: str) -> str:
    """The problem with the newest answer under it."""
    prompt = wanted.problem.prompt
    if wanted.problem.chat:
        return f"{prompt}\n\n{ASK.format(answer=answer)}"
    return f"{prompt}{answer}\n{prompt.splitlines()[-1]}"
