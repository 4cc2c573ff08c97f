"""The doubts of a forecast: said when a log cannot tell, and not when it can."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.curve import Curve
from apportion.data.synthetic import simulate
from apportion.fitting.backtest import Backtest
from apportion.fitting.coverage import Forecast, forecast
from apportion.fitting.curves import BASELINE, FAMILIES
from apportion.fitting.doubts import doubts

FAR = np.array([1_600])


@pytest.fixture(scope="module")
def log() -> Counts:
    return count(simulate("beta", problems=60, samples=16, seed=1)[0])


@pytest.fixture(scope="module")
def made(log: Counts) -> Forecast:
    return forecast(log, worlds=60)


def bracket(low: float, high: float) -> Curve:
    return Curve(FAR, np.array([[low], [low], [high]]), "new", 1.0)


def backtested(averaged: float, baseline: float) -> Backtest:
    mae = np.full(len(FAMILIES), 0.05)
    mae[FAMILIES.index(BASELINE)] = baseline
    return Backtest(mae, mae, averaged, possible=True)


GOOD = backtested(0.01, 0.05)


def told(log: Counts, made: Forecast, left_open: Curve, test: Backtest = GOOD) -> str:
    return "\n".join(doubts(log, made, (made.at(left_open.k), left_open), test))


def test_a_wide_bracket_far_out_is_said_and_a_narrow_one_is_not(
    log: Counts, made: Forecast
) -> None:
    wide = told(log, made, bracket(0.7, 0.95))
    assert "at k=1,600 this log cannot tell: any coverage from 0.70 to 0.95" in wide
    assert "cannot tell" not in told(log, made, bracket(0.9, 0.95))


def test_a_forecast_within_twice_the_log_is_not_doubted(log: Counts, made: Forecast) -> None:
    near = replace(bracket(0.1, 0.9), k=np.array([32]))
    assert "cannot tell" not in told(log, made, near)


def test_a_baseline_that_beats_the_average_is_said(log: Counts, made: Forecast) -> None:
    assert "straight line" in told(log, made, bracket(0.9, 0.95), backtested(0.04, 0.01))
    assert "straight line" not in told(log, made, bracket(0.9, 0.95), backtested(0.015, 0.01))


def test_families_farther_apart_than_the_band_are_said(log: Counts, made: Forecast) -> None:
    apart = tuple(np.repeat(theta[:1], len(theta), axis=0) for theta in made.thetas)
    one = replace(made, thetas=apart, speaker=np.zeros_like(made.speaker))
    each = one.each(FAR)[one.weight > one.weight.max() / 10, 0, 0]
    expected = np.ptp(each) > 0.1
    assert ("farther apart than the band" in told(log, one, bracket(0.9, 0.95))) == expected
    assert expected


@pytest.mark.parametrize(
    ("n", "c", "words"),
    [
        (8, 3, "only 20 problems"),
        (8, 3, "n=8: this log cannot tell"),
        (16, 0, "nothing was solved"),
        (16, 16, "every problem was solved"),
    ],
)
def test_what_a_small_or_one_sided_log_lacks_is_said(
    made: Forecast, n: int, c: int, words: str
) -> None:
    counts = count(simulate("beta", problems=20, samples=1, seed=0)[0])
    bare = replace(counts, n=np.full(20, n), c=np.full(20, c), drawn=None)
    assert words in told(bare, made, bracket(0.9, 0.95))


def test_a_log_with_nothing_to_hold_out_says_so(log: Counts, made: Forecast) -> None:
    nothing = np.full(len(FAMILIES), np.nan)
    untested = Backtest(nothing, nothing, np.nan, possible=False)
    assert "no samples can be held out" in told(log, made, bracket(0.9, 0.95), untested)
