"""Exact means over every draw of k samples from the n logged, without replacement."""

from collections.abc import Iterator

import numpy as np
from scipy.special import gammaln

from .kernels import Floats as Floats
from .kernels import Ints as Ints
from .kernels import avoid

CELLS = 2**16
"""How many numbers one step works on, so that steps stay in the cache."""

NEGLIGIBLE = 1e-30
"""Beside the chance to miss a harder problem, this share of it may be left out of a mean."""


def miss_probability(n: Ints, c: Ints, k: Ints) -> Floats:
    """Returns (P, K) the chance that k of n samples, c of them solved, hold no solved one.

    C(n-c, k) / C(n, k) = prod_{j<k} (n-c-j) / (n-j), whose complement is the unbiased pass@k of
    Chen et al. 2021. The product keeps the relative error below 1e-13 where log-gamma differences
    lose five digits. 0 where k > n - c, NaN where k > n.

    Args:
        n: samples tried, (P,); may differ between problems.
        c: samples solved, (P,).
        k: samples drawn, (K,), in any order.

    Raises:
        ValueError: some k < 1, or some c outside 0 <= c <= n.

    >>> 1 - miss_probability(np.array([10, 200, 5]), np.array([3, 7, 0]), np.array([1, 5]))
    array([[0.3       , 0.91666667],
           [0.035     , 0.16471102],
           [0.        , 0.        ]])
    """
    n, c, k = (np.asarray(x, dtype=np.int64) for x in (n, c, k))
    _check_counts(n, c, k)
    miss = np.full((len(n), len(k)), np.nan)
    for size in np.unique(n):
        problems = np.flatnonzero(n == size)
        solved, row = np.unique(c[problems], return_inverse=True)
        drawn, column = np.unique(k[k <= size], return_inverse=True)
        miss[np.ix_(problems, k <= size)] = _avoided(int(size), solved, drawn)[row][:, column]
    return miss


def mean_miss(n: Ints, c: Ints, k: Ints, weights: Floats | None = None) -> Floats:
    """Returns (K,) the mean of `miss_probability` over problems, or (W, K) weighted means.

    One recurrence over the distinct c of an n gives every k; the error is below 1e-13. NaN where
    k > n of any problem.

    Args:
        n: samples tried, (P,); may differ between problems.
        c: samples solved, (P,).
        k: samples drawn, (K,), in any order.
        weights: of the problems, (W, P); each row is divided by its sum.

    Raises:
        ValueError: some k < 1, or some c outside 0 <= c <= n.

    >>> 1 - mean_miss(np.array([10, 10, 5]), np.array([3, 7, 0]), np.array([1, 5, 6]))
    array([0.33333333, 0.63888889,        nan])
    >>> 1 - mean_miss(np.array([10, 5]), np.array([3, 0]), np.array([5]), np.array([[1.0, 3.0]]))
    array([[0.22916667]])
    """
    n, c, k = (np.asarray(x, dtype=np.int64) for x in (n, c, k))
    _check_counts(n, c, k)
    if (k[1:] <= k[:-1]).any():
        draws, column = np.unique(k, return_inverse=True)
        return mean_miss(n, c, draws, weights)[..., column]
    each = np.ones((1, len(n))) if weights is None else np.asarray(weights, dtype=np.float64)
    mean = np.full((len(k), len(each)), np.nan)
    within = k[k <= (n.min() if len(n) else 0)]
    mean[: len(within)] = 0.0
    for size in np.unique(n):
        problems = np.flatnonzero(n == size)
        solved, kind = np.unique(c[problems], return_inverse=True)
        shares = np.stack([np.bincount(kind, row, len(solved)) for row in each[:, problems]]).T
        for rows, table in _passes(int(size), solved, within, NEGLIGIBLE):
            mean[rows] += table @ shares[: table.shape[1]]
    mean /= each.sum(axis=1)
    return mean.T if weights is not None else mean[:, 0]


def rank_weights(n: int, k: Ints) -> Floats:
    """Returns (n, K) the chance that the sample of rank i (0 the best) is the best of k drawn.

    w_0 = k/n, w_{i+1} = w_i (n-i-k) / (n-i-1): each column adds up to 1. NaN where k > n. The
    relative error is below 1e-13.

    Raises:
        ValueError: some k < 1.

    >>> rank_weights(4, np.array([1, 2, 4]))
    array([[0.25      , 0.5       , 1.        ],
           [0.25      , 0.33333333, 0.        ],
           [0.25      , 0.16666667, 0.        ],
           [0.25      , 0.        , 0.        ]])
    """
    k = np.asarray(k, dtype=np.int64)
    check_draws(k)
    weights = np.full((n, len(k)), np.nan)
    drawn, column = np.unique(k[k <= n], return_inverse=True)
    # Rank i is the best drawn where it is drawn itself and the i above it are not.
    best = _avoided(n - 1, np.arange(n), drawn - 1) * (drawn / max(n, 1))
    weights[:, k <= n] = best[:, column]
    return weights


def _avoided(n: int, a: Ints, b: Ints) -> Floats:
    """Returns (A, B) C(n-a, b) / C(n, b): b of n draws avoid a marked ones; a and b increase."""
    if len(a) * b.max(initial=0) > len(b) * a.max(initial=0):
        # The chance is the same with a and b exchanged; take the shorter product.
        return _avoided(n, b, a).T
    chance = np.zeros((len(b), len(a)))
    for rows, table in _passes(n, a, b):
        chance[rows, : table.shape[1]] = table
    return chance.T


def _passes(n: int, a: Ints, b: Ints, least: float = 0.0) -> Iterator[tuple[slice, Floats]]:
    """Yields rows of b (B,) with (rows, A') C(n-a, b) / C(n, b), 0 for the a beyond A'.

    Chances below `least` times that of the first a are taken as 0 too.
    """
    marked, start, alive = a.astype(np.float64), 0, len(a)
    chance = np.stack([np.ones(alive), np.zeros(alive)])
    step = max(CELLS // max(len(a), 1), 1)
    for first in range(0, len(b), step):
        drawn = b[first : first + step]
        table = np.empty((len(drawn), alive))
        alive = avoid(n, marked, (start, least), drawn, chance, table)
        yield slice(first, first + len(drawn)), table
        marked, chance, start = marked[:alive], chance[:, :alive].copy(), int(drawn[-1])


def _check_counts(n: Ints, c: Ints, k: Ints) -> None:
    check_draws(k)
    outside = (c < 0) | (c > n)
    if outside.any():
        i = int(outside.argmax())
        raise ValueError(f"c must satisfy 0 <= c <= n (n={n[i]}); got c={c[i]}")


def check_draws(k: Ints, name: str = "k") -> None:
    """Refuses a draw of no samples.

    Raises:
        ValueError: some k < 1.
    """
    if k.min(initial=1) < 1:
        raise ValueError(f"{name} must satisfy {name} >= 1; got {name}={k.min()}")


def log_choose(n: Ints, k: Ints) -> Floats:
    """Returns log C(n, k), -inf where k is outside 0..n; the arrays broadcast."""
    # gammaln is +inf at the integers below 1, which is just what an impossible choice needs.
    return np.asarray(gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0))
