"""Levels say which problems are alike; halves share nothing, so one may judge the other."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.levels import by_solve_rate, given, halves, one_level
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate


@pytest.fixture(scope="module")
def mixed() -> Counts:
    return count(simulate("mixed", problems=90, samples=17, verdicts=2, seed=4)[0])


def test_given_levels_start_with_the_easiest_and_hold_every_problem_once(mixed: Counts) -> None:
    levels = given(mixed)
    assert mixed.levels is not None
    assert [levels.names[i] for i in levels.of] == list(mixed.levels)
    means = [mixed.solve_rates[levels.members(i)].mean() for i in range(len(levels.names))]
    assert means == sorted(means, reverse=True)
    assert sum(len(levels.members(i)) for i in range(len(levels.names))) == 90


def test_a_problem_without_a_level_is_an_error(mixed: Counts) -> None:
    with pytest.raises(InputError, match="levels 'given' need a level for every problem"):
        given(replace(mixed, levels=None))


@pytest.mark.parametrize("bins", [2, 3, 5])
def test_solve_rates_cut_the_problems_into_equal_parts(mixed: Counts, bins: int) -> None:
    levels = by_solve_rate(mixed, bins)
    assert np.ptp(np.bincount(levels.of)) <= 1
    easy, hard = (mixed.solve_rates[levels.members(i)] for i in (0, bins - 1))
    assert easy.min() >= hard.max()


def test_one_level_holds_all() -> None:
    assert one_level(4).members(0).tolist() == [0, 1, 2, 3]


def test_halves_deal_every_sample_to_one_side(mixed: Counts) -> None:
    first, second = halves(mixed, np.random.default_rng(1))
    assert (first.n + second.n).tolist() == mixed.n.tolist()
    assert (first.c + second.c).tolist() == mixed.c.tolist()
    assert abs(first.n - second.n).max() == 1
    assert first.drawn is not None
    assert first.drawn.accepts is not None
    assert not first.drawn.right.flags.writeable
    for i in range(len(first)):
        assert first.drawn.right[first.rows(i)].sum() == first.c[i]


def test_the_halves_of_one_problem_do_not_know_each_other() -> None:
    """With equal problems, the halves' success counts are uncorrelated (given the sum they are -1).

    4 / sqrt(P) is four standard errors of a correlation of 0.
    """
    trace, _ = simulate("mixed", problems=500, samples=20, seed=2)
    counts = count(trace)
    assert counts.drawn is not None
    right = (np.random.default_rng(3).random(len(counts.drawn.right)) < 0.4).astype(float)
    c = np.add.reduceat(right, counts.drawn.start[:-1]).astype(np.int64)
    alike = replace(counts, c=c, drawn=replace(counts.drawn, right=right))
    first, second = halves(alike, np.random.default_rng(1))
    assert abs(np.corrcoef(first.c, second.c)[0, 1]) < 4 / np.sqrt(500)


def test_a_single_sample_cannot_be_halved(mixed: Counts) -> None:
    one = count(simulate("mixed", problems=5, samples=1, seed=4)[0])
    for counts in (one, replace(mixed, drawn=None)):
        with pytest.raises(InputError, match="at least two samples of every problem"):
            halves(counts, np.random.default_rng(0))
