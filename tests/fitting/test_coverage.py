"""Forecasts beyond the log: what their bands cover, and how they are put together."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.coverage import credits
from apportion.analysis.curve import Population
from apportion.benchmarks.forecasts import MASSES, posed
from apportion.data.synthetic import population, simulate
from apportion.fitting.averaging import median
from apportion.fitting.coverage import forecast
from apportion.fitting.curves import BASELINE, FAMILIES, LAWS, MIXTURES
from apportion.fitting.tables import spread, table

SIZES = ((60, 16), (200, 100))
WORLDS = ("beta", "beta-hard", "logit-normal", "bimodal", "impossible")
LOGS = 8


def logged(world: str, problems: int, samples: int, seed: int) -> Counts:
    return count(simulate(world, problems=problems, samples=samples, seed=seed)[0])


@pytest.mark.parametrize("world", WORLDS)
def test_bands_hold_the_coverage_of_worlds_of_every_shape(world: str) -> None:
    """The small form of `make calibrate`, pooled over two sizes of log and 10 and 100 times n.

    A sound 95% band holds in at least 90% of the logs. The four results of a log are dependent, so
    the Monte Carlo error is that of its mean.
    """
    held = []
    for size in SIZES:
        k = np.array([10, 100]) * size[1]
        truth = population(world, k)
        for seed in range(LOGS):
            curve = forecast(logged(world, *size, 3_000 + seed), seed=seed, worlds=200).at(k, 0.95)
            held.append(((curve.low - 1e-9 <= truth) & (truth <= curve.high + 1e-9)).mean())
    error = np.sqrt(0.9 * 0.1 / len(held))
    assert np.mean(held) >= 0.9 - 3 * error


def test_bands_are_calibrated_in_worlds_that_their_prior_draws() -> None:
    """The small form of the first gate: each family in turn, at 10 and 100 times the log.

    The two results of a log are dependent, so the Monte Carlo error is that of its mean.
    """
    logs = 5 * len(MIXTURES)
    held = []
    for seed in range(500, 500 + logs):
        counts, k, truth = posed(SIZES[0], seed)
        made = forecast(counts, seed=seed, worlds=200)
        bands = [made.at(k, mass) for mass in MASSES]
        held.append([((b.low - 1e-9 <= truth) & (truth <= b.high + 1e-9)).mean() for b in bands])
    for share, mass in zip(np.mean(held, axis=0), MASSES, strict=True):
        assert abs(share - mass) <= 3 * np.sqrt(mass * (1 - mass) / logs)


def test_the_baseline_never_speaks_and_laws_speak_less_than_they_weigh() -> None:
    made = forecast(logged("mixed", 80, 40, 2), worlds=1_000)
    assert made.weight.sum() == pytest.approx(1)
    assert made.weight[FAMILIES.index(BASELINE)] == 0
    spoken = np.bincount(made.speaker, minlength=len(FAMILIES)) / 1_000
    mixtures = len(MIXTURES)
    assert spoken[mixtures:].sum() < made.weight[mixtures:].sum()
    expected = made.weight[:mixtures] / made.weight[:mixtures].sum() * spoken[:mixtures].sum()
    np.testing.assert_allclose(spoken[:mixtures], expected, atol=2e-3)


def test_the_estimate_is_the_weighted_median_of_all_worlds() -> None:
    made = forecast(logged("mixed", 80, 40, 2), worlds=200)
    k = np.array([100, 4_000])
    each = made.each(k)
    np.testing.assert_array_equal(made.at(k).estimate, median(each[:, 1:], made.weight))
    below = ((each[:, 1:] <= made.at(k).estimate).mean(axis=1) * made.weight[:, None]).sum(axis=0)
    np.testing.assert_allclose(below, 0.5, atol=1e-2)


@pytest.mark.parametrize("population_", ["new", "these"])
def test_forecasts_rise_with_k_in_every_world_and_stay_in_0_to_1(population_: Population) -> None:
    made = forecast(logged("weak", 40, 16, 2), worlds=100, population=population_)
    fan = made.fan().worlds
    assert (np.diff(fan, axis=1) >= -1e-12).all()
    assert ((fan >= 0) & (fan <= 1)).all()
    if population_ == "new":
        assert (fan[:, -1] <= made.limits() + 1e-9).all()


def test_bands_for_these_problems_are_narrower_and_hold_their_own_coverage() -> None:
    """At 2 n, 16 logs: at least 79% of the 95% bands, three Monte Carlo errors below nominal.

    Every second of them is forecast for new problems as well.
    """
    held, narrower = [], []
    for seed in range(16):
        trace, truth = simulate("beta", problems=60, samples=16, seed=500 + seed)
        counts, k = count(trace), np.array([32])
        own = forecast(counts, seed=seed, worlds=200, population="these").at(k, 0.95)
        held.append(own.low[0] <= truth.coverage(k)[0] <= own.high[0])
        if seed % 2 == 0:
            new = forecast(counts, seed=seed, worlds=200).at(k, 0.95)
            narrower.append((own.high - own.low)[0] < (new.high - new.low)[0])
    assert np.mean(held) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 16)
    assert all(narrower)


def test_bands_widen_with_distance() -> None:
    for world in ("beta-hard", "logit-normal", "impossible"):
        curve = forecast(logged(world, 60, 16, 5), worlds=400).at(np.array([16, 160]), 0.95)
        width = curve.high - curve.low
        assert width[1] > width[0]


def test_a_log_that_stopped_at_success_is_forecast_without_bias() -> None:
    """The likelihood ignores the stop, and the curve below the cap is the survival curve."""
    far = np.array([100])
    truth = population("beta", far)[0]
    stopped: list[float] = []
    full: list[float] = []
    for seed in range(8):
        for stop, found in (("until-success", stopped), ("fixed", full)):
            trace, _ = simulate("beta", problems=150, samples=40, seed=seed, stop=stop)  # type: ignore[arg-type]
            found.append(forecast(count(trace), seed=seed, worlds=40).at(far).estimate[0])
    for found in (stopped, full):
        assert abs(np.mean(found) - truth) < 0.03
    counts = count(simulate("beta", problems=150, samples=40, seed=0, stop="until-success")[0])
    own = table(counts, np.full((1, 150), 1 / 150))
    assert own.k[-1] == 40
    fixed = replace(counts, stop_rule="fixed n")
    assert table(fixed, np.full((1, 150), 1 / 150)).k.tolist() == [1]


@pytest.mark.parametrize(("n", "c"), [([5], [2]), ([1, 1], [0, 1]), ([16] * 9, [0] * 9)])
def test_the_smallest_logs_have_a_forecast_by_the_mixtures_alone(
    n: list[int], c: list[int]
) -> None:
    made = forecast(tiny(n, c), worlds=60)
    curve = made.at(10 * np.array([max(n)]))
    assert np.isfinite(curve.worlds).all()
    assert (curve.high - curve.low)[0] > 0.1
    if not any(c) or max(n) == 1:
        assert made.weight[-len(LAWS) - 1 :].sum() == 0


def tiny(n: list[int], c: list[int]) -> Counts:
    blank = logged("beta", len(n), 1, 0)
    return replace(blank, n=np.array(n), c=np.array(c), drawn=None)


def test_the_forecast_joins_the_log_where_it_ends() -> None:
    counts = logged("mixed", 200, 64, 4)
    made = forecast(counts).at(np.array([64]))
    assert made.low[0] < credits(counts, np.array([64])).mean() < made.high[0]


def test_a_spread_is_whole_increasing_and_ends_where_it_should() -> None:
    for last, points, first in ((1, 40, 1), (7, 40, 1), (10_000, 61, 1), (32, 6, 9)):
        k = spread(last, points, first)
        assert (k[0], k[-1]) == (first, last)
        assert (np.diff(k) > 0).all()
        assert len(k) <= points
