"""The distance is scipy's, counts like with like, and alarms as often as it says."""

import numpy as np
import pytest
from apportion.analysis.transport import between, between_rates
from scipy.stats import wasserstein_distance

LOGS = 150


def test_the_distance_is_that_of_scipy() -> None:
    rng = np.random.default_rng(0)
    for first, second in ((rng.normal(size=9), rng.normal(1, 2, 14)), (np.ones(3), np.zeros(5))):
        made = between(first, second)
        assert made.distance == pytest.approx(wasserstein_distance(first, second))
        assert made.shift == pytest.approx(second.mean() - first.mean())


@pytest.mark.parametrize("sizes", [(8, 8), (32, 4)])
def test_logs_of_one_world_alarm_at_the_nominal_rate(sizes: tuple[int, int]) -> None:
    told = []
    for seed in range(LOGS):
        rng = np.random.default_rng(seed)
        logs = []
        for problems, n in zip((60, 40), sizes, strict=True):
            many = np.full(problems, n)
            logs.append((many, rng.binomial(many, rng.beta(0.5, 1.0, problems))))
        told.append(between_rates(logs[0], logs[1], seed).p)
    alarms, error = np.mean(np.array(told) <= 0.05), np.sqrt(0.05 * 0.95 / LOGS)
    assert abs(alarms - 0.05) < 3 * error


def test_a_harder_benchmark_is_told() -> None:
    told = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n = np.full(60, 8)
        first, second = (rng.binomial(n, rng.beta(a, 1.0, 60)) for a in (1.0, 0.4))
        told.append(between_rates((n, first), (n, second), seed).p <= 0.05)
    # The means are .5 and .29; power .98 measured, standard error .03.
    assert np.mean(told) > 0.85
