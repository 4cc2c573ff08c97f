"""Caps: what a plan may not exceed in other units than its budget's, settled by HiGHS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..analysis.counts import Counts
from ..analysis.curve import Floats
from ..data.errors import InputError
from .allocate import Allocation
from .capped import Frontier, capped, frontier
from .case import Case
from .costs import Prices, prices
from .stages import Stage, Told
from .used import charge


@dataclass(frozen=True, slots=True, eq=False)
class Others:
    """Costs (K, P, O) in other units, by name, whose expectation may not exceed `most` (K,)."""

    names: tuple[str, ...]
    cost: Floats
    most: Floats

    def allocate(
        self, case: Case, weight: Floats, means: tuple[Floats, Floats], budget: float
    ) -> Allocation:
        """Returns the best mixture under the caps."""
        others = self._means(case, weight)
        return capped(*means, case.share, budget, others, self.most, case.floor).allocation

    def frontier(self, case: Case, means: tuple[Floats, Floats]) -> Frontier:
        """Returns what every budget buys under the caps."""
        others = self._means(case, case.weights[0])
        return frontier(*means, case.share, others, self.most, case.floor)

    def possible(self, case: Case) -> bool:
        """Returns whether the least that can be done keeps to the caps: a probe asks for some."""
        least = self._means(case, case.weights[0]).min(axis=2) @ case.share
        return bool((least <= self.most).all())

    def binding(self, case: Case, mixture: Floats) -> tuple[str, ...]:
        """Returns the units whose cap a mixture (L, O) reaches."""
        spent = np.einsum("p,po,kpo->k", case.weights[0], mixture[case.level], self.cost)
        there = spent >= self.most * (1 - 1e-6)
        return tuple(name for name, on in zip(self.names, there, strict=True) if on)

    def restrict(self, options: list[int]) -> "Others":
        """Returns the caps on some of the options."""
        return replace(self, cost=self.cost[:, :, options])

    def _means(self, case: Case, weight: Floats) -> Floats:
        each = [replace(case, table=replace(case.table, cost=cost)) for cost in self.cost]
        return np.stack([one.means(weight)[0] for one in each])


Priced = Mapping[str, tuple[float, Prices]]
"""The most that may be spent on a problem in expectation, in other units."""


def read_caps(
    caps: Mapping[str, float], unit: str, logs: Sequence[Counts], file: Path | None
) -> Priced:
    """Settles the prices of the units that are capped.

    Raises:
        InputError: a cap that is not positive, of the budget's own `unit`, or of a unit that the
            log or the price list lacks.
    """
    found = {}
    for name, most in caps.items():
        if name == unit:
            raise InputError(f"cap: {unit} is the budget's own unit; give a budget instead")
        if not (np.isfinite(most) and most > 0):
            raise InputError(f"cap: {name} must be a positive number; got {most:g}")
        found[name] = most, prices(name, list(logs), file)[1]
    return found


def hold(stage: Stage, told: Told, logs: Sequence[Counts], caps: Priced) -> Stage:
    """Returns the stage with its costs in the capped units."""
    assert told.table.used is not None
    cost = [charge(told.table.used, logs, each, told.problem) for _, each in caps.values()]
    most = np.asarray([most for most, _ in caps.values()])
    others = Others(tuple(caps), np.stack(cost), most)
    return replace(stage, case=replace(stage.case, caps=others))
