"""What may be asked beside a budget: penalties, caps, bars, levels from gold answers, waves."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.revision import Revisions
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.planner.build import plan
from apportion.planner.costs import Prices, prices
from apportion.planner.ground import Ground
from apportion.planner.lay import laid
from apportion.planner.oracle import cuts, oracle
from apportion.planner.plan import Plan
from apportion.planner.simple import SIMPLER, kind, simplest
from apportion.planner.stages import staged
from apportion.planner.value import value_table

SAMPLE = Prices(sample=1.0)


@pytest.fixture(scope="module")
def log() -> Counts:
    return count(simulate("mixed", problems=60, samples=16, verdicts=2, seed=8)[0])


@pytest.fixture(scope="module")
def base(log: Counts) -> Ground:
    return laid(log, "given", parallel=1, seed=0, probing=False, most=8)


def strategies(made: Plan) -> set[str]:
    return {part.option.strategy for level in made.levels for part in level.split}


def test_what_mistakes_cost_is_taken_off(base: Ground) -> None:
    """The utility of a plan lies below its accuracy, and it abstains where mistakes are dear."""
    free, dear = (plan(base, 6.0, "samples", penalty=c) for c in (0.0, 2.0))
    assert free.utility is None
    assert "utility" not in free.json()
    assert dear.utility is not None
    assert dear.utility.estimate < dear.accuracy.estimate
    assert dear.accuracy.estimate <= free.accuracy.estimate + 0.02
    assert all(b.utility is not None for b in dear.baselines)
    unsure = plan(base, 6.0, "samples", penalty=200.0).levels[-1]
    assert [part.option.strategy for part in unsure.split] == ["none"]
    with pytest.raises(InputError, match="penalty must satisfy penalty >= 0; got -1"):
        plan(base, 6.0, "samples", penalty=-1.0)


def test_to_abstain_costs_nothing(log: Counts) -> None:
    table = value_table([log], SAMPLE)
    assert table.wrong is not None
    for o, option in enumerate(table.options):
        answered = table.value[:, o] + table.wrong[:, o]
        if option.strategy == "accept-first":
            assert (answered < 1).any()
        elif option.strategy != "none":
            np.testing.assert_allclose(answered, 1, atol=1e-9)


def test_a_cap_in_another_unit_is_kept_and_named(base: Ground) -> None:
    free = plan(base, 6.0, "samples")
    most = 0.5 * free.costs["tokens_solved"] + 0.5 * free.costs["tokens_verified"]
    held = plan(base, 6.0, "samples", caps={"tokens": most})
    spent = held.costs["tokens_solved"] + held.costs["tokens_verified"]
    assert spent <= most * (1 + 1e-6)
    assert held.binding == ("tokens",)
    apparent = [p.accuracy.estimate + p.optimism for p in (held, free)]
    assert apparent[0] <= apparent[1] + SIMPLER
    looked = laid(base.logs[0], "probe", parallel=1, seed=0, probing=True, most=8)
    with pytest.raises(InputError, match="the caps leave nothing to pay the smallest probe"):
        plan(looked, 6.0, "samples", levels="probe", caps={"tokens": 1.0})
    with pytest.raises(InputError, match="cap: samples is the budget's own unit"):
        plan(base, 6.0, "samples", caps={"samples": 3.0})
    with pytest.raises(InputError, match="cap: tokens must be a positive number; got -3"):
        plan(base, 6.0, "samples", caps={"tokens": -3.0})


def test_no_problem_may_cost_more_than_the_hard_cap(base: Ground) -> None:
    barred = plan(base, 6.0, "samples", hard=4.0)
    assert max(p.option.solutions for level in barred.levels for p in level.split) <= 4
    few = plan(base, 6.0, "samples", most=3)
    assert max(p.option.solutions for level in few.levels for p in level.split) <= 3
    with pytest.raises(InputError, match="hard leaves no option"):
        plan(base, 6.0, "samples", hard=0.5)
    with pytest.raises(InputError, match="most must satisfy most >= 1; got most=0"):
        plan(base, 6.0, "samples", most=0)


def test_a_plan_is_accounted_in_every_unit(base: Ground) -> None:
    made = plan(base, 5.0, "samples")
    assert made.costs["samples"] == pytest.approx(made.spent)
    assert np.isnan(made.costs["seconds"])
    assert made.json()["costs"]["seconds"] is None  # type: ignore[index]
    for name in ("samples", "verdicts", "tokens_solved"):
        total = sum(level.share * level.costs[name] for level in made.levels)
        assert total == pytest.approx(made.costs[name])


def test_the_simplest_split_loses_little_and_says_what_it_is(base: Ground) -> None:
    case = staged(base.plain, base.logs, SAMPLE, base.worlds).case
    for budget in np.geomspace(1.1, 20, 12):
        best, simple = case.allocate(float(budget)), simplest(case, float(budget))
        assert best.value - SIMPLER - 1e-12 <= simple.value <= best.value + 1e-12
        assert simple.spent <= budget * (1 + 1e-9)
        assert simple.upper_bound == best.upper_bound
    thrice = np.tile(np.arange(len(case.level)), 3)
    blind = replace(
        case,
        table=case.table.rows(thrice),
        level=np.repeat(np.arange(3), len(case.level)),
        share=np.full(3, 1 / 3),
        weights=case.weights[:, thrice] / 3,
        problem=case.problem[thrice],
    )
    alike = simplest(blind, 5.0).weight
    assert np.allclose(alike, alike[:1])
    assert "one split for all levels" in str(kind(blind, alike))


def test_levels_that_only_chance_tells_apart_are_worth_nothing() -> None:
    """Problems all alike: what one half of the samples says does not carry over to the other."""
    rng, gaps = np.random.default_rng(0), []
    log = count(simulate("mixed", problems=60, samples=16, seed=1)[0])
    assert log.drawn is not None
    for seed in range(6):
        right = (rng.random(len(log.drawn.right)) < 0.4).astype(float)
        c = np.add.reduceat(right, log.drawn.start[:-1]).astype(np.int64)
        same = replace(log, c=c, drawn=replace(log.drawn, right=right, answer=None))
        told = oracle([same], 1, seed)
        place = [o.strategy for o in told.table.options].index("one")
        value = told.table.value[:, place]
        means = [
            np.average(value[told.levels.of == i], weights=told.often[told.levels.of == i])
            for i in range(3)
        ]
        gaps.append(means[0] - means[2])
        held = np.bincount(told.levels.of, told.often)
        np.testing.assert_allclose(held, 20, atol=1e-9)
    assert abs(np.mean(gaps)) < 3.5 * np.std(gaps, ddof=1) / np.sqrt(len(gaps)) + 0.005


def test_levels_end_at_quantiles_or_at_thresholds() -> None:
    assert cuts("solve-rate").quantiles == 3
    assert len(cuts("solve-rate:5").names) == 5
    rate = np.asarray([[0.9], [0.5], [0.3], [0.05]])
    assert cuts("solve-rate:0.5,0.1").level(rate, np.random.default_rng(0)).ravel().tolist() == [
        0, 0, 1, 2,
    ]  # fmt: skip
    for wrong in ("solve-rate:1", "solve-rate:.1,.5", "solve-rate:x", "solve-rate:2,.1"):
        with pytest.raises(InputError, match=r"2 to 10 quantiles, or thresholds"):
            cuts(wrong)


def test_what_runs_at_once_takes_less_time_and_no_fewer_samples(
    log: Counts, tmp_path: Path
) -> None:
    timed = replace(log, seconds=np.full(len(log), 3.0))
    file = tmp_path / "prices.toml"
    file.write_text("[seconds]\nparallel = 4\n")
    unit, price = prices("seconds", [timed], file)
    assert price == Prices(second=1.0, parallel=4)
    assert unit == "seconds"
    alone = value_table([timed], Prices(second=1.0))
    waves = value_table([timed], price)
    assert alone.used is not None
    assert waves.used is not None
    for o, option in enumerate(alone.options):
        if option.strategy in ("majority", "accept-first"):
            assert (waves.used.each[0, :, o] >= alone.used.each[0, :, o] - 1e-9).all()
        if option.strategy == "majority":
            assert (waves.cost[:, o] < alone.cost[:, o]).all()
            assert (waves.cost[:, o] >= 3.0 * np.ceil(option.solutions / 4) - 1e-9).all()
    file.write_text("[seconds]\nparallel = 0\n")
    with pytest.raises(InputError, match="parallel must be a whole number >= 1; got 0"):
        prices("seconds", [timed], file)


def test_revisions_compete_where_they_were_logged(log: Counts) -> None:
    size = len(log)
    right = np.column_stack([np.full(size, 0.4), np.full(size, 0.95)])
    tokens = np.column_stack([np.full(size, 100.0), np.full(size, 220.0)])
    none = np.full_like(tokens, np.nan)
    told = Revisions(right, none, tokens, none, np.full(size, 3))
    revised = replace(log, revised=told)
    table = value_table([revised], SAMPLE)
    (place,) = (o for o, option in enumerate(table.options) if option.strategy == "revision")
    np.testing.assert_allclose(table.value[:, place], 0.95)
    np.testing.assert_allclose(table.cost[:, place], 2.2)
    made = plan(revised, 2.2, "samples", levels="none", most=8)
    assert strategies(made) == {"revision"}
    assert made.accuracy.estimate == pytest.approx(0.95)
