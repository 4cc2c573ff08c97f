"""Best, worst, average and majority of k runs are means over all choices of runs."""

import os
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.coverage import coverage
from apportion.analysis.levels import Levels
from apportion.analysis.levels import given as given_levels
from apportion.analysis.repeats import (
    aggregates,
    average_credit,
    best_gap,
    by_level,
    reasoning_gap,
    token_mean,
    token_spread,
    worst_credit,
    worst_gap,
)
from apportion.analysis.voting import majority
from apportion.data.door import admit
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.data.traces import Header, assemble

REAL = Path(os.environ.get("APPORTION_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
TAU = REAL / "tau_bench" / "trials.parquet"


@pytest.fixture(scope="module")
def small() -> Counts:
    return count(simulate("mixed", problems=12, samples=7, seed=3)[0])


def test_aggregates_are_means_over_all_choices_of_runs(small: Counts) -> None:
    k = np.arange(1, 9)
    worst, average = worst_credit(small, k), average_credit(small, k)
    for i, (n, c) in enumerate(zip(small.n, small.c, strict=True)):
        runs = [1] * c + [0] * (n - c)
        for size in k[:-1]:
            every = list(combinations(runs, int(size)))
            assert worst[i, size - 1] == pytest.approx(np.mean([min(r) for r in every]), abs=1e-12)
            assert average[i, size - 1] == pytest.approx(np.mean(every), abs=1e-12)
    assert np.isnan(worst[:, -1]).all()
    assert np.isnan(average[:, -1]).all()


@pytest.mark.parametrize("population", ["these", "new"])
def test_gaps_lie_between_the_aggregates(small: Counts, population: str) -> None:
    k = [1, 3, 5, 7]
    found = aggregates(small, k, population=population, worlds=50)  # type: ignore[arg-type]
    best, worst, average = (found[x].estimate for x in ("best", "worst", "average"))
    assert list(found) == ["best", "average", "worst", "majority"]
    np.testing.assert_allclose(best, coverage(small, k).estimate)
    np.testing.assert_allclose(found["majority"].estimate, majority(small, k).estimate)
    for gap, truth in ((best_gap, best - average), (worst_gap, average - worst)):
        curve = gap(small, k, population=population, worlds=50)  # type: ignore[arg-type]
        np.testing.assert_allclose(curve.estimate, truth, atol=1e-12)
        assert curve.estimate[0] == pytest.approx(0, abs=1e-12)
        assert (np.diff(curve.estimate) >= -1e-12).all()
        assert ((curve.low <= curve.estimate) & (curve.estimate <= curve.high)).all()


def test_the_worst_and_its_gap_are_unbiased() -> None:
    """pass^5 of a problem solved with chance p is p^5; 4 standard errors over 60 logs."""
    template = count(simulate("mixed", problems=40, samples=2, seed=0)[0])
    rng, n, worst, gap = np.random.default_rng(6), np.full(40, 8), [], []
    for _ in range(60):
        p = rng.beta(1, 1, size=40)
        counts = replace(template, n=n, c=rng.binomial(n, p), drawn=None)
        found = aggregates(counts, 5, population="new", worlds=2)["worst"]
        worst.append(found.estimate[0] - (p**5).mean())
        lost = worst_gap(counts, 5, population="new", worlds=2)
        gap.append(lost.estimate[0] - (p - p**5).mean())
    for errors in (worst, gap):
        assert abs(np.mean(errors)) < 4 * np.std(errors, ddof=1) / np.sqrt(60)


def test_without_answers_the_majority_is_missing_and_says_so(small: Counts) -> None:
    bare = replace(small, drawn=None)
    found = aggregates(bare, 5, population="new", worlds=4)
    assert np.isnan(found["majority"].worlds).all()
    assert (
        found["majority"].reason == "a majority needs answers; this log has none (column 'answer')"
    )
    assert np.isfinite(found["worst"].estimate).all()
    with pytest.raises(InputError, match="kept only counts"):
        worst_gap(bare)


def test_runs_that_stopped_at_success_have_no_worst() -> None:
    stopped = count(simulate("mixed", problems=5, samples=6, seed=0, stop="until-success")[0])
    with pytest.raises(InputError, match="stops at success"):
        worst_gap(stopped, 2)


def test_the_reasoning_gap_is_the_best_average_less_the_lowest_best(small: Counts) -> None:
    weak = replace(small, c=small.c // 2, drawn=None)
    gap = reasoning_gap([small, weak], [weak, small], [1, 5], worlds=20)
    low = coverage(weak, [1, 5]).estimate
    np.testing.assert_allclose(gap.estimate, small.solve_rates.mean() - low)
    assert reasoning_gap([weak], [weak], 1, worlds=20).worlds == pytest.approx(np.zeros((21, 1)))
    part = reasoning_gap([small.only(np.arange(3))], [small], [5, 9], worlds=4)
    assert np.isnan(part.worlds[:, 1]).all()
    assert part.reason == (
        "9 of 12 problems are not in every group; k must satisfy k <= n; the smallest n is 7"
    )
    with pytest.raises(InputError, match="a model on each side"):
        reasoning_gap([], [small])


@pytest.mark.parametrize("population", ["these", "new"])
def test_token_spread_is_the_mean_of_unbiased_deviations(small: Counts, population: str) -> None:
    assert small.drawn is not None
    assert small.drawn.tokens is not None
    each = [small.drawn.tokens[small.rows(i)] for i in range(len(small))]
    curve = token_spread(small, population=population, worlds=60)  # type: ignore[arg-type]
    assert curve.estimate[0] == pytest.approx(np.mean([np.std(t, ddof=1) for t in each]))
    assert curve.low[0] < curve.estimate[0] < curve.high[0]
    mean = token_mean(small, population=population, worlds=60)  # type: ignore[arg-type]
    assert mean.estimate[0] == pytest.approx(small.output_tokens.mean())
    assert mean.low[0] < mean.estimate[0] < mean.high[0]


def test_intervals_of_tokens_hold_the_means_of_these_problems() -> None:
    """90 % of 150 logs, within 4 standard errors of that share."""
    template = count(simulate("mixed", problems=20, samples=10, seed=0)[0])
    assert template.drawn is not None
    rng, held = np.random.default_rng(2), []
    centre = rng.uniform(500, 2000, size=20)
    for _ in range(150):
        tokens = np.repeat(centre, 10) + 300 * rng.normal(size=200)
        counts = replace(template, drawn=replace(template.drawn, tokens=tokens))
        curve = token_mean(counts, worlds=100)
        held.append(curve.low[0] <= centre.mean() <= curve.high[0])
    assert abs(np.mean(held) - 0.9) < 4 * np.sqrt(0.09 / 150)


def test_missing_tokens_are_a_reason_and_never_zero(small: Counts) -> None:
    assert small.drawn is not None
    assert small.drawn.tokens is not None
    none = token_spread(replace(small, drawn=replace(small.drawn, tokens=None)), worlds=3)
    assert np.isnan(none.worlds).all()
    assert "no output tokens" in str(none.reason)
    holes = np.array(small.drawn.tokens)
    holes[1:7] = np.nan
    holed = replace(small, drawn=replace(small.drawn, tokens=holes))
    spread = token_spread(holed, worlds=3)
    assert np.isnan(spread.worlds).all()
    assert spread.reason == "1 of 12 problems do not have two samples with tokens"
    assert np.isfinite(token_mean(holed, worlds=3).worlds).all()


def test_levels_part_the_log(small: Counts) -> None:
    names = Levels(("a", "b", "empty"), np.array([0] * 5 + [1] * 7), "by hand")
    found = by_level(small, names, worlds=10)
    assert list(found) == ["a", "b"]
    accuracy, tokens = (np.array([found[x][j].estimate[0] for x in "ab"]) for j in (0, 1))
    assert accuracy @ [5, 7] / 12 == pytest.approx(small.solve_rates.mean())
    assert tokens @ [5, 7] / 12 == pytest.approx(small.output_tokens.mean())


def test_easier_levels_are_solved_more_often() -> None:
    counts = count(simulate("mixed", problems=150, samples=8, seed=5)[0])
    found = by_level(counts, given_levels(counts), worlds=10)
    rates = [accuracy.estimate[0] for accuracy, _ in found.values()]
    assert len(rates) > 1
    assert rates == sorted(rates, reverse=True)


@pytest.mark.skipif(not TAU.exists(), reason=f"no trials at {TAU} (APPORTION_REAL_DATA)")
def test_an_agent_is_far_less_reliable_than_able() -> None:
    rows = pl.read_parquet(TAU).select(
        sample="trial", problem=pl.col("task_id").cast(pl.String), correct=pl.col("reward") == 1
    )
    counts = count(assemble(Header(), samples=admit(rows, "samples", str(TAU))))
    found = aggregates(counts, 4)
    assert set(counts.n.tolist()) == {4}
    assert found["worst"].estimate[0] == pytest.approx((counts.c == 4).mean())
    assert found["best"].estimate[0] == pytest.approx((counts.c > 0).mean())
    assert best_gap(counts, 4).low[0] > 0.05
    assert worst_gap(counts, 4).low[0] > 0.05
