"""An interval holds its estimate; what does not exist is NaN here and null in JSON."""

import numpy as np
import pytest
from apportion.analysis.curve import Curve, Floats, interval, whole_mass
from hypothesis import given, settings
from hypothesis import strategies as st

numbers = st.floats(-5, 5, allow_subnormal=False)


@given(st.lists(numbers, min_size=2, max_size=40), st.floats(0.05, 0.99))
def test_an_interval_holds_its_estimate_and_widens_with_its_mass(
    worlds: list[float], mass: float
) -> None:
    narrow, wide = (interval(np.array(worlds), m) for m in (mass / 2, mass))
    assert wide.low <= narrow.low <= narrow.estimate == worlds[0] <= narrow.high <= wide.high


def test_the_interval_is_central_over_the_worlds_without_the_log() -> None:
    worlds = np.concatenate([[500.0], np.arange(1001.0)])
    got = interval(worlds, 0.9)
    assert (got.low, got.high) == pytest.approx((50, 950))


def test_what_does_not_exist_is_null_and_left_out_of_a_curve() -> None:
    worlds = np.array([[0.5, np.nan], [0.4, np.nan], [0.6, np.nan]])
    curve = Curve(np.array([1, 9]), worlds, "these", 0.5, "k must satisfy k <= n")
    assert np.isnan([curve.low[1], curve.high[1], curve.estimate[1]]).all()
    assert interval(worlds[:, 1]).json()["estimate"] is None
    rows = curve.json(verifier="v")
    assert [row["k"] for row in rows] == [1]
    assert rows[0] == {
        "k": 1,
        "verifier": "v",
        "estimate": 0.5,
        "low": pytest.approx(0.45),
        "high": pytest.approx(0.55),
        "mass": 0.5,
        "for": "these",
    }


def test_worlds_without_a_value_do_not_count() -> None:
    got = interval(np.array([2.0, np.nan, 1.0, 3.0, np.nan]), 1 - 1e-9)
    assert (got.low, got.high) == pytest.approx((1, 3))


def walks(rng: np.random.Generator, worlds: int) -> Floats:
    """Curves at 12 k whose neighbours agree, far from normal."""
    return np.asarray(np.exp(rng.normal(size=(worlds, 12)).cumsum(axis=1) / 3))


def test_the_band_holds_whole_curves_that_it_has_not_seen() -> None:
    rng = np.random.default_rng(1)
    held, pointwise = [], []
    for _ in range(40):
        curve = Curve(np.arange(1, 13), walks(rng, 401))
        (low, high), fresh = curve.band, walks(rng, 500)
        held.append(((low <= fresh) & (fresh <= high)).all(axis=1).mean())
        pointwise.append(((curve.low <= fresh) & (fresh <= curve.high)).all(axis=1).mean())
    error = np.std(held) / np.sqrt(len(held))
    assert abs(np.mean(held) - 0.9) < 4 * error + 0.005
    assert np.mean(pointwise) < 0.8


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**20), st.integers(1, 60), st.floats(0.05, 0.99))
def test_the_band_holds_the_intervals_and_the_estimate(seed: int, size: int, mass: float) -> None:
    rng = np.random.default_rng(seed)
    worlds = rng.integers(0, 6, size=(size + 1, 5)) / 5
    worlds[:, 2] = np.nan
    worlds[rng.random(worlds.shape) < 0.1] = np.nan
    worlds[0, 0] = 0.5
    curve = Curve(np.arange(1, 6), worlds, mass=mass)
    low, high = curve.band
    some = np.isfinite(curve.low)
    assert (low <= curve.low)[some].all()
    assert (curve.high <= high)[some].all()
    assert low[0] <= curve.estimate[0] <= high[0]
    assert np.isnan([low[2], high[2]]).all()
    assert [row["k"] for row in curve.band_json()] == [row["k"] for row in curve.json()]


def test_the_band_follows_any_increasing_change_of_scale() -> None:
    worlds = walks(np.random.default_rng(2), 400)
    assert whole_mass(worlds, 0.8) == whole_mass(np.log(worlds), 0.8)


def test_at_one_k_the_band_is_the_interval_with_room_for_a_world_more() -> None:
    worlds = np.arange(401.0)[:, None] - 1
    low, high = Curve(np.array([3]), worlds).band
    # 20 of 400 lie on either side: a new world falls between with 361 / 401.
    assert (low[0], high[0]) == pytest.approx((-1, 380))


def test_worlds_that_agree_give_a_band_without_width() -> None:
    low, high = Curve(np.array([1, 2]), np.full((9, 2), 0.25)).band
    assert low.tolist() == high.tolist() == [0.25, 0.25]
