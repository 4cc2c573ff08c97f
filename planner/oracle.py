"""Levels from gold answers: what knowing how hard a problem is would be worth, and nobody knows.

In each random order of a problem's samples one half makes the level and the other half is spent,
then the other way round. So levels are as noisy as half a log makes them, and no sample that made
a level values it.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..analysis.counts import Counts, Ints
from ..analysis.curve import Floats
from ..analysis.levels import Levels
from ..analysis.replay import Orders, orders, repeats
from ..data.errors import InputError
from ..data.traces import UNTIL_SUCCESS
from .menu import menu
from .ordered import Gathered, gathered, mean_over, shown
from .plan import NOTHING
from .probed import replayed_columns
from .stages import SOLVE_RATE, Told
from .table import ValueTable
from .value import Column, logged_verdicts

ENOUGH_FOR_HALVES = 8
"""Samples a problem needs before half of them may make its level and half may value it."""
MIN_PROBLEMS_FOR_ORACLE = 12
RULE = "solve rate on other samples (needs gold answers)"


@dataclass(frozen=True, slots=True)
class Cuts:
    """How a solve rate becomes a level: at `quantiles` of the problems, or at falling `rates`."""

    quantiles: int = 3
    rates: tuple[float, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The levels, the easiest first."""
        if self.rates:
            ends = [f"{rate:g}" for rate in self.rates]
            between = [f"from {b} to {a}" for a, b in pairwise(ends)]
            told = [f"{ends[0]} or more", *between, f"below {ends[-1]}"]
            return tuple(f"solve rate {name}" for name in told)
        named = {2: ("easy", "hard"), 3: ("easy", "medium", "hard")}
        return named.get(self.quantiles, tuple(f"level {i + 1}" for i in range(self.quantiles)))

    def level(self, rate: Floats, rng: np.random.Generator) -> Ints:
        """Returns the level of each solve rate (P, R), 0 the easiest.

        Equal rates fall on either side of a quantile at random, so that levels are of one size.
        """
        if self.rates:
            return np.asarray((rate[..., None] < np.asarray(self.rates)).sum(axis=-1))
        order = np.lexsort((rng.random(rate.shape), rate), axis=0)
        rank = np.argsort(order, axis=0)
        return np.asarray(self.quantiles - 1 - rank * self.quantiles // len(rate))


def cuts(rule: str) -> Cuts:
    """Reads `solve-rate`, `solve-rate:5` (quantiles) or `solve-rate:.5,.1` (thresholds).

    >>> cuts("solve-rate:0.5,0.1").names[1]
    'solve rate from 0.1 to 0.5'

    Raises:
        InputError: fewer than 2 or more than 10 quantiles, thresholds that do not fall or lie
            outside (0, 1), or no numbers.
    """
    told = rule.partition(":")[2]
    if not told:
        return Cuts()
    try:
        numbers = tuple(float(part) for part in told.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) == 1 and numbers[0] in range(2, 11):
        return Cuts(int(numbers[0]))
    falling = all(b < a for a, b in pairwise(numbers))
    if not numbers or not falling or not all(0 < x < 1 for x in numbers):
        raise InputError(
            f"levels {SOLVE_RATE}:N takes 2 to 10 quantiles, or thresholds that fall within (0, 1);"
            f" got {told!r}"
        )
    return Cuts(rates=numbers)


def can_halve(logs: list[Counts]) -> bool:
    """Returns whether half of every problem's samples may make its level, the rest value it."""
    return all(
        each.drawn is not None
        and each.stop_rule != UNTIL_SUCCESS
        and int(each.n.min()) >= ENOUGH_FOR_HALVES
        and len(each) >= MIN_PROBLEMS_FOR_ORACLE
        for each in logs
    )


def oracle(
    logs: list[Counts],
    parallel: int,
    seed: int,
    cut: Cuts | None = None,
    believed: ValueTable | None = None,
) -> Told:
    """Tells levels by the first group's solve rate, in both halves of many random orders.

    Args:
        logs: counts over the same problems, one for each group and verifier.
        parallel: how many solutions run at once.
        seed: of the orders.
        cut: where levels end; thirds when None.
        believed: a value table whose fitted options are options here as well.

    Raises:
        InputError: a log of fewer than two samples of some problem, or without samples.
    """
    if any(each.drawn is None or int(each.n.min()) < 2 for each in logs):
        raise InputError("levels by solve rate need at least two samples of every problem")
    half = int(min(each.n.min() for each in logs)) // 2
    times = min(repeats(each, 2 * half) for each in logs)
    both = [_halved(each, half, seed, times) for each in logs]
    cut = cut or Cuts()
    rate = np.concatenate([o.right.mean(axis=-1) for o in both[0][::-1]], axis=1)
    of = cut.level(rate, np.random.default_rng([seed, 16]))
    problem, level, often, mean = shown(of, len(cut.names))
    table = _table(logs, both, (problem, mean), menu_most=half, parallel=parallel)
    if believed is not None and believed.believed is not None:
        table = table.beside(believed.restrict(believed.believed.columns.tolist()).rows(problem))
    return Told(Levels(cut.names, level, RULE), problem, often, table)


def _halved(counts: Counts, half: int, seed: int, times: int) -> tuple[Orders, Orders]:
    """The two halves of every order."""
    made = orders(counts, 2 * half, np.random.default_rng([seed, 4]), times)
    return made.part(0, half), made.part(half, 2 * half)


def _table(
    logs: list[Counts],
    both: list[tuple[Orders, Orders]],
    rows: tuple[Ints, Floats],
    *,
    menu_most: int,
    parallel: int,
) -> ValueTable:
    """The mean of every option over the orders that a problem shows each level in."""
    nothing = Column(NOTHING, np.zeros((len(logs[0]), 1)), 0.0, answered=0.0)
    found: Gathered = {NOTHING: (-1, _averaged([nothing], rows))}
    for i, (counts, halves) in enumerate(zip(logs, both, strict=True)):
        tried = menu(menu_most, logged_verdicts(counts), parallel)
        for pair in zip(*(replayed_columns(counts, o, tried) for o in halves), strict=True):
            if pair[0].option not in found:
                found[pair[0].option] = i, _averaged(list(pair), rows)
    return gathered(found)


def _averaged(pair: list[Column], rows: tuple[Ints, Floats]) -> list[Floats]:
    """Right, wrong, and what is used, on every row; `pair` are the columns of both halves."""
    parts = [(c.value, np.maximum(c.answered - c.value, 0.0), *c.used) for c in pair]
    return [mean_over(_side_by_side(each), *rows) for each in zip(*parts, strict=True)]


def _side_by_side(halves: tuple[Floats | float, ...]) -> Floats:
    """The orders of both halves, (P, 2 R); what is the same in all orders stays as it is."""
    each = [np.asarray(half, dtype=float) for half in halves]
    if each[0].ndim == 0 or each[0].shape[1] == 1:
        return each[0]
    return np.concatenate(each, axis=1)
