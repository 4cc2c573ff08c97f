"""The door to the compiler, and the compiled loops of draws: what misses, how many are heads."""

import math
from collections.abc import Callable
from typing import TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Function = TypeVar("Function", bound=Callable[..., object])

ERROR = 1e-14
"""What a number of winning votes, a Fourier node or an alias of k may add to a mean's error."""

REACH = 3.5
"""Standard deviations from its mean at which a tilt still serves a k; the error grows beyond."""

TINY = 1e-300
"""Chances below are taken as 0, before they lose digits to gradual underflow."""


def compiled(function: Function) -> Function:
    """Returns the function, compiled at its first call and kept where a cache can be written.

    What is kept is made anew when the function's own file changes.
    """
    return _made(function, inline=False)


def inlined(function: Function) -> Function:
    """Returns the function, compiled into those that call it: their arrays need not be passed."""
    return _made(function, inline=True)


def _made(function: Function, inline: bool) -> Function:
    how = {"error_model": "numpy", "fastmath": {"contract"}, "forceinline": inline}
    try:
        made: Function = numba.njit(cache=True, **how)(function)
    except RuntimeError:  # There is no folder to keep it in.
        made = numba.njit(**how)(function)
    return made


@compiled
def avoid(
    n: int, marked: Floats, bounds: tuple[int, float], drawn: Ints, chance: Floats, table: Floats
) -> int:
    """Writes to table (K, A) the chances C(n-a, k) / C(n, k) that k of n draws avoid a marked ones.

    `marked` and `drawn` increase. `bounds` are the k to start from, and the share of the first
    chance below which another is taken as 0. `chance` (2, A), the chances at that k and what
    rounding added to them, is carried to the last k. Returns how many are not yet 0 there.

    chance_{j+1} = chance_j - chance_j a / (n-j) is a compensated sum: only the small decrement is
    rounded, so the relative error is some log(1 / chance) roundings, not j of them.
    """
    start, least = bounds
    alive = half = len(marked)
    for row in range(len(drawn)):
        for j in range(start, drawn[row]):
            each = 1.0 / (n - j)
            while half and 2 * marked[half - 1] > n - j:
                half -= 1
            for i in range(half):
                step = chance[1, i] + chance[0, i] * (marked[i] * each)
                after = chance[0, i] - step
                chance[1, i] = step - (chance[0, i] - after)
                chance[0, i] = after
            # Where each step loses more than half, a plain product ends before it errs.
            for i in range(half, alive):
                chance[0, i] *= (n - j - marked[i]) * each
            while alive and chance[0, alive - 1] < max(TINY, least * chance[0, 0]):
                alive -= 1
                chance[0, alive] = chance[1, alive] = 0.0
            half = min(half, alive)
        start = drawn[row]
        for i in range(len(marked)):
            table[row, i] = chance[0, i]
    return alive


@inlined
def heads(coins: float, chance: float, first: int, row: Floats) -> None:
    """Fills row with the chances of first, first + 1, ... heads; what lies outside is neglected.

    A chance of 0 stands for Poisson draws, `coins` on average.
    """
    row[:] = 0.0
    if chance >= 1.0:
        row[int(coins) - first] = 1.0
        return
    less = 1.0 if chance > 0.0 else 0.0
    odds = chance / (1.0 - chance) if chance > 0.0 else 1.0
    mode = max(int((coins + 1.0) * chance if chance > 0.0 else coins), first) - first
    row[mode] = total = 1.0
    for i in range(mode, len(row) - 1):
        row[i + 1] = row[i] * (odds * max(coins - less * (first + i), 0.0) / (first + i + 1))
        total += row[i + 1]
        if row[i + 1] < 1e-30:
            break
    for i in range(mode, 0, -1):
        row[i - 1] = row[i] * ((first + i) / (odds * (coins - less * (first + i - 1))))
        total += row[i - 1]
        if row[i - 1] < 1e-30:
            break
    for i in range(len(row)):
        row[i] /= total


@inlined
def tilt(n: int, k: Ints, start: int, exactly: Floats) -> tuple[int, float, int]:
    """Returns (stop, chance, nodes): n coins of this chance serve k[start:stop], k increasing.

    `exactly` (n+1,) becomes the chances of their heads. A mean given k heads, inverted from `nodes`
    equal angles, errs by at most the chance of k plus or minus nodes heads over that of k.
    """
    stop = start + 1
    while stop < len(k) and k[stop] < n:
        centre = (k[start] + k[stop]) / 2
        if k[stop] - k[start] > 2 * REACH * math.sqrt(centre * (1 - centre / n)):
            break
        stop += 1
    low, high, nodes = k[start], k[stop - 1], 1
    chance = (low + high) / (2 * n)
    heads(n, chance, 0, exactly)
    while nodes <= n:
        alias = exactly[low + nodes] / exactly[low] if low + nodes <= n else 0.0
        alias += exactly[high - nodes] / exactly[high] if nodes <= high else 0.0
        if alias <= ERROR:
            break
        nodes += 1
    return stop, chance, nodes


@inlined
def aliases(k: int) -> tuple[int, float]:
    """Returns (nodes, exactly): angles to count k Poisson draws of mean k by, and its chance."""
    nodes, above, below, total = 0, 1.0, 1.0, 1.0
    while above + below > ERROR:
        nodes += 1
        above *= k / (k + nodes)
        below *= max(k - nodes + 1, 0) / k
        total += above + below
    return nodes, 1.0 / total


@inlined
def circle(nodes: int) -> Floats:
    """Returns (2, nodes) equal angles round the circle."""
    turns = np.empty((2, nodes))
    for t in range(nodes // 2 + 1):
        x, y = math.cos(2 * math.pi * t / nodes), math.sin(2 * math.pi * t / nodes)
        turns[0, (nodes - t) % nodes], turns[1, (nodes - t) % nodes] = x, -y
        turns[0, t], turns[1, t] = x, y
    return turns


@inlined
def inverted(mean: Floats, turns: Floats, k: int) -> float:
    """Returns the coefficient of exp(i phi k), from half a turn of a real sequence's transform."""
    nodes, upto, total, place = turns.shape[1], mean.shape[1], -0.5 * mean[0, 0], 0
    step = k % nodes
    for t in range(upto):
        total += mean[0, t] * turns[0, place] + mean[1, t] * turns[1, place]
        place += step - (nodes if place + step >= nodes else 0)
    if nodes % 2 == 0 and upto > nodes // 2:
        total -= 0.5 * mean[0, -1] * (1 - 2 * (k % 2))
    return float(2 * total / nodes)


@inlined
def idle_draws(coins: float, chance: float, nodes: int, floor: float, out: Floats) -> int:
    """Fills out (2, T) with E exp(i phi heads) at phi = 2 pi t / nodes, while it reaches the floor.

    Returns how many do. A chance of 0 stands for Poisson draws, `coins` on average.
    """
    for t in range(out.shape[1]):
        phi = 2 * math.pi * t / nodes
        size, angle = -2 * math.sin(phi / 2) ** 2, math.sin(phi)
        if chance > 0.0:
            angle = math.atan2(chance * angle, 1 + chance * size)
            size = 0.5 * np.log1p(2 * chance * (1 - chance) * size)
        size = math.exp(coins * size) if coins > 0.0 else 1.0
        if size < floor:
            return t
        out[0, t], out[1, t] = size * math.cos(coins * angle), size * math.sin(coins * angle)
    return int(out.shape[1])
