"""Simple plans: where a simpler split is nearly as good, it is the one to take."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..analysis.curve import Floats
from .allocate import Allocation, allocate
from .case import Case

SIMPLER = 0.0025
"""Utility that a split may lose for being simpler."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What makes a split simple: levels treated alike, nobody asked, nothing beyond the log."""

    alike: bool
    unjudged: bool
    logged: bool

    @property
    def name(self) -> str:
        """The kind in words."""
        what = "one split for all levels" if self.alike else "a split by level"
        judged = ", without a verifier" if self.unjudged else ""
        return f"{what}{judged}{'' if self.logged else ', beyond the log'}"


SIMPLE = (
    Kind(alike=True, unjudged=True, logged=True),
    Kind(alike=True, unjudged=False, logged=True),
    Kind(alike=False, unjudged=True, logged=True),
    Kind(alike=False, unjudged=False, logged=True),
    Kind(alike=True, unjudged=False, logged=False),
)
"""Kinds of splits from the simplest on; what is none of them is any split."""


def simplest(case: Case, budget: float, weight: Floats | None = None) -> Allocation:
    """Returns the simplest allocation within SIMPLER of the best, with the price of the best.

    Its upper bound is that of the best, so the gap shows what simplicity costs. Under caps or
    floors the best is taken.
    """
    best = case.allocate(budget, weight)
    if case.floor is not None or case.caps:
        return best
    for made in _simpler(case, budget, weight):
        if made.value >= best.value - SIMPLER:
            return replace(made, price=best.price, upper_bound=best.upper_bound)
    return best


def kind(case: Case, mixture: Floats) -> str | None:
    """Returns what makes a mixture (L, O) simple, in words; None if nothing does."""
    asked = case.share > 0
    found = [case.table.options[o] for o in np.argwhere(mixture[asked] > 1e-9)[:, 1]]
    made = Kind(
        bool(np.allclose(mixture[asked], mixture[asked][:1])),
        all(option.verifier is None for option in found),
        not any(option.fitted for option in found),
    )
    return made.name if made in SIMPLE and made in _kinds(case) else None


def _kinds(case: Case) -> list[Kind]:
    """The kinds that are simpler than some other split of this case."""
    options = case.table.options
    levels = bool((case.share > 0).sum() > 1)
    judged = any(option.verifier is not None for option in options)
    fitted = any(option.fitted for option in options)
    return [
        k
        for k in SIMPLE
        if (levels or not k.alike or k.unjudged or (k.logged and fitted))
        and (judged or not k.unjudged)
        and (fitted or k.logged)
        and (k.alike or k.unjudged or fitted)
    ]


def _simpler(case: Case, budget: float, weight: Floats | None) -> Iterator[Allocation]:
    """Yields the simpler allocations, the simplest first."""
    cost, value = case.means(case.weights[0] if weight is None else weight)
    options, there = case.table.options, case.share > 0
    judged = np.asarray([option.verifier is not None for option in options])
    fitted = np.asarray([option.fitted for option in options])
    for each in _kinds(case):
        barred = (judged & each.unjudged) | (fitted & each.logged)
        left = np.where(barred, np.inf, cost)
        if not each.alike:
            yield allocate(left, value, case.share, budget)
            continue
        mean = (case.share[there] @ left[there])[None], (case.share @ value)[None]
        one = allocate(*mean, np.ones(1), budget)
        yield replace(one, weight=np.tile(one.weight, (len(case.share), 1)))
