"""Problem: what is asked, how an answer is read and graded, and what ends a completion."""

from __future__ import annotations

from dataclasses import dataclass

from ..engines.engine import Request
from .programs import Program


@dataclass(frozen=True, slots=True)
class Problem:
    """One task: its level is set by how it was made, before anything is sampled.

    `grader` names an entry of `graders.GRADERS`. `gold` is the right answer (for a bundled
    `program`, a reference expression). `tests` are Python statements that a right program survives,
    `weak_tests` fewer or easier ones, which a verifier may use. `step` ends a step of the solution,
    and `steps` are the right ones, where they are known. `operands` are the numbers asked about.
    `family` groups bundled tasks of one make.
    """

    name: str
    prompt: str
    gold: str | None = None
    grader: str = "exact"
    level: str | None = None
    benchmark: str | None = None
    family: str | None = None
    max_tokens: int = 256
    stop: tuple[str, ...] = ()
    step: str | None = None
    steps: tuple[str, ...] = ()
    chat: bool = False
    operands: tuple[int, ...] = ()
    program: Program | None = None
    tests: tuple[str, ...] = ()
    weak_tests: tuple[str, ...] = ()

    def request(self, seed: int, temperature: float) -> Request:
        """Returns the request for one solution in one go."""
        return Request(self.prompt, seed, temperature, self.max_tokens, self.stop, chat=self.chat)
