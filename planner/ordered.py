"""Options in random orders of a log, averaged over the orders that show each level of a problem."""

import numpy as np

from ..analysis.counts import Ints
from ..analysis.curve import Floats
from .plan import Option
from .table import ValueTable
from .used import KINDS, Used

Gathered = dict[Option, tuple[int, list[Floats]]]
"""Each option with its log, and on every row: right, wrong, its use, and that of a probe if any."""


def gathered(found: Gathered, by: int = -1) -> ValueTable:
    """Puts options that were averaged over orders side by side, not yet priced."""
    of, made = zip(*found.values(), strict=True)
    value, wrong, *used = (np.stack(each, axis=1) for each in zip(*made, strict=True))
    probe = np.stack(used[KINDS:]) if by >= 0 else None
    use = Used(np.asarray(of), np.stack(used[:KINDS]), by, probe)
    return ValueTable(tuple(found), value, np.full_like(value, np.nan), wrong, use)


def shown(of: Ints, levels: int) -> tuple[Ints, Ints, Floats, Floats]:
    """Returns the rows of levels that orders show, `of` (P, R): a problem at each of its levels.

    Returns:
        The problem and the level of each row (N,), how often it is shown (N,), and the weights
        (N, R) of the orders that show it.
    """
    member = np.stack([of == level for level in range(levels)], axis=1).astype(float)
    often = member.mean(axis=2)
    problem, level = np.nonzero(often > 0)
    rows = member[problem, level]
    return problem, level, often[problem, level], rows / rows.sum(axis=1, keepdims=True)


def mean_over(values: Floats | float, problem: Ints, mean: Floats) -> Floats:
    """The mean over the orders of each row (N,), of values of any shape that goes with (P, R)."""
    values = np.asarray(values, dtype=float)
    if values.ndim == 0:
        return np.full(len(problem), float(values))
    if values.shape[1] == 1:
        return np.asarray(values[problem, 0])
    return np.asarray((values[problem] * mean).sum(axis=1))
