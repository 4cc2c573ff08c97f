"""Judges: how the accuracy of a choice grows with the number of judgements behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.random import Generator

from ..data.errors import InputError
from .counts import Ints
from .curve import MASS, Curve, Floats
from .draws import draws as numbers
from .exact import judges as exact
from .worlds import WORLDS, problem_worlds

Rule = Literal["sum", "mean", "majority"]

DRAWS = 1000
"""Random draws of an item whose scores have no lattice."""

LATTICE = 5_000
"""The widest range of sums, in steps, that is worth an exact table."""


@dataclass(frozen=True, slots=True, eq=False)
class Judgements:
    """What m judgements of each of I items say about its r responses.

    `scores` (I, m, r) is NaN where missing: a judgement that could not be read uses a draw and
    adds nothing. `right` (I, r) is the credit of choosing a response, 1 for the best one. `meta`
    (I, m) scores the judgements themselves, higher is better. Arrays are read-only.
    """

    items: tuple[str, ...]
    scores: Floats
    right: Floats
    meta: Floats | None = None

    def __post_init__(self) -> None:
        for array in (self.scores, self.right, self.meta):
            if array is not None:
                array.setflags(write=False)
        shape = self.scores.shape
        if len(shape) != 3 or self.right.shape != (shape[0], shape[2]) or not min(shape):
            raise InputError(
                "judgements take scores (items, judgements, responses) and right (items,"
                f" responses), none of them 0; got {shape} and {self.right.shape}"
            )
        if np.isinf(self.scores).any() or not ((self.right >= 0) & (self.right <= 1)).all():
            raise InputError("scores must be finite or missing, right in [0, 1]; some are not")
        if len(self.items) != shape[0] or len(set(self.items)) != shape[0]:
            raise InputError(f"each of the {shape[0]} items needs a name of its own")
        if self.meta is not None and self.meta.shape != shape[:2]:
            raise InputError(f"meta must be {shape[:2]}, one a judgement; got {self.meta.shape}")


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Accuracy by number of judgements, and the standard error (K,) of its random draws.

    The error is 0 where every item was exact.
    """

    curve: Curve
    error: Floats


def judge(
    judged: Judgements,
    k: Sequence[int] | Ints | int,
    *,
    rng: Generator,
    rule: Rule = "sum",
    kept: float = 1.0,
    draws: int = DRAWS,
    mass: float = MASS,
    worlds: int = WORLDS,
    seed: int = 0,
) -> Judged:
    """Returns how often the response that k judgements prefer is the right one, for new items.

    The mean over draws of k of the m judgements without replacement, equal totals shared evenly;
    NaN where k > m. Exact for two responses with whole-number scores and for any majority of two,
    unless equal meta scores leave open whom to keep; else by random draws. Voting by summed scores
    and its meta-filtered form are those of Liu et al. 2025.

    Args:
        judged: the judgements.
        k: the numbers of judgements drawn, each >= 1.
        rng: of the draws where no exact form exists.
        rule: `sum` of the scores; `mean` of those present (the same when none is missing); or
            `majority`, in which each judgement votes for its best-scored response.
        kept: the share of the k with the highest meta scores that counts, rounded up.
        draws: how many random draws an item gets.
        mass: of the central interval.
        worlds: how many to draw beside the log.
        seed: of the worlds.

    Raises:
        InputError: an unknown rule, kept outside (0, 1], or kept < 1 without meta scores.
    """
    ks = numbers(k)
    if rule not in get_args(Rule):
        raise InputError(f"rule must be one of {', '.join(get_args(Rule))}; got {rule!r}")
    if not 0 < kept <= 1:
        raise InputError(f"kept must satisfy 0 < kept <= 1; got kept={kept:g}")
    if kept < 1 and judged.meta is None:
        raise InputError(f"kept={kept:g} needs meta scores to choose by; these have none")
    few = np.ceil(kept * ks - 1e-9).astype(np.int64)
    each = [_credit(judged, i, ks, few, rule, draws, rng) for i in range(len(judged.items))]
    mean, noise = (np.stack(x) for x in zip(*each, strict=True))
    rows = np.minimum(problem_worlds(judged.items, seed, worlds) @ mean, 1.0)
    m = judged.scores.shape[1]
    why = f"k must satisfy k <= m; each item has m={m} judgements" if ks[-1] > m else None
    error = np.sqrt(noise.sum(axis=0)) / len(noise)
    return Judged(Curve(ks, rows, "new", mass, why), error)


def _credit(
    judged: Judgements, item: int, k: Ints, kept: Ints, rule: Rule, draws: int, rng: Generator
) -> tuple[Floats, Floats]:
    """One item's expected credit (K,), and the variance (K,) of its random draws."""
    scores, right = judged.scores[item], judged.right[item]
    votes = exact.pick(scores) if rule == "majority" else scores
    meta = None if judged.meta is None or (kept == k).all() else judged.meta[item]
    steps = _lattice(votes, meta, rule)
    if steps is not None:
        won = exact.summed_difference(steps, k, kept)
        return right[1] + (right[0] - right[1]) * won, np.where(np.isnan(won), np.nan, 0.0)
    total = exact.total_mean if rule == "mean" else exact.total_sum
    got = exact.sampled(votes, right, meta, k, kept, total=total, draws=draws, rng=rng)
    return got.mean(axis=0), got.var(axis=0, ddof=1) / draws


def _lattice(votes: Floats, meta: Floats | None, rule: Rule) -> Ints | None:
    """The whole-number differences (m,) of two responses, best judgement first; None without."""
    if votes.shape[1] != 2 or (rule == "mean" and np.isnan(votes).any()):
        return None
    one, other = np.nan_to_num(votes).T
    # A shared vote is half a vote for each: no difference at all.
    steps = np.rint(one - other)
    if (steps != one - other).any() or np.abs(steps).sum() > LATTICE:
        return None
    whole = steps.astype(np.int64)
    if meta is None:
        return np.asarray(whole)
    distinct = len(np.unique(meta)) == len(meta) and not np.isnan(meta).any()
    return np.asarray(whole[np.argsort(-meta)]) if distinct else None
