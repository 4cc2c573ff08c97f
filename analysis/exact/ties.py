"""Ties: what the top scorer of independent rivals earns when equals share, by Gauss-Legendre."""

from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import roots_sh_legendre

from .hypergeometric import CELLS
from .kernels import Floats, Ints
from .tilt import Complexes, Tilt

Number = TypeVar("Number", np.float64, np.complex128)

TINY = 1e-150
"""Stands for a factor that is exactly zero, so that it can be divided out again."""


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
    peak = np.maximum(square(below), square(below + at)) + TINY**2
    share = np.einsum("d,dlt->lt", right, np.sqrt(square(at) / peak))
    matters = np.sqrt(product(peak, size)) * share > tilt.floor
    out = np.zeros(matters.shape, dtype=np.complex128)
    for q in np.unique(nodes):
        level, angle = np.nonzero(matters & (nodes == q)[:, None])
        step = max(CELLS // (len(size) * int(q)), 1)
        for i in range(0, len(level), step):
            cell = level[i : i + step], angle[i : i + step]
            out[cell] = tie_integral(below[:, *cell], at[:, *cell], size, right, int(q))
    return np.asarray(out.sum(axis=0))


def tie_integral(below: Complexes, at: Complexes, size: Ints, right: Floats, q: int) -> Complexes:
    """Returns the integral of `top_credit` at (C,) cells by q nodes, from (D, C) weights."""
    u, weight = legendre(q)
    z = below[:, None] + u[:, None] * at[:, None] + TINY
    won = right > 0
    credited = right[won, None] * at[won]
    share = (credited[:, None] * z[won].conj() / square(z[won])).sum(axis=0)
    return np.asarray(weight @ (product(z, size) * share))


def _tie_nodes(
    below: Floats, at: Floats, size: Ints, right: Floats, rivals: Ints, floor: float
) -> Ints:
    """(L,) Gauss-Legendre nodes that keep the tie integral's error below `floor`, from phi = 0.

    More ties than their mean are rare, and need fewer digits.
    """
    reach = below + at + TINY
    bound = product(reach, size) * (right @ (at / reach))
    mean = size @ (at / reach) + TINY
    t = np.arange(1, rivals.max(initial=1) + 1)[:, None]
    digits = np.log(4 * t[-1] * bound / floor + TINY)
    wanted = np.where(t <= rivals, enough(t, digits - rarity(t, mean)), 1).max(axis=0)
    # Few distinct numbers of nodes make long runs of cells.
    step = 2 ** np.maximum(np.log2(np.maximum(wanted, 1)).astype(np.int64) - 2, 0)
    return np.asarray(np.maximum(np.ceil(wanted / step) * step, 1), dtype=np.int64)


def enough(t: Ints, digits: Floats) -> Floats:
    """Returns the nodes that integrate u^t on [0, 1] within exp(-digits) / 4.

    q nodes integrate u^t exactly for t < 2q, and within 4 exp(-(2q)^2 / t) else: the Chebyshev
    coefficients of u^t are chances of 2t fair coins.
    """
    return np.minimum(t // 2 + 1, np.ceil(np.sqrt(t * np.maximum(digits, 0.0)) / 2))


def rarity(t: Ints, mean: Floats | float) -> Floats:
    """Returns -log of Chernoff's bound on t ties where their mean is m: t log(t/m) - t + m."""
    return np.where(t > mean, t * np.log(t / mean) - t + mean, 0.0)


@lru_cache(maxsize=256)
def legendre(q: int) -> tuple[Floats, Floats]:
    """Returns the (q,) Gauss-Legendre nodes on [0, 1] and their weights."""
    nodes, weights = roots_sh_legendre(q)
    return nodes, weights


def square(z: Complexes) -> Floats:
    """Returns |z|^2."""
    return np.asarray(z.real**2 + z.imag**2)


def product(z: NDArray[Number], size: Ints) -> NDArray[Number]:
    """Returns the product over the first axis of z**size, by repeated squaring."""
    power: NDArray[Number] = z[size % 2 == 1].prod(axis=0)
    while (size := size // 2).any():
        z = z[size > 0] ** 2
        size = size[size > 0]
        power *= z[size % 2 == 1].prod(axis=0)
    return power
