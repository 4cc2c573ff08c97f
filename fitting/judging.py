"""Judges that judge again: what k judgements gain, where the gain ends, and whether a filter helps.

A judgement's margin, the right response's score less the other's, is the item's own plus noise. The
item's own is what the judge always thinks of it, right or wrong; only the noise averages out, so
accuracy tends to the share of items whose own margin is positive: the judge's bias is its ceiling.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from ..analysis.counts import Ints
from ..analysis.curve import MASS, Curve, Floats, Interval, interval
from ..analysis.draws import draws as numbers
from ..analysis.judges import Judgements, Rule, judge
from ..analysis.worlds import WORLDS
from ..data.errors import InputError

EPSILON = 0.005
"""Accuracy within this of the limit has got there."""


@dataclass(frozen=True, slots=True, eq=False)
class Gain:
    """Accuracy by the number of judgements for new items, in worlds, its limit and what it gains.

    `enough` is the number of judgements that comes within EPSILON of the limit; `between` and
    `within` are the sd of items' own margins and of a judgement about its item's, in score units.
    """

    curve: Curve
    limit: Interval
    gain: Interval
    enough: Interval
    between: Interval
    within: Interval


def gain(
    judged: Judgements,
    k: Sequence[int] | Ints | int,
    *,
    rng: np.random.Generator,
    mass: float = MASS,
    worlds: int = WORLDS,
) -> Gain:
    """Returns what k judgements of an item give, for any k, beyond those logged as well.

    Margins are normal within items and between them, so the sum of k is right with chance
    Phi(mean / sqrt(between^2 + within^2 / k)); the posterior of the three under Jeffreys' priors is
    exact (between^2 is cut off at 0).

    Args:
        judged: judgements of pairs: two responses, one of them right.
        k: numbers of judgements, each >= 1.
        rng: of the posterior draws.
        mass: of the intervals.
        worlds: how many to draw.

    Raises:
        InputError: not two responses, nobody right, fewer than 3 items or 2 judgements of each.
    """
    ks = numbers(k).astype(float)
    margin = _margins(judged)
    items, m = margin.shape
    own = margin.mean(axis=1)
    noise = ((margin - own[:, None]) ** 2).sum() / rng.chisquare(items * (m - 1), worlds)
    spread = ((own - own.mean()) ** 2).sum() / rng.chisquare(items - 1, worlds)
    mean = own.mean() + np.sqrt(spread / items) * rng.standard_normal(worlds)
    rows = _with_mean(np.column_stack([mean, np.maximum(spread - noise / m, 0.0), noise]), margin)
    centre, between, within = rows.T
    curve = accuracy(centre, between, within, ks)
    last = accuracy(centre, between, within, np.array([np.inf]))[:, 0]
    first = accuracy(centre, between, within, np.array([1.0]))[:, 0]
    return Gain(
        Curve(numbers(k), curve, "new", mass),
        interval(last, mass),
        interval(last - first, mass),
        interval(_enough(centre, between, within, last), mass),
        interval(np.sqrt(between), mass),
        interval(np.sqrt(within), mass),
    )


def _margins(judged: Judgements) -> Floats:
    """(I, m) the right response's score less the other's."""
    items, m, responses = judged.scores.shape
    sure = np.isin(judged.right, (0.0, 1.0)).all() and (judged.right.sum(axis=1) == 1).all()
    if responses != 2 or not sure:
        raise InputError("the gain of judgements needs two responses of each item, one right")
    if items < 3 or m < 2:
        raise InputError(
            "how far judgements of one item agree needs at least 3 items with 2 judgements each;"
            f" got {items} with {m}"
        )
    if np.isnan(judged.scores).any():
        raise InputError("the gain of judgements needs every score; some are missing")
    best = judged.right.argmax(axis=1)[:, None]
    margin = judged.scores[:, :, 0] - judged.scores[:, :, 1]
    if not (margin != margin[:, :1]).any():
        raise InputError("all judgements of each item agree exactly: more cannot change anything")
    return np.asarray(np.where(best == 0, margin, -margin))


def _with_mean(drawn: Floats, margin: Floats) -> Floats:
    """Puts the plain estimates on top of the draws."""
    items, m = margin.shape
    own = margin.mean(axis=1)
    noise = ((margin - own[:, None]) ** 2).sum() / (items * (m - 1))
    first = [own.mean(), max(own.var(ddof=1) - noise / m, 0.0), noise]
    return np.vstack([first, drawn])


def accuracy(mean: Floats, between: Floats, within: Floats, k: Floats) -> Floats:
    """Returns (W, K) the chance that the sum of k margins is positive, from variances (W,)."""
    spread = np.sqrt(between[:, None] + within[:, None] / k)
    far = np.where(mean == 0, 0.0, np.copysign(np.inf, mean))[:, None]
    z = np.divide(
        mean[:, None], spread, out=np.broadcast_to(far, spread.shape).copy(), where=spread > 0
    )
    return np.asarray(ndtr(z))


def _enough(mean: Floats, between: Floats, within: Floats, limit: Floats) -> Floats:
    """The k at which accuracy is EPSILON from its limit, (W,): 1 where it always is."""
    near = ndtri(np.clip(limit - np.sign(mean) * EPSILON, 1e-12, 1 - 1e-12))
    with np.errstate(divide="ignore", invalid="ignore"):
        k = within / ((mean / near) ** 2 - between)
    return np.maximum(np.where(np.isfinite(k) & (k > 0), k, 1.0), 1.0)


def curve_limit(k: Sequence[float], shares: Sequence[float]) -> tuple[float, float]:
    """Returns the limit of a published curve of accuracy by k, and the form's largest misfit.

    Phi^-1(accuracy)^-2 is linear in 1 / k. Points give no interval.

    Raises:
        InputError: fewer than two points, or some not better than chance.

    >>> limit, misfit = curve_limit([1, 8, 32], [0.679, 0.706, 0.710])
    >>> round(limit, 3), round(misfit, 4)
    (0.711, 0.0002)
    """
    at, right = np.asarray(k, dtype=float), np.asarray(shares, dtype=float)
    if len(at) < 2 or len(at) != len(right) or (right <= 0.5).any() or (right >= 1).any():
        raise InputError("a curve needs two points or more, each above .5 and below 1")
    slope, level = np.polyfit(1 / at, ndtri(right) ** -2, 1)
    fitted = ndtr((level + slope / at) ** -0.5)
    top = ndtr(max(level, 1e-12) ** -0.5)
    return float(top), float(np.abs(fitted - right).max())


@dataclass(frozen=True, slots=True, eq=False)
class Filtered:
    """What keeping the judgements of highest meta score changes, at each k, and how surely."""

    difference: Curve
    p_helps: Floats


def filtered(
    judged: Judgements,
    k: Sequence[int] | Ints | int,
    *,
    kept: float = 0.5,
    rule: Rule = "sum",
    seed: int = 0,
    mass: float = MASS,
) -> Filtered:
    """Returns accuracy by meta-filtered votes less that by all votes, on the same worlds of items.

    Raises:
        InputError: as `judge` does.
    """
    rows = [
        judge(
            judged, k, rng=np.random.default_rng([seed, i]), rule=rule, kept=share, seed=seed
        ).curve.worlds
        for i, share in enumerate((kept, 1.0))
    ]
    apart = rows[0] - rows[1]
    return Filtered(Curve(numbers(k), apart, "new", mass), (apart[1:] > 0).mean(axis=0))
