"""Choosing by score or verdicts: against one sort of the scores, and against simulation."""

import numba
import numpy as np
from apportion.analysis.exact.verification import best_of, best_of_verdicts
from numpy.typing import NDArray

from .ratio import Ratio, measure

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

STEPS = 2.0**-32


def best_of_all() -> Ratio:
    """Best-of-k of 500 problems with n = 256 at all k, against numpy sorting the same scores."""
    return _best_of(500, 256, np.arange(1, 257))


def best_of_long() -> Ratio:
    """Best-of-k of 1,000 problems with n = 1,024 at 75 k, against numpy sorting the same scores."""
    return _best_of(1000, 1024, np.unique(np.geomspace(1, 1024, 100).round().astype(np.int64))[:75])


def _best_of(problems: int, n: int, k: Ints) -> Ratio:
    rng = np.random.default_rng(0)
    score = rng.normal(size=(problems, n))
    right = (rng.random((problems, n)) < 0.4).astype(np.float64)
    whole = best_of(score, right, np.array([n]))[:, 0]
    error = float(np.abs(whole - right[np.arange(problems), score.argmax(axis=1)]).max())
    return measure(
        f"best-of, {problems} x n={n}, {len(k)} k, in sorts",
        lambda: best_of(score, right, k),
        lambda: np.argsort(score, axis=-1),
        error=error,
    )


def grid() -> Ratio:
    """The S x V grid at powers of two of 128 solutions by 32 verdicts, against simulation."""
    return _grid(2 ** np.arange(8), 2 ** np.arange(6), replicas=4000)


def grid_whole() -> Ratio:
    """All 128 x 32 cells of the same log, against simulation."""
    return _grid(np.arange(1, 129), np.arange(1, 33), replicas=1000)


def _grid(solutions: Ints, verdicts: Ints, *, replicas: int) -> Ratio:
    rng = np.random.default_rng(0)
    right = (rng.random(128) < 0.4).astype(np.float64)
    lenient = rng.beta(np.where(right == 1, 3.0, 1.5), np.where(right == 1, 1.5, 2.0))
    accepts = rng.binomial(32, lenient)
    once = _simulated(accepts, 32, right, solutions, verdicts, replicas, 1)
    exact = best_of_verdicts(accepts, 32, right, solutions, verdicts)
    # What one replica is off by, squared, in the mean over the cells.
    variance = float((once[1] / replicas - (once[0] / replicas) ** 2).mean())
    needed = variance / 1e-6 / replicas
    made = measure(
        f"S x V, {len(solutions)} x {len(verdicts)} cells",
        lambda: best_of_verdicts(accepts, 32, right, solutions, verdicts),
        lambda: _simulated(accepts, 32, right, solutions, verdicts, replicas, 2),
        error=float(np.abs(once[0] / replicas - exact).max()),
    )
    name = f"{made.name} (MC to se 1e-3: {needed:.1f}x {replicas})"
    return Ratio(name, made.ours, made.theirs * needed, made.error)


@numba.njit(inline="always")  # type: ignore[misc,untyped-decorator,unused-ignore]
def _below(state: NDArray[np.uint64], bound: int) -> float:
    """A draw from [0, bound), by xorshift64*."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return float((x * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(32)) * STEPS * bound


@numba.njit  # type: ignore[misc,untyped-decorator,unused-ignore]
def _simulated(
    accepts: Ints, logged: int, right: Floats, solutions: Ints, verdicts: Ints, many: int, seed: int
) -> Floats:
    """Sums of the credit and of its square, (2, S, V), over orders of solutions and of verdicts.

    One order serves every S at every V: prefixes of the solutions, prefixes of their verdicts.
    """
    n, last = len(accepts), verdicts[-1] if verdicts[-1] < logged else verdicts[-2]
    state = np.array([seed * 0x9E3779B9 + 12345], dtype=np.uint64)
    order = np.arange(n)
    shown = np.empty((len(verdicts), n), dtype=np.int64)
    total = np.zeros((2, len(solutions), len(verdicts)))
    for _ in range(many):
        for i in range(n - 1):
            j = i + int(_below(state, n - i))
            order[i], order[j] = order[j], order[i]
        for i in range(n):
            yes, column = accepts[order[i]], 0
            for drawn in range(1, last + 1):
                yes -= _below(state, logged - drawn + 1) < yes
                if drawn == verdicts[column]:
                    shown[column, i] = accepts[order[i]] - yes
                    column += 1
            if column < len(verdicts):
                shown[column, i] = accepts[order[i]]
        for column in range(len(verdicts)):
            best, ties, won, row = -1, 0, 0.0, 0
            for i in range(n):
                seen = shown[column, i]
                if seen > best:
                    best, ties, won = seen, 0, 0.0
                if seen == best:
                    ties += 1
                    won += right[order[i]]
                if row < len(solutions) and i + 1 == solutions[row]:
                    credit = won / ties
                    total[0, row, column] += credit
                    total[1, row, column] += credit * credit
                    row += 1
    return total
