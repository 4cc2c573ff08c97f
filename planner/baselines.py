"""What simpler ways to spend the budget would give, with the same options and the same care."""

from collections.abc import Callable

import numpy as np

from ..analysis.counts import Ints
from ..analysis.curve import MASS
from .allocate import budget_for
from .case import Case
from .plan import Baseline, Frontier, Option
from .promise import honest, promised

POINTS = 60

SPLITS: dict[str, Callable[[Option], bool]] = {
    "one sample": lambda o: o.strategy == "one",
    "majority, one size for all": lambda o: o.strategy in ("one", "majority"),
    "best-of with one verdict, one size for all": lambda o: (
        o.strategy == "one" or (o.strategy == "best-of" and o.verdicts <= 1)
    ),
    "accept-first, one cap for all": lambda o: o.strategy in ("one", "accept-first"),
    "best single split": lambda _: True,
}
"""Each baseline by the options it may use; all of them may leave a problem unanswered."""


def baselines(
    case: Case, budget: float, accuracy: float, seed: int, mass: float = MASS
) -> tuple[Baseline, ...]:
    """Returns the baselines that this case has options for.

    `accuracy` is what the plan reaches before optimism is removed, on the same problems as the
    frontiers it is compared with.
    """
    found = []
    for name, allowed in SPLITS.items():
        kept = [i for i, o in enumerate(case.table.options) if o.strategy == "none" or allowed(o)]
        strategies = {case.table.options[i].strategy for i in kept}
        if name != "one sample" and strategies <= {"none", "one"}:
            continue
        found.append(baseline(name, case.pooled(kept), budget, accuracy, seed, mass))
    return tuple(found)


def baseline(
    name: str, case: Case, budget: float, accuracy: float, seed: int, mass: float = MASS
) -> Baseline:
    """Values one way to spend, and finds the budget at which it reaches an accuracy."""
    seen = honest(case, budget, np.random.default_rng([seed, 5]))
    value, _, _ = promised(case, case.allocate(budget).weight, seen, mass)
    return Baseline(name, value, budget_for(case.steps(), accuracy), frontier(case, mass))


def frontier(case: Case, mass: float = MASS) -> Frontier:
    """Returns the frontier at its corners, thinned to POINTS, with the band of the worlds."""
    path = case.steps()
    corners = np.unique(np.linspace(0, len(path.cost), POINTS).round().astype(int))
    ends = np.asarray([_ends(case, path.after(i), mass) for i in corners])
    return Frontier(path.budgets[corners], path.values[corners], *ends.T)


def _ends(case: Case, option: Ints, mass: float) -> tuple[float, float]:
    """The ends of the worlds' interval when each level gets its option (L,)."""
    rows = np.arange(len(case.level))
    worlds = case.weights @ case.table.value[rows, option[case.level]]
    low, high = np.quantile(worlds[1:], [(1 - mass) / 2, (1 + mass) / 2])
    return float(low), float(high)
