"""A budget split over several knobs: the setting of each level that answers most for its price."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Protocol

import numpy as np

from ..analysis.curve import MASS, Floats, Interval, Json, interval
from ..data.errors import InputError
from .allocate import Allocation, allocate, steps
from .terms import Term, priced, term

MOST_SETTINGS = 20_000
FAR = 1.0
"""E-folds beyond the log from which a setting of the plan is doubted."""
PART = 1e-9


class Law(Protocol):
    """Any law that gives accuracy at settings of named knobs, in worlds: what a plan is made of.

    `weight` is its share among the laws of several levels, before a mix is asked for.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """The knobs."""

    @property
    def weight(self) -> float:
        """Its share, unnormalised."""

    def worlds(
        self, settings: Mapping[str, Floats], covariates: Mapping[str, float] | None = None
    ) -> Floats:
        """Returns the accuracy at settings (S,) in every world, (1 + W, S)."""

    def beyond(self, settings: Mapping[str, Floats]) -> Floats:
        """Returns (S,) how many e-folds the settings lie outside what was logged."""


@dataclass(frozen=True, slots=True)
class KnobLevel:
    """What one level does: the settings, each with its weight, their cost and their accuracy."""

    level: str
    share: float
    split: tuple[tuple[float, Mapping[str, float]], ...]
    cost: float
    accuracy: Interval

    def json(self) -> Json:
        """Returns the level as data."""
        parts = [{"weight": w, "settings": dict(setting)} for w, setting in self.split]
        told: Json = {"level": self.level, "share": self.share, "split": parts}
        return told | {"cost": self.cost, "accuracy": self.accuracy.json()}


@dataclass(frozen=True, slots=True, eq=False)
class KnobPlan:
    """The split of a budget over knobs, level by level.

    `instead` is what other uses of the same budget reach, by name: one setting for all levels, or
    one knob turned and the others left at their least. `frontier` holds pairs of a budget and the
    accuracy it buys; no split of these settings exceeds `upper_bound`.
    """

    budget: float
    unit: str
    spent: float
    accuracy: Interval
    levels: tuple[KnobLevel, ...]
    instead: Mapping[str, Interval]
    frontier: tuple[tuple[float, float], ...]
    upper_bound: float
    doubts: tuple[str, ...]

    def json(self) -> Json:
        """Returns the shape of a plan."""
        return {
            "budget": {"amount": self.budget, "unit": self.unit, "per": "problem, expected"},
            "spent": self.spent,
            "accuracy": self.accuracy.json(),
            "levels": [level.json() for level in self.levels],
            "baselines": [{"name": n, "accuracy": a.json()} for n, a in self.instead.items()],
            "frontier": [{"budget": b, "accuracy": a} for b, a in self.frontier],
            "certificate": {
                "upper_bound": self.upper_bound,
                "gap": max(self.upper_bound - self.frontier_at(self.budget), 0.0),
            },
            "doubts": list(self.doubts),
        }

    def frontier_at(self, budget: float) -> float:
        """Returns what a budget buys by the frontier."""
        corners = np.array(self.frontier)
        return float(np.interp(budget, corners[:, 0], corners[:, 1]))


def knob_plan(
    laws: Law | Mapping[str, Law],
    budget: float,
    price: Sequence[Term | str],
    *,
    tried: Mapping[str, Sequence[float]],
    covariates: Mapping[str, Mapping[str, float]] | None = None,
    mix: Mapping[str, float] | None = None,
    unit: str = "tokens",
    mass: float = MASS,
) -> KnobPlan:
    """Splits a budget over the knobs of a law, level by level.

    The "computation allocation model" of Yue et al. 2024 with its risk: accuracy is averaged over
    worlds and families before it is maximised, so a setting far beyond the log has to be worth its
    uncertainty.

    Args:
        laws: one law, or one for each level.
        budget: the expected spend per problem.
        price: the terms that add up to the price of a setting, see `term`.
        tried: the values of each knob that may be set; every combination is considered.
        covariates: `{level: {covariate: value}}`, levels of one law that differ by what tasks are
            like.
        mix: the share of each level; that of its tasks, or equal ones, when None.
        unit: of the budget and the price.
        mass: of every interval.

    Raises:
        InputError: a budget below the least price, a knob that is not in every law, or no price.
    """
    names, values, share = _levels(laws, covariates, mix, tried)
    settings = _settings(tried)
    cost = priced(settings, [term(t) if isinstance(t, str) else t for t in price])
    if not budget >= cost.min():
        raise InputError(f"budget must be >= {cost.min():g}, the least price; got {budget:g}")
    worlds = np.stack([made.worlds(settings, z) for made, z in values], axis=1)
    value, costs = worlds[1:].mean(axis=0), np.tile(cost, (len(names), 1))
    made = allocate(costs, value, share, budget)
    path = steps(costs, value, share)
    each = np.einsum("wlo,lo->wl", worlds, made.weight)
    rows = zip(names, share.tolist(), made.weight, each.T, strict=True)
    levels = tuple(
        KnobLevel(name, part, _split(w, settings), float(w @ cost), interval(of, mass))
        for name, part, w, of in rows
    )
    law, others = values[0][0], _instead(worlds, cost, share, settings, budget)
    return KnobPlan(
        budget,
        unit,
        made.spent,
        interval(each @ share, mass),
        levels,
        {name: interval(other, mass) for name, other in others.items()},
        tuple(zip(path.budgets.tolist(), path.values.tolist(), strict=True)),
        made.upper_bound,
        (*_doubts(law, settings, made), *_alike(each @ share, others, mass)),
    )


Valued = tuple[Law, Mapping[str, float] | None]


def _levels(
    laws: Law | Mapping[str, Law],
    covariates: Mapping[str, Mapping[str, float]] | None,
    mix: Mapping[str, float] | None,
    tried: Mapping[str, Sequence[float]],
) -> tuple[list[str], list[Valued], Floats]:
    """The levels' names, the law and the covariates of each, and their shares."""
    if not isinstance(laws, Mapping):
        told: dict[str, Valued] = {n: (laws, z) for n, z in (covariates or {}).items()}
        told = told or {"all": (laws, None)}
        size = dict.fromkeys(told, 1.0)
    else:
        told = {name: (law, None) for name, law in laws.items()}
        size = {name: law.weight for name, law in laws.items()}
    if mix is not None and (
        set(mix) != set(told) or not all(x >= 0 for x in mix.values()) or not sum(mix.values()) > 0
    ):
        raise InputError(f"mix must give a share >= 0 to each of {', '.join(told)}")
    for law, _ in told.values():
        if set(law.names) != set(tried):
            raise InputError(
                f"values to try are needed of each knob ({', '.join(law.names)});"
                f" got {', '.join(tried)}"
            )
    share = np.array([(mix or size)[name] for name in told])
    return list(told), list(told.values()), share / share.sum()


def _settings(tried: Mapping[str, Sequence[float]]) -> dict[str, Floats]:
    size = int(np.prod([len(values) for values in tried.values()]))
    if not 0 < size <= MOST_SETTINGS:
        raise InputError(f"settings to try must be 1 to {MOST_SETTINGS:,} in all; got {size:,}")
    every = np.array(list(product(*(sorted(set(v)) for v in tried.values()))), dtype=float)
    return dict(zip(tried, every.T, strict=True))


def _split(
    weight: Floats, settings: Mapping[str, Floats]
) -> tuple[tuple[float, Mapping[str, float]], ...]:
    return tuple(
        (float(weight[o]), {name: float(x[o]) for name, x in settings.items()})
        for o in np.flatnonzero(weight > PART)
    )


def _instead(
    worlds: Floats,
    cost: Floats,
    share: Floats,
    settings: Mapping[str, Floats],
    budget: float,
) -> dict[str, Floats]:
    """One setting for all levels, and each knob turned alone, in every world (1 + W,)."""
    whole = np.einsum("wlo,l->wo", worlds, share)[:, None]
    masks = {"one setting for all levels": np.ones(len(cost), dtype=bool)}
    if worlds.shape[1] == 1:
        masks = {}
    if len(settings) > 1:
        least = {name: x == x.min() for name, x in settings.items()}
        for name in settings:
            others = [mask for other, mask in least.items() if other != name]
            masks[f"only {name} turned"] = np.all(others, axis=0)
    found = {}
    for name, mask in masks.items():
        if (mask & (cost <= budget)).any():
            value = whole[:, :, mask]
            made = allocate(cost[None, mask], value[1:].mean(axis=0), np.ones(1), budget)
            found[name] = np.einsum("wlo,lo->w", value, made.weight)
    return found


def _alike(plan: Floats, others: Mapping[str, Floats], mass: float) -> list[str]:
    """Names the simpler uses of the budget that the log cannot tell from the plan."""
    better = {name: float((plan > other)[1:].mean()) for name, other in others.items()}
    return [
        f"the plan is not clearly better than {name!r} (better in {share:.0%} of worlds)"
        for name, share in better.items()
        if share < (1 + mass) / 2
    ]


def _doubts(law: Law, settings: Mapping[str, Floats], made: Allocation) -> list[str]:
    chosen = (made.weight > PART).any(axis=0)
    taken = {name: x[chosen] for name, x in settings.items()}
    found = []
    if (far := law.beyond(taken).max()) > FAR:
        found.append(
            f"the plan goes {far:.1f} e-folds beyond the settings logged, where accuracy is"
            " forecast and not seen"
        )
    for name, x in settings.items():
        if x[chosen].max() == x.max() and made.price > 0:
            found.append(f"{name} is set to the largest value tried ({x.max():g}): try larger ones")
    return found
