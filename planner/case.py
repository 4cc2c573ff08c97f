"""Case: what is to be decided, with the weight of every problem in every world."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..analysis.counts import Ints
from ..analysis.curve import Floats
from ..analysis.levels import Levels
from ..data.errors import InputError, nearest
from .allocate import Allocation, Path, allocate, steps
from .capped import capped, frontier
from .table import ValueTable

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Values and costs (P, O), the level (P,) of each row, and weights (W, P).

    In the log, row 0, the weights of a level's rows add up to its share (L,) of the mix. They do so
    in every world where a mix was asked for; the log's own mix is as uncertain as its problems.
    `problem` (P,) tells which rows are the same problem, so that none is both chosen on and valued
    on. `floor` (L,) is the utility that each level has to have, if any has to, and `barred` (L, O)
    marks options that a level may not have. A wrong answer loses `penalty`, a right one earns 1.
    `others` (K, P, O) are costs in other units, whose expectation has `caps` (K,).
    """

    table: ValueTable
    level: Ints
    share: Floats
    weights: Floats
    problem: Ints
    floor: Floats | None = None
    penalty: float = 0.0
    barred: Flags | None = None
    others: Floats | None = None
    caps: tuple[float, ...] = ()

    @property
    def possible(self) -> bool:
        """Whether every level is left something to do, and be it nothing."""
        return self.barred is None or not bool(self.barred.all(axis=1).any())

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
        member = self.member()
        rows = member * weight
        rows = np.where(rows.any(axis=1, keepdims=True), rows, member)
        rows = rows / rows.sum(axis=1, keepdims=True)
        cost = rows @ self.table.cost
        return cost if self.barred is None else np.where(
            self.barred, np.inf, cost
        ), rows @ self.worth

    def allocate(self, budget: float, weight: Floats | None = None) -> Allocation:
        """Returns the best mixture for the mean problem of each level."""
        weight = self.weights[0] if weight is None else weight
        means = self.means(weight)
        if self.others is None:
            return allocate(*means, self.share, budget, self.floor)
        others, caps = self._others(weight), np.asarray(self.caps)
        return capped(*means, self.share, budget, others, caps, self.floor).allocation

    def _others(self, weight: Floats) -> Floats:
        """Each level's mean cost of every option in the capped units, (K, L, O)."""
        assert self.others is not None
        each = [replace(self, table=replace(self.table, cost=c)) for c in self.others]
        return np.stack([one.means(weight)[0] for one in each])

    def binding(self, mixture: Floats, names: Sequence[str]) -> list[str]:
        """Returns which of the caps, by their names, a mixture (L, O) reaches."""
        if self.others is None:
            return []
        weight = self.weights[0]
        spent = [
            float(weight @ np.einsum("po,po->p", mixture[self.level], cost)) for cost in self.others
        ]
        both = zip(names, spent, self.caps, strict=True)
        return [name for name, told, most in both if told >= most * (1 - 1e-6)]

    def steps(self) -> Path:
        """Returns the whole frontier."""
        means = self.means(self.weights[0])
        if self.others is None:
            return steps(*means, self.share, self.floor)
        others = self._others(self.weights[0])
        return frontier(*means, self.share, others, np.asarray(self.caps), self.floor)

    def rows(self, mixture: Floats, *, right: bool = False) -> Floats:
        """Returns the utility (P,) of each row, or its accuracy, when its level gets its (L, O)."""
        worth = self.table.value if right else self.worth
        return np.asarray(np.einsum("po,po->p", mixture[self.level], worth))

    def worlds(self, mixture: Floats, *, right: bool = False) -> Floats:
        """Returns (W, L) what each level adds to the utility of all, or to their accuracy.

        Problems are drawn again, and options known from fits move as their fits do.
        """
        made = (self.weights * self.rows(mixture, right=right)) @ self.member().T
        off = self.table.believed
        if off is None or not mixture[:, off.columns].any():
            return np.asarray(made)
        moved = np.einsum(
            "vpb,pb->vp",
            off.right if right else off.off(self.penalty),
            mixture[:, off.columns][self.level],
        )
        of = np.arange(len(made) - 1) % len(moved)
        made[1:] += (self.weights[1:] * moved[of]) @ self.member().T
        return np.asarray(made)

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
        return replace(
            self,
            table=self.table.restrict(options),
            others=None if self.others is None else self.others[:, :, options],
            level=np.zeros_like(self.level),
            share=np.ones(1),
            floor=None,
            barred=None if self.barred is None else np.any(self.barred[:, options], 0)[None, :],
        )

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
        if self.floor is None or self.others is not None:
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
