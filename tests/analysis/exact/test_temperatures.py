"""The union of settings is exact, and the greedy split keeps its promise."""

from itertools import combinations, product
from math import comb, e

import numpy as np
import pytest
from apportion.analysis.exact.hypergeometric import Floats, Ints, miss_probability
from apportion.analysis.exact.temperatures import greedy, union
from hypothesis import given, settings
from hypothesis import strategies as st

quick = settings(max_examples=40, deadline=None)

# One setting: n and the c of three problems.
setting = st.integers(1, 5).flatmap(
    lambda n: st.tuples(st.just(n), st.lists(st.integers(0, n), min_size=3, max_size=3))
)
several = st.lists(setting, min_size=1, max_size=3)


def tables(log: list[tuple[int, list[int]]]) -> list[Floats]:
    out = []
    for n, c in log:
        miss = miss_probability(np.full(len(c), n), np.array(c), np.arange(1, n + 1))
        out.append(np.column_stack([np.ones(len(c)), miss]))
    return out


def all_splits(log: list[tuple[int, list[int]]]) -> Ints:
    return np.array(list(product(*(range(n + 1) for n, _ in log))), dtype=np.int64)


@quick
@given(several)
def test_the_union_is_the_mean_over_all_subsets_of_every_setting(
    log: list[tuple[int, list[int]]],
) -> None:
    splits = all_splits(log)
    got = union(tables(log), splits)
    for i, (row, split) in product(range(3), enumerate(splits)):
        drawn = [
            list(combinations([1] * c[i] + [0] * (n - c[i]), k))
            for (n, c), k in zip(log, split, strict=True)
        ]
        solved = [any(map(any, parts)) for parts in product(*drawn)]
        assert len(solved) == np.prod([comb(n, k) for (n, _), k in zip(log, split, strict=True)])
        assert got[i, row] == pytest.approx(np.mean(solved), abs=1e-12)


def test_a_split_of_each_problem_is_read_row_by_row() -> None:
    misses = tables([(3, [1, 2]), (2, [0, 1])])
    each = np.array([[[1, 0], [2, 1]], [[0, 2], [3, 0]]])
    got = union(misses, each)
    for i in range(2):
        np.testing.assert_array_equal(got[i], union(misses, each[i])[i])
    assert np.isnan(union(misses, np.array([[4, 0]]))).all()


@quick
@given(several)
def test_no_split_exceeds_the_bound_and_the_greedy_one_keeps_its_promise(
    log: list[tuple[int, list[int]]],
) -> None:
    found, splits = greedy(tables(log), 99), all_splits(log)
    covered = union(tables(log), splits).mean(axis=0)
    assert len(found.split) == sum(n for n, _ in log)
    np.testing.assert_array_equal(found.split.sum(axis=1), np.arange(1, len(found.split) + 1))
    np.testing.assert_allclose(
        found.coverage, union(tables(log), found.split).mean(axis=0), atol=1e-12
    )
    assert (np.diff(found.split, axis=0) >= 0).all()
    totals = found.split.sum(axis=1)
    for total, ours, most in zip(totals, found.coverage, found.at_most, strict=True):
        best = covered[splits.sum(axis=1) == total].max()
        assert (1 - 1 / e) * best - 1e-12 <= ours <= best + 1e-12
        assert best <= most + 1e-12


def test_greed_takes_the_good_average_before_two_that_complete_each_other() -> None:
    """Two settings solve half of the problems each, a third six tenths of everyone's chances."""
    sure, never, fair = np.array([1.0, 0.0, 0.0]), np.array([1.0, 1.0, 1.0]), 0.4 ** np.arange(3)
    misses = [np.stack(rows) for rows in ((sure, never), (never, sure), (fair, fair))]
    found = greedy(misses, 2)
    assert found.split.tolist()[0] == [0, 0, 1]
    assert found.coverage[1] < union(misses, np.array([[1, 1, 0]])).mean() == 1 == found.at_most[1]


def test_for_one_problem_whose_rates_are_known_greed_is_right() -> None:
    misses = [np.asarray((1.0 - p) ** np.arange(9))[None] for p in (0.1, 0.3, 0.2)]
    found = greedy(misses, 8)
    assert found.split[:, 1].tolist() == list(range(1, 9))


def test_tables_that_are_not_convex_leave_the_bound_unknown() -> None:
    step = np.array([[1.0, 1.0, 0.0]])
    assert np.isnan(greedy([step], 2).at_most).all()


def test_equal_gains_go_round() -> None:
    flat = np.ones((2, 4))
    assert greedy([flat, flat, flat], 4).split.tolist()[2] == [1, 1, 1]
