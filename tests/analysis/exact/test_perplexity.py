"""RPC prunes and scores as published, and its mixture is the likeliest one."""

import numpy as np
import pytest
from apportion.analysis.exact.perplexity import (
    FEWEST,
    Mixture,
    consistency,
    kept,
    surviving,
    weibull_mixture,
)
from scipy.optimize import minimize

LOGS = np.array(
    [[-0.10, -0.12, -0.15, -0.40, -0.09, -0.50, -0.55, -0.60, -0.70, -0.05, -0.13, -0.45]]
)
ANSWERS = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 0, 1])


def loss(at: np.ndarray, logs: np.ndarray) -> float:
    """Minus the log-likelihood of (w, k1, l1, k2, l2), as the density is written."""
    w, *sides = at
    terms = []
    for share, (shape, scale) in ((w, sides[:2]), (1 - w, sides[2:])):
        u = logs - np.log(scale)
        fall = np.exp(np.minimum(shape * u, 700.0))
        terms.append(np.log(share * shape / scale) + (shape - 1) * u - fall)
    return float(-np.logaddexp(*terms).sum())


def published() -> Mixture:
    """Where the published optimiser stops on LOGS: w, k1, l1, k2, l2 to four digits."""
    w, k, x = (
        np.array(side)[:, None] for side in ([0.786, 0.214], [8.192, 4.769], [0.8919, 0.6184])
    )
    return Mixture(w, k, x, np.array([-5.3721]))


def test_at_the_published_mixture_likelihood_pruning_and_scores_are_the_published_ones() -> None:
    at = published()
    assert loss(np.array([0.786, 8.192, 0.8919, 4.769, 0.6184]), LOGS[0]) == pytest.approx(
        -5.3721, abs=1e-3
    )
    keep = kept(LOGS, at)
    np.testing.assert_array_equal(keep[0], [1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1])
    scores = consistency(LOGS, keep, np.arange(12)[None], ANSWERS, 4)[0]
    np.testing.assert_allclose(
        scores / scores.sum(), [0.6267, 0.2314, 0.0, 0.1419], rtol=0, atol=1e-3
    )


def test_the_published_mixture_is_no_optimum_and_ours_is() -> None:
    """Its optimiser stopped at an overflow: the likelihood rises 7.14 nats above it."""
    fit = weibull_mixture(LOGS)
    assert fit.loss[0] == pytest.approx(-12.5137, abs=1e-3)
    flat = [fit.weight[0, 0], *np.stack([fit.shape, fit.scale], axis=1)[:, :, 0].ravel()]
    assert loss(np.array(flat), LOGS[0]) == pytest.approx(fit.loss[0], abs=1e-8)
    limits = [(0.2, 0.8), *[(0.01, 100.0)] * 4]
    start = [0.5, 1, 1, 1.5, 2]
    other = minimize(loss, start, args=(LOGS[0],), bounds=limits, method="L-BFGS-B")
    assert other.fun == pytest.approx(fit.loss[0], abs=1e-3)
    np.testing.assert_allclose(other.x, flat, rtol=1e-3)
    np.testing.assert_array_equal(surviving(LOGS)[0], [1, 1, 1, 0, 1, 0, 0, 0, 0, 1, 1, 0])


def test_the_fit_is_seldom_worse_than_a_gradient_descent() -> None:
    """The likelihood has several maxima; on 20 random rows at most 2 end in a worse one."""
    rng = np.random.default_rng(0)
    high = rng.random((20, 24)) < 0.5
    logs = -np.abs(np.where(high, rng.normal(0.2, 0.05, (20, 24)), rng.normal(0.6, 0.15, (20, 24))))
    fit = weibull_mixture(logs)
    limits = [(0.2, 0.8), *[(0.01, 100.0), (0.01, None)] * 2]
    start = [0.5, 1, 1, 1.5, 2]
    other = [minimize(loss, start, args=(x,), bounds=limits, method="L-BFGS-B").fun for x in logs]
    assert (fit.loss > np.array(other) + 0.01).sum() <= 2


def test_the_truth_is_found_in_a_long_row() -> None:
    rng = np.random.default_rng(3)
    high = rng.random((1, 20_000)) < 0.4
    x = np.where(high, 0.9 * rng.weibull(20, high.shape), 0.5 * rng.weibull(6, high.shape))
    fit = weibull_mixture(np.log(x))
    assert fit.weight[0, 0] == pytest.approx(0.4, abs=0.02)
    np.testing.assert_allclose(fit.shape[:, 0], [20, 6], rtol=0.05)
    np.testing.assert_allclose(fit.scale[:, 0], [0.9, 0.5], rtol=0.01)


def test_rows_are_fitted_each_for_itself_and_missing_ones_say_nothing() -> None:
    rng = np.random.default_rng(5)
    logs = -rng.gamma(2.0, 0.2, (3, 15))
    padded = np.hstack([logs, np.full((3, 4), np.nan)])
    together = weibull_mixture(padded)
    for row in range(3):
        alone = weibull_mixture(logs[row : row + 1])
        np.testing.assert_allclose(together.scale[:, row], alone.scale[:, 0], rtol=1e-9)
        assert together.loss[row] == pytest.approx(alone.loss[0], abs=1e-9)
    keep = surviving(padded)
    np.testing.assert_array_equal(keep[:, :15], surviving(logs))
    assert keep[:, 15:].all()


@pytest.mark.parametrize(
    "row",
    [
        [-0.3] * 12,
        [-0.1, -0.2, -0.3, -5.0] * 3,
        [np.nan] * 6,
        [-np.inf, -1.0, -2.0, -3.0, -4.0],
    ],
)
def test_fewer_than_five_distinct_values_are_not_pruned(row: list[float]) -> None:
    assert FEWEST == 5
    assert surviving(np.array([row])).all()


@pytest.mark.parametrize("low", [-800.0, -3.0, -1e-6])
def test_repeated_and_extreme_values_are_no_trouble(low: float) -> None:
    """Warnings are errors here: no power may overflow."""
    row = np.array([[low, low, low, low * 0.9, low * 0.5, low * 0.1, 0.0, 0.0, 0.0, 0.0]])
    fit = weibull_mixture(row)
    assert np.isfinite(fit.loss).all()
    assert (fit.shape <= 100).all()
    keep = surviving(row)[0]
    assert keep[-4:].all()


def test_the_likeliest_path_always_stays() -> None:
    rng = np.random.default_rng(6)
    logs = -rng.gamma(2.0, 0.3, (50, 9))
    keep = surviving(logs)
    assert keep[np.arange(50), logs.argmax(axis=1)].all()
    assert not keep.all()


def test_equal_completions_count_once_and_pruned_ones_not_at_all() -> None:
    logs = np.log(np.array([[0.5, 0.5, 0.4, 0.9]]))
    keep = np.array([[True, True, True, False]])
    scores = consistency(logs, keep, np.array([[0, 0, 1, 2]]), np.array([0, 0, 1]), 2)
    np.testing.assert_allclose(scores, [[0.9, 0.0]])
