"""Case: what is to be decided, with the weight of every problem in every world."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..analysis.counts import Ints
from ..analysis.curve import Floats
from ..analysis.levels import Levels
from ..data.errors import InputError, nearest
from .allocate import Allocation, Steps, allocate, steps
from .value import ValueTable


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Values and costs (P, O), the level (P,) of each row, and weights (W, P).

    In the log, row 0, the weights of a level's rows add up to its share (L,) of the mix. They do so
    in every world where a mix was asked for; the log's own mix is as uncertain as its problems.
    `problem` (P,) tells which rows are the same problem, so that none is both chosen on and valued
    on. `floor` (L,) is the accuracy that each level has to have, if any has to.
    """

    table: ValueTable
    level: Ints
    share: Floats
    weights: Floats
    problem: Ints
    floor: Floats | None = None

    def means(self, weight: Floats) -> tuple[Floats, Floats]:
        """Returns each level's mean cost and value of every option, (L, O), under (P,) weights.

        A level that nobody asks about has no weight; there all its problems count alike.
        """
        member = self.member()
        rows = member * weight
        rows = np.where(rows.any(axis=1, keepdims=True), rows, member)
        rows = rows / rows.sum(axis=1, keepdims=True)
        return rows @ self.table.cost, rows @ self.table.value

    def allocate(self, budget: float, weight: Floats | None = None) -> Allocation:
        """Returns the best mixture for the mean problem of each level."""
        return allocate(
            *self.means(self.weights[0] if weight is None else weight),
            self.share,
            budget,
            self.floor,
        )

    def steps(self) -> Steps:
        """Returns the whole frontier."""
        return steps(*self.means(self.weights[0]), self.share, self.floor)

    def rows(self, mixture: Floats) -> Floats:
        """Returns the accuracy (P,) of each row when its level gets its part of (L, O)."""
        return np.asarray(np.einsum("po,po->p", mixture[self.level], self.table.value))

    def spends(self, mixture: Floats) -> Floats:
        """Returns the cost (P,) of each row when its level gets its part of (L, O)."""
        return np.asarray(np.einsum("po,po->p", mixture[self.level], self.table.cost))

    def spreads(self, mixture: Floats) -> tuple[Floats, float]:
        """Returns the standard deviation between problems of their accuracy: (L,), and of all.

        A problem that a probe puts into several levels counts in each as far as it is there.
        """
        rows, names = self.rows(mixture), np.unique(self.problem, return_inverse=True)[1]
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
            level=np.zeros_like(self.level),
            share=np.ones(1),
            floor=None,
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
        path, (_, value) = self.steps(), self.means(self.weights[0])
        if self.floor is None:
            return path.base_cost
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
