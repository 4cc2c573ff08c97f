"""The kin of pass@k are exact means over all draws, and their limits at a solve rate agree."""

from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import pytest
from apportion.analysis.exact.coverage import (
    ALL_RIGHT,
    BEYOND_HALF,
    Kin,
    at_least,
    mean_credit,
    needed,
    right_drawn,
)
from apportion.analysis.exact.hypergeometric import miss_probability
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

KINS = [ALL_RIGHT, BEYOND_HALF, *map(at_least, (1e-9, 0.25, 0.5, 0.9, 1.0))]
kins = pytest.mark.parametrize("kin", KINS, ids=lambda kin: kin.name)


def one(n: int, c: int, k: int, kin: Kin) -> float:
    return float(mean_credit(np.array([n]), np.array([c]), np.array([k]), kin.earned)[0, 0])


@kins
@settings(max_examples=25, deadline=None)
@given(st.integers(1, 8), st.data())
def test_a_credit_is_the_mean_over_all_subsets(kin: Kin, n: int, data: st.DataObject) -> None:
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    subsets = list(combinations([1] * c + [0] * (n - c), k))
    brute = np.mean([kin.earned(np.array([sum(s)]), k)[0] for s in subsets])
    assert one(n, c, k, kin) == pytest.approx(brute, abs=1e-13)


@kins
@pytest.mark.parametrize("n", [7, 100, 1000, 10_000])
def test_a_credit_is_right_to_13_digits(kin: Kin, n: int) -> None:
    rng = np.random.default_rng(n)
    for _ in range(4):
        c, k = int(rng.integers(0, n + 1)), int(rng.integers(1, min(n, 2000) + 1))
        each = kin.earned(np.arange(k + 1), k)
        ways = [
            Fraction(float(w)) * comb(c, j) * comb(n - c, k - j) for j, w in enumerate(each) if w
        ]
        exact = sum(ways, Fraction(0)) / comb(n, k)
        assert abs(Fraction(one(n, c, k, kin)) - exact) <= 1e-13 * max(exact, Fraction(1, 1000))


def test_the_ends_of_the_family_are_coverage_and_all_right() -> None:
    n, c, k = np.array([20, 9, 31]), np.array([7, 9, 0]), np.array([1, 2, 9, 20])
    first, last = (mean_credit(n, c, k, at_least(t).earned) for t in (1e-12, 1.0))
    np.testing.assert_allclose(first, 1 - miss_probability(n, c, k), rtol=0, atol=1e-14)
    np.testing.assert_allclose(last, miss_probability(n, n - c, k), rtol=0, atol=1e-14)


def test_a_credit_of_the_share_that_is_right_is_the_solve_rate() -> None:
    n, c, k = np.array([20, 9, 31]), np.array([7, 9, 0]), np.array([1, 5, 9])
    got = mean_credit(n, c, k, lambda j, size: j / size)
    np.testing.assert_allclose(got, np.tile((c / n)[:, None], 3), rtol=0, atol=1e-15)


@given(st.integers(1, 400), st.data())
def test_a_threshold_of_j_in_k_needs_j(k: int, data: st.DataObject) -> None:
    j = data.draw(st.integers(1, k))
    assert needed(j / k, np.array([k]))[0] == j
    above = min(j / k + 1e-9, 1.0)
    assert needed(above, np.array([k]))[0] == min(j + 1, k)


def test_a_decimal_threshold_means_what_it_says() -> None:
    assert needed(0.1, np.array([30]))[0] == 3  # 0.1 * 30 is 3.0000000000000004
    assert needed(0.7, np.array([10, 30, 100])).tolist() == [7, 21, 70]


@kins
def test_at_a_rate_it_is_the_binomial_mean(kin: Kin) -> None:
    rate = np.linspace(0, 1, 9)[:, None]
    for k in (1, 2, 3, 8, 33):
        j = np.arange(k + 1)
        exact = binom.pmf(j, k, rate) @ kin.earned(j, k)
        np.testing.assert_allclose(kin.at_rate(rate, np.array([k]))[:, 0], exact, atol=1e-13)


def test_for_even_k_the_mean_over_thresholds_is_the_published_sum() -> None:
    n, c, k = np.array([24]), np.array([17]), 12
    steps = [mean_credit(n, c, np.array([k]), at_least(i / k).earned) for i in range(7, 13)]
    assert one(24, 17, k, BEYOND_HALF) == pytest.approx(2 / k * np.sum(steps), abs=1e-14)
    fine = (np.arange(6000) + 0.5) / 12_000 + 0.5
    exact = right_drawn(24, c, k)[0]
    area = np.mean([exact[needed(float(t), np.array([k]))[0] :].sum() for t in fine])
    assert one(24, 17, k, BEYOND_HALF) == pytest.approx(area, abs=1e-12)


def test_bad_input_is_refused_and_beyond_the_log_is_nan() -> None:
    got = mean_credit(np.array([3, 5]), np.array([1, 5]), np.array([4, 3]), ALL_RIGHT.earned)
    np.testing.assert_array_equal(got, [[np.nan, 0.0], [1.0, 1.0]])
    with pytest.raises(ValueError, match=r"0 <= c <= n \(n=3\); got c=4"):
        one(3, 4, 1, ALL_RIGHT)
    with pytest.raises(ValueError, match="k >= 1; got k=0"):
        one(3, 1, 0, ALL_RIGHT)
    for threshold in (0.0, 1.1, float("nan")):
        with pytest.raises(ValueError, match="0 < threshold <= 1"):
            at_least(threshold)
