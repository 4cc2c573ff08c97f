"""Truncation: what is right and short enough, by brute force, by law, and on a real log."""

import os
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from apportion.analysis.counts import Counts, count, count_together
from apportion.analysis.coverage import coverage
from apportion.analysis.truncated import truncated
from apportion.data.door import admit
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.data.traces import Header, assemble

REAL = Path(os.environ.get("APPORTION_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
GPQA = REAL / "epoch_hub" / "gpqa.parquet"
CUTS = np.array([3, 10, 17, 30])


def with_lengths(problems: int = 12, samples: int = 6, seed: int = 1) -> Counts:
    counts = count(simulate("mixed", problems=problems, samples=samples, seed=seed)[0])
    assert counts.drawn is not None
    rng = np.random.default_rng(seed)
    tokens = rng.integers(1, 25, len(counts.drawn.right)).astype(float)
    return replace(counts, drawn=replace(counts.drawn, tokens=tokens))


@pytest.mark.parametrize("k", [1, 2, 4])
def test_it_is_the_mean_over_all_draws_of_samples_cut_one_by_one(k: int) -> None:
    counts = with_lengths()
    drawn = counts.drawn
    assert drawn is not None
    assert drawn.tokens is not None
    made = truncated(counts, CUTS, k=k, worlds=20)
    for column, cut in enumerate(CUTS):
        each, spent = [], []
        for i in range(len(counts)):
            rows = counts.rows(i)
            good = [
                r and t <= cut for r, t in zip(drawn.right[rows], drawn.tokens[rows], strict=True)
            ]
            each.append(np.mean([any(some) for some in combinations(good, k)]))
            spent.append(np.mean([min(t, cut) for t in drawn.tokens[rows]]))
        assert made.accuracy.estimate[column] == pytest.approx(np.mean(each))
        assert made.tokens.estimate[column] == pytest.approx(np.mean(spent))


@pytest.mark.parametrize("population", ["these", "new"])
def test_a_cut_longer_than_every_sample_is_coverage_itself(population: str) -> None:
    counts = with_lengths(40)
    made = truncated(counts, [25, 1000], k=3, population=population)  # type: ignore[arg-type]
    whole = coverage(counts, 3, population=population)  # type: ignore[arg-type]
    np.testing.assert_allclose(made.accuracy.estimate, whole.estimate[0])
    width = (made.accuracy.high - made.accuracy.low)[1]
    assert width == pytest.approx((whole.high - whole.low)[0], rel=0.3)
    assert (made.tokens.low < made.tokens.high).all()


@pytest.mark.parametrize("population", ["these", "new"])
def test_longer_cuts_never_answer_less_or_spend_less(population: str) -> None:
    made = truncated(with_lengths(), range(1, 30), population=population, worlds=50)  # type: ignore[arg-type]
    assert (np.diff(made.accuracy.worlds, axis=1) >= -1e-12).all()
    assert (np.diff(made.tokens.worlds, axis=1) >= -1e-12).all()


def test_beyond_the_logs_own_cap_nothing_is_known_of_what_was_cut() -> None:
    made = truncated(with_lengths(), CUTS, cap=17, worlds=20)
    np.testing.assert_array_equal(np.isnan(made.accuracy.estimate), CUTS > 17)
    np.testing.assert_array_equal(np.isnan(made.tokens.estimate), CUTS > 17)
    assert "the log's own cap" in (made.accuracy.reason or "")
    free = truncated(with_lengths(), CUTS, cap=25, worlds=20)
    assert np.isfinite(free.accuracy.estimate).all()
    assert free.accuracy.reason is None


def test_what_cannot_be_cut_is_refused() -> None:
    counts = with_lengths()
    assert counts.drawn is not None
    assert counts.drawn.tokens is not None
    with pytest.raises(InputError, match="has none"):
        truncated(replace(counts, drawn=replace(counts.drawn, tokens=None)), 5)
    some = counts.drawn.tokens.copy()
    some[:2] = np.nan
    with pytest.raises(InputError, match="2 of 72 have none"):
        truncated(replace(counts, drawn=replace(counts.drawn, tokens=some)), 5)
    with pytest.raises(InputError, match="k <= n"):
        truncated(counts, 5, k=7)
    with pytest.raises(InputError, match="cap > 0"):
        truncated(counts, 5, cap=-1)


@pytest.mark.skipif(not GPQA.exists(), reason="the real logs are not here")
def test_a_real_log_cut_at_its_longest_sample_is_the_log() -> None:
    table = (
        pl.read_parquet(GPQA)
        .drop_nulls("output_tokens")
        .sort(pl.len().over("run_id"), descending=True)
    )
    table = table.filter(pl.col("run_id").is_in(table["run_id"].unique(maintain_order=True)[:3]))
    rows = table.select("problem", "correct", "output_tokens", run="run_id", sample="epoch")
    trace = assemble(Header(stop_rule="fixed n"), samples=admit(rows, "samples", str(GPQA)))
    for counts in count_together(trace):
        assert counts.drawn is not None
        assert counts.drawn.tokens is not None
        longest = int(counts.drawn.tokens.max())
        made = truncated(counts, [max(longest // 4, 1), longest], worlds=20)
        assert made.accuracy.estimate[1] == pytest.approx(float(counts.solve_rates.mean()))
        assert made.accuracy.estimate[0] < made.accuracy.estimate[1]
        assert made.tokens.estimate[1] == pytest.approx(float(counts.output_tokens.mean()))
