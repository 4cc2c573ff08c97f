"""An interval holds its estimate; what does not exist is NaN here and null in JSON."""

import numpy as np
import pytest
from apportion.analysis.curve import Curve, interval
from hypothesis import given
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
