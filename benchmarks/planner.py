"""The planner's frontier against linear programming, and against itself on ten times as much."""

from typing import Any

import numpy as np
from apportion.analysis.curve import Floats
from apportion.planner.allocate import allocate, steps
from scipy.optimize import linprog
from scipy.sparse import csr_array

from .ratio import Ratio, measure


def frontier() -> Ratio:
    """The whole frontier of 1,000 questions x 49 options, against one linear programme by HiGHS."""
    cost, value, share = _questions(1_000)
    rows: Any = csr_array(
        (np.ones(cost.size), (np.repeat(np.arange(1_000), 49), np.arange(cost.size)))
    )

    def theirs() -> float:
        made = linprog(
            -(share[:, None] * value).ravel(),
            A_ub=(share[:, None] * cost).ravel()[None], b_ub=[5.0],
            A_eq=rows, b_eq=np.ones(1_000), method="highs",
        )  # fmt: skip
        return -float(made.fun or 0.0)

    error = abs(allocate(cost, value, share, 5.0).value - theirs())
    return measure(
        "frontier, 1,000 questions x 49, against one HiGHS LP",
        lambda: steps(cost, value, share), theirs, error=error, runs=3,
    )  # fmt: skip


def growth() -> Ratio:
    """The frontier of 100,000 questions, against twenty of 10,000."""
    small, large = _questions(10_000), _questions(100_000)

    def twenty() -> None:
        for _ in range(20):
            steps(*small)

    return measure(
        "frontier of 100,000 questions x 49, against 20 of 10,000",
        lambda: steps(*large), twenty, error=0.0, runs=3,
    )  # fmt: skip


def _questions(size: int) -> tuple[Floats, Floats, Floats]:
    rng = np.random.default_rng(0)
    cost = np.sort(rng.gamma(1, 10, (size, 49)), axis=1)
    cost[:, 0] = 0
    return cost, np.sort(rng.random((size, 49)), axis=1), np.full(size, 1 / size)
