"""Chances of left, tie and right: they add up, are the formulas, and slope as they say."""

import numpy as np
import pytest
from apportion.fitting.ranking.links import LINKS, Tie
from hypothesis import given
from hypothesis import strategies as st

GAPS = st.floats(-6, 6)
TIES = st.floats(-3, 1.5)


def chances(name: Tie, gap: float, tie: float) -> np.ndarray:
    at = np.full((1, 1), gap), np.full((1, 1), tie)
    each = [LINKS[name].slopes(np.eye(3)[[i]], *at)[0][0, 0] for i in range(3)]
    return np.exp(each)


@given(GAPS, TIES)
def test_davidson_and_rao_kupper_are_their_formulas(gap: float, tie: float) -> None:
    left, right, nu = np.exp(gap), 1.0, np.exp(tie)
    total = left + right + nu * np.sqrt(left * right)
    expected = [left / total, nu * np.sqrt(left * right) / total, right / total]
    assert chances("davidson", gap, tie) == pytest.approx(expected, rel=1e-9)
    kappa = np.exp(np.exp(tie))
    first, last = left / (left + kappa * right), right / (kappa * left + right)
    even = (kappa**2 - 1) * left * right / ((left + kappa * right) * (kappa * left + right))
    assert chances("rao-kupper", gap, tie) == pytest.approx([first, even, last], rel=1e-8)


@given(GAPS, TIES)
def test_outcomes_exhaust_the_chances(gap: float, tie: float) -> None:
    for name in ("davidson", "rao-kupper"):
        assert chances(name, gap, tie).sum() == pytest.approx(1)
    left, _, right = chances("none", gap, tie)
    assert left + right == pytest.approx(1)


@pytest.mark.parametrize("name", LINKS)
def test_slopes_and_bends_are_those_of_the_log_likelihood(name: Tie) -> None:
    rng = np.random.default_rng(0)
    gap, tie = 2 * rng.standard_normal((3, 4)), rng.standard_normal((3, 1)) - 0.5
    times, step = rng.integers(0, 9, (4, 3)).astype(float), 1e-5
    link = LINKS[name]

    def sloped(which: int, of: int) -> np.ndarray:
        up, down = (
            link.slopes(times, gap + sign * (of == 0), tie + sign * (of == 1))[which]
            for sign in (step, -step)
        )
        return (up - down) / (2 * step)

    _, in_gap, in_tie = link.slopes(times, gap, tie)
    twice, mixed, both = link.bends(times, gap, tie)
    for said, seen in (
        (in_gap, sloped(0, 0)),
        (in_tie, sloped(0, 1)),
        (twice, sloped(1, 0)),
        (mixed, sloped(1, 1)),
        (both, sloped(2, 1)),
    ):
        assert np.allclose(said, seen, atol=1e-6)
