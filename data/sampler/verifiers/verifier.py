"""What every verifier does: pass its verdicts on solutions, whatever the truth about them is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from ..engines.engine import Draw, Engine, Request
from ..solution import Solution, Verdict
from ..streams import base_seed
from ..tasks.problem import Problem


class Verifier(Protocol):
    """A judge with a name for the trace, which passes `repeats` verdicts on each solution."""

    @property
    def name(self) -> str:
        """What the trace calls it: the kind, and the format or model that makes it another one."""
        ...

    @property
    def repeats(self) -> int:
        """How many verdicts it passes on one solution."""
        ...

    def judge(
        self, engine: Engine, solutions: Sequence[Solution], seed: int
    ) -> list[list[Verdict]]:
        """Returns `repeats` verdicts for each solution, in their order; problems may be mixed."""
        ...


def draws(
    verifier: Verifier,
    engine: Engine,
    solutions: Sequence[Solution],
    seed: int,
    request: Callable[[Solution, int], Request],
) -> list[list[Draw]]:
    """Returns what the engine says to `request(solution, stream)`, in one call for all of them.

    The streams are the solution's own, so its verdicts do not depend on what else is judged.
    """
    wanted = [
        request(solution, one)
        for solution in solutions
        for one in streams(seed, verifier, solution)
    ]
    said = iter(engine.propose(wanted))
    return [list(itertools.islice(said, verifier.repeats)) for _ in solutions]


def streams(seed: int, verifier: Verifier, solution: Solution) -> range:
    """The seeds of a solution's verdicts: of this run, this verifier, this problem, this sample."""
    base = base_seed(seed, verifier.name, solution.problem.name)
    first = base + solution.sample * verifier.repeats
    return range(first, first + verifier.repeats)


def scored(score: float, threshold: float | None, tokens: int = 0) -> Verdict:
    """A score as a verdict: a yes above the threshold, neither without one or for a NaN.

    An infinite score decides, and is itself left out: a log holds finite numbers only.
    """
    if math.isnan(score):
        return Verdict(None, tokens=tokens)
    accepts = None if threshold is None else score > threshold
    return Verdict(accepts, score if math.isfinite(score) else None, tokens)


def by_problem(solutions: Sequence[Solution]) -> Iterator[tuple[Problem, list[int]]]:
    """Yields each problem once, with the places of its solutions."""
    places: dict[str, list[int]] = {}
    for at, solution in enumerate(solutions):
        places.setdefault(solution.problem.name, []).append(at)
    for mine in places.values():
        yield solutions[mine[0]].problem, mine
