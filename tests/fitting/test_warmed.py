"""Old logs narrow the forecast of a new one that is like them, and not of one that is not."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.fitting.warmed import Warmed, warmed

FAR = np.array([40, 400])


def log(a: float, b: float, problems: int, samples: int, seed: int) -> Counts:
    blank = count(simulate("beta", problems=problems, samples=1, seed=0)[0])
    rng, n = np.random.default_rng(seed), np.full(problems, samples)
    return replace(blank, n=n, c=rng.binomial(n, rng.beta(a, b, problems)), drawn=None)


@cache
def made(kind: str) -> Warmed:
    olds = [log(0.5, 1.5, 80, 16, seed) for seed in range(3)]
    new = log(0.5, 1.5, 15, 4, 9) if kind == "alike" else log(6.0, 0.4, 30, 8, 9)
    return warmed(new, olds if kind != "one" else olds[:1])


def test_logs_alike_narrow_the_forecast() -> None:
    told = made("alike")
    ours, plain = told.forecast.at(FAR), told.plain.at(FAR)
    assert ((ours.high - ours.low) < 0.8 * (plain.high - plain.low)).all()
    assert told.unlike < 0.3
    assert told.doubts == ()


def test_a_new_log_unlike_the_old_is_not_pulled_to_them() -> None:
    told = made("alien")
    ours, plain = told.forecast.at(np.array([1, 8])), told.plain.at(np.array([1, 8]))
    assert told.unlike > 0.5
    assert np.abs(ours.estimate - plain.estimate).max() < 0.03
    assert "looks unlike the old ones" in told.doubts[0]


def test_one_old_log_is_a_doubt() -> None:
    assert "one old log does not show how much logs differ" in made("one").doubts[0]


def test_laws_without_a_likelihood_weigh_nothing() -> None:
    told = made("alike").forecast
    assert told.weight[8:].sum() == 0
    assert told.weight.sum() == pytest.approx(1)
    assert told.speaker.max() < 8


def test_no_old_log_and_the_log_itself_are_refused() -> None:
    new = log(0.5, 1.5, 10, 4, 1)
    with pytest.raises(InputError, match="needs an old log; got none"):
        warmed(new, [])
    with pytest.raises(InputError, match="is the new log itself"):
        warmed(new, [new])
