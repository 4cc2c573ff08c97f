"""A solution searched for step by step; the whole search is in the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...errors import InputError
from ..engines.engine import Engine
from ..search import STRIDE, Search
from ..search.scorers import PartialCredit, Scorer
from ..streams import base_seed
from .way import Made, Wanted


@dataclass(frozen=True, slots=True)
class Searched:
    """Runs a whole search for every sample; the sample is what it submits.

    The sample's output tokens are all that the search generated, each shared prefix once.
    """

    search: Search
    scorer: Scorer
    effort: str | None = None
    rows: int = 1

    @property
    def run(self) -> str:
        """The search with its width and settings, and what guides it."""
        return f"{self.search} by {self.scorer.name}"

    @property
    def breadth(self) -> int:
        """A search of width N takes N rows at a time, and searches follow one another."""
        return self.search.width

    def make(self, engine: Engine, wanted: Sequence[Wanted], seed: int) -> list[Made]:
        """Searches once for each sample wanted."""
        return [self._made(engine, each, seed) for each in wanted]

    def _made(self, engine: Engine, wanted: Wanted, seed: int) -> Made:
        settings = replace(self.search.settings, temperature=wanted.temperature)
        search = replace(self.search, settings=settings)
        first = base_seed(seed, f"{self.run} T={wanted.temperature:g}", wanted.problem.name)
        base = first + wanted.number * STRIDE
        found = search.run(engine, self.scorer, wanted.problem, base)
        spent = found.tree.cost()["output_tokens"]
        draw = replace(found.draw, output_tokens=spent)
        return Made(wanted.problem, wanted.number, draw, log=found.log())


def scorer(text: str, device: str = "cpu") -> Scorer:
    """Reads `partial-credit`, `partial-credit:strength=4,noise=1`, or `reward:PATH`.

    A reward model is loaded onto `device`.

    Raises:
        InputError: it is spelled otherwise.
    """
    name, _, told = text.partition(":")
    if name == "reward" and told:
        from ..verifiers.reward import StepReward, load

        return StepReward(load(told, device))
    if name != "partial-credit":
        raise InputError(f"--scorer takes partial-credit or reward:PATH; got {text!a}")
    given = {"strength": 4.0, "noise": 1.0}
    for part in told.split(",") if told else ():
        key, _, value = part.partition("=")
        if key not in given:
            raise InputError(f"--scorer partial-credit sets strength and noise; got {part!a}")
        try:
            given[key] = float(value)
        except ValueError:
            raise InputError(f"--scorer: {key} must be a number; got {value!a}") from None
    return PartialCredit(given["strength"], given["noise"])
