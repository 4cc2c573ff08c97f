"""Coverage (pass@k) against the loop that was published with it."""

from itertools import product

import numpy as np
from apportion.analysis.exact.hypergeometric import mean_miss

from .ratio import Ratio, measure

SAMPLES, PROBLEMS = 10_000, 1_000


def coverage() -> Ratio:
    """The mean pass@k of 1,000 problems at every k of n = 10,000, per (problem, k).

    The other side is the estimator of the HumanEval release, a product for each problem and k.
    """
    rng = np.random.default_rng(0)
    n = np.full(PROBLEMS, SAMPLES)
    c = rng.binomial(n, rng.beta(0.3, 1.5, PROBLEMS))
    k = np.arange(1, SAMPLES + 1)
    few, some = k[:: SAMPLES // 8], c[:: PROBLEMS // 100]

    def theirs() -> list[float]:
        return [humaneval(SAMPLES, int(x), int(j)) for x, j in product(some, few)]

    ours = 1 - mean_miss(n[: len(some)], some, few)
    error = np.abs(ours - np.reshape(theirs(), (len(some), len(few))).mean(axis=0)).max()
    return measure(
        "coverage, n=10,000, per (problem, k)",
        lambda: mean_miss(n, c, k),
        theirs,
        error=float(error),
        scale=len(c) * len(k) / (len(some) * len(few)),
    )


def humaneval(n: int, c: int, k: int) -> float:
    """Returns the unbiased pass@k as Chen et al. 2021 print it."""
    if n - c < k:
        return 1.0
    return float(1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1)))
