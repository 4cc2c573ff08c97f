"""Simple plans: where a simpler split is nearly as good, it is the one to take."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..analysis.curve import Floats
from .allocate import Allocation, allocate_each, steps
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
        if not self.logged:
            return f"{what}{judged}, beyond the log"
        return f"{what}{judged}" if self.alike or self.unjudged else f"{what}, within the log"


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
    return simplest_each(case, budget, (case.weights[0] if weight is None else weight)[None])[0]


def simplest_each(case: Case, budget: float, weights: Floats) -> list[Allocation]:
    """Returns the same under each of several weights of the rows, (F, P)."""
    found = case.allocate_each(budget, weights)
    if case.floor is not None or case.caps is not None:
        return found
    settled: dict[int, Allocation] = {}
    for made in _simpler(case, budget, weights):
        for f, (best, each) in enumerate(zip(found, made, strict=True)):
            if f not in settled and each.value >= best.value - SIMPLER:
                settled[f] = replace(each, price=best.price, upper_bound=best.upper_bound)
    means = zip(*case.means_each(weights), strict=True)
    return [
        _smaller(case, mean, settled.get(f, best), best.value - SIMPLER)
        for f, (best, mean) in enumerate(zip(found, means, strict=True))
    ]


def _smaller(
    case: Case, means: tuple[Floats, Floats], made: Allocation, least: float
) -> Allocation:
    """Takes options of the same kind with fewer solutions, while the utility is above `least`."""
    cost, value = means
    kinds, size = case.table.kinds
    mixture, reached = made.weight.copy(), made.value
    for level in np.flatnonzero(case.share > 0):
        (used,) = np.nonzero(mixture[level] > 0)
        if len(used) != 1:
            continue
        at = int(used[0])
        lost = case.share[level] * (value[level, at] - value[level])
        fits = (kinds == kinds[at]) & (size < size[at])
        fits &= cost[level] <= cost[level, at] * (1 + 1e-9)
        fits &= reached - lost >= least
        if fits.any():
            to = int(np.where(fits, size, np.inf).argmin())
            mixture[level, at], mixture[level, to] = 0.0, 1.0
            reached -= float(lost[to])
    if reached == made.value:
        return made
    spent = float((case.share[:, None] * mixture * np.where(mixture > 0, cost, 0.0)).sum())
    return replace(made, weight=mixture, spent=spent, value=reached)


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


def _simpler(case: Case, budget: float, weights: Floats) -> Iterator[list[Allocation]]:
    """Yields the allocations of each simpler kind, the simplest first."""
    cost, value = case.means_each(weights)
    for each in _kinds(case):
        left, worth, share = _narrowed(case, each, cost, value)
        made = allocate_each(left, worth, share, budget)
        if each.alike:
            tall = len(case.share), 1
            made = [replace(one, weight=np.tile(one.weight, tall)) for one in made]
        yield made


def _narrowed(case: Case, each: Kind, cost: Floats, value: Floats) -> tuple[Floats, Floats, Floats]:
    """Costs and values (F, L, O) with what the kind rules out, and the shares of its levels."""
    options, there = case.table.options, case.share > 0
    judged = np.asarray([option.verifier is not None for option in options])
    fitted = np.asarray([option.fitted for option in options])
    left = np.where((judged & each.unjudged) | (fitted & each.logged), np.inf, cost)
    if not each.alike:
        return left, value, case.share
    share = case.share[there]
    mean = [np.einsum("l,flo->fo", share, x[:, there])[:, None] for x in (left, value)]
    return mean[0], mean[1], np.ones(1)


def corners(case: Case) -> list[int]:
    """Returns the options that some split takes at some budget, be it the best or a simple one."""
    cost, value = case.means_each(case.weights[:1])
    ways = [(cost, value, case.share), *(_narrowed(case, k, cost, value) for k in _kinds(case))]
    found = [steps(left[0], worth[0], share) for left, worth, share in ways]
    on = np.unique(np.concatenate([np.concatenate([path.base, path.new]) for path in found]))
    kinds, size = case.table.kinds
    # A plan may take a smaller option of the same kind.
    near = (kinds[:, None] == kinds[on]) & (size[:, None] <= size[on])
    return np.flatnonzero(near.any(axis=1)).tolist()
