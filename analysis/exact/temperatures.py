"""Samples drawn at several settings: the coverage of their union, and how to split a budget."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .hypergeometric import Floats, Ints


def union(misses: Sequence[Floats], splits: Ints) -> Floats:
    """Returns (P, B) the chance that a split's samples, over all settings, hold a right one.

    1 - prod_t miss_t(k_t): given the problem, samples at different settings are independent. NaN
    where a k_t lies beyond its table.

    Args:
        misses: for each of T settings the chance (P, N_t + 1) that 0, 1, .. N_t samples all miss.
        splits: k_t, the places in those tables, (B, T), or (P, B, T) for a split of each problem.

    >>> union([np.array([[1, 0.5, 0]]), np.array([[1, 0.8]])], np.array([[1, 0], [1, 1], [0, 2]]))
    array([[0.5, 0.6, nan]])
    """
    missed = np.ones((len(misses[0]), splits.shape[-2]))
    row = np.arange(len(missed))[:, None]
    for t, table in enumerate(misses):
        k, last = splits[..., t], table.shape[1] - 1
        missed = missed * np.where(k > last, np.nan, table[row, np.minimum(k, last)])
    return 1.0 - missed


@dataclass(frozen=True, slots=True, eq=False)
class Greedy:
    """A split (B, T) of every total 1..B, its mean coverage (B,), and what no split exceeds (B,).

    `at_most` is NaN where the tables are not convex, for then nothing is known.
    """

    split: Ints
    coverage: Floats
    at_most: Floats


def greedy(misses: Sequence[Floats], budget: int) -> Greedy:
    """Gives every next sample to the setting where it adds most to the mean coverage.

    A table that falls ever more slowly, as C(n-c, k) / C(n, k) does, makes an added sample worth
    less the more there are, at its own setting and at others. So the split earns at least
    1 - 1/e of the best one's coverage (Nemhauser et al. 1978), and the best one at most
    min_j f_j + B g_j, for f_j the coverage and g_j the best next gain after j samples. It need not
    be the best: a setting good on average is taken before two that complete each other. Equal
    gains go to the setting with the fewest samples; it stops where all tables end.

    Args:
        misses: as in `union`, without NaN.
        budget: the largest total.

    >>> greedy([np.array([[1, 0.5, 0.25]]), np.array([[1, 0.7, 0.49]])], 3).split.tolist()
    [[1, 0], [2, 0], [2, 1]]
    """
    last = [table.shape[1] - 1 for table in misses]
    drawn = np.zeros(len(misses), dtype=np.int64)
    missed = np.ones(len(misses[0]))
    splits, after, gains = [], [], []
    for _ in range(min(budget, sum(last))):
        room = [t for t in range(len(misses)) if drawn[t] < last[t]]
        left = {t: missed * _ratio(misses[t], int(drawn[t])) for t in room}
        gain = {t: float(np.mean(missed - left[t])) for t in room}
        chosen = min(room, key=lambda t: (-gain[t], drawn[t]))
        after.append(1 - missed.mean())
        gains.append(gain[chosen])
        drawn[chosen] += 1
        missed = left[chosen]
        splits.append(drawn.copy())
    covered = np.append(after, 1 - missed.mean())[1:]
    total = np.arange(1, len(splits) + 1)
    bound = (np.asarray(after)[:, None] + np.multiply.outer(gains, total)).min(axis=0)
    convex = all((np.diff(table, 2, axis=1) >= -1e-12).all() for table in misses)
    most = np.minimum(bound, 1.0) if convex else np.full(len(splits), np.nan)
    return Greedy(np.asarray(splits), covered, np.maximum(most, covered))


def _ratio(table: Floats, k: int) -> Floats:
    """The share (P,) of the misses after k samples that one more leaves."""
    now = table[:, k]
    return np.divide(table[:, k + 1], now, out=np.ones_like(now), where=now > 0)
