"""Voting over the shortest is exact: enumeration and plain voting say so."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from apportion.analysis.exact.lengths import shortest_majority
from apportion.analysis.exact.voting import majority
from hypothesis import given, settings
from hypothesis import strategies as st

SHARES = np.array([1.0, 0.0, 0.3])


def voted(answers: tuple[int, ...]) -> float:
    tally = Counter(a for a in answers if a >= 0)
    top = [a for a, v in tally.items() if v == max(tally.values())]
    return float(np.mean(SHARES[top])) if top else 0.0


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(-1, 2), min_size=1, max_size=8), st.integers(1, 9))
def test_it_is_the_mean_over_all_subsets(answers: list[int], m: int) -> None:
    n = len(answers)
    got = shortest_majority(np.array(answers), SHARES, np.arange(1, n + 2), m)
    for k in range(1, n + 1):
        # Combinations come in the order of the list: the shortest first.
        each = [voted(draw[:m]) for draw in combinations(answers, k)]
        assert got[k - 1] == pytest.approx(np.mean(each), abs=1e-12)
    assert np.isnan(got[n])


def test_where_all_vote_it_is_plain_voting_and_where_all_are_drawn_the_prefix_votes() -> None:
    answer = np.random.default_rng(2).integers(-1, 3, 200)
    void = int((answer < 0).sum())
    plain = majority(np.bincount(answer[answer >= 0]), SHARES, void, np.array([5, 40]))
    got = shortest_majority(answer, SHARES, np.array([5, 40, 200]), 40)
    np.testing.assert_allclose(got[:2], plain, rtol=0, atol=1e-12)
    assert got[2] == pytest.approx(voted(tuple(answer[:40])), abs=1e-9)


def test_nobody_voting_is_refused() -> None:
    with pytest.raises(ValueError, match="m must satisfy m >= 1; got m=0"):
        shortest_majority(np.zeros(3, dtype=int), np.ones(1), np.array([2]), 0)
