"""What a curve family is fitted to: the distinct (n, c) of a log, weighted in every world."""

from dataclasses import dataclass

import numpy as np

from ..analysis.counts import Counts, Ints
from ..analysis.coverage import credits
from ..analysis.curve import Floats
from ..analysis.draws import reach

CURVE_POINTS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Distinct pairs n, c (D,), how many problems each stands for (W, D), and the curve they give.

    `k` (K,) lies within every problem's n; `coverage` (W, K) is the empirical curve there. A log
    that stopped at success has its survival curve instead of the combinatorial one; the binomial
    likelihood of (n, c) holds under either stop rule.
    """

    n: Ints
    c: Ints
    weights: Floats
    k: Ints
    coverage: Floats

    @property
    def times(self) -> Ints:
        """How many problems of the log each pair stands for, (D,)."""
        return np.asarray(self.weights[0].round(), dtype=np.int64)

    @property
    def worlds(self) -> int:
        """How many worlds there are, the log included."""
        return len(self.weights)


def table(counts: Counts, worlds: Floats) -> Table:
    """Collects a group's counts under the problem weights of `worlds` (W, P)."""
    pairs, where = np.unique(np.stack([counts.n, counts.c]), axis=1, return_inverse=True)
    weights = np.zeros((len(worlds), pairs.shape[1]))
    for world, row in zip(worlds, weights, strict=True):
        row += np.bincount(where.ravel(), weights=world, minlength=pairs.shape[1])
    k = spread(reach(counts))
    return Table(pairs[0], pairs[1], weights * len(counts), k, worlds @ credits(counts, k))


def spread(last: int, points: int = CURVE_POINTS, first: int = 1) -> Ints:
    """Returns whole numbers from `first` to `last`, evenly spaced on a log scale, each once."""
    return np.unique(np.round(np.geomspace(first, max(last, first), points)).astype(np.int64))
