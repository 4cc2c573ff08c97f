"""ARISE gives the published numbers, and charges losses more than it rewards gains."""

import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from apportion.analysis.arise import (
    arise,
    arise_score,
    extra_samples,
    settled,
    slope,
    variation,
)
from apportion.analysis.counts import Counts, count
from apportion.data.door import admit
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.data.traces import Header, assemble
from hypothesis import given, settings
from hypothesis import strategies as st

REAL = Path(os.environ.get("APPORTION_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
GPQA = REAL / "epoch_hub" / "gpqa.parquet"
EFFORTS = ("medium", "high")

steps = st.lists(
    st.tuples(st.sampled_from([0.0, 0.25, 1.0]), st.sampled_from([-1.0, 0.0, 10.0, 30.0])),
    min_size=2,
    max_size=6,
)


@pytest.mark.parametrize(
    ("accuracy", "tokens", "score"),
    [
        ((0, 1), (1000, 2000), 0.5),
        ((1, 0), (1000, 2000), -2),
        ((0, 1, 0, 1), (500, 1000, 2000, 4000), -1.0),
        ((0.2, 0.6, 0.5), (1000, 1500, 3000), 0.0666667),
    ],
)
def test_golden(accuracy: tuple[float, ...], tokens: tuple[float, ...], score: float) -> None:
    assert arise(accuracy, tokens) == pytest.approx(score, abs=5e-8)


@settings(max_examples=60, deadline=None)
@given(steps)
def test_arise_is_its_formula(log: list[tuple[float, float]]) -> None:
    truth = 0.0
    for (a, s), (b, t) in pairwise(log):
        if s > 0 and t > 0 and b != a:
            truth += (b - a) * (s / t if b > a else t / s)
    a, t = np.array(log).T
    assert arise(a, t) == pytest.approx(truth, abs=1e-12)
    np.testing.assert_array_equal(arise([a, a], [t, t]), arise(a, t))


def test_a_missing_value_has_no_score_and_no_change_no_slope() -> None:
    assert np.isnan(arise([0, 1], [np.nan, 10]))
    assert np.isnan(arise([0, np.nan], [5, 10]))
    assert np.isnan(slope([0, 1], [10, 10]))
    assert arise([0.5, 0.5], [10, 20]) == 0


def levels(problems: int = 30) -> list[Counts]:
    """The same problems at three levels, ever longer and better."""
    base = count(simulate("mixed", problems=problems, samples=8, seed=1)[0])
    return [
        replace(base, c=np.minimum(base.c + j, 8), output_tokens=base.output_tokens * 2**j)
        for j in range(3)
    ]


def test_the_score_is_the_mean_over_problems_and_its_worlds_hold_it() -> None:
    same = levels()
    found = arise_score(same, worlds=100)
    rates = np.column_stack([c.solve_rates for c in same])
    assert found.score.estimate == pytest.approx(np.diff(rates).sum(axis=1).mean() / 2)
    assert found.score.low < found.score.estimate < found.score.high
    gained = rates[:, 2].mean() - rates[:, 0].mean()
    assert found.slope.estimate == pytest.approx(gained / (3 * same[0].output_tokens.mean()))
    assert found.reason is None


def test_levels_are_matched_by_problem_and_tokens_are_needed() -> None:
    first, second, _ = levels(6)
    part = second.only(np.array([4, 2, 0]))
    found = arise_score([first, part], worlds=4)
    assert found.reason == "3 of 6 problems are not in every group"
    np.testing.assert_allclose(found.each, arise_score([first, second], worlds=4).each[[0, 2, 4]])
    silent = replace(second, output_tokens=np.where(np.arange(6) == 1, np.nan, 1.0))
    none = arise_score([first, silent], worlds=4)
    assert np.isnan(none.score.estimate)
    assert none.reason == "1 of 6 problems have a level without output tokens"
    with pytest.raises(InputError, match="levels >= 2"):
        arise_score([first])


def test_steady_repeats_stop_and_spread_earns_samples() -> None:
    assert settled([1, 1, 1], [100, 100, 100])
    assert settled([1, 1, 1], [100, 150, 120])
    assert not settled([1, 0, 1], [100, 100, 100])
    assert variation([1, 0, 1]) == pytest.approx(np.sqrt(2 / 9) / (2 / 3), rel=1e-7)
    spread = np.array([0.1, 0.1, 0.1, 5.0])
    assert extra_samples(spread, 24).tolist() == [0, 0, 0, 7]
    assert extra_samples(np.zeros(3), 30).tolist() == [0, 0, 0]
    assert extra_samples(np.ones(3), 15).tolist() == [2, 2, 2]
    with pytest.raises(InputError, match="must pay for 3 samples each"):
        extra_samples(spread, 11)


@pytest.mark.skipif(not GPQA.exists(), reason=f"no GPQA runs at {GPQA} (APPORTION_REAL_DATA)")
def test_a_real_model_pays_more_for_what_effort_loses_than_it_gains() -> None:
    """GPT-5 nano from medium to high: 2.4 times the tokens for .02 of accuracy on GPQA."""
    rows = pl.read_parquet(GPQA).filter(
        pl.col("model").str.contains("gpt-5-nano"), pl.col("correct").is_not_null()
    )
    groups = []
    for effort in EFFORTS:
        part = rows.filter(pl.col("reasoning_effort") == effort)
        told = part.select("problem", "correct", "output_tokens", sample="epoch")
        groups.append(count(assemble(Header(), samples=admit(told, "samples", str(GPQA)))))
    found = arise_score(groups, worlds=100)
    assert len(found.each) == 198
    assert found.slope.estimate == pytest.approx(2.85e-6, abs=5e-9)
    assert found.score.high < 0
