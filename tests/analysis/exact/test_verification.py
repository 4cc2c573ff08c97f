"""Choosing by score, by verdicts and by first acceptance is exact."""

from fractions import Fraction
from itertools import combinations, product
from math import comb
from random import Random

import numpy as np
import pytest
from apportion.analysis.exact.hypergeometric import Floats
from apportion.analysis.exact.verification import best_of, best_of_verdicts
from hypothesis import given, settings
from hypothesis import strategies as st

quick = settings(max_examples=40, deadline=None)

shares = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1, allow_subnormal=False))
scores = st.sampled_from([-np.inf, -1.0, -0.0, 0.0, 0.25, 3.0, np.inf, np.nan])
Scored = list[tuple[float, float]]


def shared(rank: list[float], right: list[float]) -> float:
    """What the top-ranked earn, ties shared."""
    top = [r for s, r in zip(rank, right, strict=True) if s == max(rank)]
    return sum(top) / len(top)


def ranked(log: Scored) -> list[float]:
    """The scores, a missing one below minus infinity."""
    return [-np.inf if np.isnan(s) else max(s, -1e300) for s, _ in log]


def best(log: Scored, k: list[int] | None = None) -> Floats:
    ks = np.array(range(1, len(log) + 1) if k is None else k, dtype=np.int64)
    return best_of(np.array([s for s, _ in log]), np.array([r for _, r in log]), ks)


@quick
@given(st.lists(st.tuples(scores, shares), min_size=1, max_size=8))
def test_best_of_is_the_mean_over_all_subsets(log: Scored) -> None:
    rank = ranked(log)
    for k, got in enumerate(best(log), start=1):
        earned = [
            shared([rank[i] for i in subset], [log[i][1] for i in subset])
            for subset in combinations(range(len(log)), k)
        ]
        assert got == pytest.approx(np.mean(earned), abs=1e-13)


@quick
@given(st.lists(st.tuples(scores, shares), min_size=1, max_size=40), st.randoms())
def test_the_order_of_samples_does_not_matter(log: Scored, random: Random) -> None:
    turned = list(log)
    random.shuffle(turned)
    np.testing.assert_allclose(best(turned), best(log), rtol=0, atol=1e-12)


@quick
@given(st.lists(st.tuples(st.integers(-9, 9), shares), min_size=1, max_size=40))
def test_only_the_ranking_matters(log: Scored) -> None:
    cubed = [(s**3 / 7, r) for s, r in log]
    np.testing.assert_array_equal(best(cubed), best(log))


@quick
@given(st.lists(st.tuples(scores, shares), min_size=1, max_size=40))
def test_best_of_one_is_a_sample_and_best_of_all_is_the_top(log: Scored) -> None:
    got = best(log)
    assert got[0] == pytest.approx(np.mean([r for _, r in log]), abs=1e-12)
    assert got[-1] == pytest.approx(shared(ranked(log), [r for _, r in log]), abs=1e-12)


def test_a_score_that_says_nothing_chooses_at_random() -> None:
    for nothing in (np.nan, 0.5):
        np.testing.assert_allclose(best([(nothing, r % 2) for r in range(5)]), 0.4, atol=1e-15)


def test_a_perfect_score_is_pass_at_k() -> None:
    got = best([(float(i < 7), float(i < 7)) for i in range(200)], [50])
    assert got[0] == pytest.approx(0.871224564706628, rel=1e-14)


def test_problems_of_one_size_can_be_given_at_once() -> None:
    rng = np.random.default_rng(0)
    score, right = np.round(rng.random((6, 30)), 1), np.round(rng.random((6, 30)))
    score[rng.random(score.shape) < 0.2] = np.nan
    k = np.array([1, 30, 7, 31])
    each = [best_of(s, r, k) for s, r in zip(score, right, strict=True)]
    np.testing.assert_allclose(best_of(score, right, k), each, rtol=0, atol=1e-14)


def test_best_of_is_right_to_13_digits() -> None:
    """Against exact rationals, with and without ties."""
    rng = np.random.default_rng(2)
    n, right = 300, np.round(rng.random(300))
    for score in (rng.random(n), np.round(rng.random(n), 1)):
        order = np.argsort(-score)
        groups = [order[score[order] == s] for s in np.unique(score)[::-1]]
        for k in (1, 2, 17, 150, 299):
            above, total = 0, Fraction(0)
            for group in groups:
                ways = comb(n - above, k) - comb(n - above - len(group), k)
                total += ways * Fraction(int(right[group].sum()), len(group))
                above += len(group)
            got = best_of(score, right, np.array([k]))[0]
            assert abs(Fraction(float(got)) - total / comb(n, k)) < 1e-13


def test_no_best_of_more_than_all() -> None:
    np.testing.assert_array_equal(np.isnan(best([(1.0, 1.0)] * 3, [3, 4])), [False, True])
    assert np.isnan(best([], [1])).all()
    with pytest.raises(ValueError, match="k must satisfy k >= 1; got k=0"):
        best([(1.0, 1.0)], [0])


Judged = tuple[list[list[bool]], list[float]]


def judged(solutions: int, verdicts: int) -> st.SearchStrategy[Judged]:
    """M verdicts on each of n solutions, and whether each is right."""

    def of(m: int) -> st.SearchStrategy[Judged]:
        row = st.lists(st.booleans(), min_size=m, max_size=m)
        rows = st.lists(st.tuples(row, shares), min_size=1, max_size=solutions)
        return rows.map(lambda x: ([v for v, _ in x], [r for _, r in x]))

    return st.integers(1, verdicts).flatmap(of)


def grid(log: Judged, solutions: list[int], votes: list[int]) -> Floats:
    accepts = np.array([sum(row) for row in log[0]], dtype=np.int64)
    asked = np.array(solutions, dtype=np.int64), np.array(votes, dtype=np.int64)
    return best_of_verdicts(accepts, len(log[0][0]), np.array(log[1]), *asked)


def whole(log: Judged) -> tuple[list[int], list[int]]:
    return list(range(1, len(log[0]) + 1)), list(range(1, len(log[0][0]) + 1))


def enumerated(log: Judged, solutions: int, votes: int) -> float:
    """The mean over all subsets of solutions and all subsets of the verdicts of each."""
    sums = [[sum(shown) for shown in combinations(row, votes)] for row in log[0]]
    earned = [
        shared(list(shown), [log[1][i] for i in subset])
        for subset in combinations(range(len(sums)), solutions)
        for shown in product(*(sums[i] for i in subset))
    ]
    return sum(earned) / len(earned)


def dynamic(x: list[int], m: int, right: list[float], solutions: int, votes: int) -> float:
    """The mean by counting (solutions drawn, ties at the top); only sums of positive terms."""
    total = 0.0
    ways = [[comb(a, s) * comb(m - a, votes - s) for s in range(votes + 1)] for a in x]
    for s in range(votes + 1):
        count = np.zeros((solutions + 1, solutions + 1))
        earned = count.copy()
        count[0, 0] = 1
        for a, r in zip(ways, right, strict=True):
            less, just = sum(a[:s]) / comb(m, votes), a[s] / comb(m, votes)
            earned[1:] += less * earned[:-1] + just * _shifted(earned + r * count)[:-1]
            count[1:] += less * count[:-1] + just * _shifted(count)[:-1]
        total += (earned[solutions, 1:] / np.arange(1, solutions + 1)).sum()
    return float(total / comb(len(x), solutions))


def _shifted(table: Floats) -> Floats:
    return np.pad(table, ((0, 0), (1, 0)))[:, :-1]


@settings(max_examples=40, deadline=None)
@given(judged(solutions=4, verdicts=4))
def test_best_of_verdicts_is_the_mean_over_all_subsets_of_both(log: Judged) -> None:
    exact = [[enumerated(log, s, v) for v in whole(log)[1]] for s in whole(log)[0]]
    np.testing.assert_allclose(grid(log, *whole(log)), exact, rtol=0, atol=1e-12)


@quick
@given(judged(solutions=20, verdicts=9), st.data())
def test_best_of_verdicts_agrees_with_counting(log: Judged, data: st.DataObject) -> None:
    s, v = (data.draw(st.sampled_from(sizes)) for sizes in whole(log))
    exact = dynamic([sum(row) for row in log[0]], len(log[0][0]), log[1], s, v)
    assert grid(log, [s], [v])[0, 0] == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize(("solutions", "votes"), [(100, 1), (256, 1), (20, 1), (64, 2), (100, 8)])
def test_many_ties_are_shared_exactly(solutions: int, votes: int) -> None:
    rng = np.random.default_rng(3)
    right = np.round(rng.random(256) * 0.8)
    x = rng.binomial(16, np.where(right == 1, 0.7, 0.4))
    exact = dynamic(x.tolist(), 16, right.tolist(), solutions, votes)
    got = best_of_verdicts(x, 16, right, np.array([solutions]), np.array([votes]))
    assert got[0, 0] == pytest.approx(exact, abs=1e-11)


@quick
@given(judged(solutions=30, verdicts=8))
def test_with_all_verdicts_the_most_accepted_is_the_best_scored(log: Judged) -> None:
    scored = [(float(sum(row)), r) for row, r in zip(*log, strict=True)]
    got = grid(log, whole(log)[0], [len(log[0][0])])[:, 0]
    np.testing.assert_allclose(got, best(scored), rtol=0, atol=1e-12)


@quick
@given(judged(solutions=30, verdicts=8))
def test_verdicts_on_one_solution_choose_nothing(log: Judged) -> None:
    got = grid(log, [1], whole(log)[1])
    np.testing.assert_allclose(got, np.mean(log[1]), rtol=0, atol=1e-12)


@quick
@given(judged(solutions=30, verdicts=6), st.randoms())
def test_the_order_of_solutions_does_not_matter(log: Judged, random: Random) -> None:
    rows = list(zip(*log, strict=True))
    random.shuffle(rows)
    turned = [v for v, _ in rows], [r for _, r in rows]
    np.testing.assert_allclose(
        grid(turned, *whole(log)), grid(log, *whole(log)), rtol=0, atol=1e-12
    )


@quick
@given(judged(solutions=30, verdicts=6))
def test_yes_for_no_and_wrong_for_right_both_turn_the_grid(log: Judged) -> None:
    flipped = log[0], [1 - r for r in log[1]]
    both = grid(log, *whole(log)) + grid(flipped, *whole(log))
    np.testing.assert_allclose(both, 1, rtol=0, atol=1e-12)


def test_a_cell_of_the_grid_does_not_depend_on_the_others() -> None:
    rng = np.random.default_rng(1)
    log = (rng.random((40, 6)) < 0.5).tolist(), (rng.random(40) < 0.4).astype(float).tolist()
    got = grid(log, *whole(log))
    for s, v in [(1, 1), (5, 2), (17, 6), (40, 3)]:
        assert grid(log, [s], [v])[0, 0] == pytest.approx(got[s - 1, v - 1], abs=1e-12)
    np.testing.assert_array_equal(
        np.isnan(grid(log, [41, 3], [2, 7])), [[True, True], [False, True]]
    )


def test_an_impossible_grid_is_refused() -> None:
    log = [[True, False]], [1.0]
    with pytest.raises(ValueError, match="solutions must satisfy solutions >= 1; got solutions=0"):
        grid(log, [0], [1])
    with pytest.raises(ValueError, match="votes must satisfy votes >= 1; got votes=0"):
        grid(log, [1], [0])
    with pytest.raises(ValueError, match="0 <= accepts <= 2; got accepts=3"):
        best_of_verdicts(np.array([1, 3]), 2, np.ones(2), np.array([1]), np.array([1]))
