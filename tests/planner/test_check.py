"""A plan carried out on problems it has not seen keeps its promise as often as it says."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from apportion.analysis.counts import count
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.data.traces import Trace
from apportion.planner.build import plan
from apportion.planner.check import check
from apportion.planner.plan import Plan


@pytest.fixture(scope="module")
def log() -> Trace:
    return simulate("mixed", problems=60, samples=16, verdicts=2, seed=4)[0]


@pytest.fixture(scope="module")
def other() -> Trace:
    return simulate("mixed", problems=90, samples=16, verdicts=2, seed=5)[0]


@pytest.fixture(scope="module")
def made(log: Trace) -> Plan:
    return plan(log, 4.0, "samples", levels="given", most=8)


@pytest.mark.parametrize("levels", ["given", "none", "probe"])
def test_on_its_own_log_a_plan_reaches_what_chose_it(log: Trace, levels: str) -> None:
    """Realised less promised is then the optimism that was removed, and the spend is the plan's."""
    made = plan(log, 4.0, "samples", levels=levels, most=8)
    seen = check(made, log)
    error = 0.0 if levels != "probe" else 0.03  # its orders are others
    assert seen.gap.estimate == pytest.approx(made.optimism, abs=1e-9 + error)
    assert seen.spent == pytest.approx(made.spent, rel=1e-9 + error)
    assert [v.level for v in seen.levels] == [v.level for v in made.levels]
    shares = [v.share for v in seen.levels]
    np.testing.assert_allclose(shares, [v.share for v in made.levels], atol=1e-9 + error)


def test_the_levels_of_a_check_add_up_to_the_whole(made: Plan, other: Trace) -> None:
    seen = check(made, other)
    assert seen.problems == 90 == sum(v.problems for v in seen.levels)
    total = sum(v.share * v.realised.estimate for v in seen.levels)
    assert total == pytest.approx(seen.realised.estimate)
    assert sum(v.share * v.spent for v in seen.levels) == pytest.approx(seen.spent)
    assert seen.gap.estimate == pytest.approx(seen.realised.estimate - seen.promised.estimate)
    assert seen.promised.low < seen.population.low < seen.population.high < seen.promised.high


def test_a_saved_plan_checks_as_the_plan_does(made: Plan, other: Trace) -> None:
    read = json.loads(json.dumps(made.json()))
    assert check(read, other).json() == check(made, other).json()


def test_a_mix_is_kept(log: Trace, other: Trace) -> None:
    """Half the weight goes to the level asked for, whatever the new log's shares are."""
    made = plan(log, 4.0, "samples", mix={"3-hard": 0.5, "1-easy": 0.5})
    seen = check(made, other)
    share = {v.level: v.share for v in seen.levels}
    assert share == {"1-easy": 0.5, "2-medium": 0.0, "3-hard": 0.5}
    total = sum(v.share * v.realised.estimate for v in seen.levels if v.share)
    assert total == pytest.approx(seen.realised.estimate)


def test_nine_gaps_in_ten_hold_zero() -> None:
    """Plans of 60 problems, checked on 60 others, at random budgets."""
    rng, kept = np.random.default_rng(0), []
    for seed in range(40):
        logs = [
            simulate("mixed", problems=60, samples=16, verdicts=1, seed=2 * seed + i)[0]
            for i in (0, 1)
        ]
        made = plan(
            logs[0], float(np.exp(rng.uniform(0.5, 2.7))), "samples", levels="given", most=8
        )
        gap = check(made, logs[1]).gap
        kept.append(gap.low <= 0 <= gap.high)
    error = np.sqrt(0.9 * 0.1 / len(kept))
    assert np.mean(kept) > 0.9 - 3 * error


def test_more_samples_do_not_excuse_fewer_problems(made: Plan) -> None:
    """The interval is as wide as problems are few."""
    few, many = (
        check(made, simulate("mixed", problems=p, samples=16, verdicts=2, seed=9)[0])
        for p in (30, 300)
    )
    assert few.promised.high - few.promised.low > 1.5 * (many.promised.high - many.promised.low)
    assert any("fewer than 15" in d for d in few.doubts)
    assert not any("fewer than 15" in d for d in many.doubts)


def _without_level(trace: Trace, level: str) -> Trace:
    problems = trace.problems.filter(trace.problems["level"] == level)["problem"].to_list()
    kept = [i for i, p in enumerate(count(trace).problems) if p not in problems]
    return count(trace).only(np.asarray(kept))  # type: ignore[return-value]


def test_a_level_that_the_log_lacks_is_an_error(made: Plan, other: Trace) -> None:
    with pytest.raises(InputError, match="'2-medium' has no problem in this log"):
        check(made, _without_level(other, "2-medium"))
    part = plan(_without_level(other, "2-medium"), 4.0, "samples", levels="given", most=8)
    with pytest.raises(InputError, match="'2-medium' of this log was not planned for"):
        check(part, other)


def test_what_the_log_cannot_carry_out_is_an_error(made: Plan) -> None:
    short = simulate("mixed", problems=60, samples=2, verdicts=2, seed=5)[0]
    with pytest.raises(InputError, match=r"cannot value .*its problems have 2 samples"):
        check(made, short)
    blind = simulate("mixed", problems=60, samples=16, seed=5)[0]
    with pytest.raises(InputError, match="asks verifier 'verifier'"):
        check(made, blind)
    told: dict[str, Any] = made.json()
    told["level_rule"] = "solve rate of other samples, in 3 equal parts"
    with pytest.raises(InputError, match="cannot be carried out"):
        check(told, short)


def test_another_model_is_a_doubt(made: Plan, other: Trace) -> None:
    counts = count(other)
    named = replace(counts, group=replace(counts.group, model="another"))
    assert any("'another'" in d for d in check(made, named).doubts)


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ({"levels": []}, "no levels"),
        ({"levels": 3}, "not a plan"),
        ({"prices": {"apple": 1}}, "apple"),
        ({"probe": {"statistic": "smell"}}, "smell"),
    ],
)
def test_what_is_no_plan_is_an_error(made: Plan, other: Trace, broken: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        check(made.json() | broken, other)
    with pytest.raises(InputError, match="no 'levels'"):
        check({}, other)
