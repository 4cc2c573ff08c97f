"""The test of drift rejects as rarely as it says where nothing changed, and tells what did."""

import numpy as np
from apportion.analysis.drift import Drift, shared_drift
from scipy.special import expit, logit
from scipy.stats import fisher_exact

LOGS = 100


def once(seed: int, drift: float, *, both_ways: bool = False) -> Drift:
    rng = np.random.default_rng(seed)
    p = rng.beta(0.6, 1.4, 40)
    sign = rng.choice([-1, 1], 40) if both_ways else 1
    other = expit(logit(np.clip(p, 1e-9, 1 - 1e-9)) + drift * sign)
    n, m = rng.integers(2, 12, (2, 40))
    return shared_drift((n, rng.binomial(n, p)), (m, rng.binomial(m, other)), seed)


def test_no_drift_is_told_no_more_often_than_nominal() -> None:
    told = np.array([once(seed, 0.0).p for seed in range(LOGS)])
    assert (told < 0.05).mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / LOGS)
    assert (told < 0.5).mean() > 0.2


def test_one_problem_gives_fishers_exact_p() -> None:
    made = shared_drift((np.array([20]), np.array([4])), (np.array([20]), np.array([11])), 0)
    exact = fisher_exact(np.array([[4, 16], [11, 9]])).pvalue
    assert abs(made.moved - exact) < 4 * np.sqrt(exact / 2_000)


def test_a_move_of_all_is_told() -> None:
    assert once(1, 1.5).moved < 0.01


def test_moves_either_way_that_cancel_are_told() -> None:
    n = np.full(20, 10)
    low, high = np.tile([2, 8], 10), np.tile([8, 2], 10)
    made = shared_drift((n, low), (n, high), 0)
    assert made.changed < 0.01 < made.moved
    assert made.p < 0.05
