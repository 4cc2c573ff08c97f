"""Estimates agree with the published estimators, formula by formula, on random logs.

scorio is the other implementation (mohsenhariri/scorio). It takes a matrix of equal n, so that is
what is compared; its `maj_at_k` is a strict majority of the correctness of binary outcomes, which
is G-Pass beyond half and not a plurality of answers.
"""

from collections.abc import Callable
from dataclasses import replace
from math import comb
from typing import Any

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.coverage import coverage, g_pass, mg_pass, pass_all
from apportion.analysis.verification import best_of
from apportion.data.synthetic import simulate
from numpy.typing import NDArray

Outcomes = NDArray[np.int64]

N = 24
K = list(range(1, N + 1))


def logged(seed: int) -> tuple[Counts, Outcomes]:
    """Counts of 30 problems with N samples each, and the matrix of their correctness."""
    counts = count(simulate("mixed", problems=30, samples=N, verdicts=1, seed=seed)[0])
    assert counts.drawn is not None
    return counts, counts.drawn.right.reshape(-1, N).astype(np.int64)


@pytest.fixture(scope="module", params=[0, 1])
def log(request: pytest.FixtureRequest) -> tuple[Counts, Outcomes]:
    return logged(request.param)


@pytest.fixture(scope="module")
def scorio() -> Any:
    return pytest.importorskip("scorio.eval", reason="scorio is not installed (extra dev)")


def each_k(function: Callable[..., float], right: Outcomes, *more: float) -> list[float]:
    return [function(right, k, *more) for k in K]


def human_eval(n: int, c: int, k: int) -> float:
    """The estimator of Chen et al. 2021, as a product: 1 - prod (1 - k / j), j = n-c+1 .. n."""
    if n - c < k:
        return 1.0
    miss = 1.0
    for j in range(n - c + 1, n + 1):
        miss *= 1.0 - k / j
    return 1.0 - miss


def test_coverage_is_the_human_eval_estimator(log: tuple[Counts, Outcomes]) -> None:
    counts, right = log
    solved = right.sum(axis=1)
    each = [[human_eval(N, int(c), k) for k in K] for c in solved]
    np.testing.assert_allclose(
        coverage(counts, K, worlds=1).estimate, np.mean(each, axis=0), rtol=1e-13
    )


def test_coverage_and_its_kin_are_those_of_scorio(
    log: tuple[Counts, Outcomes], scorio: Any
) -> None:
    counts, right = log
    pairs = [
        (coverage(counts, K, worlds=1), each_k(scorio.pass_at_k, right)),
        (pass_all(counts, K, worlds=1), each_k(scorio.pass_hat_k, right)),
        (pass_all(counts, K, worlds=1), each_k(scorio.g_pass_at_k, right)),
        (mg_pass(counts, K, worlds=1), each_k(scorio.mg_pass_at_k, right)),
    ]
    for ours, other in pairs:
        np.testing.assert_allclose(ours.estimate, other, rtol=0, atol=1e-12)


@pytest.mark.parametrize("tau", [1e-9, 0.1, 0.25, 0.3, 0.5, 0.7, 1.0])
def test_every_threshold_is_that_of_scorio(
    log: tuple[Counts, Outcomes], scorio: Any, tau: float
) -> None:
    counts, right = log
    ours = g_pass(counts, K, tau, worlds=1).estimate
    np.testing.assert_allclose(ours, each_k(scorio.g_pass_at_k_tau, right, tau), rtol=0, atol=1e-12)


def test_a_strict_majority_of_right_ones_is_a_threshold(
    log: tuple[Counts, Outcomes], scorio: Any
) -> None:
    """So scorio's majority is ours only where all wrong answers agree and a tie loses."""
    counts, right = log
    for k in K:
        strict = g_pass(counts, k, (k // 2 + 1) / k, worlds=1).estimate[0]
        assert scorio.maj_at_k(right, k) == pytest.approx(strict, abs=1e-12)


def test_the_best_of_scores_that_are_their_own_worth_is_the_mean_reward(
    log: tuple[Counts, Outcomes], scorio: Any
) -> None:
    """scorio's `max_at_k` is the mean highest reward, ours the correctness of the best-scored."""
    counts, right = log
    drawn = replace(counts.drawn, score=counts.drawn.right)  # type: ignore[type-var,union-attr]
    ours = best_of(replace(counts, drawn=drawn), K, worlds=1).estimate
    np.testing.assert_allclose(ours, each_k(scorio.max_at_k, right), rtol=0, atol=1e-12)


def test_bayes_at_n_shrinks_every_problem_to_a_flat_prior(
    log: tuple[Counts, Outcomes], scorio: Any
) -> None:
    """Bayes@N shrinks every problem to a flat prior, (c + 1) / (n + 2); coverage(1) does not."""
    counts, right = log
    mean, _ = scorio.bayes(right)
    flat = (counts.c + 1) / (counts.n + 2)
    assert mean == pytest.approx(flat.mean(), abs=1e-12)
    assert coverage(counts, 1, worlds=1).estimate[0] == pytest.approx(scorio.avg(right)[0])


@pytest.mark.parametrize(
    ("n", "c", "k", "digits"),
    [
        (10, 3, 5, "0.916666666666667"),
        (200, 7, 50, "0.871224564706628"),
        (7936, 3, 4000, "0.87804674519724"),
        (10_000, 27, 10_000, "1"),
        (5, 0, 5, "0"),
        (10_000, 1, 1000, "0.1"),
    ],
)
def test_coverage_has_its_golden_values(n: int, c: int, k: int, digits: str) -> None:
    template = logged(0)[0].only(np.array([0]))
    counts = replace(template, n=np.array([n]), c=np.array([c]), drawn=None)
    ours = coverage(counts, k, worlds=1).estimate[0]
    places = len(digits.partition(".")[2])
    assert f"{ours:.{places}f}" == digits
    assert ours == pytest.approx(1 - comb(n - c, k) / comb(n, k), abs=1e-15)
