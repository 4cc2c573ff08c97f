"""Exact means over every draw of k samples from the n logged, without replacement."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, roots_sh_legendre, xlog1py, xlogy

from .kernels import Floats as Floats
from .kernels import Ints as Ints
from .kernels import avoid

Complexes = NDArray[np.complex128]
Number = TypeVar("Number", np.float64, np.complex128)

CELLS = 2**16
"""How many numbers one step works on, so that steps stay in the cache."""

ERROR = 1e-15
"""What a score level, or a Fourier node of one, may add to the error of a mean."""

NEGLIGIBLE = 1e-30
"""Beside the chance to miss a harder problem, this share of it may be left out of a mean."""

TINY = 1e-150
"""Stands for a factor that is exactly zero, so that it can be divided out again."""


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


def binomial(n: Ints, chance: float) -> Floats:
    """Returns (D, max n + 1) the chances of j heads among (D,) numbers of coins."""
    j = np.arange(n.max(initial=0) + 1)
    tails = np.maximum(n[:, None] - j, 0)
    odds = xlogy(j, chance) + xlog1py(tails, -chance)
    chances = np.exp(log_choose(n[:, None], j) + odds)
    # All chances of a row share most of the error of log n!.
    return np.asarray(chances / chances.sum(axis=1, keepdims=True))


@dataclass(frozen=True, slots=True, eq=False)
class Tilt:
    """Draws of exactly k (K,) of n as n coins of one `chance`, given their number of heads.

    The coins are independent, so means over them are products; a product evaluated with heads
    counted by exp(i phi), at the first half of `nodes` equal angles phi, is inverted at k.
    `exactly` (K,) is the chance of k heads.
    """

    k: Ints
    n: int
    chance: float
    nodes: int
    exactly: Floats

    @property
    def floor(self) -> float:
        """What may be neglected at one node: ERROR after the division by `exactly`."""
        return ERROR * float(self.exactly.min())

    def turns(self, heads: Ints) -> Complexes:
        """Returns (..., T) exp(i phi heads), the angles reduced exactly before they are rounded."""
        angle = np.multiply.outer(heads, np.arange(self.nodes // 2 + 1)) % self.nodes
        return np.asarray(np.exp(2j * np.pi / self.nodes * np.arange(self.nodes))[angle])

    def invert(self, means: Complexes) -> Floats:
        """Returns (K,) the means given k heads from the (T,) means over all coins."""
        twice = np.full(len(means), 2.0)
        twice[0] = 1.0
        if self.nodes % 2 == 0 and self.nodes > 1:
            twice[-1] = 1.0
        total = (self.turns(-self.k) * means).real @ twice
        return np.asarray(total / self.nodes / self.exactly)


def over_draws(n: int, k: Ints, mean: Callable[[Tilt], Complexes]) -> Floats:
    """Returns (K,) the mean of a credit in [0, 1] over the draws of exactly k; NaN where k > n.

    `mean` gives the (T,) means over the coins of a tilt. Rounding, aliasing and what is neglected
    come to less than 1e-11 for n <= 1024.
    """
    draws, column = np.unique(k, return_inverse=True)
    credit = np.full(len(draws), np.nan)
    for tilt in tilts(n, draws[draws <= n]):
        credit[np.searchsorted(draws, tilt.k)] = np.clip(tilt.invert(mean(tilt)), 0.0, 1.0)
    return credit[column]


def tilts(n: int, k: Ints) -> Iterator[Tilt]:
    """Yields tilts that together serve the increasing k (K,), each some neighbours.

    A tilt serves the k within three standard deviations of its own mean: farther out, dividing by
    the chance of k heads would cost digits.
    """
    while len(k):
        centre = (k[0] + k) / 2
        spread = np.sqrt(centre * (1 - centre / n))
        served = max(int((((k - k[0]) <= 6 * spread) & (k < n)).sum()), 1)
        middle, width = centre[served - 1], float(spread[served - 1])
        # Numbers of heads a whole turn away alias onto k: nine deviations make them negligible.
        nodes = int(np.ceil((k[served - 1] - k[0]) / 2 + 9.5 * width + 12))
        chance = float(middle / n)
        exactly = binomial(np.array([n]), chance)[0, k[:served]]
        yield Tilt(k[:served], n, chance, 1 if k[0] == n else min(nodes, n + 1), exactly)
        k = k[served:]


def top_credit(
    below: Complexes, at: Complexes, size: Ints, right: Floats, *, tilt: Tilt, rivals: Ints
) -> Complexes:
    """Returns (T,) the mean credit of the top scorer of a tilt's draws, ties broken evenly.

    There are `size` (D,) independent competitors of each kind, whose credits add up to `right`
    (D,); one scores less than level l with weight `below` and just l with weight `at`, both
    (D, L, T). A level has at most `rivals` (L,) others to tie with. The mean is
    sum_l Int_0^1 prod_d z_d^size_d sum_d right_d at_d / z_d du, z = below + u at,
    for Int u^t du = 1 / (t + 1) is the share of one among t rivals.
    """
    nodes = _tie_nodes(below[..., 0].real, at[..., 0].real, size, right, rivals, tilt.floor)
    # |below + u at| is convex in u, so its ends bound what the integral can come to.
    peak = np.maximum(_square(below), _square(below + at)) + TINY**2
    share = np.einsum("d,dlt->lt", right, np.sqrt(_square(at) / peak))
    matters = np.sqrt(_product(peak, size)) * share > tilt.floor
    out = np.zeros(matters.shape, dtype=np.complex128)
    for q in np.unique(nodes):
        level, angle = np.nonzero(matters & (nodes == q)[:, None])
        step = max(CELLS // (len(size) * int(q)), 1)
        for i in range(0, len(level), step):
            cell = level[i : i + step], angle[i : i + step]
            out[cell] = _tie_integral(below[:, *cell], at[:, *cell], size, right, int(q))
    return np.asarray(out.sum(axis=0))


def _tie_integral(below: Complexes, at: Complexes, size: Ints, right: Floats, q: int) -> Complexes:
    """The integral of `top_credit` at (C,) cells by Gauss-Legendre, from (D, C) weights."""
    u, weight = _legendre(q)
    z = below[:, None] + u[:, None] * at[:, None] + TINY
    won = right > 0
    credited = right[won, None] * at[won]
    share = (credited[:, None] * z[won].conj() / _square(z[won])).sum(axis=0)
    return np.asarray(weight @ (_product(z, size) * share))


def _tie_nodes(
    below: Floats, at: Floats, size: Ints, right: Floats, rivals: Ints, floor: float
) -> Ints:
    """(L,) Gauss-Legendre nodes that keep the tie integral's error below `floor`, from phi = 0.

    q nodes integrate u^t exactly for t < 2q, and within 4 exp(-(2q)^2 / t) else: the Chebyshev
    coefficients of u^t are chances of 2t fair coins. More than the mean m of ties are Chernoff-
    rare: P(t) <= exp(-(t log(t/m) - t + m)).
    """
    reach = below + at + TINY
    bound = _product(reach, size) * (right @ (at / reach))
    mean = size @ (at / reach) + TINY
    t = np.arange(1, rivals.max(initial=1) + 1)[:, None]
    digits = np.log(4 * t[-1] * bound / floor + TINY)
    rare = np.where(t > mean, t * np.log(t / mean) - t + mean, 0.0)
    enough = np.ceil(np.sqrt(t * np.maximum(digits - rare, 0.0)) / 2)
    wanted = np.where(t <= rivals, np.minimum(t // 2 + 1, enough), 1).max(axis=0)
    # Few distinct numbers of nodes make long runs of cells.
    step = 2 ** np.maximum(np.log2(np.maximum(wanted, 1)).astype(np.int64) - 2, 0)
    return np.asarray(np.maximum(np.ceil(wanted / step) * step, 1), dtype=np.int64)


@lru_cache(maxsize=256)
def _legendre(q: int) -> tuple[Floats, Floats]:
    nodes, weights = roots_sh_legendre(q)
    return nodes, weights


def _square(z: Complexes) -> Floats:
    return np.asarray(z.real**2 + z.imag**2)


def _product(z: NDArray[Number], size: Ints) -> NDArray[Number]:
    """The product over the first axis of z**size, by repeated squaring."""
    product: NDArray[Number] = z[size % 2 == 1].prod(axis=0)
    while (size := size // 2).any():
        z = z[size > 0] ** 2
        size = size[size > 0]
        product *= z[size % 2 == 1].prod(axis=0)
    return product
