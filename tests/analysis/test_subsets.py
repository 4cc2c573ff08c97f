"""Draws without replacement: all of them where few, else unbiased with an honest error."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from apportion.analysis.answers import answers, classes
from apportion.analysis.counts import VOID, Counts, count
from apportion.analysis.subsets import orders, sampled, subsets
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate


@pytest.fixture(scope="module")
def counts() -> Counts:
    return count(simulate("mixed", problems=40, samples=12, verdicts=2, seed=3)[0])


def test_few_draws_are_all_of_them_and_a_draw_has_no_sample_twice() -> None:
    rows = dict(subsets(9, np.array([1, 2, 4, 8, 9, 10]), 20, np.random.default_rng(1)))
    assert sorted(rows) == [0, 1, 2, 3, 4]
    np.testing.assert_array_equal(rows[0].ravel(), np.arange(9))
    assert [r.shape for r in rows.values()] == [(9, 1), (20, 2), (20, 4), (9, 8), (1, 9)]
    assert {tuple(r) for r in rows[3].tolist()} == set(combinations(range(9), 8))
    np.testing.assert_array_equal(rows[2][:, :2], rows[1])
    assert all(len(set(r)) == 4 for r in rows[2].tolist())


def test_every_sample_is_as_likely_at_every_place() -> None:
    shuffled = orders(5, 20_000, np.random.default_rng(2))
    share = (shuffled[:, :, None] == np.arange(5)).mean(axis=0)
    np.testing.assert_allclose(share, 0.2, atol=4 * np.sqrt(0.16 / 20_000) * 1.2)


def test_the_mean_over_draws_is_unbiased_and_its_error_honest(counts: Counts) -> None:
    """The share right among k is right on average; its error over draws is known exactly."""
    drawn, k = counts.drawn, np.array([1, 4, 12, 13])
    assert drawn is not None

    def earn(problem: int, rows: np.ndarray) -> np.ndarray:
        return np.asarray(drawn.right[counts.rows(problem)][rows].mean(axis=1))

    got = sampled(counts, k, earn, draws=100, seed=5)
    for column in (0, 2):
        np.testing.assert_allclose(got.credit[:, column], counts.solve_rates, atol=1e-12)
        np.testing.assert_array_equal(got.error[:, column], 0.0)
    assert np.isnan(got.credit[:, 3]).all()
    assert np.isnan(got.error[:, 3]).all()
    miss = got.credit[:, 1] - counts.solve_rates
    assert abs(miss.mean()) < 4 * got.mean_error[1]
    rate = counts.solve_rates
    truth = np.sqrt(rate * (1 - rate) / 4 * (12 - 4) / 11 / 100)
    np.testing.assert_allclose(got.error[:, 1].mean(), truth.mean(), rtol=0.1)


def test_the_same_seed_gives_the_same_draws(counts: Counts) -> None:
    def earn(problem: int, rows: np.ndarray) -> np.ndarray:
        return np.asarray(rows.mean(axis=1) + problem)

    first, again, other = (sampled(counts, np.array([4]), earn, seed=s).credit for s in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_one_draw_has_no_error(counts: Counts) -> None:
    with pytest.raises(InputError, match="draws must satisfy draws >= 2; got draws=1"):
        sampled(counts, np.array([2]), lambda _, rows: rows.mean(axis=1), draws=1)


def test_answers_are_numbered_and_a_mixed_class_is_right_in_part(counts: Counts) -> None:
    numbered = classes(np.array([5, 5, VOID, 9]), np.array([1.0, 0.0, 1.0, 1.0]))
    np.testing.assert_array_equal(numbered.answer, [0, 0, VOID, 1])
    np.testing.assert_array_equal(numbered.right, [0.5, 1.0])
    assert len(answers(counts, "this")) == len(counts)
    assert counts.drawn is not None
    bare = replace(counts, drawn=replace(counts.drawn, answer=None))
    with pytest.raises(InputError, match=r"this needs answers; this log has none \(column 'ans"):
        answers(bare, "this")
