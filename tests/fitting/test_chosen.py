"""Best-of-S by V verdicts: published values, limits, and simulation."""

import numpy as np
import pytest
from apportion.fitting.chosen import accepted, best_of
from scipy.stats import betabinom

INF = np.inf
MEASURED: dict[float, dict[int, dict[float, float]]] = {
    0.0: {
        4: {1: 0.434, 4: 0.591, 16: 0.736, 64: 0.760},
        32: {1: 0.465, 4: 0.856, 16: 0.998, 64: 1.0},
    },
    0.3: {
        4: {1: 0.437, 4: 0.527, 16: 0.560, 64: 0.576, INF: 0.583},
        32: {1: 0.456, 4: 0.662, 16: 0.826, 64: 0.888, INF: 0.902},
    },
    0.6: {32: {1: 0.458, 4: 0.544, 16: 0.631, 64: 0.699, INF: 0.848}},
}
"""By correlation, S and V: p = .3, accepted .7 if right and .35 if wrong; 40,000 runs each."""


def told(rho: float, solutions: int, verdicts: float) -> float:
    agree = np.array(max(rho, 1e-9))
    right, wrong = (accepted(np.array(mean), agree, verdicts) for mean in (0.7, 0.35))
    return float(best_of(np.array(0.3), right, wrong, np.array([float(solutions)]))[0])


@pytest.mark.parametrize("rho", MEASURED)
def test_verdicts_that_agree_gain_what_was_measured(rho: float) -> None:
    """Within 4 standard errors of 40,000 runs."""
    for solutions, row in MEASURED[rho].items():
        for verdicts, measured in row.items():
            error = np.sqrt(measured * (1 - measured) / 40_000) + 5e-4
            assert abs(told(rho, solutions, verdicts) - measured) < 4 * error


def test_best_of_is_what_a_simulation_chooses() -> None:
    """400,000 runs of 5 solutions scored on 3 levels, ties broken evenly."""
    rng, runs = np.random.default_rng(0), 400_000
    right, wrong = np.array([0.1, 0.3, 0.6]), np.array([0.5, 0.3, 0.2])
    good = rng.random((runs, 5)) < 0.4
    score = np.where(good, rng.choice(3, (runs, 5), p=right), rng.choice(3, (runs, 5), p=wrong))
    best = (score + rng.random((runs, 5)) / 2).argmax(axis=1)
    share = good[np.arange(runs), best].mean()
    mine = best_of(np.array(0.4), right, wrong, np.array([5.0]))[0]
    assert abs(mine - share) < 4 * 0.5 / np.sqrt(runs)


def test_accepting_verdicts_are_beta_binomial() -> None:
    mean, rho = 0.3, 0.2
    a, b = mean * (1 / rho - 1), (1 - mean) * (1 / rho - 1)
    mine = accepted(np.array(mean), np.array(rho), 12)
    assert mine == pytest.approx(betabinom.pmf(np.arange(13), 12, a, b))


def test_infinitely_many_verdicts_are_the_limit_of_many() -> None:
    assert told(0.3, 8, 20_000) == pytest.approx(told(0.3, 8, INF), abs=1e-3)
    rates = accepted(np.array([0.7, 0.01]), np.array([0.6, 0.2]), INF)
    assert rates.sum(axis=1) == pytest.approx([1.0, 1.0])


def test_more_agreement_never_helps() -> None:
    each = [told(rho, 16, 8) for rho in (1e-9, 0.1, 0.3, 0.6, 0.9)]
    assert each == sorted(each, reverse=True)


def test_one_solution_is_the_solve_rate_and_one_class_takes_all() -> None:
    right, wrong = (
        accepted(np.array(0.9), np.array(0.1), 4),
        accepted(np.array(0.2), np.array(0.1), 4),
    )
    assert best_of(np.array(0.37), right, wrong, np.array([1.0])) == pytest.approx([0.37])
    assert best_of(np.array(0.0), right, wrong, np.array([8.0])) == pytest.approx([0.0])
    assert best_of(np.array(1.0), right, wrong, np.array([8.0])) == pytest.approx([1.0])
