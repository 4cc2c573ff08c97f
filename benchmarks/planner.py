"""The planner's frontier against linear programming, and against itself on ten times as much."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from apportion.analysis.curve import Floats
from apportion.data.store import write
from apportion.data.synthetic import simulate
from apportion.planner.allocate import allocate, steps
from scipy.optimize import linprog
from scipy.sparse import csr_array

from .ratio import Ratio, measure, spent


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


def first_and_again(folder: Path) -> tuple[Ratio, Ratio]:
    """A first plan of 200 problems x 100 samples x 16 verdicts, and one of another budget after it.

    The first against 20 seconds, the other against importing the libraries, as whole processes.
    """
    log = folder / "planned"
    write(simulate("mixed", problems=200, samples=100, verdicts=16, seed=1)[0], log)
    kept = {**os.environ, "APPORTION_CACHE": str(folder / "cache")}

    def run(*words: str) -> Callable[[], object]:
        return lambda: subprocess.run(
            [sys.executable, *words], env=kept, check=True, capture_output=True
        )

    def planned(budget: str) -> Callable[[], object]:
        asked = ("--budget", budget, "--unit", "samples", "--json")
        return run("-m", "apportion", "plan", str(log), *asked)

    bare = run("-c", "import numpy, polars, scipy.optimize")
    start = spent()
    planned("8")()
    first = Ratio("first plan, 200 x 100 x 16, against 20 seconds", spent() - start, 20.0, 0.0)
    name = "plan of another budget, cached, against importing numpy, polars, scipy.optimize"
    return first, measure(name, planned("5"), bare, error=0.0)


def _questions(size: int) -> tuple[Floats, Floats, Floats]:
    rng = np.random.default_rng(0)
    cost = np.sort(rng.gamma(1, 10, (size, 49)), axis=1)
    cost[:, 0] = 0
    return cost, np.sort(rng.random((size, 49)), axis=1), np.full(size, 1 / size)
