"""Forecasts beyond the log: what their bands cover, and how families earn their weights."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import count
from apportion.data.synthetic import population, simulate
from apportion.fitting.averaging import backtest
from apportion.fitting.coverage import Forecast, forecast
from apportion.fitting.curves import FAMILIES
from apportion.fitting.tables import spread, table

LOGS = 40
PROBLEMS, SAMPLES = 100, 32
FAR = np.array([10 * SAMPLES])
NAMES = [family.name for family in FAMILIES]


def believed(world: str) -> list[Forecast]:
    return [
        forecast(
            count(simulate(world, problems=PROBLEMS, samples=SAMPLES, seed=3_000 + seed)[0]),
            seed=seed,
            worlds=60,
        )
        for seed in range(LOGS)
    ]


@pytest.mark.parametrize(
    "world",
    [
        "beta",
        "impossible",
        pytest.param(
            "logit-normal",
            marks=pytest.mark.xfail(
                strict=True,
                reason="no family has a tail like it: measured .53 over 60 logs, the band too low",
            ),
        ),
    ],
)
def test_nine_bands_in_ten_hold_the_coverage_at_ten_times_the_log(world: str) -> None:
    """80 % is asked for. Over 60 logs at 10 n and 100 n: beta .95, .97; impossible .88, .82."""
    truth = population(world, FAR)[0]
    curves = [f.at(FAR) for f in believed(world)]
    assert np.mean([c.low[0] <= truth <= c.high[0] for c in curves]) >= 0.8
    assert np.mean([c.high[0] - c.low[0] for c in curves]) < 0.3


def test_weights_add_up_to_1_and_favour_the_true_family_at_home() -> None:
    """On average over logs, by more than three standard errors of the difference.

    Where nothing is impossible the inflated form is as true as the plain one, and they share:
    measured .34 and .37 in `beta-hard`, against .24 and .58 in `impossible`.
    """
    each = {
        world: np.array(
            [
                backtest(count(simulate(world, problems=200, samples=100, seed=s)[0]), s).weight
                for s in range(16)
            ]
        )
        for world in ("beta-hard", "impossible")
    }
    for weights in each.values():
        np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-12)
    law, plain, inflated = each["impossible"].T
    for better, worse in (
        (inflated, plain),
        (inflated, law),
        (each["beta-hard"][:, NAMES.index("beta-binomial")], plain),
    ):
        gain = better - worse
        assert gain.mean() > 3 * gain.std(ddof=1) / np.sqrt(len(gain))


def test_families_that_cannot_be_told_apart_weigh_the_same() -> None:
    short = count(simulate("beta", problems=30, samples=7, seed=1)[0])
    stopped = simulate("beta", problems=30, samples=40, seed=1, stop="until-success")[0]
    for counts in (short, count(stopped)):
        tested = backtest(counts, 0)
        assert not tested.possible
        np.testing.assert_allclose(tested.weight, 1 / len(FAMILIES))
        assert np.isnan(tested.mae).all()


def test_the_estimate_is_the_weighted_mean_and_the_worlds_speak_by_weight() -> None:
    counts = count(simulate("mixed", problems=80, samples=40, seed=2)[0])
    made = forecast(counts, worlds=2_000)
    k = np.array([100, 4_000])
    each = made.each(k)
    np.testing.assert_allclose(made.at(k).estimate, made.weight @ each[:, 0], rtol=1e-12)
    np.testing.assert_allclose(
        made.limits()[0],
        made.weight @ [f.limit(t)[0] for f, t in zip(FAMILIES, made.thetas, strict=True)],
    )
    shares = np.bincount(made.speaker[1:], minlength=len(FAMILIES)) / 2_000
    assert (abs(shares - made.weight) < 4 * np.sqrt(made.weight / 2_000) + 1e-9).all()


def test_forecasts_rise_with_k_in_every_world_and_stay_in_0_to_1() -> None:
    made = forecast(count(simulate("weak", problems=40, samples=16, seed=2)[0]), worlds=100)
    fan = made.fan().worlds
    assert (np.diff(fan, axis=1) >= -1e-12).all()
    assert ((fan >= 0) & (fan <= 1)).all()
    assert (fan[:, -1] <= made.limits() + 1e-9).all()


def test_a_log_that_stopped_at_success_is_forecast_without_bias() -> None:
    """The likelihood ignores the stop, and the curve below the cap is the survival curve."""
    far = np.array([100])
    truth = population("beta", far)[0]
    stopped: list[float] = []
    full: list[float] = []
    for seed in range(12):
        for stop, found in (("until-success", stopped), ("fixed", full)):
            trace, _ = simulate("beta", problems=150, samples=40, seed=seed, stop=stop)  # type: ignore[arg-type]
            found.append(forecast(count(trace), seed=seed, worlds=1).at(far).estimate[0])
    for found in (stopped, full):
        assert abs(np.mean(found) - truth) < 0.03
    counts = count(simulate("beta", problems=150, samples=40, seed=0, stop="until-success")[0])
    logged = table(counts, np.full((1, 150), 1 / 150))
    assert logged.k[-1] == 40
    fixed = replace(counts, stop_rule="fixed n")
    assert table(fixed, np.full((1, 150), 1 / 150)).k.tolist() == [1]


def test_a_spread_is_whole_increasing_and_ends_where_it_should() -> None:
    for last, points, first in ((1, 40, 1), (7, 40, 1), (10_000, 61, 1), (32, 6, 9)):
        k = spread(last, points, first)
        assert (k[0], k[-1]) == (first, last)
        assert (np.diff(k) > 0).all()
        assert len(k) <= points
