"""Thinking forced to a length: s1's budget forcing (Muennighoff et al. 2025, arXiv 2501.19393)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..engines.engine import STOP, Draw, Engine, Request
from ..streams import base_seed
from .way import Made, Wanted

PARTS = 16
"""How often a model that ends its thinking early is made to go on, and one more for the answer."""


@dataclass(frozen=True, slots=True)
class Forced:
    """Thinks for `tokens` tokens, then answers after a cue.

    A model that ends earlier is made to go on after `wait`, as long as there is room for that.
    What is put in its mouth counts as output, for it has to be read, but has no log-probability:
    such samples have none. Each part has a stream of its own.
    """

    tokens: int
    wait: str = " Wait,"
    cue: str = " The answer is"
    rows: int = 1
    breadth: int = 1
    run: str | None = None

    @property
    def effort(self) -> str:
        """The length, as the trace names it."""
        return f"think={self.tokens}"

    def make(self, engine: Engine, wanted: Sequence[Wanted], seed: int) -> list[Made]:
        """Draws all samples side by side, one part after another."""
        told = len(engine.tokenize(self.wait))
        thoughts = [Draw("")] * len(wanted)
        for part in range(PARTS):
            room = [self.tokens - t.output_tokens - told * (part > 0) for t in thoughts]
            open_ = [at for at, left in enumerate(room) if left > 0]
            for at in open_ if part else ():
                thoughts[at] = _put(engine, thoughts[at], self.wait)
            asked = [
                _part(wanted[at], thoughts[at], part, seed, max_tokens=room[at]) for at in open_
            ]
            for at, more in zip(open_, engine.propose(asked) if asked else (), strict=True):
                thoughts[at] = thoughts[at].then(_open(engine, more))
        cued = [_put(engine, thought, self.cue) for thought in thoughts]
        asked = [_part(w, t, PARTS, seed) for w, t in zip(wanted, cued, strict=True)]
        return [
            Made(w.problem, w.number, replace(t.then(end), logprobs=()))
            for w, t, end in zip(wanted, cued, engine.propose(asked), strict=True)
        ]


def _part(wanted: Wanted, begun: Draw, part: int, seed: int, **told: int) -> Request:
    """The request for one more part, from a stream that only this part of this sample uses."""
    stream = base_seed(seed, f"part {part} of {wanted.seed}", wanted.problem.name)
    return wanted.request(seed=stream, begun=begun if begun.text else None, **told)


def _put(engine: Engine, draw: Draw, text: str) -> Draw:
    tokens = engine.tokenize(text)
    return draw.then(Draw(text, tokens, output_tokens=len(tokens)))


def _open(engine: Engine, draw: Draw) -> Draw:
    """A draw without the token that ended it, so that one can go on."""
    return replace(draw, tokens=engine.tokenize(draw.text)) if draw.finish == STOP else draw
