"""Ranks from worlds: the published example, ties, and pairs that hold all at once."""

import numpy as np
import pytest
from apportion.fitting.ranking.standing import (
    decisions,
    joint_order,
    p_above,
    rank_probabilities,
    rank_sets,
    ranks,
    summary,
)

DRAWS = 200_000


def test_p_best_of_three_accuracies_is_the_published_one() -> None:
    """70, 66 and 50 right of 100 (methods cards, 9.2): .726, .274, .000."""
    rng = np.random.default_rng(0)
    solved = np.array([70, 66, 50])
    worlds = summary(rng.beta(1 + solved, 101 - solved, size=(DRAWS, 3)))
    best = rank_probabilities(ranks(worlds))[:, 0]
    error = 4 * np.sqrt(0.25 / DRAWS)
    assert best == pytest.approx([0.726, 0.274, 0.000], abs=error + 5e-4)


def test_ranks_probabilities_and_sets_agree_with_sorting() -> None:
    rng = np.random.default_rng(1)
    worlds = rng.standard_normal((501, 5)) + np.arange(5)
    places = ranks(worlds)
    expected = (-worlds).argsort(axis=1).argsort(axis=1) + 1
    assert (places == expected).all()
    chance = rank_probabilities(places)
    assert np.allclose(chance.sum(axis=0), 1)
    assert np.allclose(chance.sum(axis=1), 1)
    low, high = rank_sets(places, 0.9)
    for i in range(5):
        held = ((places[1:, i] >= low[i]) & (places[1:, i] <= high[i])).mean()
        assert held >= 0.9
        assert (places[1:, i] < low[i]).mean() <= 0.05
        assert (places[1:, i] > high[i]).mean() <= 0.05
        assert low[i] <= places[0, i] <= high[i]


def test_p_above_counts_ties_as_half_and_ties_take_an_order_at_random() -> None:
    worlds = np.zeros((4001, 3))
    worlds[:, 2] = 1.0
    above = p_above(worlds)
    assert above[0, 1] == above[1, 0] == 0.5
    assert above[2, 0] == 1.0
    assert np.allclose(above + above.T, 1)
    places = ranks(worlds)
    assert (places[0] == [2, 3, 1]).all()
    first = (places[1:, 0] == 2).mean()
    assert abs(first - 0.5) < 4 * 0.5 / np.sqrt(4000)


def test_the_joint_order_holds_with_its_mass_and_is_a_partial_order() -> None:
    rng = np.random.default_rng(2)
    worlds = rng.standard_normal((2001, 6)) + 1.2 * np.arange(6)
    kept = joint_order(worlds, 0.9)
    holds = np.ones(2000, dtype=bool)
    for i, j in zip(*np.nonzero(kept), strict=True):
        holds &= worlds[1:, i] > worlds[1:, j]
    assert holds.mean() >= 0.9
    assert kept.any()
    assert not (kept & kept.T).any()
    apart = p_above(worlds) > 0.999
    assert kept[apart].all()


def test_decisions_need_the_mass_beyond_what_matters() -> None:
    rng = np.random.default_rng(3)
    noise = 0.01 * rng.standard_normal((2001, 4))
    worlds = noise + np.array([0.5, 0.5, 0.6, 0.52])
    said = decisions(worlds, 0.05, 0.9)
    assert said[0][1] == "equal"
    assert (said[2][0], said[0][2]) == ("above", "below")
    wide = decisions(worlds + 0.05 * rng.standard_normal(worlds.shape), 0.05, 0.9)
    assert wide[0][1] == "open"
    assert all(said[i][i] == "equal" for i in range(4))
