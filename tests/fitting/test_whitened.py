"""Short Hamiltonian chains: exact on shapes whose truth is known, honest where they do not mix."""

import numpy as np
from apportion.analysis.curve import Floats
from apportion.fitting.whitened import MIXED, climb, curvature, r_hat, walk
from scipy.special import expit
from scipy.stats import beta, kstest

PRECISION = np.array([[2.0, 0.9, 0.0], [0.9, 1.0, 0.3], [0.0, 0.3, 4.0]])
CENTRE = np.array([1.0, -2.0, 0.5])


def normal(theta: Floats) -> tuple[Floats, Floats]:
    away = theta - CENTRE
    return -0.5 * np.einsum("ti,ij,tj->t", away, PRECISION, away), -away @ PRECISION


def logit_of_beta(theta: Floats) -> tuple[Floats, Floats]:
    """The log odds of a Beta(3, 7), with the slope of the log density."""
    rate = expit(theta[:, 0])
    value = 3 * np.log(rate) + 7 * np.log1p(-rate)
    return value, (3 - 10 * rate)[:, None]


def test_a_normal_is_drawn_with_its_mean_and_covariance() -> None:
    drawn = walk(normal, np.zeros(3), np.random.default_rng(1))
    truth = np.linalg.inv(PRECISION)
    error = 4 * np.sqrt(np.diag(truth) / (len(drawn.theta) / 2))
    assert (np.abs(drawn.theta.mean(axis=0) - CENTRE) < error).all()
    wide = np.sqrt(np.outer(np.diag(truth), np.diag(truth)) * 2)
    assert (np.abs(np.cov(drawn.theta.T) - truth) < 4 * wide / np.sqrt(len(drawn.theta) / 2)).all()
    assert np.allclose(drawn.mode, CENTRE, atol=1e-4)
    assert drawn.r_hat < MIXED


def test_a_skewed_posterior_is_drawn_and_not_its_normal_shape() -> None:
    drawn = walk(logit_of_beta, np.zeros(1), np.random.default_rng(2))
    thinned = expit(drawn.theta[::2, 0])
    assert kstest(thinned, beta(3, 7).cdf).pvalue > 1e-3


def test_draws_never_leave_where_the_posterior_is() -> None:
    def half(theta: Floats) -> tuple[Floats, Floats]:
        value, slope = normal(theta)
        return np.where(theta[:, 0] > 1.0, value, -np.inf), slope

    drawn = walk(half, np.array([1.5, -2.0, 0.5]), np.random.default_rng(3)).theta
    assert (drawn[:, 0] > 1.0).all()
    sd = np.sqrt(np.linalg.inv(PRECISION)[0, 0])
    expected = 1.0 + sd * np.sqrt(2 / np.pi)
    assert abs(drawn[:, 0].mean() - expected) < 4 * sd * 0.6 / np.sqrt(len(drawn) / 4)


def test_two_far_modes_are_told_by_r_hat() -> None:
    rows = np.random.default_rng(4).standard_normal((32, 8, 1)) + 5 * (np.arange(8) % 2)[:, None]
    assert r_hat(rows) > 2
    assert r_hat(rows - 5 * (np.arange(8) % 2)[:, None]) < 1.1


def test_climbing_and_curvature() -> None:
    assert np.allclose(climb(normal, np.zeros(3)), CENTRE, atol=1e-4)
    assert np.allclose(curvature(normal, CENTRE), PRECISION, atol=1e-6)
