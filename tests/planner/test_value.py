"""What an option buys and costs on a log, by laws that hold for any log."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.coverage import coverage
from apportion.data.synthetic import simulate
from apportion.planner.costs import Prices
from apportion.planner.menu import sizes
from apportion.planner.value import NOTHING, value_table

FREE = Prices(sample=1.0)
PAID = Prices(sample=1.0, verdict=0.5)


@pytest.fixture(scope="module")
def log() -> Counts:
    return count(simulate("mixed", problems=40, samples=16, verdicts=2, seed=2)[0])


def always(log: Counts, verdict: int) -> Counts:
    assert log.drawn is not None
    assert log.drawn.accepts is not None
    return replace(log, drawn=replace(log.drawn, accepts=np.full_like(log.drawn.accepts, verdict)))


def test_sizes_are_a_ladder_up_to_the_most() -> None:
    assert sizes(16).tolist() == [1, 2, 3, 4, 6, 8, 12, 16]
    assert sizes(0.5).tolist() == [1]


def test_doing_nothing_is_free_and_worth_nothing(log: Counts) -> None:
    table = value_table([log], FREE)
    assert table.options[0] == NOTHING
    assert (table.value[:, 0] == 0).all()
    assert (table.cost[:, 0] == 0).all()
    assert (table.cost[:, 1:] > 0).all()


def test_a_free_verifier_that_always_says_yes_is_one_sample(log: Counts) -> None:
    """Best-of takes any of its samples, and accept-first takes the first."""
    table = value_table([always(log, 1)], FREE)
    for j, option in enumerate(table.options):
        if option.strategy in ("best-of", "accept-first", "one"):
            np.testing.assert_allclose(table.value[:, j], log.solve_rates, atol=1e-9)
        if option.strategy == "accept-first":
            np.testing.assert_allclose(table.cost[:, j], 1, atol=1e-12)


def test_votes_weighed_by_a_verifier_that_always_says_yes_are_votes(log: Counts) -> None:
    table = value_table([always(log, 1)], FREE)
    worth = dict(zip(table.options, table.value.T, strict=True))
    weighed = [o for o in table.options if o.strategy in ("weighted", "best-of-majority")]
    assert {(o.strategy, o.solutions, o.verdicts) for o in weighed} >= {
        ("weighted", 4, 1),
        ("weighted", 8, 2),
        ("best-of-majority", 8, 2),
    }
    for option in (o for o in weighed if o.strategy == "weighted"):
        votes = replace(option, strategy="majority", verdicts=0, verifier=None)
        np.testing.assert_allclose(worth[option], worth[votes], atol=1e-9)


@pytest.mark.parametrize("verdict", [0, -1])
def test_a_verifier_that_never_says_yes_accepts_nothing_and_costs_everything(
    log: Counts, verdict: int
) -> None:
    table = value_table([always(log, verdict)], PAID)
    for j, option in enumerate(table.options):
        if option.strategy == "accept-first":
            assert (table.value[:, j] == 0).all()
            np.testing.assert_allclose(table.cost[:, j], 1.5 * option.solutions, atol=1e-9)


def test_costs_are_those_of_what_is_drawn_and_judged(log: Counts) -> None:
    table = value_table([log], PAID)
    for j, option in enumerate(table.options):
        each = option.solutions * (1 + 0.5 * option.verdicts)
        if option.strategy in ("one", "majority", "best-of"):
            np.testing.assert_allclose(table.cost[:, j], each, atol=1e-12)
        if option.strategy == "accept-first":
            assert (table.cost[:, j] <= each + 1e-9).all()
            assert (table.cost[:, j] >= 1.5 - 1e-9).all()


def test_no_option_uses_more_than_its_part_of_the_log(log: Counts) -> None:
    assert max(o.solutions for o in value_table([log], FREE).options) == 8
    assert max(o.solutions for o in value_table([log], FREE, part=1.0).options) == 16


def test_no_option_beats_coverage_by_as_many_samples(log: Counts) -> None:
    table = value_table([log], FREE)
    for j, option in enumerate(table.options[1:], start=1):
        most = coverage(log, option.solutions, worlds=1).estimate[0]
        assert table.value[:, j].mean() <= most + 1e-9


def test_where_sampling_stopped_at_success_one_sample_is_worth_the_first_attempt() -> None:
    """c / n would be worth more than any sample is."""
    errors, naive = [], []
    for seed in range(40):
        trace, truth = simulate("beta", problems=60, samples=9, seed=seed, stop="until-success")
        counts = count(trace)
        table = value_table([counts], FREE)
        assert [o.strategy for o in table.options] == ["none", "one"]
        errors.append(table.value[:, 1].mean() - truth.p.mean())
        naive.append(counts.solve_rates.mean() - truth.p.mean())
    assert abs(np.mean(errors)) < 3.5 * np.std(errors, ddof=1) / np.sqrt(40)
    assert np.mean(naive) > 0.05


def test_two_verifiers_of_one_group_share_its_unjudged_options(log: Counts) -> None:
    other = replace(always(log, 1), verifier="yes")
    table = value_table([log, other], FREE)
    assert len(set(table.options)) == len(table.options)
    assert sum(o.strategy == "one" for o in table.options) == 1
    assert {o.verifier for o in table.options if o.strategy == "accept-first"} == {
        "verifier",
        "yes",
    }
