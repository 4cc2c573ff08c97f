"""What simpler ways to spend the budget would give, with the same options and the same care."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..analysis.curve import MASS, Floats, interval
from .allocate import Allocation, Path, budget_for
from .case import Case
from .plan import Baseline, Frontier, Option
from .promise import honest, totals

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


@dataclass(frozen=True, slots=True, eq=False)
class Against:
    """The plan that baselines are compared with: its spend, and its accuracy in every world.

    `honest` (W,) has its optimism removed. `apparent` (W,) has not, as the frontiers of the
    baselines have not: budgets for the same accuracy compare like with like.
    """

    spent: float
    honest: Floats
    apparent: Floats


def against(case: Case, made: Allocation, seen: Floats) -> Against:
    """Returns what a plan is to be compared by."""
    return Against(
        made.spent, totals(case, made.weight, seen), case.worlds(made.weight).sum(axis=1)
    )


def baselines(
    case: Case, budget: float, plan: Against, seed: int, mass: float = MASS
) -> tuple[Baseline, ...]:
    """Returns the baselines that this case has options for."""
    found = []
    for name, allowed in SPLITS.items():
        kept = [i for i, o in enumerate(case.table.options) if o.strategy == "none" or allowed(o)]
        strategies = {case.table.options[i].strategy for i in kept}
        if name != "one sample" and strategies <= {"none", "one"}:
            continue
        found.append(baseline(name, case.pooled(kept), budget, plan, seed, mass))
    return tuple(found)


def baseline(
    name: str, case: Case, budget: float, plan: Against, seed: int, mass: float = MASS
) -> Baseline:
    """Values one way to spend, and finds the budget at which it does as well as the plan."""
    seen = honest(case, budget, np.random.default_rng([seed, 5]))
    mixture = case.allocate(budget).weight
    worlds = totals(case, mixture, seen)
    needed = _needed(case, plan.apparent)
    tails = np.quantile(needed[1:], [(1 - mass) / 2, (1 + mass) / 2], method="inverted_cdf")
    accuracy, utility = interval(worlds, mass), None
    if case.penalty:
        rng = np.random.default_rng([seed, 5])
        right = totals(case, mixture, honest(case, budget, rng, right=True), right=True)
        accuracy, utility = interval(right, mass), accuracy
    return Baseline(
        name,
        accuracy,
        budget_for(case.steps(), float(plan.apparent[0])),
        frontier(case, mass),
        times=tuple(float(end / plan.spent) for end in tails) if plan.spent > 0 else None,
        plan_better=float((plan.honest[1:] > worlds[1:] + 1e-12).mean()),
        utility=utility,
    )


def _needed(case: Case, wanted: Floats) -> Floats:
    """Returns (W,) the budget at which the frontier reaches what is wanted in that world, or inf.

    The frontier's plans are those of the log, in their order; their values are the world's.
    """
    path = case.steps()
    budgets = path.budgets
    values = np.maximum.accumulate(case.totals(_mixtures(case, path)), axis=1)
    out = np.full(len(wanted), np.inf)
    for w, (row, goal) in enumerate(zip(values, wanted, strict=True)):
        at = int(np.searchsorted(row, goal - 1e-12))
        if at == 0:
            out[w] = budgets[0]
        elif at < len(row):
            part = (goal - row[at - 1]) / max(row[at] - row[at - 1], 1e-300)
            out[w] = budgets[at - 1] + np.clip(part, 0, 1) * (budgets[at] - budgets[at - 1])
    return out


def frontier(case: Case, mass: float = MASS) -> Frontier:
    """Returns the frontier at its corners, thinned to POINTS, with the band of the worlds."""
    path = case.steps()
    budgets, values = path.budgets, path.values
    corners = np.unique(np.linspace(0, len(budgets) - 1, POINTS).round().astype(int))
    mixtures = _mixtures(case, path)[corners]
    worlds = case.totals(mixtures)
    ends = np.quantile(worlds[1:], [(1 - mass) / 2, (1 + mass) / 2], axis=0)
    right = case.totals(mixtures, right=True)[0] if case.penalty else None
    return Frontier(budgets[corners], values[corners], ends[0], ends[1], right)


def _mixtures(case: Case, path: Path) -> Floats:
    """The mixture at every corner of the frontier, (C, L, O)."""
    options = len(case.table.options)
    return np.stack([path.mixture(i, options) for i in range(len(path.budgets))])
