"""Levels from gold answers: made on one half of the samples, valued on the other."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.curve import Floats
from apportion.analysis.replay import FEWEST, repeats
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.planner.oracle import Cuts, can_halve, cuts, oracle


def coins(rates: Floats, seed: int, samples: int = 16) -> Counts:
    """A log of problems with given solve rates, and verdicts that know nothing."""
    made = count(simulate("mixed", problems=len(rates), samples=samples, verdicts=1, seed=0)[0])
    assert made.drawn is not None
    rng = np.random.default_rng(seed)
    right = rng.random((len(rates), samples)) < rates[:, None]
    accepts = rng.integers(0, 2, (right.size, 1)).astype(np.int8)
    drawn = replace(
        made.drawn, right=right.ravel().astype(float), answer=None, accepts=accepts, sums=None
    )
    return replace(made, drawn=drawn, c=right.sum(axis=1), levels=None)


def by_level(log: Counts, strategy: str, solutions: int, seed: int) -> Floats:
    """What an option is worth on each level."""
    told = oracle([log], 1, seed)
    place = [(o.strategy, o.solutions) for o in told.table.options].index((strategy, solutions))
    value, of = told.table.value[:, place] * told.often, told.levels.of
    return np.asarray(np.bincount(of, value) / np.bincount(of, told.often))


@pytest.mark.parametrize(("strategy", "solutions"), [("one", 1), ("best-of", 4)])
def test_levels_of_problems_all_alike_bring_nothing(strategy: str, solutions: int) -> None:
    """No level is better than another beyond noise, over logs drawn anew."""
    each = [by_level(coins(np.full(48, 0.4), s), strategy, solutions, s) for s in range(8)]
    gaps = np.asarray([worth[0] - worth[2] for worth in each])
    assert abs(gaps.mean()) < 3.5 * gaps.std(ddof=1) / np.sqrt(len(gaps))


def test_levels_of_problems_unlike_are_told_apart() -> None:
    worth = by_level(coins(np.repeat([0.9, 0.5, 0.1], 16), 0), "one", 1, 0)
    assert worth == pytest.approx([0.9, 0.5, 0.1], abs=4 * np.sqrt(0.25 / 256))


def test_quantiles_are_equally_large_and_often_adds_up_to_each_problem() -> None:
    log = coins(np.linspace(0, 1, 40), 0)
    for parts in (2, 5):
        told = oracle([log], 1, 0, Cuts(parts))
        np.testing.assert_allclose(np.bincount(told.levels.of, told.often), 40 / parts)
        np.testing.assert_allclose(np.bincount(told.problem, told.often), 1)


def test_problems_fall_where_the_thresholds_put_them() -> None:
    """Sure ones always, since every half of their samples says the same."""
    told = oracle([coins(np.repeat([1.0, 0.0], 10), 0)], 1, 0, cuts("solve-rate:.5,.1"))
    assert told.levels.names == (
        "solve rate 0.5 or more",
        "solve rate from 0.1 to 0.5",
        "solve rate below 0.1",
    )
    assert told.problem.tolist() == list(range(20))
    assert told.levels.of.tolist() == [0] * 10 + [2] * 10
    assert (told.often == 1).all()
    edge = cuts("solve-rate:.5").level(np.asarray([[0.5], [0.49]]), np.random.default_rng(0))
    assert edge.ravel().tolist() == [0, 1]


def test_many_random_halves_are_used() -> None:
    """At least FEWEST orders, both halves of each: how often is a whole number of those."""
    log = coins(np.full(20, 0.5), 0)
    many = repeats(log, 16)
    assert many >= FEWEST >= 10
    told = oracle([log], 1, 0)
    np.testing.assert_allclose(told.often * 2 * many % 1, 0, atol=1e-6)
    assert len(np.unique(told.often)) > 10


@pytest.mark.parametrize(
    "rule", ["1", "11", "2.5", "nan", ".1,.5", ".5,.5", "1,.5", ".5,0", "x", ".5,", "inf"]
)
def test_levels_that_cannot_be_are_refused(rule: str) -> None:
    with pytest.raises(InputError, match="takes 2 to 10 quantiles, or thresholds that fall") as no:
        cuts(f"solve-rate:{rule}")
    assert f"got {rule!r}" in str(no.value)
    assert "\n" not in str(no.value)


def test_too_few_samples_cannot_be_halved() -> None:
    assert can_halve([coins(np.full(12, 0.5), 0, 8)])
    assert not can_halve([coins(np.full(12, 0.5), 0, 7)])
    assert not can_halve([coins(np.full(11, 0.5), 0, 8)])
    with pytest.raises(InputError, match="at least two samples of every problem"):
        oracle([coins(np.full(12, 0.5), 0, 1)], 1, 0)
