"""A probe pays for what it looks at, uses it, and is valued with the noise it will have."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.levels import one_level
from apportion.analysis.probe import Probe, cut, seen
from apportion.analysis.replay import orders
from apportion.analysis.worlds import problem_worlds
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.data.traces import Group, Trace
from apportion.planner.build import plan
from apportion.planner.case import case
from apportion.planner.costs import Prices
from apportion.planner.probed import probed
from apportion.planner.stages import EPSILON, Stage, best, choosing
from apportion.planner.value import value_table

PAID = Prices(sample=1.0, verdict=0.25)


@pytest.fixture(scope="module")
def trace() -> Trace:
    return simulate("mixed", problems=60, samples=16, verdicts=2, seed=4)[0]


@pytest.fixture(scope="module")
def log(trace: Trace) -> Counts:
    return count(trace)


@pytest.fixture(scope="module")
def stages(log: Counts) -> list[Stage]:
    return list(probed([log], PAID, problem_worlds(log.problems, 0, 20), 0))


def test_replay_agrees_with_the_exact_value_of_every_option(log: Counts) -> None:
    """Averaged over its levels a probed option is worth what it is worth without the probe."""
    exact = value_table([log], PAID)
    worth = dict(zip(exact.options, exact.value.mean(axis=0), strict=True))
    made = orders(log, 8, np.random.default_rng(0))
    error = np.sqrt(0.25 / (made.right.shape[1] * len(log)))
    for stage in probed([log], PAID, problem_worlds(log.problems, 0, 2), 0):
        value = stage.case.weights[0] @ stage.case.table.value
        for option, replayed in zip(stage.case.table.options, value, strict=True):
            assert replayed == pytest.approx(worth[option], abs=4.5 * error), option
        assert set(stage.case.table.options) == set(exact.options)


def test_a_probed_option_costs_its_samples_or_the_probe_whichever_is_more(
    stages: list[Stage],
) -> None:
    for stage in stages:
        probe = stage.probe
        assert probe is not None
        m, judged = probe.samples, probe.verifier is not None
        cost = stage.case.table.cost
        for option, spent in zip(stage.case.table.options, cost.T, strict=True):
            if option.strategy in ("none", "one", "majority"):
                if option.strategy == "none" and not judged:
                    np.testing.assert_allclose(spent, m)
                drawn, said = max(option.solutions, m), m * judged
                np.testing.assert_allclose(spent, drawn + 0.25 * said, atol=1e-9)
            if option.strategy == "best-of":
                s, v = option.solutions, option.verdicts
                said = s * v + (max(m - s, 0) if judged else 0)
                np.testing.assert_allclose(spent, max(s, m) + 0.25 * said, atol=1e-9)
            if option.strategy == "accept-first":
                assert (spent >= m + 0.25 * (m if judged else 1) - 1e-9).all()


def test_the_weights_of_a_problem_are_split_over_its_levels(
    log: Counts, stages: list[Stage]
) -> None:
    worlds = problem_worlds(log.problems, 0, 20)
    for stage in stages:
        split = stage.case.weights @ np.equal.outer(stage.case.problem, np.arange(len(log)))
        np.testing.assert_allclose(split, worlds, atol=1e-12)
        assert stage.case.share.sum() == pytest.approx(1)


def test_a_probe_that_says_nothing_is_not_worth_its_cost(log: Counts) -> None:
    """Verdicts by coin: what they tell of difficulty is noise, and no plan may live on it."""
    assert log.drawn is not None
    assert log.drawn.accepts is not None
    coin = np.random.default_rng(1).integers(0, 2, log.drawn.accepts.shape).astype(np.int8)
    blind = replace(log, drawn=replace(log.drawn, accepts=coin, answer=None, tokens=None))
    worlds = problem_worlds(log.problems, 0, 20)
    plain = case(value_table([blind], PAID), one_level(len(log)), None, worlds, np.arange(len(log)))
    every = [Stage(plain, one_level(len(log))), *probed([blind], PAID, worlds, 0)]
    assert len(every) > 2
    for budget in (1.5, 3.0, 6.0):
        assert choosing(every, budget, np.random.default_rng(2)) <= plain.allocate(
            budget
        ).value + 4 / np.sqrt(len(log) * 20)


def test_a_useful_probe_beats_one_level_and_the_promise_is_kept_by_new_problems() -> None:
    """Measured on other problems with the very cuts and splits of the plan."""
    gains, gaps = [], []
    for seed in range(12):
        logs = [
            count(simulate("mixed", problems=p, samples=16, verdicts=1, seed=s)[0])
            for p, s in ((120, 300 + seed), (400, 900 + seed))
        ]
        worlds = [problem_worlds(each.problems, 0, 2) for each in logs]
        old, new = (
            [s for s in probed([each], PAID, w, 0) if s.probe and s.probe.statistic == "accepted"]
            for each, w in zip(logs, worlds, strict=True)
        )
        place, made = best(old, 6.0)
        chosen = old[place]
        match = next(
            s for s in new if s.probe and chosen.probe and s.probe.cuts == chosen.probe.cuts
        )
        promised = choosing([chosen], 6.0, np.random.default_rng(seed))
        gaps.append(promised - float(match.case.weights[0] @ match.case.rows(made.weight)))
        tables = [value_table([each], PAID) for each in logs]
        plain = [
            case(t, one_level(len(each)), None, w, np.arange(len(each)))
            for t, each, w in zip(tables, logs, worlds, strict=True)
        ]
        once = plain[0].allocate(6.0).weight
        gains.append(
            float(match.case.weights[0] @ match.case.rows(made.weight))
            - float(plain[1].weights[0] @ plain[1].rows(once))
        )
    error = np.std(gaps, ddof=1) / np.sqrt(len(gaps))
    assert abs(np.mean(gaps)) < 3.5 * error
    assert np.mean(gains) > 0


def test_cuts_lie_between_few_values_and_at_thirds_of_many() -> None:
    assert cut(np.repeat([0.0, 0.5, 1.0], 40)) == (0.5, 1.0)
    assert cut(np.repeat([0.0, 0.5, 1.0], [1, 500, 499])) == (1.0,)
    assert cut(np.full(9, 2.0)) == ()
    assert len(cut(np.arange(90.0))) == 2
    probe = Probe("agreement", 2, (0.5, 1.0), Group(), None)
    assert probe.names == ("agreement below 0.5", "agreement 0.5 to 1", "agreement 1 or more")
    assert probe.level(np.array([0.2, 0.5, 1.0])).tolist() == [0, 1, 2]


def test_what_is_seen_is_that_of_the_first_samples(log: Counts) -> None:
    made = orders(log, 8, np.random.default_rng(3))
    assert made.yes is not None
    assert made.answer is not None
    accepted = seen(made, "accepted", 3)
    assert accepted is not None
    assert accepted[5, 2] == pytest.approx(made.yes[5, 2, :3, 0].mean())
    agreement = seen(made, "agreement", 4)
    assert agreement is not None
    first = made.answer[5, 2, :4]
    assert agreement[5, 2] == max((first == a).sum() * (a >= 0) for a in first) / 4
    assert seen(made, "agreement", 1) is None
    assert seen(made, "score", 2) is None


def test_plan_by_a_probe_says_how_to_tell_the_level(trace: Trace) -> None:
    made = plan(trace, 6.0, "samples", levels="probe")
    assert made.probe is not None
    told = made.json()["probe"]
    assert isinstance(told, dict)
    assert told["samples"] == made.probe.samples
    assert len(made.levels) == len(made.probe.cuts) + 1
    assert made.spent <= 6.0 * (1 + 1e-9)
    assert "best single split" in {b.name for b in made.baselines}
    given = plan(trace, 6.0, "samples", levels="given")
    assert given.probe is None
    auto = plan(trace, 6.0, "samples")
    apparent = [p.accuracy.estimate + p.optimism for p in (auto, given, made)]
    assert apparent[0] >= max(apparent[1], apparent[2] - EPSILON) - 1e-9
    names = {b.name for b in auto.baselines}
    assert "levels given in the log" in names or "levels by the best probe" in names


def test_verifiers_with_unlike_numbers_of_verdicts_share_their_orders(
    log: Counts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory once gave the one with fewer verdicts more orders, which then did not fit."""
    monkeypatch.setattr("apportion.analysis.replay.MOST_CELLS", 60 * 8 * 2 * 12)
    assert log.drawn is not None
    assert log.drawn.accepts is not None
    once = replace(log, drawn=replace(log.drawn, accepts=log.drawn.accepts[:, :1]), verifier="b")
    stages = list(probed([log, once], PAID, problem_worlds(log.problems, 0, 2), 0))
    assert {s.probe.verifier for s in stages if s.probe} == {None, "verifier", "b"}


def test_a_target_may_be_reached_through_a_probe(trace: Trace) -> None:
    made = plan(trace, target=0.5, unit="samples", levels="probe")
    assert made.accuracy.estimate == pytest.approx(0.5, abs=0.03)


def test_probes_that_cannot_be_are_refused(trace: Trace) -> None:
    with pytest.raises(InputError, match="budget must be at least 1 samples"):
        plan(trace, 0.5, "samples", levels="probe")
    with pytest.raises(InputError, match="mix and floor are of levels given in the log"):
        plan(trace, 5.0, "samples", levels="probe", mix={"1-easy": 1.0})
    short = simulate("mixed", problems=30, samples=2, seed=1)[0]
    with pytest.raises(InputError, match="levels 'probe' need"):
        plan(short, 5.0, "samples", levels="probe")
