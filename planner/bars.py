"""Bars: options that a plan may not have, for they could cost some problem too much."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..analysis.counts import Counts
from ..analysis.curve import Floats
from .costs import Prices
from .stages import Stage, Told
from .table import ValueTable
from .used import Used, charge


def bar(
    stage: Stage,
    told: Told,
    logs: Sequence[Counts],
    price: Prices,
    hard: float | None,
    solutions: int | None,
) -> Stage:
    """Bars what could cost any problem of its level more than `hard`, and more `solutions`.

    What a problem could cost is all the solutions and verdicts of an option at their mean price on
    that problem, in the budget's unit. To answer nothing is always left, unless a probe is to be
    paid first.
    """
    if hard is None and solutions is None:
        return stage
    table, own = told.table, stage.case.member().astype(bool)
    barred = np.zeros((len(own), len(table.options)), dtype=bool)
    if solutions is not None:
        barred |= np.asarray([option.solutions > solutions for option in table.options])
    if hard is not None:
        worst = charge(_worst(table, price.parallel), logs, price, told.problem)
        barred |= np.stack([worst[rows].max(axis=0) for rows in own]) > hard * (1 + 1e-9)
    return replace(stage, case=replace(stage.case, barred=barred))


def _worst(table: ValueTable, parallel: int) -> Used:
    """What each option uses when nothing is accepted before its last solution."""
    assert table.used is not None
    s = np.asarray([option.solutions for option in table.options])
    v = np.asarray([option.verdicts for option in table.options])
    wave = -(-s // parallel)
    most: Floats = np.stack([s, s * v, s, wave * v]).astype(float)[:, None, :]
    return replace(table.used, each=np.maximum(table.used.each, most))
