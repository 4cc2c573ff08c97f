"""Best-of-Majority by best score is exact: enumeration, best-of and plurality say so."""

from collections import Counter
from itertools import combinations
from math import ceil, isnan

import numpy as np
import pytest
from apportion.analysis.exact.best_of_majority import Empty, best_of_majority, gate
from apportion.analysis.exact.verification import best_of
from apportion.analysis.exact.voting import majority
from hypothesis import given, settings
from hypothesis import strategies as st

Sample = tuple[int, float]
samples = st.lists(
    st.tuples(st.integers(-1, 3), st.sampled_from([0.0, 0.25, 0.5, 1.0, float("nan")])),
    min_size=1,
    max_size=7,
)
SHARES = np.array([1.0, 0.0, 0.3, 0.75])


def submitted(draw: tuple[Sample, ...], alpha: float, empty: Empty) -> float:
    """One draw, by the words of the definition."""
    votes = Counter(a for a, _ in draw if a >= 0)
    if not votes:
        return 0.0
    passing = [a for a, v in votes.items() if v >= alpha * len(draw)]
    relaxed = [a for a, v in votes.items() if v == max(votes.values())]
    known = {a: [s for b, s in draw if b == a and not isnan(s)] for a in votes}
    reward = {a: max(scores, default=-1.0) for a, scores in known.items()}
    if not passing and empty == "plurality":
        won = relaxed
    else:
        best = max(reward[a] for a in passing or relaxed)
        won = [a for a in passing or relaxed if reward[a] == best]
    return float(np.mean(SHARES[won]))


@settings(deadline=None, max_examples=60)
@given(
    samples, st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), st.sampled_from(["plurality", "relax"])
)
def test_it_is_the_mean_over_all_subsets(log: list[Sample], alpha: float, empty: Empty) -> None:
    answer, score = np.array([a for a, _ in log]), np.array([s for _, s in log])
    got = best_of_majority(answer, score, SHARES, np.arange(1, len(log) + 2), alpha, empty)
    for k in range(1, len(log) + 1):
        each = [submitted(draw, alpha, empty) for draw in combinations(log, k)]
        assert got[k - 1] == pytest.approx(np.mean(each), abs=1e-12)
    assert isnan(got[-1])


@pytest.fixture(scope="module")
def long() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    answer = np.minimum(rng.geometric(0.2, 128) - 1, 30)
    return answer, rng.random(128), np.eye(31)[1]


K = np.array([1, 3, 10, 32, 64, 128])


def test_with_no_gate_it_is_best_of(long: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    answer, score, right = long
    got = best_of_majority(answer, score, right, K, 0.0)
    np.testing.assert_allclose(got, best_of(score, right[answer], K), rtol=0, atol=1e-10)


def test_with_the_whole_vote_asked_for_or_scores_alike_it_is_plurality(
    long: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    answer, score, right = long
    plain = majority(np.bincount(answer, minlength=31), right, 0, K)
    got = best_of_majority(answer, score, right, K, 1.0)
    np.testing.assert_allclose(got, plain, rtol=0, atol=1e-9)
    alike = best_of_majority(answer, np.ones(128), right, K, 1.0, "relax")
    np.testing.assert_allclose(alike, plain, rtol=0, atol=1e-9)


@pytest.mark.parametrize("empty", ["plurality", "relax"])
def test_order_and_names_change_nothing(
    long: tuple[np.ndarray, np.ndarray, np.ndarray], empty: Empty
) -> None:
    answer, score, right = long
    plain = best_of_majority(answer, score, right, K, 0.2, empty)
    rng = np.random.default_rng(1)
    order, name = rng.permutation(128), rng.permutation(31)
    renamed = np.empty(31)
    renamed[name] = right
    moved = best_of_majority(name[answer][order], score[order], renamed, K, 0.2, empty)
    np.testing.assert_allclose(moved, plain, rtol=0, atol=1e-9)


def test_a_log_of_void_answers_earns_nothing() -> None:
    none = np.full(4, -1)
    got = best_of_majority(none, np.ones(4), np.zeros(0), np.array([1, 4]), 0.5)
    np.testing.assert_array_equal(got, 0.0)


@pytest.mark.parametrize("alpha", [0.01, 0.07, 0.1, 0.29, 0.3, 0.57, 1.0])
def test_the_gate_is_the_share_rounded_up(alpha: float) -> None:
    for k in range(1, 200):
        assert gate(alpha, k) == max(ceil(round(alpha * 100) * k / 100), 1)


def test_a_draw_of_none_is_refused() -> None:
    with pytest.raises(ValueError, match="k must satisfy k >= 1; got k=0"):
        best_of_majority(np.zeros(2, dtype=int), np.ones(2), np.ones(1), np.array([0]), 0.5)
