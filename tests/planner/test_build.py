"""plan: a budget or a target in, a split with its certificate and its rivals out."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import count
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.data.traces import Trace
from apportion.planner.build import plan
from apportion.planner.check import check
from apportion.planner.plan import Plan
from apportion.planner.simple import SIMPLER
from apportion.planner.stages import EPSILON


@pytest.fixture(scope="module")
def mixed() -> Trace:
    return simulate("mixed", problems=60, samples=16, verdicts=1, seed=8)[0]


@pytest.fixture(scope="module")
def plans(mixed: Trace) -> list[Plan]:
    return [plan(mixed, budget, "samples") for budget in (1.0, 2.5, 7.0, 100.0)]


def test_more_budget_never_hurts(plans: list[Plan]) -> None:
    apparent = [p.accuracy.estimate + p.optimism for p in plans]
    # A simpler plan may be taken that loses so much; the frontier itself never falls.
    assert (np.diff(apparent) >= -SIMPLER - 1e-9).all()
    assert all((np.diff(p.frontier.accuracy) >= 0).all() for p in plans)
    assert apparent[0] < apparent[-1]


def test_spend_stays_within_the_budget_and_is_that_of_the_levels(plans: list[Plan]) -> None:
    for p in plans:
        assert p.spent <= p.budget * (1 + 1e-9)
        assert p.spent == pytest.approx(sum(level.share * level.cost for level in p.levels))
        assert sum(level.share for level in p.levels) == pytest.approx(1)
        for level in p.levels:
            assert sum(part.weight for part in level.split) == pytest.approx(1)
        assert sum(len(level.split) > 1 for level in p.levels) <= 1
    assert 0.9 < plans[0].spent <= 1.0 + 1e-9


def test_the_certificate_closes(plans: list[Plan]) -> None:
    for p in plans:
        apparent = p.accuracy.estimate + p.optimism
        assert p.upper_bound >= apparent - 1e-9
        assert p.gap <= SIMPLER + 1e-9
        assert p.price >= 0


def test_the_frontier_is_concave_and_holds_the_plan(plans: list[Plan]) -> None:
    for p in plans:
        budget, accuracy = p.frontier.budget, p.frontier.accuracy
        slopes = np.diff(accuracy) / np.diff(budget)
        assert (np.diff(slopes) <= 1e-12).all()
        at = np.interp(p.budget, budget, accuracy)
        assert p.accuracy.estimate + p.optimism >= at - SIMPLER - 1e-9
        assert (p.frontier.low <= accuracy).all()
        assert (accuracy <= p.frontier.high).all()


def test_no_baseline_that_can_be_executed_looks_better_than_the_plan(plans: list[Plan]) -> None:
    """Before optimism is taken off, on the same problems; and none needs less for as much."""
    for p in plans:
        apparent = p.accuracy.estimate + p.optimism
        able = [b for b in p.baselines if not b.bound and "probe" not in b.name]
        assert len(able) >= 4
        for b in (b for b in p.baselines if "probe" in b.name):
            at = np.interp(p.budget, b.frontier.budget, b.frontier.accuracy)
            assert at <= apparent + EPSILON + 1e-9
        for b in able:
            at = np.interp(p.budget, b.frontier.budget, b.frontier.accuracy)
            assert at <= apparent + SIMPLER + 1e-9, b.name
            assert not b.budget_for_same_accuracy < p.spent * (1 - 1e-9), b.name


def test_a_plan_is_json_in_the_shape_of_the_contract(plans: list[Plan]) -> None:
    for p in plans:
        told = json.loads(json.dumps(p.json(), allow_nan=False))
        assert told["budget"] == {
            "amount": p.budget,
            "unit": "samples",
            "per": "problem, expected",
        }
        assert {"spent", "accuracy", "levels", "baselines", "frontier", "certificate"} <= set(told)
        parts = [part for level in told["levels"] for part in level["split"]]
        assert {"weight", "strategy", "solutions", "verdicts", "model"} <= set(parts[0])


@pytest.mark.parametrize("target", [0.05, 0.3, 0.55])
def test_a_target_is_promised_as_cheaply_as_possible(mixed: Trace, target: float) -> None:
    """Up to the change of the optimism between rounds. A low one leaves problems unanswered."""
    made = plan(mixed, target=target, unit="samples")
    assert made.accuracy.estimate == pytest.approx(target, abs=0.01)
    assert made.spent <= made.budget * (1 + 1e-9)
    if target > 0.5:
        less = plan(mixed, made.budget * 0.8, "samples")
        assert less.accuracy.estimate < target


def test_a_target_out_of_reach_says_what_is_in_reach(mixed: Trace) -> None:
    with pytest.raises(InputError, match=r"target 0.99 is out of reach: .* promises 0\.[5-9]"):
        plan(mixed, target=0.99)


def test_a_budget_that_buys_nothing_says_what_it_takes(mixed: Trace) -> None:
    with pytest.raises(InputError, match="budget must be at least 1 samples per problem"):
        plan(mixed, 0.99, "samples")
    for budget in (0.0, -3.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="budget must be"):
            plan(mixed, budget, "samples")
    with pytest.raises(InputError, match="a budget or a target accuracy, and not both"):
        plan(mixed, 3.0, target=0.5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"unit": "token"}, "unit must be one of"),
        ({"unit": "usd"}, "needs a price list"),
        (
            {"levels": "givn"},
            "levels must be one of auto, given, none, probe, .*got 'givn'",
        ),
        ({"mix": {"0-trivial": 1.0}}, "no level '0-trivial'"),
    ],
)
def test_options_out_of_range_are_refused(
    mixed: Trace, options: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        plan(mixed, 3.0, **({"unit": "samples"} | options))  # type: ignore[arg-type]


def test_a_mix_plans_for_the_problems_asked_for(mixed: Trace) -> None:
    hard = plan(mixed, 3.0, "samples", mix={"3-hard": 1.0})
    easy = plan(mixed, 3.0, "samples", mix={"1-easy": 3.0, "2-medium": 0.0})
    assert hard.accuracy.estimate < easy.accuracy.estimate
    assert {level.level: level.share for level in easy.levels}["1-easy"] == 1
    assert not any(b.bound for b in (*hard.baselines, *easy.baselines))
    json.dumps(easy.json(), allow_nan=False)


def test_difficulty_known_from_gold_answers_is_told_apart_from_what_can_be_done(
    mixed: Trace,
) -> None:
    made = plan(mixed, 3.0, "samples", levels="solve-rate")
    assert [level.level for level in made.levels] == ["easy", "medium", "hard"]
    assert any("cannot be executed" in d for d in made.doubts)
    none = plan(mixed, 3.0, "samples", levels="none")
    assert [level.level for level in none.levels] == ["all"]
    assert [b.bound for b in none.baselines].count(True) == 1


def test_what_knows_the_difficulty_has_the_options_of_the_plan() -> None:
    """Made on half a log, it may use that half whole; where levels hardly matter it is no worse."""
    gaps = []
    for seed in range(5):
        trace, _ = simulate("mixed", problems=100, samples=32, verdicts=1, seed=seed)
        made = plan(trace, 25.0, "samples", levels="none", seed=seed, most=16)
        (bound,) = (b for b in made.baselines if b.bound)
        gaps.append(bound.accuracy.estimate - made.accuracy.estimate)
    assert np.mean(gaps) > -0.005 - 2 * np.std(gaps, ddof=1) / np.sqrt(len(gaps))


def test_the_same_seed_gives_the_same_plan(mixed: Trace) -> None:
    first, again, other = (plan(mixed, 5.0, "samples", seed=s).json() for s in (1, 1, 2))
    assert first == again
    assert first != other


def test_counts_alone_can_be_planned_with(mixed: Trace) -> None:
    made = plan(count(mixed), 5.0, "samples")
    assert made.accuracy == plan(mixed, 5.0, "samples").accuracy


def test_a_floor_is_reached_at_the_expense_of_the_others(mixed: Trace) -> None:
    """The level gets its accuracy on the log, nothing is overspent, and the gap shows the price."""
    free = plan(mixed, 2.0, "samples", levels="given")
    level = free.levels[-1]
    with pytest.raises(InputError, match=r"the most that its options reach; got 0\.99") as told:
        plan(mixed, 2.0, "samples", floor={level.level: 0.99})
    top = float(re.findall(r"between 0 and ([0-9.]+),", str(told.value))[0])
    wanted = 0.5 * (check(free, mixed).levels[-1].realised.estimate + top)
    made = plan(mixed, 2.0, "samples", levels="given", floor={level.level: wanted})
    seen = check(made, mixed)
    assert seen.levels[-1].realised.estimate >= wanted - 1e-9
    assert made.spent <= 2.0 * (1 + 1e-9)
    assert made.accuracy.estimate + made.optimism < free.accuracy.estimate + free.optimism
    assert made.gap > 0
    with pytest.raises(InputError, match="no level 'hard'"):
        plan(mixed, 2.0, "samples", floor={"hard": 0.1})
    with pytest.raises(InputError, match=r"to reach the floor; got 1\.2"):
        plan(mixed, 1.2, "samples", floor={level.level: wanted})
    with pytest.raises(InputError, match="mix and floor"):
        plan(mixed, 2.0, "samples", levels="probe", floor={level.level: 0.1})


def test_costs_are_told_in_every_unit_and_add_up_over_levels(mixed: Trace) -> None:
    """What the log did not count is missing, never free."""
    log = count(mixed)
    silent = replace(log, output_tokens=np.full(len(log), np.nan))
    made = plan(silent, 4.0, "samples", levels="given", most=8)
    assert made.costs["samples"] == pytest.approx(made.spent)
    told = json.loads(json.dumps(made.json(), allow_nan=False))
    assert told["costs"]["tokens_solved"] is None
    assert all(level["costs"]["tokens_solved"] is None for level in told["levels"] if level["cost"])
    for unit, total in told["costs"].items():
        each = [level["costs"][unit] for level in told["levels"]]
        if total is not None:
            shares = [level["share"] for level in told["levels"]]
            assert np.dot(shares, each) == pytest.approx(total, abs=1e-9), unit
