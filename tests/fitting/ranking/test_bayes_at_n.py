"""Bayes@N in closed form: the published vectors, the other implementation, and draws."""

import numpy as np
import pytest
from apportion.data.errors import InputError
from apportion.fitting.ranking.bayes_at_n import bayes_at_n, bayes_pass_at_k

OUTCOMES = np.array([[0, 1, 2, 2, 1], [1, 1, 0, 2, 2]])
RUBRIC = np.array([0.0, 0.5, 1.0])
EARLIER = np.array([[0, 2], [1, 2]])


def test_the_published_vectors_hold_to_their_digits() -> None:
    assert bayes_at_n(OUTCOMES, RUBRIC) == pytest.approx((0.5625, 0.091998), abs=5e-7)
    assert bayes_at_n(OUTCOMES, RUBRIC, EARLIER) == pytest.approx((0.575, 0.084275), abs=5e-7)
    right = np.array([[0, 1, 1, 0, 1], [1, 1, 0, 1, 1]])
    assert bayes_pass_at_k(right, 2) == pytest.approx((0.839286, 0.097263), abs=5e-7)


def test_scorio_says_the_same() -> None:
    scorio = pytest.importorskip("scorio.eval", reason="scorio is not installed (extra dev)")
    rng = np.random.default_rng(0)
    outcomes, earlier = rng.integers(0, 4, (7, 9)), rng.integers(0, 4, (7, 3))
    rubric = rng.random(4)
    assert bayes_at_n(outcomes, rubric) == pytest.approx(scorio.bayes(outcomes, rubric))
    assert bayes_at_n(outcomes, rubric, earlier) == pytest.approx(
        scorio.bayes(outcomes, rubric, earlier)
    )
    right = rng.integers(0, 2, (7, 9))
    mean, sd = scorio.pass_at_k_ci(right, 3)[:2]
    assert bayes_pass_at_k(right, 3) == pytest.approx((mean, sd), rel=1e-6)


def test_draws_of_the_posterior_have_that_mean_and_sd() -> None:
    rng, draws = np.random.default_rng(1), 200_000
    seen = 1 + (OUTCOMES[:, :, None] == np.arange(3)).sum(axis=1)
    values = np.mean([rng.dirichlet(s, draws) @ RUBRIC for s in seen], axis=0)
    mean, sd = bayes_at_n(OUTCOMES, RUBRIC)
    assert abs(values.mean() - mean) < 4 * sd / np.sqrt(draws)
    assert abs(values.std() - sd) < 4 * sd / np.sqrt(2 * draws)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match=r"categories 0\.\.2; got 3"):
        bayes_at_n(np.array([[3]]), RUBRIC)
    with pytest.raises(InputError, match="same 2 questions; got 1"):
        bayes_at_n(OUTCOMES, RUBRIC, EARLIER[:1])
    with pytest.raises(InputError, match="k >= 1"):
        bayes_pass_at_k(np.array([[1]]), 0)
    with pytest.raises(InputError, match="0 or 1"):
        bayes_pass_at_k(np.array([[2]]), 1)
