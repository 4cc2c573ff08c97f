"""Caps: what a plan may not exceed beside its budget, in other units or on any one problem."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..analysis.counts import Counts, Ints
from ..analysis.curve import Floats
from ..data.errors import InputError
from .case import Case, Flags
from .costs import Prices, prices
from .stages import Stage, Told
from .table import ValueTable
from .used import Used, charge, waits

Capped = Mapping[str, tuple[float, Prices]]
"""The most that may be spent on a problem in expectation, in other units."""


def read_caps(caps: Mapping[str, float], logs: list[Counts], file: Path | None) -> Capped:
    """Settles the prices of the units that are capped.

    Raises:
        InputError: a cap that is not positive, or a unit that the log or the price list lacks.
    """
    found = {}
    for unit, most in caps.items():
        if not (np.isfinite(most) and most > 0):
            raise InputError(f"cap: {unit} must be a positive number; got {most:g}")
        found[unit] = most, prices(unit, logs, file)[1]
    return found


def capped(
    stage: Stage,
    told: Told,
    logs: Sequence[Counts],
    caps: Capped,
    hard: tuple[float | None, int | None],
    price: Prices,
) -> Stage:
    """Returns the stage with its costs in other units, and with what is too dear barred.

    `hard` holds the most that any problem of the log may cost in the budget's unit, come what may,
    and the most solutions of a problem.
    """
    table = told.table
    assert table.used is not None
    case = stage.case
    if any(most is not None for most in hard):
        barred = _barred(case, table, logs, hard, told.problem, price)
        case = replace(case, barred=barred)
    if caps:
        others = [charge(table.used, logs, each, told.problem) for _, each in caps.values()]
        most = tuple(most for most, _ in caps.values())
        case = replace(case, others=np.stack(others), caps=most)
    return replace(stage, case=case)


def _barred(
    case: Case,
    table: ValueTable,
    logs: Sequence[Counts],
    hard: tuple[float | None, int | None],
    problem: Ints,
    price: Prices,
) -> Flags:
    """Marks the options (L, O) that could cost some problem of a level more than it may."""
    most, solutions = hard
    own = case.member().astype(bool)
    barred = np.zeros((len(own), len(table.options)), dtype=bool)
    if solutions is not None:
        barred |= np.asarray([option.solutions > solutions for option in table.options])
    if most is not None:
        worst = charge(_worst(table, price.parallel), logs, price, problem)
        barred |= np.stack([worst[rows].max(axis=0) for rows in own]) > most * (1 + 1e-9)
    # To answer nothing is always left, unless a probe was to be paid first.
    return barred


def _worst(table: ValueTable, parallel: int) -> Used:
    """What each option uses when nothing is accepted before its last solution."""
    assert table.used is not None
    s = np.asarray([option.solutions for option in table.options])
    v = np.asarray([option.verdicts for option in table.options])
    wave = np.asarray([waits(int(each), parallel) for each in s])
    most: Floats = np.stack([s, s * v, s, wave * v]).astype(float)[:, None, :]
    return replace(table.used, each=np.maximum(table.used.each, most))
