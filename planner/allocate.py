"""The allocation: a concave hull for each level, all increments sorted once, the frontier."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..analysis.counts import Ints
from ..analysis.curve import Floats
from ..data.errors import InputError

BISECTIONS = 60
CELLS = 2**15
"""Levels times options wrapped at once: what stays in a processor's cache."""


def hulls(cost: Floats, value: Floats) -> tuple[Ints, Ints, Ints, Ints, Floats]:
    """Returns the upper concave hull of every level's options, as moves from each to the next.

    All levels are wrapped side by side: from where each stands, to the option of steepest gain.

    Args:
        cost: (L, O) per problem of the level; inf where the option may not be used.
        value: (L, O) likewise.

    Returns:
        The base (L,), the cheapest option of each level and of those the best, then of every move
        the level, the old option, the new one, and the gain per cost, which never rises within a
        level; its moves stand in order.
    """
    size = max(CELLS // cost.shape[1], 1)
    parts = [
        (start, *_wrap(cost[start : start + size], value[start : start + size]))
        for start in range(0, len(cost), size)
    ]
    base = np.concatenate([part[1] for part in parts])
    level = np.concatenate([start + moved for start, _, moved, *_ in parts])
    old, new, slope = (np.concatenate([part[i] for part in parts]) for i in (3, 4, 5))
    return base, level, old, new, slope


def _wrap(cost: Floats, value: Floats) -> tuple[Ints, Ints, Ints, Ints, Floats]:
    rows = np.arange(len(cost))
    cheapest = cost.min(axis=1, keepdims=True)
    base = np.where(cost == cheapest, value, -np.inf).argmax(axis=1)
    at, least, moves = base, np.full(len(cost), np.inf), []
    while len(rows):
        each = np.arange(len(rows))
        rise = value - value[each, at][:, None]
        run = cost - cost[each, at][:, None]
        ahead = (rise > 0) & (run > 0) & (run < np.inf)
        gain = np.where(ahead, rise, 0.0) / np.where(ahead, run, 1.0)
        steepest = gain.max(axis=1, keepdims=True)
        # Of options on one line the farthest, so that none in the middle is a corner.
        to = np.where(ahead & (gain == steepest), run, -1.0).argmax(axis=1)
        on = ahead[each, to]
        if not on.all():
            rows, cost, value = rows[on], cost[on], value[on]
            at, to, least, steepest = at[on], to[on], least[on], steepest[on]
        # Rounding may not let a gain rise again: the moves of a level are taken in this order.
        least = np.minimum(least, steepest[:, 0])
        moves.append((rows, at, to, least))
        at = to
    level, old, new, slope = (np.concatenate(part) for part in zip(*moves, strict=True))
    return base, level, old, new, slope


class Path(Protocol):
    """A frontier by its corners: budgets (C,), what each buys (C,), and the mixture that does."""

    @property
    def budgets(self) -> Floats:
        """The spend at every corner, rising."""

    @property
    def values(self) -> Floats:
        """What it buys."""

    def mixture(self, corner: int, options: int) -> Floats:
        """Returns the shares (L, O) at a corner, of so many options."""


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

    def after(self, increments: int) -> Ints:
        """Returns the option (L,) of each level after so many increments."""
        option = self.base.copy()
        option[self.level[:increments]] = self.new[:increments]
        return option

    def mixture(self, increments: int, options: int) -> Floats:
        """Returns the same as shares (L, O) of so many options."""
        weight = np.zeros((len(self.base), options))
        weight[np.arange(len(self.base)), self.after(increments)] = 1.0
        return weight

    @property
    def budgets(self) -> Floats:
        """The spend after 0, 1, 2, ... increments, (I + 1,)."""
        return self.base_cost + np.concatenate([[0.0], np.cumsum(self.cost)])

    @property
    def values(self) -> Floats:
        """The accuracy after 0, 1, 2, ... increments, (I + 1,)."""
        return self.base_value + np.concatenate([[0.0], np.cumsum(self.value)])


def steps(cost: Floats, value: Floats, share: Floats, floor: Floats | None = None) -> Steps:
    """Sorts the hull increments of all levels by accuracy per cost, those up to a floor first.

    Args:
        cost: (L, O) per problem of the level.
        value: (L, O) likewise.
        share: (L,) of each level in the mix, adding up to 1.
        floor: (L,) the value that each level has to have; whole increments are taken to reach it.
    """
    return _sorted(hulls(cost, value), cost, value, share, floor)


Hulls = tuple[Ints, Ints, Ints, Ints, Floats]


def _sorted(
    found: Hulls, cost: Floats, value: Floats, share: Floats, floor: Floats | None
) -> Steps:
    base, level, old, new, slope = found
    dc = share[level] * (cost[level, new] - cost[level, old])
    dv = share[level] * (value[level, new] - value[level, old])
    # A level nobody asks about has free increments of no value; they come first and do nothing.
    first = np.where(share[level] > 0, -slope, -np.inf)
    if floor is not None:
        first = np.where(value[level, old] < floor[level] - 1e-12, -np.inf, first)
    order = np.argsort(first, kind="stable")
    rows = np.arange(len(base))
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


def allocate(
    cost: Floats, value: Floats, share: Floats, budget: float, floor: Floats | None = None
) -> Allocation:
    """Returns the allocation that maximises the mean accuracy at an expected spend per problem.

    The upper bound is of allocations without a floor, so that the gap shows what a floor costs.
    """
    return _at(steps(cost, value, share, floor), cost, value, share, budget)


def allocate_each(
    cost: Floats, value: Floats, share: Floats, budget: float, floor: Floats | None = None
) -> list[Allocation]:
    """Returns the allocation of each of several cases, (F, L, O), all wrapped at once."""
    cases, levels, options = cost.shape
    base, level, old, new, slope = hulls(cost.reshape(-1, options), value.reshape(-1, options))
    case = level // levels
    order = np.argsort(case, kind="stable")
    ends = np.searchsorted(case[order], np.arange(cases + 1))
    made = []
    for f in range(cases):
        own = order[ends[f] : ends[f + 1]]
        hull = (
            base[f * levels : (f + 1) * levels],
            level[own] - f * levels,
            old[own],
            new[own],
            slope[own],
        )
        path = _sorted(hull, cost[f], value[f], share, floor)
        made.append(_at(path, cost[f], value[f], share, budget))
    return made


def _at(path: Steps, cost: Floats, value: Floats, share: Floats, budget: float) -> Allocation:
    left = budget - path.base_cost
    whole = int(np.searchsorted(np.cumsum(path.cost), left * (1 + 1e-12), side="right"))
    weight = np.zeros_like(value)
    weight[np.arange(len(share)), path.after(whole)] = 1.0
    price = 0.0
    if whole < len(path.cost):
        part = max(left - path.cost[:whole].sum(), 0.0) / path.cost[whole]
        level, old, new = path.level[whole], path.old[whole], path.new[whole]
        weight[level, old], weight[level, new] = 1 - part, part
        price = float(path.value[whole] / path.cost[whole])
    usable = np.isfinite(cost)
    cost = np.where(usable, cost, 0.0)
    spent = float((share[:, None] * weight * cost).sum())
    reached = float((share[:, None] * weight * value).sum())
    best = np.where(usable, value - price * cost, -np.inf).max(axis=1)
    dual = price * budget + float(share @ best)
    return Allocation(weight, spent, reached, price, dual)


def budget_for(path: Path, accuracy: float) -> float:
    """Returns the smallest budget whose accuracy reaches the one given; NaN when out of reach."""
    budgets, values = path.budgets, path.values
    if values[-1] < accuracy - 1e-12:
        return float("nan")
    at = int(np.argmax(values >= accuracy - 1e-12))
    if at == 0:
        return float(budgets[0])
    part = (accuracy - values[at - 1]) / (values[at] - values[at - 1])
    return float(budgets[at - 1] + np.clip(part, 0, 1) * (budgets[at] - budgets[at - 1]))


def at_price(cost: Floats, value: Floats, price: float) -> Ints:
    """Returns the option (L,) of each level that is worth most at a price; of equals the cheapest.

    What a level is worth then is its value less `price` times its cost: no level needs another.
    """
    net = value - price * cost
    best = net.max(axis=1, keepdims=True)
    return np.asarray(np.where(net >= best, cost, np.inf).argmin(axis=1))


def by_price(cost: Floats, value: Floats, share: Floats, budget: float) -> tuple[Ints, float]:
    """Returns the option (L,) of each level, none of them split, and the price that chose them.

    Bisection of the price (Lagrangian): what many single questions need, where nothing is to be
    sorted or split and a budget short by one increment is nothing. The spend never exceeds it.

    Raises:
        InputError: the cheapest options exceed the budget.
    """
    rows = np.arange(len(share))

    def spent(option: Ints) -> float:
        return float(share @ cost[rows, option])

    dear = at_price(cost, value, 0.0)
    if spent(dear) <= budget:
        return dear, 0.0
    if spent(cost.argmin(axis=1)) > budget:
        raise InputError(
            f"budget must be at least {spent(cost.argmin(axis=1)):.4g} per question; got {budget:g}"
        )
    low, high = 0.0, 1.0
    while spent(at_price(cost, value, high)) > budget:
        low, high = high, 2 * high
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        within = spent(at_price(cost, value, middle)) <= budget
        low, high = (low, middle) if within else (middle, high)
    return at_price(cost, value, high), high
