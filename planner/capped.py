"""The allocation under caps in other units: one linear programme, solved exactly by HiGHS."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from ..analysis.counts import Ints
from ..analysis.curve import Floats
from ..data.errors import InputError
from .allocate import Allocation

BOUND_WITHIN = 1e-9
"""A cap binds when so much of it, or less, is left."""
FLOOR_WITHIN = 1e-9
"""What a level may lack of its floor."""
EXACT = (1e-10, 5e-10)
"""The least tolerance HiGHS takes, of the scaled rows, and the one if there it finds nothing."""
LEAST_RISE = 1e-10
"""What a corner must stand above the line between its neighbours to be one."""


@dataclass(frozen=True, slots=True, eq=False)
class Capped:
    """The best mixture at a budget and under caps.

    `binding` tells which caps are reached, `prices` (K,) the accuracy per unit of each cap at the
    margin. Besides the level that the budget splits, every binding cap may split one more.
    """

    allocation: Allocation
    binding: tuple[int, ...]
    prices: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Frontier:
    """All that budgets can buy under the caps: the corners, with lines between them.

    `budgets` (C,) rise, and so do `values` (C,); `weight` (C, N) is of the N options that matter,
    whose place is `level` (N,) and `option` (N,).
    """

    budgets: Floats
    values: Floats
    weight: Floats
    level: Ints
    option: Ints

    def mixture(self, corner: int, options: int) -> Floats:
        """Returns the shares (L, O) at a corner, of so many options."""
        made = np.zeros((self.level[-1] + 1, options))
        made[self.level, self.option] = self.weight[corner]
        return made


def capped(
    cost: Floats,
    value: Floats,
    share: Floats,
    budget: float,
    others: Floats,
    caps: Floats,
    floor: Floats | None = None,
) -> Capped:
    """Returns the allocation that maximises the mean accuracy at a budget and under caps.

    As in `allocate`, the upper bound is of allocations without a floor, under the same caps.

    Args:
        cost: (L, O) per problem of the level, in the budget's unit; inf where not to be used.
        value: (L, O) likewise.
        share: (L,) of each level in the mix, adding up to 1.
        budget: the most that may be spent on a problem in expectation; may be inf.
        others: (K, L, O) costs in other units, likewise.
        caps: (K,) the most that may be spent of those, likewise.
        floor: (L,) the value that each level has to have; -inf where none.

    Raises:
        InputError: a level without options, or floors that cannot be reached.
    """
    return _programme(cost, value, share, others, caps, floor).at(budget)


def frontier(
    cost: Floats,
    value: Floats,
    share: Floats,
    others: Floats,
    caps: Floats,
    floor: Floats | None = None,
) -> Frontier:
    """Returns every corner of what budgets buy, from the least spend to the most accuracy.

    Two linear programmes a corner: what stands farthest above the line between two known corners
    is a corner, and where nothing does the line is an edge (Eisner and Severance 1976).
    """
    made = _programme(cost, value, share, others, caps, floor)
    corners = np.stack(made.corners())
    # Of equally cheap ones only the last is a corner, of equally accurate ones only the first.
    dearer = np.diff(corners @ made.parts[0]) > LEAST_RISE * made.most[0]
    corners = corners[np.append(dearer, True)]
    corners = corners[np.insert(np.diff(corners @ made.worth) > LEAST_RISE, 0, True)]
    return Frontier(corners @ made.parts[0], corners @ made.worth, corners, made.level, made.option)


def undominated(costs: Floats, value: Floats) -> NDArray[np.bool_]:
    """Marks the options (L, O) that no other of their level matches in value and all costs.

    Of equals the first is kept. An option with an infinite cost may not be used and is not kept.

    Args:
        costs: (U, L, O), in every unit.
        value: (L, O).
    """
    usable = np.isfinite(costs).all(axis=0)
    beats = value[:, :, None] >= value[:, None, :]
    for unit in np.where(usable, costs, np.inf):
        beats &= unit[:, :, None] <= unit[:, None, :]
    earlier = np.triu(np.ones(beats.shape[1:], dtype=bool), 1)
    beats &= earlier | ~beats.swapaxes(1, 2)
    return np.asarray(usable & ~beats.any(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class _Programme:
    """The matrices, with a column for each of the N options that matter, level by level.

    `parts` (1 + K, N) and `worth` (N,) are what each adds to the spend in every unit, the budget's
    first, and to the mean accuracy; `gain` (N,) is what is maximised: `worth`, and the value itself
    where a level has no share. `most` (1 + K,) is what the dearest mixture spends. `member` (L, N)
    is 1 where an option is of a level, which `needs` it or a floor: `reach` (F, N) has to come to
    `floor` (F,), and `bounds` of each leave a level whose floor is its top only its best options.
    """

    shape: tuple[int, ...]
    level: Ints
    option: Ints
    parts: Floats
    worth: Floats
    gain: Floats
    most: Floats
    member: Floats
    needs: str
    reach: Floats
    floor: Floats
    bounds: list[tuple[float, float]]
    caps: Floats

    def at(self, budget: float) -> Capped:
        limits = np.concatenate([[budget], self.caps])
        found, prices = self.solve(self.gain, limits)
        spent = self.parts @ found
        net = np.where(self.member > 0, self.worth - prices @ self.parts, -np.inf)
        dual = float(prices @ np.where(prices > 0, limits, 0.0) + net.max(axis=1).sum())
        weight = np.zeros(self.shape)
        weight[self.level, self.option] = found
        reached, price = float(self.worth @ found), float(prices[0])
        binding = np.flatnonzero(spent[1:] >= self.caps * (1 - BOUND_WITHIN)).tolist()
        made = Allocation(weight, float(spent[0]), reached, price, dual)
        return Capped(made, tuple(binding), prices[1:])

    def corners(self) -> list[Floats]:
        """Returns the mixtures (N,) at the corners of the frontier, from the least spend."""
        free = np.concatenate([[np.inf], self.caps])
        low, _ = self.solve(-self.parts[0] / self.most[0], free)
        high, _ = self.solve(self.gain, free)
        return [low, *self.between(low, high), high]

    def between(self, low: Floats, high: Floats) -> list[Floats]:
        run, rise = self.parts[0] @ (high - low), self.worth @ (high - low)
        if run <= LEAST_RISE * self.most[0] or rise <= LEAST_RISE:
            return []
        slope = rise / run
        free = np.concatenate([[np.inf], self.caps])
        found, _ = self.solve(self.gain - slope * self.parts[0], free)
        if (self.worth - slope * self.parts[0]) @ (found - low) <= LEAST_RISE:
            return []
        return [*self.between(low, found), found, *self.between(found, high)]

    def solve(self, gain: Floats, limits: Floats) -> tuple[Floats, Floats]:
        """Returns the mixture (N,) that maximises a gain (N,) and the prices of (1 + K,) limits."""
        found, prices = self._try(gain, limits)
        if found is None:
            raise InputError(self._refusal(limits))
        return found, prices

    def _try(self, gain: Floats, limits: Floats) -> tuple[Floats | None, Floats]:
        # A row is divided by its limit, or by what can be spent where the limit is far from it, so
        # that HiGHS keeps it to a part of that; then a column by its largest entry.
        scale = np.clip(limits, 1e-9 * self.most, 2 * self.most)
        rows = self.parts / scale[:, None]
        size = np.maximum(rows.max(axis=0), 1.0)
        for within in EXACT:
            made = linprog(
                -gain / size,
                np.concatenate([rows, -self.reach]) / size,
                np.concatenate([np.minimum(limits, scale) / scale, -self.floor]),
                self.member / size,
                np.ones(len(self.member)),
                self.bounds,
                method="highs",
                options={
                    "primal_feasibility_tolerance": within,
                    "dual_feasibility_tolerance": within,
                },
            )
            if made.status == 0 and made.x is not None:
                weight = np.clip(made.x, 0.0, None) / size
                prices = np.maximum(-made.ineqlin.marginals[: len(limits)], 0.0) / scale
                return weight / (self.member @ weight)[self.level], prices
        return None, np.zeros(len(limits))

    def _refusal(self, limits: Floats) -> str:
        """Names the first limit that those before it leave too little for: caps, then budget."""
        kept = np.full(len(limits), np.inf)
        for unit in (*range(1, len(limits)), 0):
            least, _ = self._try(-self.parts[unit] / self.most[unit], kept)
            needed = np.inf if least is None else float(self.parts[unit] @ least)
            if needed > limits[unit]:
                name = f"caps[{unit - 1}]" if unit else "budget"
                others = " within the other caps" if np.isfinite(kept).any() else ""
                return (
                    f"{name} must be at least {needed:.6g} per problem for every level to have"
                    f" {self.needs}{others}; got {limits[unit]:g}"
                )
            kept[unit] = limits[unit]
        raise RuntimeError(f"HiGHS finds no allocation within {limits}, though there is one")


def _programme(
    cost: Floats,
    value: Floats,
    share: Floats,
    others: Floats,
    caps: Floats,
    floor: Floats | None,
) -> _Programme:
    costs = np.concatenate([cost[None], others])
    kept = undominated(costs, value)
    top = np.where(kept, value, -np.inf).max(axis=1)
    wanted = _floors(top, floor)
    level, option = np.nonzero(kept)
    plain = value[level, option]
    parts, worth = share[level] * costs[:, level, option], share[level] * plain
    member = np.equal.outer(np.arange(len(share)), level).astype(float)
    most = np.where(member > 0, parts[:, None, :], 0.0).max(axis=2).sum(axis=1)
    # A floor at the top would leave HiGHS no room as a row.
    at_top = (wanted >= top - FLOOR_WITHIN)[level]
    barred = at_top & (plain < top[level] - FLOOR_WITHIN)
    owed = np.setdiff1d(np.flatnonzero(wanted > -np.inf), level[at_top])
    return _Programme(
        cost.shape,
        level,
        option,
        parts,
        worth,
        np.where(share[level] > 0, worth, plain),
        np.where(most > 0, most, 1.0),
        member,
        "an option" if floor is None else "its floor",
        (member * plain)[owed],
        wanted[owed],
        [(0.0, 0.0 if never else np.inf) for never in barred],
        np.asarray(caps, dtype=float),
    )


def _floors(top: Floats, floor: Floats | None) -> Floats:
    """Returns the floor (L,) of each level, -inf if none, having seen that its best reaches it."""
    if np.isneginf(top).any():
        raise InputError(f"level {int(np.argmin(top))} must be left an option; got none")
    if floor is None:
        return np.full(len(top), -np.inf)
    for level in np.flatnonzero(floor > top + FLOOR_WITHIN):
        raise InputError(
            f"floor of level {level} must be at most {top[level]:.6g}, the most that its options"
            f" reach; got {floor[level]:g}"
        )
    return np.minimum(floor, top)
