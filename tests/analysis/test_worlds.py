"""Worlds are the problems drawn again, with the variance that a mean really has."""

import numpy as np
import pytest
from apportion.analysis.worlds import problem_worlds


def names(size: int) -> list[str]:
    return [f"p{i}" for i in range(size)]


@pytest.mark.parametrize("size", [3, 10, 200])
def test_the_variance_of_a_mean_is_that_of_independent_problems(size: int) -> None:
    draws = 40_000
    values = np.random.default_rng(size).normal(size=size) ** 3
    means = problem_worlds(names(size), 1, draws)[1:] @ values
    squares = (means - values.mean()) ** 2
    assert abs(squares.mean() - values.var(ddof=1) / size) < 4 * squares.std() / np.sqrt(draws)
    assert abs(means.mean() - values.mean()) < 4 * means.std() / np.sqrt(draws)


@pytest.mark.parametrize("size", [1, 2, 50])
def test_row_0_is_the_log_and_every_row_adds_up_to_1(size: int) -> None:
    weights = problem_worlds(names(size), 3)
    np.testing.assert_array_equal(weights[0], 1 / size)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-12)
    assert (weights >= 0).all()


def test_the_same_problems_in_another_order_share_their_worlds() -> None:
    order = np.random.default_rng(0).permutation(30)
    straight = problem_worlds(names(30), 5)
    turned = problem_worlds([f"p{i}" for i in order], 5)
    np.testing.assert_allclose(turned, straight[:, order], rtol=1e-13)
    assert len(np.unique(straight[1])) == 30


def test_another_seed_draws_other_worlds() -> None:
    assert (problem_worlds(names(9), 1)[1:] != problem_worlds(names(9), 2)[1:]).all()
