"""Exact plurality voting against permutations of the log."""

from dataclasses import replace

import numba
import numpy as np
from apportion.analysis.exact.voting import majority
from numpy.typing import NDArray

from .ratio import Ratio, measure

VOTES = {
    64: [22, 14, 9, 6, 4, 3, 2, 1, 1, 1, 1],
    256: [70, 50, 40, 30, 20, 15, 10, 8, 5, 3, 2, 1, 1, 1],
    1024: [280, 210, 150, 110, 80, 60, 40, 30, 20, 15, 10, 8, 5, 3, 1, 1, 1],
}
"""Votes by answer, the first the right one, that many answers to one problem may get."""

ERROR = 1e-3
"""The standard error that simulation is run to."""


@numba.njit(error_model="numpy", boundscheck=False)  # type: ignore[untyped-decorator]
def permuted(
    label: NDArray[np.int64], answers: int, permutations: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Returns (n,) the mean correctness of voting over each prefix of random permutations.

    The cheapest simulation there is: a permutation gives every k, a step of it one swap and one
    count, and only the greatest count, how many share it, and whether answer 0 does are kept.
    """
    n = len(label)
    won = np.zeros(n)
    count = np.empty(answers, dtype=np.int64)
    for _ in range(permutations):
        count[:] = 0
        most, tied = 0, 0
        for k in range(n):
            other = k + int(rng.random() * (n - k))
            drawn = label[other]
            label[other] = label[k]
            label[k] = drawn
            count[drawn] += 1
            if count[drawn] > most:
                most, tied = count[drawn], 1
            elif count[drawn] == most:
                tied += 1
            if count[0] == most:
                won[k] += 1.0 / tied
    return won / permutations


def plurality(n: int = 256) -> Ratio:
    """Every k of n samples, against permutations to a standard error of 1e-3 on average over k."""
    votes, rng = np.asarray(VOTES[n], dtype=np.int64), np.random.default_rng(0)
    label = np.repeat(np.arange(len(votes)), votes)
    right, k = np.eye(len(votes))[0], np.arange(1, n + 1)
    exact = majority(votes, right, 0, k)
    few, many = 200, 20_000
    error = float(np.abs(permuted(label, len(votes), many, rng) - exact).max())
    alone = [permuted(label, len(votes), 1, rng) for _ in range(5_000)]
    needed = float(np.var(alone, axis=0).mean()) / ERROR**2
    return measure(
        f"majority, n={n}, every k; permutations to s.e. 1e-3",
        lambda: [majority(votes, right, 0, k) for _ in range(4)],
        lambda: permuted(label, len(votes), few, rng),
        error=error,
        scale=4 * needed / few,
    )


def permutations(n: int = 256) -> Ratio:
    """Every k exactly, against a single permutation, compiled."""
    votes, rng = np.asarray(VOTES[n], dtype=np.int64), np.random.default_rng(0)
    label = np.repeat(np.arange(len(votes)), votes)
    right, k = np.eye(len(votes))[0], np.arange(1, n + 1)
    exact = majority(votes, right, 0, k)
    error = float(np.abs(permuted(label, len(votes), 20_000, rng) - exact).max())
    made = measure(
        f"majority, n={n}, every k; one permutation",
        lambda: [majority(votes, right, 0, k) for _ in range(10)],
        lambda: permuted(label, len(votes), 1_000, rng),
        error=error,
        scale=10,
    )
    return replace(made, theirs=made.theirs / 1_000)
