"""Draws of k of n without replacement, for credits that only Monte Carlo can average over them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from ..data.errors import InputError
from .counts import Counts, Ints
from .curve import Floats

DRAWS = 64
"""How many draws of k stand for all; the error of a problem's credit is then at most 0.0625."""

Earn = Callable[[int, Ints], Floats]
"""What each of the draws (D, k) of a problem earns, (D,); a draw is k places among its samples."""


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """What each problem earns, (P, K), and the Monte Carlo standard error of that, (P, K).

    The error is 0 where every draw was tried; both are NaN where k > n.
    """

    credit: Floats
    error: Floats

    @property
    def mean_error(self) -> Floats:
        """The Monte Carlo standard error of the mean credit over problems, (K,)."""
        return np.asarray(np.sqrt((self.error**2).sum(axis=0)) / len(self.error))


def sampled(counts: Counts, ks: Ints, earn: Earn, *, draws: int = DRAWS, seed: int = 0) -> Sampled:
    """Returns the credit of every problem over its draws of k, for each k, with its error.

    Raises:
        InputError: fewer than two draws.
    """
    if draws < 2:
        raise InputError(f"draws must satisfy draws >= 2; got draws={draws}")
    credit = np.full((len(counts), len(ks)), np.nan)
    error = credit.copy()
    for i, n in enumerate(counts.n.tolist()):
        rng = np.random.default_rng([seed, 3, i])
        for column, rows in subsets(n, ks, draws, rng):
            earned = earn(i, rows)
            every = len(rows) == comb(n, int(ks[column]))
            credit[i, column] = earned.mean()
            error[i, column] = 0.0 if every else earned.std(ddof=1) / np.sqrt(len(rows))
    return Sampled(credit, error)


def subsets(n: int, ks: Ints, draws: int, rng: np.random.Generator) -> Iterator[tuple[int, Ints]]:
    """Yields (column, draws (D, k)) for each k <= n: all of them where they are few.

    Few is at most max(draws, n), so k = 1 and k = n are exact. Elsewhere they are the prefixes of
    the same random orders at every k, so that a curve's points share their noise.

    >>> [rows.tolist() for _, rows in subsets(3, np.array([2, 4]), 2, np.random.default_rng(0))]
    [[[0, 1], [0, 2], [1, 2]]]
    """
    shuffled = orders(n, draws, rng)
    for column, k in enumerate(ks.tolist()):
        if k <= n:
            few = comb(n, k) <= max(draws, n)
            yield column, np.array(list(combinations(range(n), k))) if few else shuffled[:, :k]


def orders(n: int, draws: int, rng: np.random.Generator) -> Ints:
    """Returns (D, n) random orders of n samples; the first k of each are a draw of k."""
    return rng.permuted(np.tile(np.arange(n), (draws, 1)), axis=1)
