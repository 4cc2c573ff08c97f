"""Solve or verify: at each budget, how many solutions, and how many verdicts on each."""

from dataclasses import dataclass

import numpy as np

from ..analysis.counts import Counts
from ..analysis.curve import MASS, Curve, Floats, Interval, Json, interval, number
from ..data.errors import InputError
from .surface import EVERY, Surface

BUDGETS, BETWEEN = 41, 8
"""How many budgets are looked at, and numbers of verdicts between two of the surface's."""
FEWEST = 5
"""Budgets with verdicts that an exponent needs."""
FLAT = 1e-9
"""An advantage below this is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The best split of each budget (B,), in solutions' worth of compute, over worlds (1 + W, B).

    `solutions` and `verdicts` are the best S and V on the curve S (1 + price V) = budget, V = 0
    where not verifying is best; `accuracy` is what they give and `solving` what S = budget
    solutions give without a verdict. `exponent` is a in S ~ budget^a where verdicts are bought (V
    follows from the budget); `starts` is the budget from which on they pay.
    """

    price: float
    budgets: Floats
    solutions: Floats
    verdicts: Floats
    accuracy: Floats
    solving: Floats
    mass: float

    @property
    def p_solve(self) -> Floats:
        """The probability that V = 0 is best, at each budget, (B,)."""
        return np.asarray((self.verdicts[1:] == 0).mean(axis=0))

    @property
    def exponent(self) -> Interval:
        """The exponent a; NaN where a world in two buys verdicts at fewer than FEWEST budgets."""
        each = np.array(
            [_slope(self.budgets, *row) for row in zip(self.solutions, self.verdicts, strict=True)]
        )
        if np.isnan(each[1:]).mean() > 0.5:
            each = np.full_like(each, np.nan)
        return interval(each, self.mass)

    @property
    def starts(self) -> Interval:
        """The least budget from which on verdicts are bought; infinite where that is never seen."""
        buys = self.verdicts > 0
        later = np.logical_and.accumulate(buys[:, ::-1], axis=1)[:, ::-1]
        first = np.where(later.any(axis=1), self.budgets[later.argmax(axis=1)], np.inf)
        low, high = np.quantile(
            first[1:], [(1 - self.mass) / 2, (1 + self.mass) / 2], method="closest_observation"
        )
        here = float(first[0])
        return Interval(here, min(float(low), here), max(float(high), here), self.mass, "new")

    def json(self) -> Json:
        """Returns the budgets with their best splits."""
        rows = zip(
            self.budgets, self.solutions[0], self.verdicts[0], self.accuracy[0], self.solving[0],
            self.p_solve, strict=True,
        )  # fmt: skip
        names = ("budget", "solutions", "verdicts", "accuracy", "solving_only", "p_solving_best")
        return {
            "price": self.price,
            "starts_paying": self.starts.json(),
            "exponent": self.exponent.json(),
            "budgets": [
                dict(zip(names, map(number, map(float, row)), strict=True)) for row in rows
            ],
        }


def price(counts: Counts, ratio: float = 1.0) -> float:
    """Returns what a verdict costs in solutions: tokens of one over tokens of the other.

    Args:
        counts: one group's counts, with tokens of both.
        ratio: parameters of the verifier's model over those of the solver's.

    Raises:
        InputError: no tokens of either kind, or a ratio that is not positive.
    """
    if not (np.isfinite(ratio) and ratio > 0):
        raise InputError(f"the ratio of model sizes must satisfy ratio > 0; got ratio={ratio:g}")
    both = np.isfinite(counts.verdict_tokens) & np.isfinite(counts.output_tokens)
    if not both.any():
        raise InputError(
            "the price of a verdict needs output_tokens of samples and tokens of verdicts on the"
            " same problems; this log has none (say the price instead)"
        )
    paid = counts.verdict_tokens[both].mean() / counts.output_tokens[both].mean()
    return float(ratio * paid)


def split(surface: Surface, solving: Curve | None, price: float, mass: float = MASS) -> Split:
    """Returns the best split of every budget that the surface reaches.

    The surface is interpolated in log S and log V, and the best point of each line of equal cost
    S (1 + price V) taken, in every world (Singhi et al. 2025 fit S and V to the budget apart, whose
    exponents then need not agree with what they cost).

    Args:
        surface: accuracy over S and V, as `surface` gives it.
        solving: accuracy over S without verdicts, a vote, in the same worlds; one sample if None.
        price: of a verdict, in solutions.
        mass: of the intervals.

    Raises:
        InputError: a price that is not positive.
    """
    if not (np.isfinite(price) and price > 0):
        raise InputError(f"the price of a verdict must satisfy price > 0; got price={price:g}")
    bought = np.flatnonzero(surface.verdicts != EVERY)
    s, v = surface.solutions.astype(float), surface.verdicts[bought].astype(float)
    worlds = surface.worlds[:, :, bought]
    alone = _alone(worlds, s, solving)
    budgets = np.geomspace(1.0, s[-1], BUDGETS)
    dense = np.unique(np.geomspace(v[0], v[-1], max(len(v) - 1, 1) * BETWEEN + 1).round(6))
    columns = np.stack(
        [np.stack([np.interp(np.log(dense), np.log(v), row) for row in world]) for world in worlds]
    )
    found = [_best(columns, alone, np.log(s), dense, price, c) for c in budgets]
    solutions, verdicts_each, accuracy, only = (
        np.stack(x, axis=1) for x in zip(*found, strict=True)
    )
    return Split(price, budgets, solutions, verdicts_each, accuracy, only, mass)


def _alone(worlds: Floats, solutions: Floats, solving: Curve | None) -> Floats:
    """The accuracy without verdicts in every world, (1 + W, S): one sample's without votes."""
    if solving is None:
        return np.repeat(worlds[:, :1, 0], len(solutions), axis=1)
    rows = solving.worlds[: len(worlds)]
    known = np.isfinite(rows).all(axis=0)
    return np.stack(
        [np.interp(np.log(solutions), np.log(solving.k[known]), row[known]) for row in rows]
    )


def _best(
    columns: Floats,
    alone: Floats,
    log_s: Floats,
    verdicts_each: Floats,
    price: float,
    budget: float,
) -> tuple[Floats, ...]:
    """The best S, V, its accuracy and that without verdicts, (1 + W,) each, at one budget."""
    only = np.array([np.interp(np.log(budget), log_s, row) for row in alone])
    s = budget / (1 + price * verdicts_each)
    afforded = np.flatnonzero(s >= 1)
    if not len(afforded):
        return np.full(len(only), budget), np.zeros(len(only)), only, only
    each = np.array(
        [[np.interp(np.log(s[j]), log_s, world[:, j]) for j in afforded] for world in columns]
    )
    place = each.argmax(axis=1)
    best = each[np.arange(len(each)), place]
    pays = best > only + FLAT
    return (
        np.where(pays, s[afforded][place], budget),
        np.where(pays, verdicts_each[afforded][place], 0.0),
        np.where(pays, best, only),
        only,
    )


def _slope(budgets: Floats, solutions: Floats, verdicts_each: Floats) -> float:
    """The least-squares slope of log S in log budget where verdicts are bought."""
    bought = verdicts_each > 0
    if bought.sum() < FEWEST:
        return float("nan")
    return float(np.polyfit(np.log(budgets[bought]), np.log(solutions[bought]), 1)[0])
