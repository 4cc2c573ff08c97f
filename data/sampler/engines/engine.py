"""What every engine does: go on from a prompt, and say how likely a choice is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ...errors import InputError

STOP, LENGTH, STEP = "stop", "length", "step"
"""Why a draw ended: the model or a stop text ended it; it was long enough; a step was complete."""


class EngineError(InputError):
    """An engine that is missing, out of reach, or that gave less than was asked of it."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What was drawn: its text up to the stop (or through the step), and what was measured.

    `logprobs` are the model's own, at temperature 1, one a token, the token that ended the draw
    included. `tokens` is empty where a server keeps them to itself; `output_tokens` counts them
    all the same. `prompt_tokens` counts what was read before the first of them. `seconds` is an
    even share of the time that all draws of the same call took.
    """

    text: str
    tokens: tuple[int, ...] = ()
    logprobs: tuple[float, ...] = ()
    finish: str = STOP
    prompt_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0

    def then(self, more: Draw) -> Draw:
        """Returns this draw and what followed it as one."""
        return Draw(
            self.text + more.text,
            self.tokens + more.tokens,
            self.logprobs + more.logprobs,
            more.finish,
            self.prompt_tokens,
            self.output_tokens + more.output_tokens,
            self.seconds + more.seconds,
        )


@dataclass(frozen=True, slots=True)
class Request:
    """One completion wanted.

    `seed` is the sample's own: the base of its problem plus its number. Where part of the
    completion is there already (`begun`), the engine goes on after it, and returns and counts only
    what it adds. A draw ends before a `stop` text, after a `step` text, at an end of text, or after
    `max_tokens`. With `chat` the prompt is one user's message in the model's own template.
    """

    prompt: str
    seed: int
    temperature: float = 0.8
    max_tokens: int = 256
    stop: tuple[str, ...] = ()
    step: str | None = None
    chat: bool = False
    begun: Draw | None = None


class Engine(Protocol):
    """A language model behind three calls."""

    def propose(self, requests: Sequence[Request]) -> list[Draw]:
        """Returns one draw for each request, in their order, or raises EngineError."""
        ...

    def score(
        self, prompts: Sequence[str], choices: Sequence[str], chat: bool = False
    ) -> list[list[float]]:
        """Returns, for each prompt, the log-probability of each choice as what comes next."""
        ...

    def tokenize(self, text: str) -> tuple[int, ...]:
        """Returns the tokens of a text put in the model's mouth; () where they stay unknown."""
        ...

    def info(self) -> Mapping[str, object]:
        """Returns what a trace must say of it: engine, versions, model, sha256, device, dtype."""
        ...
