"""Two logs set against each other: none is told apart from its like, and what differs is held."""

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.data.traces import FIXED, Trace, assemble
from apportion.fitting.change import Change, change, changes

LOGS, MASS = 60, 0.9
SLACK = 3 * np.sqrt(MASS * (1 - MASS) / LOGS) + 0.03
"""Monte Carlo error, and what drawing 60 problems again falls short by at k = n."""


def halves(seed: int, wrong: float = 0.0) -> tuple[Trace, Trace]:
    """Two logs of the same problems and world; in the other, some right samples turn wrong."""
    log, _ = simulate("mixed", problems=60, samples=32, verdicts=1, seed=seed)
    first, made = pl.col("sample") < 16, []
    for kept, lost in ((first, 0.0), (~first, wrong)):
        part = log.samples.filter(kept)
        stays = pl.Series(np.random.default_rng(seed).random(len(part)) >= lost)
        part = part.with_columns(correct=pl.col("correct") & stays)
        header = replace(log.header, stop_rule=FIXED)
        made.append(
            assemble(
                header, samples=part, verdicts=log.verdicts.filter(kept), problems=log.problems
            )
        )
    return made[0], made[1]


@cache
def alike() -> list[Change]:
    return [change(*halves(seed), mass=MASS, seed=seed) for seed in range(LOGS)]


@cache
def strangers() -> list[Change]:
    worlds = ("mixed", "mixed")
    return [
        change(
            *(
                simulate(name, problems=50, samples=8, verdicts=1, seed=2 * seed + i)[0]
                for i, name in enumerate(worlds)
            ),
            seed=seed,
        )
        for seed in range(LOGS)
    ]


@pytest.mark.parametrize("made", [alike, strangers])
def test_logs_of_one_world_differ_in_a_tenth_of_the_runs(made: object) -> None:
    found = made()  # type: ignore[operator]
    for i in range(len(found[0].differences)):
        held = [
            (d.apart.low <= 0) & (d.apart.high >= 0)
            for d in (each.differences[i] for each in found)
        ]
        share = np.mean(held, axis=0)
        assert (share >= MASS - SLACK).all(), (found[0].differences[i].metric, share)
        assert (share <= 0.999).any()
    for i in range(2):
        share = np.mean([e.rates[i].apart.low <= 0 <= e.rates[i].apart.high for e in found])
        assert share >= MASS - SLACK


def test_the_band_over_all_k_says_higher_or_lower_as_rarely() -> None:
    for i in range(3):
        said = [each.differences[i].verdict in ("higher", "lower") for each in alike()]
        assert np.mean(said) <= 1 - MASS + SLACK + 0.03


def test_a_known_difference_is_held_and_named() -> None:
    """Each right sample turns wrong with .3: one sample is right .3 times the base rate less."""
    found, shares, base = [], [], []
    for seed in range(LOGS):
        first, second = halves(seed, wrong=0.3)
        made = change(first, second, seed=seed).differences[0]
        found.append(made.apart.intervals()[0])
        shares.append(made.verdict == "higher")
        base.append(float(first.samples["correct"].mean()))  # type: ignore[arg-type]
    truth = 0.3 * np.mean(base)
    assert np.mean([row.low <= truth <= row.high for row in found]) >= MASS - SLACK
    assert np.mean(shares) > 0.9


def test_pairs_cancel_what_makes_problems_hard() -> None:
    paired, other = alike()[0].differences[0].apart, strangers()[0].differences[0].apart
    assert alike()[0].paired
    assert not strangers()[0].paired
    assert (paired.high - paired.low)[0] < 0.6 * (other.high - other.low)[0]
    assert any("unpaired" in doubt for doubt in strangers()[0].doubts)


def test_this_less_the_other_turns_round_when_they_do() -> None:
    first, second = halves(0)
    one, two = change(first, second), change(second, first)
    for a, b in zip(one.differences, two.differences, strict=True):
        assert a.apart.estimate == pytest.approx(-b.apart.estimate)
        # the made-up pairs are drawn, the same for both ways round
        assert a.apart.low == pytest.approx(-b.apart.high, abs=0.01)
        assert a.apart.estimate == pytest.approx(a.this.estimate - a.other.estimate)


def test_what_differs_in_the_settings_is_doubted() -> None:
    first, second = halves(0)
    hot = replace(second, samples=second.samples.with_columns(temperature=pl.lit(1.3)))
    [made] = changes(first, hot)
    assert "the temperature differs: not stated here, 1.3 in the other log" in made.doubts
    few = halves(1)[1]
    some = few.problems["problem"].to_list()[:40]
    small = assemble(few.header, samples=few.samples.filter(pl.col("problem").is_in(some)))
    told = change(few, small)
    assert (told.paired, told.problems, told.left) == (True, (40, 40), (20, 0))
    assert "20 problems were tried in one log alone and are left out" in told.doubts


def test_groups_are_matched_by_their_settings_or_refused() -> None:
    first, _ = halves(0)
    named = [
        replace(first, samples=first.samples.with_columns(model=pl.lit(name))) for name in "abc"
    ]
    both = assemble(first.header, samples=pl.concat([named[0].samples, named[1].samples]))
    assert [each.this.model for each in changes(both, named[1])] == ["b"]
    with pytest.raises(InputError, match="none in common: 'a"):
        changes(both, named[2])


def test_nothing_solved_in_both_is_not_called_alike() -> None:
    first, second = halves(0)
    none = [
        replace(x, samples=x.samples.with_columns(correct=pl.lit(value=False)))
        for x in (first, second)
    ]
    assert [d.verdict for d in change(*none).differences] == ["cannot tell"] * 3


def test_a_log_that_stopped_at_success_is_compared_by_coverage_alone() -> None:
    logs = [
        simulate("mixed", problems=40, samples=16, seed=seed, stop="until-success")[0]
        for seed in (0, 1)
    ]
    made = change(*logs)
    assert [d.metric for d in made.differences] == ["coverage"]
    assert made.rates == ()
