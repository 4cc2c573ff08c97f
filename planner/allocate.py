"""The allocation: a concave hull for each level, all increments sorted once, the frontier."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..analysis.counts import Ints
from ..analysis.curve import Floats


def hull(cost: Floats, value: Floats) -> list[int]:
    """Returns the options (O,) on the upper concave hull, by increasing cost and value."""
    order = np.lexsort((-value, cost))
    kept: list[int] = []
    for o in map(int, order):
        if kept and value[o] <= value[kept[-1]]:
            continue
        if kept and cost[o] == cost[kept[-1]]:
            kept.pop()
        while len(kept) >= 2 and _under(cost, value, kept[-2], kept[-1], o):
            kept.pop()
        kept.append(o)
    return kept


def _under(cost: Floats, value: Floats, a: int, b: int, c: int) -> bool:
    """Whether b lies on or under the line from a to c."""
    return bool(
        (value[b] - value[a]) * (cost[c] - cost[b]) <= (value[c] - value[b]) * (cost[b] - cost[a])
    )


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Every way to spend more, best first: `level` moves from option `old` to option `new`.

    `cost` and `value` (I,) are per problem of the whole mix; `base` (L,) is each level's cheapest
    option, `base_cost` and `base_value` what those come to.
    """

    level: Ints
    old: Ints
    new: Ints
    cost: Floats
    value: Floats
    base: Ints
    base_cost: float
    base_value: float

    @property
    def budgets(self) -> Floats:
        """The spend after 0, 1, 2, ... increments, (I + 1,)."""
        return self.base_cost + np.concatenate([[0.0], np.cumsum(self.cost)])

    @property
    def values(self) -> Floats:
        """The accuracy after 0, 1, 2, ... increments, (I + 1,)."""
        return self.base_value + np.concatenate([[0.0], np.cumsum(self.value)])


def steps(cost: Floats, value: Floats, share: Floats) -> Steps:
    """Sorts the hull increments of all levels by accuracy per cost.

    Args:
        cost: (L, O) per problem of the level.
        value: (L, O) likewise.
        share: (L,) of each level in the mix, adding up to 1.
    """
    hulls = [hull(c, v) for c, v in zip(cost, value, strict=True)]
    moves = np.asarray(
        [(i, a, b) for i, h in enumerate(hulls) for a, b in pairwise(h)],
        dtype=np.int64,
    ).reshape(-1, 3)
    level, old, new = moves.T
    dc = share[level] * (cost[level, new] - cost[level, old])
    dv = share[level] * (value[level, new] - value[level, old])
    # A level nobody asks about has free increments of no value; they come first and do nothing.
    slope = np.divide(dv, dc, out=np.full(len(dv), np.inf), where=dc > 0)
    order = np.argsort(-slope, kind="stable")
    base = np.asarray([h[0] for h in hulls])
    rows = np.arange(len(hulls))
    return Steps(
        level[order],
        old[order],
        new[order],
        dc[order],
        dv[order],
        base,
        float(share @ cost[rows, base]),
        float(share @ value[rows, base]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Allocation:
    """The best mixture at a budget: `weight` (L, O) has rows adding up to 1.

    At most one level is split between two options. `price` is the accuracy per unit of budget at
    the margin; `upper_bound` is the dual value there, which no split can exceed.
    """

    weight: Floats
    spent: float
    value: float
    price: float
    upper_bound: float


def allocate(cost: Floats, value: Floats, share: Floats, budget: float) -> Allocation:
    """Returns the allocation that maximises the mean accuracy at an expected spend per problem."""
    path = steps(cost, value, share)
    left = budget - path.base_cost
    whole = int(np.searchsorted(np.cumsum(path.cost), left * (1 + 1e-12), side="right"))
    weight = np.zeros_like(value)
    weight[np.arange(len(share)), path.base] = 1.0
    for i in range(whole):
        weight[path.level[i]] = 0.0
        weight[path.level[i], path.new[i]] = 1.0
    price = 0.0
    if whole < len(path.cost):
        part = max(left - path.cost[:whole].sum(), 0.0) / path.cost[whole]
        level, old, new = path.level[whole], path.old[whole], path.new[whole]
        weight[level, old], weight[level, new] = 1 - part, part
        price = float(path.value[whole] / path.cost[whole])
    spent = float((share[:, None] * weight * cost).sum())
    reached = float((share[:, None] * weight * value).sum())
    dual = price * budget + float(share @ (value - price * cost).max(axis=1))
    return Allocation(weight, spent, reached, price, dual)


def budget_for(path: Steps, accuracy: float) -> float:
    """Returns the smallest budget whose accuracy reaches the one given; NaN when out of reach."""
    budgets, values = path.budgets, path.values
    if values[-1] < accuracy - 1e-12:
        return float("nan")
    at = int(np.argmax(values >= accuracy - 1e-12))
    if at == 0:
        return float(budgets[0])
    part = (accuracy - values[at - 1]) / (values[at] - values[at - 1])
    return float(budgets[at - 1] + np.clip(part, 0, 1) * (budgets[at] - budgets[at - 1]))
