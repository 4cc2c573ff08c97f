"""Sums of judgements are exact where they lie on a lattice, and near enumeration elsewhere."""

from itertools import combinations

import numpy as np
import pytest
from apportion.analysis.exact.hypergeometric import Floats
from apportion.analysis.exact.judges import (
    pick,
    sampled,
    summed_difference,
    top_share,
    total_mean,
    total_sum,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

quick = settings(max_examples=60, deadline=None)
differences = st.lists(st.integers(-9, 9), min_size=1, max_size=9)
DRAWS = 4000


def enumerated(difference: list[int], k: int, kept: int) -> float:
    """The judgements are best first, so the first `kept` of a subset in order are those kept."""
    sums = [sum(subset[:kept]) for subset in combinations(difference, k)]
    return float(np.mean(np.heaviside(sums, 0.5)))


@quick
@given(differences)
def test_summed_differences_are_the_mean_over_all_subsets(difference: list[int]) -> None:
    k = np.arange(1, len(difference) + 1)
    truth = [enumerated(difference, int(x), int(x)) for x in k]
    np.testing.assert_allclose(summed_difference(np.array(difference), k, k), truth, atol=1e-12)


@quick
@given(differences, st.integers(1, 4))
def test_only_the_best_judgements_are_summed(difference: list[int], part: int) -> None:
    k = np.arange(1, len(difference) + 1)
    kept = -(-k // part)
    truth = [enumerated(difference, int(x), int(y)) for x, y in zip(k, kept, strict=True)]
    np.testing.assert_allclose(summed_difference(np.array(difference), k, kept), truth, atol=1e-12)


@quick
@given(differences, st.integers(1, 50))
def test_neither_side_nor_scale_nor_order_matters(difference: list[int], scale: int) -> None:
    given_, k = np.array(difference), np.arange(1, len(difference) + 1)
    one = summed_difference(given_, k, k)
    np.testing.assert_allclose(summed_difference(-given_, k, k), 1 - one, atol=1e-12)
    np.testing.assert_allclose(summed_difference(scale * given_, k, k), one, atol=1e-12)
    np.testing.assert_allclose(summed_difference(given_[::-1], k, k), one, atol=1e-12)


def test_hundreds_of_judgements_keep_their_digits() -> None:
    """Of 500 judgements 260 say yes: the chance is a hypergeometric tail."""
    votes, k = np.repeat([1, -1], [260, 240]), np.array([1, 2, 101, 201])
    yes = hypergeom(500, 260, k)
    truth = yes.sf(k // 2) + (k % 2 == 0) * yes.pmf(k // 2) / 2
    np.testing.assert_allclose(summed_difference(votes, k, k), truth, rtol=1e-10)


def test_draws_beyond_the_judgements_do_not_exist_and_bad_ones_are_refused() -> None:
    two = np.array([1, 2])
    assert np.isnan(summed_difference(two, np.array([3]), np.array([3])))[0]
    with pytest.raises(ValueError, match="k must satisfy k >= 1"):
        summed_difference(two, np.array([0]), np.array([0]))
    for kept in (0, 2):
        with pytest.raises(ValueError, match="kept must satisfy 1 <= kept <= k"):
            summed_difference(two, np.array([1]), np.array([kept]))


def near(got: Floats, truth: float) -> bool:
    return bool(abs(got.mean() - truth) <= 4 * got.std() / np.sqrt(len(got)) + 1e-12)


@pytest.mark.parametrize("total", [total_sum, total_mean])
def test_random_draws_are_near_all_subsets(total: object) -> None:
    rng = np.random.default_rng(1)
    votes = rng.integers(1, 4, size=(7, 3)) / 10
    votes[rng.random(votes.shape) < 0.2] = np.nan
    right, k = np.array([1.0, 0.0, 0.5]), np.arange(1, 9)
    got = sampled(votes, right, None, k, k, total=total, draws=DRAWS, rng=rng)  # type: ignore[arg-type]
    for size in k[:-1]:
        subsets = np.stack([votes[list(s)] for s in combinations(range(7), int(size))])
        truth = top_share(total(subsets), right, 1e-9).mean()  # type: ignore[operator]
        assert near(got[:, size - 1], truth)
    assert np.isnan(got[:, -1]).all()


def test_equal_meta_scores_are_kept_at_random() -> None:
    """Halves of the subset: the sure one first, then one of the three equal ones."""
    votes = np.array([[0.0, 1.0], [3.0, 0.0], [0.0, 3.0], [0.0, 3.0]])
    meta, k, kept = np.array([9.0, 1.0, 1.0, np.nan]), np.array([4, 3]), np.array([2, 2])
    rng = np.random.default_rng(2)
    right = np.array([1.0, 0.0])
    got = sampled(votes, right, meta, k, kept, total=total_sum, draws=DRAWS, rng=rng)
    assert near(got[:, 0], 1 / 2)
    # Without one of them: {0,1,2} a coin, {0,1,3} the first response, {0,2,3} not, {1,2,3} a tie.
    assert near(got[:, 1], (1 / 2 + 1 + 0 + 1 / 2) / 4)


def test_sums_of_decimals_tie() -> None:
    totals = total_sum(np.array([[[0.1, 0.3], [0.2, 0.2], [0.3, 0.1]]]))
    assert top_share(totals, np.array([1.0, 0.0]), 1e-12).tolist() == [0.5]


def test_a_pick_is_one_vote_shared_among_ties_and_none_without_scores() -> None:
    scores = np.array([[1.0, 2.0, 2.0], [np.nan, 0.0, -1.0], [np.nan] * 3])
    assert pick(scores).tolist() == [[0, 0.5, 0.5], [0, 1, 0], [0, 0, 0]]
