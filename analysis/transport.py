"""How far one log's problems lie from another's: optimal transport, judged by permutations."""

from dataclasses import dataclass

import numpy as np

from .counts import Ints
from .curve import Floats

PERMUTATIONS = 999


@dataclass(frozen=True, slots=True)
class Distance:
    """What it takes to move one set of values onto another, in the values' own unit.

    `distance` is 1-Wasserstein: the mean way that a value moves. `shift` is the mean of the second
    less that of the first: all of the distance where every value moves the same way. `usual` is the
    95% quantile of the distance between random halves of the pooled problems, and `p` the share of
    them that is as far.
    """

    distance: float
    shift: float
    usual: float
    p: float


def between(first: Floats, second: Floats, seed: int = 0) -> Distance:
    """Sets two samples of values (P,) and (Q,) against each other."""
    return _judged(np.concatenate([first, second]), len(first), np.random.default_rng([seed, 43]))


def between_rates(first: tuple[Ints, Ints], second: tuple[Ints, Ints], seed: int = 0) -> Distance:
    """Sets the solve rates of two logs, each (n, c), against each other, like with like.

    A rate of few samples spreads more than one of many, so every problem is thinned to the fewest
    samples that any has: of n samples with c right, as many right as a draw of that size holds.
    """
    rng = np.random.default_rng([seed, 47])
    n, c = (np.concatenate(pair) for pair in zip(first, second, strict=True))
    fewest = int(n.min())
    thinned = rng.hypergeometric(c, n - c, fewest) / fewest
    return _judged(thinned, len(first[0]), rng)


def _judged(pooled: Floats, size: int, rng: np.random.Generator) -> Distance:
    """The integral of the difference of two distribution functions (Vallender 1973), permuted."""
    rest = len(pooled) - size
    order = np.argsort(pooled, kind="stable")
    drawn = rng.random((PERMUTATIONS, len(pooled))).argsort(axis=1) < size
    first = np.vstack([order < size, drawn])
    ahead = np.cumsum(np.where(first, 1 / size, -1 / rest), axis=1)[:, :-1]
    apart = np.abs(ahead) @ np.diff(pooled[order])
    return Distance(
        float(apart[0]),
        float(pooled[size:].mean() - pooled[:size].mean()),
        float(np.quantile(apart[1:], 0.95)),
        float((apart >= apart[0] - 1e-12).mean()),
    )
