"""Simple plans: near the best, within the budget, and named for what makes them simple."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.data.synthetic import simulate
from apportion.planner.build import plan
from apportion.planner.case import Case
from apportion.planner.costs import Prices
from apportion.planner.lay import laid
from apportion.planner.simple import SIMPLER, kind, simplest, simplest_each
from apportion.planner.stages import staged

PRICE = Prices(sample=1.0, verdict=0.2)


def made(log: Counts, price: Prices = PRICE) -> Case:
    base = laid([log], "given", parallel=1, seed=0, probing=False, most=8)
    return staged(base.plain, base.logs, price, base.worlds).case


@pytest.fixture(scope="module")
def log() -> Counts:
    return count(simulate("mixed", problems=80, samples=16, verdicts=1, seed=6)[0])


@pytest.fixture(scope="module")
def case(log: Counts) -> Case:
    return made(log)


def test_the_simplest_is_near_the_best_and_never_over_budget(case: Case) -> None:
    """Under the log's weights and under others; the gap is what simplicity loses."""
    weights = np.stack([case.weights[0], case.weights[3]])
    for budget in np.geomspace(1.05, 25, 10).tolist():
        best = case.allocate_each(budget, weights)
        for top, each in zip(best, simplest_each(case, budget, weights), strict=True):
            assert top.value - SIMPLER - 1e-12 <= each.value <= top.value + 1e-12
            assert each.spent <= budget * (1 + 1e-9)
            assert each.upper_bound - each.value >= top.value - each.value - 1e-9
            np.testing.assert_allclose(each.weight.sum(axis=1), 1)


def test_many_weights_at_once_give_what_each_gives_alone(case: Case) -> None:
    together = simplest_each(case, 4.0, case.weights[:4])
    for weight, each in zip(case.weights[:4], together, strict=True):
        assert simplest(case, 4.0, weight).value == pytest.approx(each.value, abs=1e-12)


def test_nobody_is_asked_where_verdicts_are_coins(log: Counts) -> None:
    """Coins without luck: half of a problem's right samples are accepted, and half of its wrong."""
    assert log.drawn is not None
    c = 2 * (log.c // 2)
    place = np.tile(np.arange(16), len(log))
    right = (place < np.repeat(c, 16)).astype(float)
    coin = (place % 2).astype(np.int8)[:, None]
    drawn = replace(log.drawn, right=right, answer=None, accepts=coin, sums=None, score=None)
    for price in (PRICE, Prices(sample=1.0)):
        blind = made(replace(log, c=c, drawn=drawn), price)
        for budget in (1.0, 3.0, 6.0):
            weight = simplest(blind, budget).weight
            used = [blind.table.options[o] for o in np.argwhere(weight > 1e-9)[:, 1]]
            assert all(option.verifier is None for option in used)
            assert "without a verifier" in str(kind(blind, weight))
            assert np.allclose(weight, weight[:1])  # and one sample is as good as any


def test_a_sure_verifier_is_asked(log: Counts) -> None:
    assert log.drawn is not None
    sure = log.drawn.right.astype(np.int8)[:, None]
    told = made(replace(log, drawn=replace(log.drawn, accepts=sure, sums=None, score=None)))
    weight = simplest(told, 6.0).weight
    used = [told.table.options[o] for o in np.argwhere(weight > 1e-9)[:, 1]]
    assert any(option.verifier is not None for option in used)
    assert "without a verifier" not in str(kind(told, weight))


def test_a_plan_names_its_kind_and_its_gap_shows_what_it_lost(log: Counts) -> None:
    found = plan(log, 5.0, "samples", levels="given", most=8)
    assert found.json()["simple"] == found.simple
    apparent = found.accuracy.estimate + found.optimism
    assert found.gap == pytest.approx(found.upper_bound - apparent, abs=1e-9)
    assert found.gap <= SIMPLER + 1e-9
