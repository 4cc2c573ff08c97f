"""The baseline: coverage goes on in a straight line of log k, as between two scales of the log."""

import numpy as np

from ..analysis.curve import Floats
from .tables import Table

SHARE = 4
"""The line goes through the curve at a quarter of the log and at its end."""


def fit(table: Table) -> Floats:
    """Returns (coverage at the end, gain per unit of log k, log of the end) in each world."""
    end = len(table.k) - 1
    start = min(int(np.searchsorted(table.k, table.k[-1] / SHARE)), max(end - 1, 0))
    run = np.log(table.k[end] / table.k[start]) if end else 1.0
    rise = table.coverage[:, end] - table.coverage[:, start]
    last = np.full(len(rise), np.log(table.k[end]))
    return np.stack([table.coverage[:, end], rise / run, last], axis=1)


def coverage(theta: Floats, k: Floats) -> Floats:
    """Returns (W, K), held within 0 and 1."""
    return np.clip(theta[:, :1] + theta[:, 1:2] * (np.log(k) - theta[:, 2:]), 0.0, 1.0)
