"""`make bench`: runs every ratio and writes results.json and the table beside it."""

import json
import platform
import subprocess
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from apportion.analysis.exact.hypergeometric import miss_probability
from apportion.analysis.exact.voting import majority
from apportion.planner.allocate import allocate, steps
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array

from .ratio import Ratio, measure

HERE = Path(__file__).parent


def ratios() -> Iterator[Ratio]:
    """Yields each benchmark once."""
    rng = np.random.default_rng(0)
    yield coverage(rng)
    yield plurality(rng)
    yield frontier(rng)


def coverage(rng: np.random.Generator) -> Ratio:
    """Pass@k at 84 k of 200 problems with n = 10,000, against the loop of the HumanEval release."""
    n = np.full(200, 10_000)
    c = rng.binomial(n, rng.beta(0.3, 1.5, 200))
    k = np.unique(np.geomspace(1, 10_000, 100).round().astype(np.int64))
    few = k[:: len(k) // 8]

    def theirs() -> list[float]:
        return [_humaneval(10_000, int(x), int(j)) for x, j in product(c, few)]

    error = np.abs(1 - miss_probability(n, c, few).ravel() - np.asarray(theirs())).max()
    return measure(
        "coverage, n=10,000, per (problem, k)",
        lambda: miss_probability(n, c, k),
        theirs,
        error=float(error),
        scale=len(k) / len(few),
    )


def _humaneval(n: int, c: int, k: int) -> float:
    if n - c < k:
        return 1.0
    return float(1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1)))


def plurality(rng: np.random.Generator) -> Ratio:
    """Majority at all k of n = 256, against prefix permutations to a standard error of 1e-3."""
    votes = np.asarray([70, 50, 40, 30, 20, 15, 10, 8, 5, 3, 2, 1, 1, 1], dtype=np.int64)
    right = np.eye(len(votes))[0]
    labels = np.repeat(np.arange(len(votes)), votes)
    k = np.arange(1, len(labels) + 1)
    exact = majority(votes, right, 0, k)
    permutations = 400
    needed = float((exact * (1 - exact)).mean() / 1e-6) / permutations

    one_hot = np.eye(len(votes), dtype=np.int16)

    def theirs() -> NDArray[np.float64]:
        shuffled = rng.permuted(np.tile(labels, (permutations, 1)), axis=1)
        counts = np.cumsum(one_hot[shuffled], axis=1, dtype=np.int16)
        most = counts.max(axis=2)
        ties = (counts == most[..., None]).sum(axis=2)
        return np.asarray(((counts[..., 0] == most) / ties).mean(axis=0))

    error = float(np.abs(theirs() - exact).max())
    made = measure(
        "majority, n=256, all k", lambda: majority(votes, right, 0, k), theirs, error=error
    )
    return Ratio(
        made.name + f" (MC to se 1e-3: {needed:.0f}x {permutations})",
        made.ours,
        made.theirs * needed,
        error,
    )


def frontier(rng: np.random.Generator) -> Ratio:
    """The whole frontier of 200 levels x 49 options, against one linear programme by HiGHS."""
    cost = np.sort(rng.gamma(1, 10, (200, 49)), axis=1)
    cost[:, 0] = 0
    value = np.sort(rng.random((200, 49)), axis=1)
    share = np.full(200, 1 / 200)
    rows: Any = csr_array(np.kron(np.eye(200), np.ones(49)))

    def theirs() -> float:
        made = linprog(
            -(share[:, None] * value).ravel(),
            A_ub=(share[:, None] * cost).ravel()[None], b_ub=[5.0],
            A_eq=rows, b_eq=np.ones(200), method="highs",
        )  # fmt: skip
        return -float(made.fun or 0.0)

    error = abs(allocate(cost, value, share, 5.0).value - theirs())
    return measure(
        "frontier, 200 levels x 49", lambda: steps(cost, value, share), theirs, error=error
    )


def main() -> None:
    """Writes the results with the machine and the commit they came from."""
    found = list(ratios())
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    told = {"command": "make bench", "commit": commit, "machine": platform.machine()}
    rows = [
        {"name": r.name, "ours_s": r.ours, "theirs_s": r.theirs, "times": r.times, "error": r.error}
        for r in found
    ]
    (HERE / "results.json").write_text(json.dumps({**told, "ratios": rows}, indent=1) + "\n")
    for r in found:
        print(f"{r.name:60s} {r.times:10.1f}x   difference {r.error:.1e}")


if __name__ == "__main__":
    main()
