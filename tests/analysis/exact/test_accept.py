"""The first that is accepted: exact over all orders, whatever is answered at the cap."""

from fractions import Fraction
from itertools import permutations
from math import comb

import numpy as np
import pytest
from apportion.analysis.exact.accept import accept_first, expected_tokens, fall_back
from hypothesis import given, settings
from hypothesis import strategies as st

quick = settings(max_examples=40, deadline=None)


def first(n: int, a: int, b: int, caps: list[int]) -> list[list[float]]:
    """Right, wrong, abstain, draws at each cap, for one problem."""
    ends = accept_first(np.array([n]), np.array([a]), np.array([b]), np.array(caps))
    return [x[0].tolist() for x in (ends.right, ends.wrong, ends.abstain, ends.draws)]


@pytest.mark.parametrize(
    ("cap", "ends"),
    [(5, (0.4634, 0.2648, 0.2717)), (10, (0.5970, 0.3411, 0.0619)), (30, (0.6364, 0.3636, 0.0))],
)
def test_accept_first_has_its_golden_values(cap: int, ends: tuple[float, ...]) -> None:
    got = [x[0] for x in first(50, 7, 4, [cap])]
    np.testing.assert_allclose(got[:3], ends, rtol=0, atol=5e-5)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6), st.data())
def test_accept_first_is_the_mean_over_all_orders(n: int, data: st.DataObject) -> None:
    a = data.draw(st.integers(0, n))
    b = data.draw(st.integers(0, n - a))
    orders = list(permutations("r" * a + "w" * b + "." * (n - a - b)))
    got = np.array(first(n, a, b, list(range(1, n + 1))))
    for cap in range(1, n + 1):
        seen = ["".join(order[:cap]) for order in orders]
        ends = [text.lstrip(".")[:1] for text in seen]
        draws = [min(len(text) - len(text.lstrip(".")) + 1, cap) for text in seen]
        shares = [np.mean([end == mark for end in ends]) for mark in ("r", "w", "")]
        np.testing.assert_allclose(got[:, cap - 1], [*shares, np.mean(draws)], atol=1e-12)


@quick
@given(st.integers(1, 400), st.data())
def test_expected_draws_are_the_sum_of_the_chances_to_go_on(n: int, data: st.DataObject) -> None:
    a = data.draw(st.integers(0, n))
    cap = data.draw(st.integers(1, n))
    left = sum(Fraction(comb(n - a, j), comb(n, j)) for j in range(cap))
    assert first(n, a, 0, [cap])[3][0] == pytest.approx(float(left), rel=1e-12)


@quick
@given(st.integers(1, 100), st.data())
def test_accept_first_ends_one_way_or_another(n: int, data: st.DataObject) -> None:
    a = data.draw(st.integers(0, n))
    b = data.draw(st.integers(0, n - a))
    right, wrong, abstain, draws = np.array(first(n, a, b, list(range(1, n + 1))))
    np.testing.assert_allclose(right + wrong + abstain, 1, rtol=0, atol=1e-13)
    assert (np.diff(draws) >= -1e-12).all()
    np.testing.assert_allclose(a * wrong, b * right, rtol=1e-12, atol=1e-12)


def test_problems_keep_their_own_sizes() -> None:
    ends = accept_first(np.array([4, 9]), np.array([1, 0]), np.array([1, 0]), np.array([2, 9]))
    for part in (ends.right, ends.wrong, ends.abstain, ends.draws):
        np.testing.assert_array_equal(np.isnan(part), [[False, True], [False, False]])
    np.testing.assert_array_equal(ends.abstain[1], [1.0, 1.0])
    np.testing.assert_array_equal(ends.draws[1], [2.0, 9.0])


def test_no_more_can_be_accepted_than_tried() -> None:
    with pytest.raises(ValueError, match=r"n=3"):
        first(3, 2, 2, [1])


def test_at_the_cap_the_rejected_answer() -> None:
    """Whatever they earn; where one of K always passes, they are never asked."""
    ends = accept_first(np.array([4]), np.array([1]), np.array([1]), np.array([1, 2, 3]))
    after = fall_back(ends, np.array([[0.5, 0.25, np.nan]]))
    np.testing.assert_allclose(after.right[0], [0.25 + 0.25, 5 / 12 + 0.25 / 6, 0.5])
    np.testing.assert_allclose(after.right + after.wrong, 1, atol=1e-15)
    np.testing.assert_array_equal(after.abstain, 0.0)
    np.testing.assert_array_equal(after.draws, ends.draws)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 99)), min_size=1, max_size=6))
def test_expected_tokens_are_the_mean_over_all_orders(samples: list[tuple[bool, int]]) -> None:
    n, yes = len(samples), sum(accepted for accepted, _ in samples)
    caps = np.arange(1, n + 1)
    ends = accept_first(np.array([n]), np.array([yes]), np.array([0]), caps)
    of = {kind: [float(t) for a, t in samples if a == kind] for kind in (True, False)}
    accepted, rejected = (np.array([np.mean(of[kind] or [np.nan])]) for kind in (True, False))
    got = expected_tokens(ends, accepted, rejected)[0]
    spent = np.zeros((n, 0))
    for order in permutations(samples):
        until = next((i for i, (passed, _) in enumerate(order) if passed), n - 1)
        total = np.cumsum([t for _, t in order])
        spent = np.column_stack([spent, total[np.minimum(np.arange(n), until)]])
    np.testing.assert_allclose(got, spent.mean(axis=1), rtol=1e-12)
