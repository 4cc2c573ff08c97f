"""A judge's accuracy in its own tokens: a slope that is 0 until the log says otherwise."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri
from statsmodels.discrete.conditional_models import ConditionalLogit

from ..analysis.counts import Ints
from ..analysis.curve import MASS, Floats, Interval
from ..data.errors import InputError

VARIES = 0.1
"""The least sd of log2 tokens within items that a slope can be read off."""


@dataclass(frozen=True, slots=True)
class Slope:
    """How accuracy moves when a judge writes twice the tokens on the same item.

    `logit` is in log odds a doubling, `accuracy` in points of accuracy a doubling at the log's own
    mix; `p_positive` is the chance that either is above its null of 0. `items` is how many items
    have right and wrong judgements, which alone can tell. NaN with a `reason` where none can.
    """

    logit: Interval
    accuracy: Interval
    p_positive: float
    items: int
    reason: str | None = None


def slope(right: Floats, tokens: Floats, item: Ints, *, mass: float = MASS) -> Slope:
    """Returns the slope of being right in log2 tokens within items, by conditional logit.

    Long thinking on hard items makes the slope over all judgements negative even where thinking
    helps; given how many judgements of an item are right, its difficulty drops out.

    Args:
        right: whether each judgement was right, (N,).
        tokens: of each judgement, all > 0, (N,).
        item: which item each judged, (N,).
        mass: of the intervals.

    Raises:
        InputError: unequal lengths, or tokens that are missing or not positive.
    """
    if not len(right) == len(tokens) == len(item):
        raise InputError(
            "right, tokens and item need equal lengths;"
            f" got {len(right)}, {len(tokens)} and {len(item)}"
        )
    if len(tokens) and not (np.isfinite(tokens) & (tokens > 0)).all():
        raise InputError("tokens of judgements must be known and > 0; some are not")
    x = np.log2(tokens)
    _, of = np.unique(item, return_inverse=True)
    size = np.bincount(of)
    share = np.bincount(of, right) / size
    mixed = (share > 0) & (share < 1)
    kept = mixed[of]
    away = x - (np.bincount(of, x) / size)[of]
    if not kept.any():
        return _unknown(0, mass, "no item was judged both rightly and wrongly")
    if np.sqrt((away[kept] ** 2).mean()) < VARIES:
        return _unknown(int(mixed.sum()), mass, "the tokens hardly vary within items")
    found = ConditionalLogit(right[kept], away[kept, None], groups=of[kept]).fit(disp=0)
    each, error = float(found.params[0]), float(found.bse[0])
    # A doubling moves an item's share by p (1 - p) to first order; items never mixed do not move.
    points = float((share * (1 - share))[of].mean())
    return Slope(
        _normal(each, error, mass),
        _normal(points * each, points * error, mass),
        float(ndtr(each / error)),
        int(mixed.sum()),
    )


def _normal(mean: float, error: float, mass: float) -> Interval:
    half = float(ndtri((1 + mass) / 2)) * error
    return Interval(mean, mean - half, mean + half, mass, "new")


def _unknown(items: int, mass: float, reason: str) -> Slope:
    nan = float("nan")
    none = Interval(nan, nan, nan, mass, "new")
    return Slope(none, none, nan, items, f"{reason}, so this log cannot tell the slope")
