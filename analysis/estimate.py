"""estimate: from what each problem earns at k to a curve over worlds, for these problems or new."""

from collections.abc import Callable, Sequence
from typing import TypedDict

import numpy as np

from .again import samples_again
from .counts import Counts, Ints
from .curve import MASS, Curve, Floats, Population
from .draws import draws, dropped
from .worlds import WORLDS, problem_worlds

Credit = Callable[[Counts, Ints], Floats]
"""What each problem earns under a way of answering: (P, K) in the mean over all draws of k."""

Again = Callable[[Counts, Ints, Credit, int, int], Floats]
"""The errors (W, K) that the log's mean makes about these problems, in worlds from a seed."""


class How(TypedDict, total=False):
    """How an estimate's interval is made; see `estimate`."""

    population: Population
    mass: float
    worlds: int
    seed: int


def estimate(
    counts: Counts,
    k: Sequence[int] | Ints | int,
    credit: Credit,
    *,
    population: Population = "these",
    mass: float = MASS,
    worlds: int = WORLDS,
    seed: int = 0,
    again: Again = samples_again,
) -> Curve:
    """Returns the mean credit over problems at each k, with its worlds.

    Args:
        counts: one group's counts.
        k: the numbers of samples drawn, each >= 1.
        credit: what each problem earns.
        population: `these` problems (their samples are drawn again) or `new` problems like them
            (the problems are drawn again, and the noise of their samples with them).
        mass: of the central interval.
        worlds: how many to draw beside the log.
        seed: of the draws.
        again: how the log of these problems is drawn again.

    A problem without a credit (k > n) drops out; the estimate is NaN once any does, and the reason
    says how many.
    """
    ks = draws(k)
    earned = credit(counts, ks)
    mean = earned.mean(axis=0)
    if population == "these":
        values = np.clip(mean - again(counts, ks, credit, worlds, seed), 0.0, 1.0)
    else:
        weights = problem_worlds(counts.problems, seed, worlds)[1:]
        values = np.minimum(weights @ np.nan_to_num(earned), 1.0)
    values[:, np.isnan(mean)] = np.nan
    reason = dropped(counts, ks, earned)
    return Curve(ks, np.vstack([mean, values]), population, mass, reason)
