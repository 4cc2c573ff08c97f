"""A case weighs problems by the mix asked for, and otherwise by what the log knows of it."""

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.levels import Levels, given
from apportion.analysis.worlds import problem_worlds
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.planner.case import Case, case, shares
from apportion.planner.costs import Prices
from apportion.planner.promise import honest, promised
from apportion.planner.value import value_table

MIXES = (
    {"1-easy": 1.0, "2-medium": 1.0, "3-hard": 2.0},
    {"3-hard": 7.0},
    {"1-easy": 0.0, "2-medium": 0.3, "3-hard": 0.1},
)


@pytest.fixture(scope="module")
def log() -> Counts:
    return count(simulate("mixed", problems=70, samples=8, verdicts=1, seed=2)[0])


def made(log: Counts, mix: dict[str, float] | None) -> Case:
    table = value_table([log], Prices(sample=1.0))
    return case(table, given(log), mix, problem_worlds(log.problems, 0, 50), np.arange(len(log)))


@pytest.mark.parametrize("mix", MIXES)
def test_in_every_world_each_level_has_its_share_of_the_mix(
    log: Counts, mix: dict[str, float]
) -> None:
    each = made(log, mix)
    wanted = np.array([mix.get(name, 0.0) for name in given(log).names])
    wanted /= wanted.sum()
    np.testing.assert_allclose(each.share, wanted)
    np.testing.assert_allclose(each.mixes(), np.tile(wanted, (51, 1)), atol=1e-12)


def test_without_a_mix_the_log_has_its_own_and_the_worlds_differ(log: Counts) -> None:
    each = made(log, None)
    np.testing.assert_allclose(each.mixes()[0], each.share)
    np.testing.assert_allclose(each.mixes().sum(axis=1), 1)
    spread = each.mixes()[1:].std(axis=0, ddof=1)
    np.testing.assert_allclose(spread, np.sqrt(each.share * (1 - each.share) / 70), rtol=0.4)


@pytest.mark.parametrize("mix", MIXES)
def test_a_plan_for_a_mix_is_worth_the_mean_of_its_levels(
    log: Counts, mix: dict[str, float]
) -> None:
    each = made(log, mix)
    best = each.allocate(3.0)
    cost, value = each.means(each.weights[0])
    assert np.isfinite(cost).all()
    assert best.spent == pytest.approx(each.share @ (best.weight * cost).sum(axis=1))
    assert best.spent <= 3 * (1 + 1e-9)
    assert best.value == pytest.approx(each.share @ (best.weight * value).sum(axis=1))
    seen = honest(each, 3.0, np.random.default_rng(1))
    accuracy, levels, _ = promised(each, best.weight, seen)
    assert accuracy.low <= accuracy.estimate <= accuracy.high
    assert np.isfinite([i.estimate for i in levels])[each.share > 0].all()


@pytest.mark.parametrize(
    ("mix", "message"),
    [
        ({"1-eazy": 1.0}, "no level '1-eazy'.*1-easy"),
        ({"1-easy": -0.1}, r"share of '1-easy' must be >= 0; got -0.1"),
        ({"1-easy": float("nan")}, "must be >= 0; got nan"),
        ({"1-easy": 0.0}, "must add up to more than 0"),
    ],
)
def test_a_wrong_mix_is_refused(log: Counts, mix: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        shares(given(log), mix)


def test_pooling_the_levels_keeps_every_problem_at_its_weight(log: Counts) -> None:
    each = made(log, MIXES[0])
    options = list(range(len(each.table.options)))
    pooled = each.pooled(options)
    _, value = each.means(each.weights[0])
    _, together = pooled.means(pooled.weights[0])
    np.testing.assert_allclose(together[0], each.share @ value, atol=1e-12)
    for budget in (0.5, 2.0, 9.0):
        assert pooled.allocate(budget).value <= each.allocate(budget).value + 1e-12


def test_the_order_of_the_levels_names_nothing_else(log: Counts) -> None:
    levels = given(log)
    turned = Levels(levels.names[::-1], len(levels.names) - 1 - levels.of, levels.rule)
    table = value_table([log], Prices(sample=1.0))
    worlds = problem_worlds(log.problems, 0, 50)
    plans = [
        case(table, each, None, worlds, np.arange(len(log))).allocate(3.0)
        for each in (levels, turned)
    ]
    assert plans[0].value == pytest.approx(plans[1].value, abs=1e-12)
    np.testing.assert_allclose(plans[0].weight, plans[1].weight[::-1], atol=1e-9)
