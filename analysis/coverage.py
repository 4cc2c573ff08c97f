"""Coverage (pass@k): the share of problems solved by at least one of k samples."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Unpack

import numpy as np

from ..data.traces import UNTIL_SUCCESS
from .again import rates_again
from .counts import Counts, Ints
from .curve import Curve, Floats
from .estimate import How, estimate
from .exact.hypergeometric import miss_probability


def coverage(counts: Counts, k: Sequence[int] | Ints | int, **how: Unpack[How]) -> Curve:
    """Returns pass@k within the log; `how` as in `estimate`.

    At a k beyond a problem's n that problem drops out; the estimate is NaN once any does, and the
    reason says how many.
    """
    curve = estimate(counts, k, credits, again=rates_again, **how)
    if curve.population != "these":
        return curve
    return replace(curve, worlds=_increasing(curve.worlds))


def _increasing(worlds: Floats) -> Floats:
    """No truth falls with k; the log itself (row 0) does not either."""
    return np.vstack([worlds[:1], np.maximum.accumulate(worlds[1:], axis=1)])


def credits(counts: Counts, k: Ints) -> Floats:
    """Returns (P, K): the chance that k of a problem's n samples hold a right one; NaN for k > n.

    1 - C(n - c, k) / C(n, k), Chen et al. 2021. A log that stopped at the first success has no
    such subsets; there the credit is whether the first success came within k attempts.
    """
    if counts.stop_rule != UNTIL_SUCCESS:
        return 1.0 - miss_probability(counts.n, counts.c, k)
    solved = counts.c[:, None] > 0
    reached = counts.n[:, None] <= k
    # An unsolved problem abandoned before k attempts says nothing about k.
    unknown = ~solved & (counts.n[:, None] < k)
    return np.where(unknown, np.nan, (solved & reached).astype(np.float64))
