"""What accepting the first is worth when mistakes cost: the best caps, and when to stop drawing.

One draw of problem i is right and accepted with chance a_i, wrong and accepted with b_i, else
rejected, r_i = 1 - a_i - b_i. An answer earns 1 when right and loses `penalty` when wrong, to
abstain earns 0, and every draw costs `price`; so up to K draws are worth
mean_i (1 - r_i^K) (a_i - penalty b_i - price) / (a_i + b_i), which has an inner maximum in K only
because problems differ (Stroebl et al. 2024).
"""

from dataclasses import dataclass

import numpy as np

from ..analysis.counts import Ints
from ..analysis.curve import MASS, Floats
from ..data.errors import InputError
from .tables import spread

EVERY_CAP = 512
"""Caps up to which each is looked at; beyond, so many on a log scale: with several changes of sign
down the rejection rates there are several local maxima, and a walk uphill finds one of them."""
TIE = 1e-9
NEVER = 1e-200
"""A chance of acceptance so small that dividing by it may overflow."""
EPSILON = 0.01
"""Utilities closer than this are not told apart."""


@dataclass(frozen=True, slots=True, eq=False)
class BestCaps:
    """The utility of every cap looked at, k (K,), in worlds (1 + W, K), and the best of them.

    Row 0 is the mean of the others, and k = 0 is to answer nothing. `best` is the least of the
    caps that are best in the mean, `low` to `high` are those within epsilon of it, and `p_optimal`
    (K,) is the chance over worlds of each to be within epsilon of its world's best; `possible` are
    the ends of the caps where that is at least the tail of the interval. `endless` says that the
    last cap is among the best: more may still pay.
    """

    k: Ints
    utility: Floats
    best: int
    low: int
    high: int
    p_optimal: Floats
    possible: tuple[int, int]
    endless: bool


def first_accepted(right: Floats, wrong: Floats, k: Floats) -> tuple[Floats, Floats, Floats]:
    """Returns the chances to end right and wrong, and the expected draws, (..., K) each.

    Args:
        right: a (...), the chance that a draw is right and accepted.
        wrong: b (...).
        k: the most draws, (K,); infinity is to draw until accepted.

    >>> [float(x[0].round(4)) for x in first_accepted(np.array(.18), np.array(.08), np.array([4.]))]
    [0.4847, 0.2154, 2.6928]
    """
    accepts = np.minimum(right + wrong, 1.0)[..., None]
    some = np.broadcast_to(accepts > NEVER, (*right.shape, len(k)))
    log_reject = np.log1p(-accepts, out=np.full(accepts.shape, -np.inf), where=accepts < 1)
    stopped = -np.expm1(np.multiply(k, log_reject, out=np.zeros(some.shape), where=some))
    draws = np.divide(stopped, accepts, out=np.zeros(some.shape), where=some)
    ends = right[..., None] * draws, wrong[..., None] * draws
    return *ends, np.where(some, draws, k)


def utility(
    right: Floats, wrong: Floats, k: Floats, *, penalty: float = 1.0, price: float = 0.0
) -> Floats:
    """Returns the mean utility over problems at each cap, (W, K), from a and b (W, P)."""
    _check(right, wrong, penalty, price)
    gain = right - penalty * wrong - price
    out = np.empty((len(right), len(k)))
    log_reject = np.log1p(-np.minimum(right + wrong, 1.0 - 1e-16))
    each = np.divide(gain, right + wrong, out=np.zeros_like(gain), where=right + wrong > NEVER)
    for i, cap in enumerate(k):
        lasting = np.multiply(cap, log_reject, out=np.zeros_like(gain), where=log_reject < 0)
        stopped = -np.expm1(lasting)
        never = np.multiply(cap, gain, out=np.zeros_like(gain), where=gain != 0)
        out[:, i] = np.where(right + wrong > NEVER, stopped * each, never).mean(axis=1)
    return out


def _check(right: Floats, wrong: Floats, penalty: float, price: float) -> None:
    for name, value in (("penalty", penalty), ("price", price)):
        if not (np.isfinite(value) and value >= 0):
            raise InputError(f"{name} must satisfy {name} >= 0; got {name}={value:g}")
    fits = right.shape == wrong.shape and right.ndim == 2
    if not (fits and (np.minimum(right, wrong) >= 0).all() and (right + wrong <= 1 + 1e-9).all()):
        raise InputError("right and wrong must be chances (worlds, problems) that add up to <= 1")


def best_caps(
    right: Floats,
    wrong: Floats,
    *,
    most: int,
    penalty: float = 1.0,
    price: float = 0.0,
    epsilon: float = EPSILON,
    mass: float = MASS,
) -> BestCaps:
    """Returns the caps K worth using, as an interval: utility is flat, and its argmax is noise.

    Args:
        right: a in every world, (W, P).
        wrong: b in every world, (W, P).
        most: the largest cap looked at.
        penalty: of a wrong answer.
        price: of a draw.
        epsilon: the loss of utility that is no loss.
        mass: 1 less twice the tail below which a cap is ruled out.

    Raises:
        InputError: penalty, price or epsilon below 0, or most < 1.
    """
    if most < 1 or epsilon < 0:
        raise InputError(f"caps need most >= 1 and epsilon >= 0; got {most} and {epsilon:g}")
    caps = np.arange(1, most + 1) if most <= EVERY_CAP else spread(most, EVERY_CAP)
    k = np.concatenate([[0], caps])
    each = utility(right, wrong, k.astype(float), penalty=penalty, price=price)
    worth = np.vstack([each.mean(axis=0), each])
    top = worth.max(axis=1, keepdims=True)
    near = worth >= top - epsilon
    optimal = near[1:].mean(axis=0)
    held = k[optimal >= min((1 - mass) / 2, optimal.max())]
    good = k[near[0]]
    return BestCaps(
        k,
        worth,
        int(k[(worth[0] >= top[0] - TIE).argmax()]),
        int(good[0]),
        int(good[-1]),
        optimal,
        (int(held[0]), int(held[-1])),
        bool(near[0, -1]),
    )


def oracle(right: Floats, wrong: Floats, *, penalty: float = 1.0, price: float = 0.0) -> Floats:
    """Returns (W,) the utility if each problem were known: draw until accepted, or not at all.

    A bound: no rule that does not know the problem can earn more.
    """
    _check(right, wrong, penalty, price)
    gain, accepts = right - penalty * wrong - price, right + wrong
    each = np.divide(gain, accepts, out=np.zeros_like(gain), where=accepts > NEVER)
    return np.asarray(np.maximum(each, 0.0).mean(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class Stopping:
    """When to give up on a new problem: after `stop` rejections, or not within `most` if None.

    `gain` (most,) is the posterior mean of what the next draw earns after 0, 1, ... rejections.
    """

    stop: int | None
    gain: Floats


def stopping(
    right: Floats, wrong: Floats, *, most: int, penalty: float = 1.0, price: float = 0.0
) -> Stopping:
    """Returns when the posterior says to stop drawing on a new problem that keeps being rejected.

    After k rejections a problem's weight is r^k of what it was, so what is left is harder, and a
    further draw earns the weighted mean of a - penalty b - price over all problems of all worlds.
    That may fall below 0 and rise again, so the stop is the best of all: where the sum of gains,
    each times the chance to get there, is highest.
    """
    _check(right, wrong, penalty, price)
    gain = (right - penalty * wrong - price).ravel()
    log_reject = np.log1p(-np.minimum(right + wrong, 1.0 - 1e-16)).ravel()
    reached, earned = np.empty(most), np.empty(most)
    for k in range(most):
        weight = np.exp(k * log_reject)
        reached[k], earned[k] = weight.mean(), (weight * gain).mean()
    worth = np.concatenate([[0.0], earned.cumsum()])
    best = int((worth >= worth.max() - TIE).argmax())
    each = np.divide(earned, reached, out=np.zeros(most), where=reached > 0)
    return Stopping(None if best == most else best, each)


def stays_below(right: Floats, wrong: Floats, strong: Floats, k: Floats) -> Floats:
    """Returns (K,) the chance that a weak model, resampled up to k times, is below a strong one.

    Args:
        right: the weak model's a in every world, (W, P).
        wrong: its b.
        strong: the strong model's accuracy by a single sample in the same worlds, (W,).
        k: caps; infinity is the weak model's ceiling.
    """
    ends = np.stack(
        [first_accepted(a, b, k)[0].mean(axis=0) for a, b in zip(right, wrong, strict=True)]
    )
    return np.asarray((ends < strong[:, None]).mean(axis=0))
