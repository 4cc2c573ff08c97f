"""Case: what is to be decided, with the weight of every problem in every world."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..analysis.counts import Ints
from ..analysis.curve import Floats
from ..analysis.levels import Levels
from ..data.errors import InputError, nearest
from .allocate import Allocation, Path, allocate, allocate_each, steps
from .table import ValueTable

Flags = NDArray[np.bool_]


class Caps(Protocol):
    """What holds back the spend in other units than the budget's; see `caps`."""

    def allocate(
        self, case: "Case", weight: Floats, means: tuple[Floats, Floats], budget: float
    ) -> Allocation:
        """Returns the best mixture under the caps."""

    def frontier(self, case: "Case", means: tuple[Floats, Floats]) -> Path:
        """Returns what every budget buys under the caps."""

    def possible(self, case: "Case") -> bool:
        """Returns whether the least that can be done keeps to the caps."""

    def binding(self, case: "Case", mixture: Floats) -> tuple[str, ...]:
        """Returns the units whose cap a mixture reaches."""

    def restrict(self, options: list[int]) -> "Caps":
        """Returns the caps on some of the options."""


@dataclass(frozen=True, eq=False)
class Case:
    """Values and costs (P, O), the level (P,) of each row, and weights (W, P).

    In the log, row 0, the weights of a level's rows add up to its share (L,) of the mix. They do so
    in every world where a mix was asked for; the log's own mix is as uncertain as its problems.
    `problem` (P,) tells which rows are the same problem, so that none is both chosen on and valued
    on. `floor` (L,) is the utility that each level has to have, if any has to, and `barred` (L, O)
    marks options that a level may not have. A wrong answer loses `penalty`, a right one earns 1.
    `caps` hold back what is spent in other units.
    """

    table: ValueTable
    level: Ints
    share: Floats
    weights: Floats
    problem: Ints
    floor: Floats | None = None
    penalty: float = 0.0
    barred: Flags | None = None
    caps: Caps | None = None

    @property
    def possible(self) -> bool:
        """Whether every level is left something to do that can be paid, and be it nothing."""
        left = self.barred is None or not bool(self.barred.all(axis=1).any())
        return left and (self.caps is None or self.caps.possible(self))

    @property
    def worth(self) -> Floats:
        """The utility of every option on every row, (P, O)."""
        if not self.penalty or self.table.wrong is None:
            return self.table.value
        return self.table.value - self.penalty * self.table.wrong

    def means(self, weight: Floats) -> tuple[Floats, Floats]:
        """Returns each level's mean cost and utility of every option, (L, O), under (P,) weights.

        A level that nobody asks about has no weight; there all its problems count alike. What is
        barred costs more than anyone has.
        """
        cost, worth = self.means_each(weight[None])
        return cost[0], worth[0]

    def means_each(self, weights: Floats) -> tuple[Floats, Floats]:
        """Returns the same under each of several weights (F, P), (F, L, O)."""
        member = self.member()
        rows = member * weights[:, None]
        rows = np.where(rows.any(axis=2, keepdims=True), rows, member)
        rows = rows / rows.sum(axis=2, keepdims=True)
        cost = rows @ self.table.cost
        return cost if self.barred is None else np.where(
            self.barred, np.inf, cost
        ), rows @ self.worth

    def allocate(self, budget: float, weight: Floats | None = None) -> Allocation:
        """Returns the best mixture for the mean problem of each level."""
        weight = self.weights[0] if weight is None else weight
        means = self.means(weight)
        if self.caps is None:
            return allocate(*means, self.share, budget, self.floor)
        return self.caps.allocate(self, weight, means, budget)

    def allocate_each(self, budget: float, weights: Floats) -> list[Allocation]:
        """Returns the best mixture under each of several weights of the rows, (F, P)."""
        if self.caps is not None:
            return [self.allocate(budget, weight) for weight in weights]
        return allocate_each(*self.means_each(weights), self.share, budget, self.floor)

    def steps(self) -> Path:
        """Returns the whole frontier."""
        means = self.means(self.weights[0])
        if self.caps is None:
            return steps(*means, self.share, self.floor)
        return self.caps.frontier(self, means)

    def rows(self, mixture: Floats, *, right: bool = False) -> Floats:
        """Returns the utility (P,) of each row, or its accuracy, when its level gets its (L, O)."""
        worth = self.table.value if right else self.worth
        return np.asarray(np.einsum("po,po->p", mixture[self.level], worth))

    @cached_property
    def grid(self) -> Floats:
        """What each option adds to the utility of all if its level gets it, (W, L, O).

        Problems are drawn again, and options known from fits move as their fits do.
        """
        off = self.table.believed
        return self._grid(self.worth, None if off is None else off.off(self.penalty))

    @cached_property
    def right_grid(self) -> Floats:
        """The same for accuracy."""
        off = self.table.believed
        return self._grid(self.table.value, None if off is None else off.right)

    def _grid(self, worth: Floats, off: Floats | None) -> Floats:
        made = np.empty((len(self.weights), len(self.share), worth.shape[1]))
        for level, own in enumerate(self.member().astype(bool)):
            weight = self.weights[:, own]
            made[:, level] = weight @ worth[own]
            if off is not None:
                known = self.table.believed
                assert known is not None
                here, size = off[:, known.problem[own]], len(off)
                for start in range(1, len(weight), size):
                    some = weight[start : start + size]
                    moved = np.matmul(some[:, None], here[: len(some)])[:, 0]
                    made[start : start + size, level, known.columns.tolist()] += moved
        return made

    def worlds(self, mixture: Floats, *, right: bool = False) -> Floats:
        """Returns (..., W, L) what each level adds to the utility of all, or to their accuracy.

        Args:
            mixture: of the options, (..., L, O).
            right: whether accuracy is meant.
        """
        grid = self.right_grid if right else self.grid
        return np.asarray(np.einsum("...lo,wlo->...wl", mixture, grid, optimize=True))

    def totals(self, mixtures: Floats, *, right: bool = False) -> Floats:
        """Returns (W, C) what all levels come to under each of the mixtures (C, L, O)."""
        grid = self.right_grid if right else self.grid
        flat = grid.reshape(len(grid), -1), mixtures.reshape(len(mixtures), -1)
        return np.asarray(flat[0] @ flat[1].T)

    def spends(self, mixture: Floats) -> Floats:
        """Returns the cost (P,) of each row when its level gets its part of (L, O)."""
        return np.asarray(np.einsum("po,po->p", mixture[self.level], self.table.cost))

    def spreads(self, mixture: Floats) -> tuple[Floats, float]:
        """Returns the standard deviation between problems of their accuracy: (L,), and of all.

        A problem that a probe puts into several levels counts in each as far as it is there.
        """
        rows, names = (
            self.rows(mixture, right=True),
            np.unique(self.problem, return_inverse=True)[1],
        )
        total, weight = self.weights[0] * rows, self.weights[0]
        levels = [_spread(rows[own], weight[own]) for own in self.member().astype(bool)]
        held = np.bincount(names, weight)
        mean = np.bincount(names, total) / np.where(held > 0, held, 1.0)
        return np.asarray(levels), _spread(mean, held.astype(float))

    def mixes(self) -> Floats:
        """Returns the share of each level in every world, (W, L)."""
        return np.asarray(self.weights @ self.member().T)

    def member(self) -> Floats:
        """Returns (L, P) 1 where a row belongs to a level, else 0."""
        return np.equal.outer(np.arange(len(self.share)), self.level).astype(float)

    def pooled(self, options: list[int]) -> "Case":
        """Returns the case of one split for all, with some of the options."""
        made = replace(
            self,
            table=self.table.restrict(options),
            caps=None if self.caps is None else self.caps.restrict(options),
            level=np.zeros_like(self.level),
            share=np.ones(1),
            floor=None,
            barred=None if self.barred is None else np.any(self.barred[:, options], 0)[None, :],
        )
        # What all levels add together is known, where what each adds is.
        for name in ("grid", "right_grid") if self.penalty else ("grid",):
            grid = getattr(self, name).sum(axis=1, keepdims=True)
            made.__dict__[name] = grid[..., options]
        return made

    def with_floor(self, names: Sequence[str], floor: Mapping[str, float]) -> "Case":
        """Returns the case with the accuracy that some levels have to have.

        Raises:
            InputError: no such level, or an accuracy that no option of the level reaches.
        """
        wanted = np.zeros(len(names))
        top = self.means(self.weights[0])[1].max(axis=1)
        for name, least in floor.items():
            if name not in names:
                told = f"{', '.join(names)}){nearest(name, list(names))}"
                raise InputError(f"floor: no level {name!r} (levels: {told}")
            place = list(names).index(name)
            if not 0 <= least <= top[place]:
                raise InputError(
                    f"floor: the accuracy of level {name!r} must lie between 0 and"
                    f" {top[place]:.3f}, the most that its options reach; got {least:g}"
                )
            wanted[place] = least
        return replace(self, floor=wanted)

    def least(self) -> float:
        """Returns the spend at which every level has its floor."""
        if self.floor is None or self.caps is not None:
            return float(self.steps().budgets[0])
        cost, value = self.means(self.weights[0])
        path = steps(cost, value, self.share, self.floor)
        owed = value[path.level, path.old] < self.floor[path.level] - 1e-12
        return float(path.base_cost + path.cost[owed].sum())


def case(
    table: ValueTable,
    levels: Levels,
    mix: Mapping[str, float] | None,
    worlds: Floats,
    problem: Ints,
) -> Case:
    """Weighs the problems as in `worlds` (W, P), but with the shares of the mix, if one is given.

    Raises:
        InputError: see `shares`.
    """
    made = Case(table, levels.of, shares(levels, mix), worlds, problem)
    if mix is None:
        return made
    scale = made.share / np.maximum(made.mixes(), 1e-300)
    return replace(made, weights=worlds * scale[:, levels.of])


def shares(levels: Levels, mix: Mapping[str, float] | None) -> Floats:
    """Returns the share of each level: the log's, or the mix asked for, made to add up to 1.

    Raises:
        InputError: a level that is not there, a negative share, or nothing at all.
    """
    if mix is None:
        return np.bincount(levels.of, minlength=len(levels.names)) / len(levels.of)
    for name, part in mix.items():
        if name not in levels.names:
            known = list(levels.names)
            raise InputError(
                f"mix: no level {name!r} (levels: {', '.join(known)}){nearest(name, known)}"
            )
        if not 0 <= part < np.inf:
            raise InputError(f"mix: the share of {name!r} must be >= 0; got {part:g}")
    share = np.asarray([mix.get(name, 0.0) for name in levels.names])
    if share.sum() <= 0:
        raise InputError("mix: the shares must add up to more than 0")
    return np.asarray(share / share.sum())


def _spread(values: Floats, weight: Floats) -> float:
    """The weighted standard deviation of one problem; NaN of fewer than two."""
    alive = weight > 0
    if alive.sum() < 2:
        return float("nan")
    share = weight[alive] / weight[alive].sum()
    centred = values[alive] - share @ values[alive]
    return float(np.sqrt(share @ centred**2 / max(1 - share @ share, 1e-12)))
