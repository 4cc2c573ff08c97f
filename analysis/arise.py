"""ARISE: what growing compute gains, each loss charged with the tokens that it wasted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..data.errors import InputError
from .counts import Counts, Ints
from .curve import MASS, Floats, Interval, interval
from .temperatures import lost, shared
from .worlds import WORLDS, problem_worlds

SETTLED = 0.5
"""Coefficients of variation of accuracy and tokens that add up to this much are steady enough."""


def arise(accuracy: ArrayLike, tokens: ArrayLike) -> Floats:
    """Returns (...) the score of accuracies and tokens (..., L) at L levels of rising compute.

    sum_j (a_j - a_{j-1}) (T_{j-1} / T_j)^{sign(a_j - a_{j-1})} of Yin et al. 2025: a gain is
    discounted by how much longer the answers became, a loss is multiplied by it. Gains are bounded
    by 1, losses are not. As published, a step without change, or with tokens that are not
    positive, adds 0; NaN where a value is missing.

    >>> arise([0, 1, 0, 1], [500, 1000, 2000, 4000]).tolist()
    -1.0
    """
    a, t = np.asarray(accuracy, dtype=np.float64), np.asarray(tokens, dtype=np.float64)
    change, before, after = np.diff(a), t[..., :-1], t[..., 1:]
    counted = ~((before <= 0) | (after <= 0) | (change == 0))
    ratio = np.divide(before, after, out=np.ones(counted.shape), where=counted)
    return np.asarray(np.where(counted, change * ratio ** np.sign(change), 0.0).sum(axis=-1))


def slope(accuracy: ArrayLike, tokens: ArrayLike) -> Floats:
    """Returns (...) the baseline: accuracy gained from first to last level, a token spent more.

    NaN where the tokens do not change.

    >>> slope([0.2, 0.6, 0.5], [1000, 1500, 3000]).tolist()
    0.00015
    """
    a, t = np.asarray(accuracy, dtype=np.float64), np.asarray(tokens, dtype=np.float64)
    gained, more = (np.asarray(x[..., -1] - x[..., 0]) for x in (a, t))
    return np.where(more == 0, np.nan, gained / np.where(more == 0, 1.0, more))


@dataclass(frozen=True, slots=True)
class Arise:
    """The mean ARISE of the problems, and the slope of their mean accuracy on mean tokens.

    `each` (P,) are the problems' own scores; `reason` says why a number does not exist or whom it
    leaves out.
    """

    score: Interval
    slope: Interval
    each: Floats
    reason: str | None = None


def arise_score(
    levels: Sequence[Counts], *, mass: float = MASS, worlds: int = WORLDS, seed: int = 0
) -> Arise:
    """Returns ARISE over groups in order of rising compute, for new problems.

    A problem's accuracy at a level is the share of its samples that is right there, its tokens
    their mean output. Only problems that every level has count.

    Raises:
        InputError: fewer than two levels, or levels that share no problem.
    """
    if len(levels) < 2:
        raise InputError(f"ARISE needs levels >= 2; got {len(levels)}")
    same = shared(levels)
    accuracy = np.column_stack([c.solve_rates for c in same])
    tokens = np.column_stack([c.output_tokens for c in same])
    each = arise(accuracy, tokens)
    weights = problem_worlds(same[0].problems, seed, worlds)
    missing = int(np.isnan(tokens).any(axis=1).sum())
    told = f"{missing} of {len(each)} problems have a level without output tokens"
    reasons = [r for r in (lost(levels, len(each)), told if missing else None) if r]
    return Arise(
        score=interval(weights @ each, mass),
        slope=interval(slope(weights @ accuracy, weights @ tokens), mass),
        each=each,
        reason="; ".join(reasons) or None,
    )


def variation(values: ArrayLike) -> Floats:
    """Returns (...) the coefficient of variation of repeats (..., R): sd / (mean + 1e-8).

    Near a mean of 0 it is large whatever the noise, so that effort paid by it goes to problems that
    are hardly ever solved.
    """
    x = np.asarray(values, dtype=np.float64)
    return np.asarray(x.std(axis=-1) / (x.mean(axis=-1) + 1e-8))


def settled(right: ArrayLike, tokens: ArrayLike) -> bool:
    """Returns whether the repeats of one problem at one level are steady enough to stop."""
    return bool(variation(right) + variation(tokens) <= SETTLED)


def extra_samples(spread: Floats, budget: int, least: int = 3, most: int = 10) -> Ints:
    """Returns how many samples each problem gets beyond the `least`, in proportion to its spread.

    floor((budget - least * size) spread / sum of spread), at most `most` in all with the first
    ones; what the floors and the cap leave is not spent.

    Raises:
        InputError: a budget that does not pay for the least.

    >>> extra_samples(np.array([0.0, 1.0, 3.0]), 17).tolist()
    [0, 2, 6]
    """
    left = budget - least * spread.size
    if left < 0:
        raise InputError(f"the budget must pay for {least} samples each; got {budget}")
    shares = spread / total if (total := spread.sum()) > 0 else np.zeros_like(spread)
    # 1e-9 keeps a product that should be whole from falling below it.
    return np.minimum(np.floor(left * shares + 1e-9), most - least).astype(np.int64)
