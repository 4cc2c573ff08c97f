"""Saturation points keep to their definitions, to the sample where the grid is consecutive."""

import numpy as np
import pytest
from apportion.analysis.counts import Ints, count
from apportion.analysis.curve import Curve
from apportion.data.synthetic import population, simulate
from apportion.fitting.coverage import Forecast, forecast
from apportion.fitting.saturation import (
    coverage_points,
    first_reaching,
    majority_points,
    marginal,
    residual,
    target,
)
from apportion.fitting.tables import spread
from hypothesis import given, settings
from hypothesis import strategies as st

quick = settings(max_examples=60, deadline=None)
shares = st.floats(0.05, 1.0)


def geometric(f_max: float, p: float, k: Ints) -> Curve:
    """F_max (1 - (1 - p)^k) at k, the same in two worlds."""
    return Curve(k, np.tile(f_max * (1 - (1 - p) ** k), (2, 1)))


@pytest.mark.parametrize(
    ("f_max", "p", "epsilon", "gains", "lacks"),
    [
        (1.0, 0.2, 0.01, 14, 21),
        (0.9, 0.1, 0.005, 28, 50),
        (1.0, 0.5, 0.01, 6, 7),
        (0.6, 0.05, 0.001, 67, 125),
    ],
)
def test_both_definitions_have_their_golden_values(
    f_max: float, p: float, epsilon: float, gains: int, lacks: int
) -> None:
    curve = geometric(f_max, p, np.arange(1, 301))
    assert marginal(curve, epsilon).tolist() == [gains, gains]
    assert residual(curve, np.full(2, f_max), epsilon).tolist() == [lacks, lacks]


@quick
@given(shares, st.floats(0.02, 0.9), st.floats(1e-4, 0.3))
def test_on_consecutive_k_the_smallest_whole_number_is_found(
    f_max: float, p: float, epsilon: float
) -> None:
    curve = geometric(f_max, p, np.arange(1, 800))
    whole = np.concatenate([[0.0], curve.worlds[0]])
    gains = np.flatnonzero(np.diff(whole) <= epsilon)[0]
    lacks = np.flatnonzero(f_max - whole <= epsilon)[0]
    assert marginal(curve, epsilon)[0] == gains
    assert residual(curve, np.full(2, f_max), epsilon)[0] == lacks


@pytest.mark.parametrize("world", ["beta", "beta-hard", "logit-normal"])
@pytest.mark.parametrize("epsilon", [0.01, 0.001, 0.0001])
def test_on_a_log_spaced_grid_the_gain_is_found_to_a_few_percent(
    world: str, epsilon: float
) -> None:
    every = np.arange(1, 6_001)
    exact = marginal(Curve(every, population(world, every)[None, :].repeat(2, 0)), epsilon)[0]
    coarse = spread(6_000, 61)
    got = marginal(Curve(coarse, population(world, coarse)[None, :].repeat(2, 0)), epsilon)[0]
    assert got == pytest.approx(exact, rel=0.03, abs=1)
    assert got == int(got)


def test_a_curve_that_never_flattens_has_no_point() -> None:
    steep = Curve(np.arange(1, 11), np.tile(np.arange(1, 11) / 20, (2, 1)))
    assert np.isnan(marginal(steep, 0.01)).all()
    assert np.isnan(residual(steep, np.ones(2), 0.1)).all()


def test_a_first_sample_that_gains_too_little_is_not_worth_drawing() -> None:
    flat = geometric(0.5, 1e-4, np.arange(1, 11))
    assert marginal(flat, 0.001).tolist() == [0, 0]
    assert residual(flat, np.full(2, 0.5), 0.5).tolist() == [0, 0]


@quick
@given(st.lists(st.floats(0, 1), min_size=2, max_size=9), st.floats(0, 1))
def test_the_first_crossing_is_where_the_level_is_first_reached(
    rising: list[float], level: float
) -> None:
    k = np.cumsum(np.arange(1, len(rising) + 1)).astype(float)
    values = np.maximum.accumulate(rising)
    got = first_reaching(k, values[None, :], np.array([level]))[0]
    reached = np.flatnonzero(values >= level)
    if not len(reached):
        assert np.isnan(got)
        return
    at = reached[0]
    assert got <= k[at]
    assert got == k[0] if at == 0 else got > k[at - 1]


@pytest.fixture(scope="module")
def believed() -> Forecast:
    counts = count(simulate("beta", problems=300, samples=64, seed=5)[0])
    return forecast(counts, worlds=100)


def test_the_epsilon_asked_for_is_the_one_used_and_told(believed: Forecast) -> None:
    told = {"marginal": 0.01, "residual": 0.3}
    points = coverage_points("all", believed, epsilon=told)
    usual = coverage_points("all", believed)
    assert [(p.definition, p.epsilon) for p in points] == list(told.items())
    assert [p.epsilon for p in usual] == [0.001, 0.02]
    assert points[0].budget < usual[0].budget
    for point in (*points, usual[0]):
        assert point.low <= point.budget <= point.high


def test_a_point_beyond_the_horizon_is_not_given_but_doubted(believed: Forecast) -> None:
    """A power law of exponent .35 still misses 2 % after half a million samples."""
    point = coverage_points("all", believed)[1]
    assert np.isnan(point.budget)
    assert point.doubt is not None
    assert point.high == np.inf


def test_the_marginal_point_finds_the_truth(believed: Forecast) -> None:
    every = np.arange(1, 6_001)
    truth = marginal(Curve(every, population("beta", every)[None, :].repeat(2, 0)))[0]
    point = coverage_points("all", believed)[0]
    assert point.low <= truth <= point.high
    assert point.high < 2 * point.low


def test_a_target_is_reached_at_a_whole_k_or_its_end_is_open(believed: Forecast) -> None:
    fan = believed.fan()
    for accuracy in (0.3, 0.6, 0.8):
        found = target(accuracy, fan)
        at = int(found.k.estimate)
        assert at == found.k.estimate
        around = believed.at(np.array([max(at - 1, 1), at + 1])).estimate
        assert around[0] - 0.003 < accuracy < around[1] + 0.003
        assert found.k.low <= at <= found.k.high
    out = target(0.9999, fan)
    assert np.isnan(out.k.estimate)
    assert out.json()["open_above"] is True


def test_voting_is_not_called_settled_by_the_end_of_the_log() -> None:
    """At k = n a draw without replacement is the log itself, so the second half tells nothing."""
    counts = count(simulate("mixed", problems=60, samples=12, seed=3)[0])
    (tight,) = majority_points(counts, "all", 0, epsilon=1e-6)
    assert np.isnan(tight.budget)
    assert tight.doubt is not None
    assert "beyond 6 samples" in tight.doubt
    (loose,) = majority_points(counts, "all", 0, epsilon=0.5)
    assert loose.budget == 1
