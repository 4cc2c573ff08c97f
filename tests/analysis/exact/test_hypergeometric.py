"""The chances of draws without replacement are those of counting, to thirteen digits."""

from fractions import Fraction
from itertools import combinations
from math import comb, copysign

import numpy as np
import pytest
from apportion.analysis.exact.hypergeometric import (
    mean_miss,
    miss_probability,
    rank_weights,
)
from apportion.analysis.exact.tilt import Complexes, Tilt, over_draws, tilts
from hypothesis import given, settings
from hypothesis import strategies as st

quick = settings(max_examples=40, deadline=None)

GOLDEN = [
    (10, 3, 5, 0.916666666666667),
    (200, 7, 50, 0.871224564706628),
    (7936, 3, 4000, 0.87804674519724),
    (10000, 27, 10000, 1.0),
    (5, 0, 5, 0.0),
]


def chance_of_missing(n: int, c: int, k: int) -> Fraction:
    return Fraction(comb(n - c, k), comb(n, k))


def worst_digit(got: float, exact: Fraction) -> float:
    """The relative error; 0 where both are 0 or too small for a float to hold."""
    if exact < Fraction(1, 10**300):
        return 0.0 if got < 1e-299 else 1.0
    return abs(float(Fraction(got) / exact - 1))


@pytest.mark.parametrize(("n", "c", "k", "solved"), GOLDEN)
def test_pass_at_k_has_its_golden_values(n: int, c: int, k: int, solved: float) -> None:
    got = 1 - miss_probability(np.array([n]), np.array([c]), np.array([k]))
    assert got[0, 0] == pytest.approx(solved, rel=1e-14, abs=0)
    assert copysign(1, got[0, 0]) == 1


@quick
@given(st.integers(1, 8), st.data())
def test_missing_is_the_share_of_subsets_that_hold_no_solved_sample(
    n: int, data: st.DataObject
) -> None:
    c = data.draw(st.integers(0, n))
    got = miss_probability(np.array([n]), np.array([c]), np.arange(1, n + 1))[0]
    for k in range(1, n + 1):
        subsets = list(combinations(range(n), k))
        missing = sum(min(subset) >= c for subset in subsets)
        assert got[k - 1] == pytest.approx(missing / len(subsets), rel=1e-13, abs=0)


@pytest.mark.parametrize("n", [1, 2, 65, 300, 10_000])
def test_missing_keeps_thirteen_digits(n: int) -> None:
    spread = np.unique(np.geomspace(1, n, 9).astype(np.int64))
    c = np.unique(np.r_[0, spread, n - spread])
    got = miss_probability(np.full(len(c), n), c, spread)
    exact = [[chance_of_missing(n, int(a), int(k)) for k in spread] for a in c]
    worst = max(worst_digit(got[i, j], e) for i, row in enumerate(exact) for j, e in enumerate(row))
    assert worst <= 1e-13


def test_missing_does_not_depend_on_which_way_the_product_runs() -> None:
    n, every = 130, np.arange(1, 131)
    table = miss_probability(np.full(131, n), np.arange(131), every)
    one_k = [miss_probability(np.full(131, n), np.arange(131), every[[j]])[:, 0] for j in range(n)]
    np.testing.assert_allclose(table, np.array(one_k).T, rtol=1e-13, atol=0)
    np.testing.assert_allclose(table[1:], table[1:].T, rtol=1e-13, atol=0)


@quick
@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), max_size=8), st.data())
def test_problems_and_draws_do_not_touch_each_other(
    sizes: list[tuple[int, int]], data: st.DataObject
) -> None:
    n = np.array([max(pair) for pair in sizes], dtype=np.int64)
    c = np.array([min(pair) for pair in sizes], dtype=np.int64)
    k = np.array(data.draw(st.lists(st.integers(1, 100), max_size=6)), dtype=np.int64)
    got = miss_probability(n, c, k)
    assert got.shape == (len(n), len(k))
    for i in range(len(n)):
        for j in range(len(k)):
            if k[j] > n[i]:
                assert np.isnan(got[i, j])
            else:
                exact = chance_of_missing(int(n[i]), int(c[i]), int(k[j]))
                assert worst_digit(got[i, j], exact) <= 1e-13
                assert (got[i, j] == 0) == (exact == 0)


@quick
@given(
    st.lists(st.tuples(st.integers(1, 60), st.integers(0, 60)), min_size=1, max_size=8), st.data()
)
def test_a_mean_miss_is_the_mean_of_misses(
    sizes: list[tuple[int, int]], data: st.DataObject
) -> None:
    n = np.array([max(pair) for pair in sizes], dtype=np.int64)
    c = np.array([min(pair) for pair in sizes], dtype=np.int64)
    k = np.array(data.draw(st.lists(st.integers(1, 70), max_size=6)), dtype=np.int64)
    weights = np.random.default_rng(len(k)).random((3, len(n)))
    each = miss_probability(n, c, k)
    np.testing.assert_allclose(mean_miss(n, c, k), each.mean(axis=0), rtol=1e-13, atol=0)
    exact = weights @ each / weights.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(mean_miss(n, c, k, weights), exact, rtol=1e-12, atol=0)


def test_a_mean_miss_over_10000_samples_agrees_with_rationals() -> None:
    rng = np.random.default_rng(0)
    c = np.r_[0, 1, 1, 27, 5_000, 9_999, 10_000, rng.binomial(10_000, rng.beta(0.3, 1.5, 60))]
    got = mean_miss(np.full(len(c), 10_000), c, np.arange(1, 10_001))
    for k in (1, 7, 1_000, 5_003, 9_973, 9_999, 10_000):
        exact = sum(chance_of_missing(10_000, int(x), k) for x in c) / len(c)
        assert worst_digit(got[k - 1], Fraction(exact)) <= 1e-13
    alone = mean_miss(np.array([10_000]), np.array([1]), np.array([1_000]))
    assert alone[0] == pytest.approx(0.9, rel=1e-15, abs=0)


def test_a_mean_miss_never_rises_with_k_and_is_nan_beyond_the_smallest_log() -> None:
    n, c = np.array([40, 50, 64]), np.array([3, 0, 20])
    got = mean_miss(n, c, np.arange(1, 65))
    assert (np.diff(got[:40]) <= 0).all()
    assert np.isnan(got[40:]).all()
    assert copysign(1, 1 - mean_miss(np.array([5]), np.array([0]), np.array([5]))[0]) == 1
    with pytest.raises(ValueError, match="got c=48"):
        mean_miss(n, c + 45, np.array([1]))


def test_unsigned_counts_do_not_wrap() -> None:
    got = miss_probability(
        np.array([3], np.uint8), np.array([2], np.uint8), np.array([2], np.uint8)
    )
    assert got[0, 0] == 0


def test_an_impossible_draw_or_count_is_refused() -> None:
    with pytest.raises(ValueError, match=r"k must satisfy k >= 1; got k=0"):
        miss_probability(np.array([3]), np.array([1]), np.array([2, 0]))
    with pytest.raises(ValueError, match=r"0 <= c <= n \(n=3\); got c=4"):
        miss_probability(np.array([5, 3]), np.array([4, 4]), np.array([2]))
    with pytest.raises(ValueError, match=r"c must satisfy .* got c=-1"):
        miss_probability(np.array([5]), np.array([-1]), np.array([2]))
    with pytest.raises(ValueError, match=r"got k=-2"):
        rank_weights(3, np.array([-2]))


@pytest.mark.parametrize("n", [1, 2, 7, 100, 3000])
def test_rank_weights_are_the_chances_to_be_the_best_drawn(n: int) -> None:
    k = np.unique(np.r_[1, 2, n // 3 + 1, max(n - 1, 1), n])
    got = rank_weights(n, k[k <= n])
    for j, drawn in enumerate(k[k <= n].tolist()):
        for i in range(0, n, n // 40 + 1):
            exact = Fraction(comb(n - i - 1, drawn - 1), comb(n, drawn))
            assert worst_digit(got[i, j], exact) <= 1e-13


@quick
@given(st.integers(0, 80), st.lists(st.integers(1, 90), max_size=5))
def test_rank_weights_add_up_to_one(n: int, k: list[int]) -> None:
    weights = rank_weights(n, np.array(k, dtype=np.int64))
    assert weights.shape == (n, len(k))
    for j, drawn in enumerate(k):
        if drawn > n:
            assert np.isnan(weights[:, j]).all()
        else:
            assert weights[:, j].sum() == pytest.approx(1, abs=1e-13)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 256, 1024, 10_000])
def test_every_k_is_served_by_one_tilt(n: int) -> None:
    k = np.unique(np.r_[np.arange(1, min(n, 1024) + 1), n])
    served = [tilt.k for tilt in tilts(n, k)]
    np.testing.assert_array_equal(np.concatenate(served), k)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 256, 1024, 10_000])
def test_fourier_inversion_agrees_with_counting(n: int) -> None:
    k = np.unique(np.geomspace(1, n, 40).astype(np.int64))
    k = np.unique(np.r_[k, n + 1 - k])
    for c in {0, 1, min(n, 5), n // 20, n // 2}:

        def missing(tilt: Tilt, c: int = c) -> Complexes:
            coin = 1 - tilt.chance + tilt.chance * tilt.turns(np.array([1]))[0]
            return np.asarray((1 - tilt.chance) ** c * coin ** (n - c))

        exact = miss_probability(np.array([n]), np.array([c]), k)[0]
        np.testing.assert_allclose(over_draws(n, k, missing), exact, rtol=0, atol=1e-13 + 1e-14 * n)
