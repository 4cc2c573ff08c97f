"""Pooled differences: two ways agree, what is sure stays, and P(above) means what it says."""

import numpy as np
import pytest
from apportion.analysis.curve import Floats
from apportion.benchmarks.tournaments import scored
from apportion.fitting.ranking.pooled import pool, pooled
from apportion.fitting.ranking.standing import Standing


def worlds_of(values: Floats, sd: float, rng: np.random.Generator, size: int = 4000) -> Floats:
    return np.vstack([values, values + sd * rng.standard_normal((size, len(values)))])


def test_the_draws_are_those_of_brute_force_importance() -> None:
    """Prior draws of spread, level and differences, weighed by their likelihood."""
    rng = np.random.default_rng(0)
    values, sd = np.array([0.5, 0.53, 0.62]), 0.03
    made = pooled(worlds_of(values, sd, rng, 40_000), rng)[1:]
    tried = 400_000
    spread = np.abs(0.1 * rng.standard_cauchy(tried))
    apart = rng.standard_normal((tried, 3)) * spread[:, None]
    apart -= apart.mean(axis=1, keepdims=True)
    gap = values - values.mean()
    weight = np.exp(-0.5 * (((gap - apart) / sd) ** 2).sum(axis=1))
    weight /= weight.sum()
    effective = 1 / (weight**2).sum()
    for i in range(3):
        mean = weight @ apart[:, i]
        width = np.sqrt(weight @ (apart[:, i] - mean) ** 2)
        ours = made[:, i] - made.mean(axis=1)
        assert abs(ours.mean() - mean) < 4 * width / np.sqrt(effective) + 4 * width / 200
        assert ours.std() == pytest.approx(width, rel=4 / np.sqrt(2 * effective) + 0.02)


def test_many_alike_are_drawn_together_and_far_ones_stay_apart() -> None:
    rng = np.random.default_rng(1)
    alike = worlds_of(0.5 + 0.02 * rng.standard_normal(20), 0.02, rng)
    made = pooled(alike, rng)
    assert (made[0] == alike[0]).all()
    assert np.ptp(made[1:].mean(axis=0)) < 0.6 * np.ptp(alike[0])
    far = worlds_of(np.linspace(0, 1, 6), 0.01, rng)
    kept = pooled(far, rng)
    assert np.abs(kept[1:].mean(axis=0) - far[0]).max() < 0.002
    assert kept[1:].std(axis=0) == pytest.approx(far[1:].std(axis=0), rel=0.08)


def test_the_common_level_keeps_its_uncertainty() -> None:
    """Problems shared by all move all candidates; pooling must not take that away."""
    rng = np.random.default_rng(2)
    shared = 0.05 * rng.standard_normal((4000, 1))
    values = np.array([0.4, 0.45, 0.5])
    worlds = np.vstack([values, values + shared + 0.01 * rng.standard_normal((4000, 3))])
    made = pooled(worlds, rng)
    level = worlds[1:].mean(axis=1).std()
    assert made[1:].mean(axis=1).std() == pytest.approx(level, rel=4 / np.sqrt(2 * 4000))


def test_twins_stay_twins() -> None:
    rng = np.random.default_rng(3)
    one = worlds_of(np.array([0.5, 0.6]), 0.02, rng)
    twins = np.column_stack([one, one[:, 0]])
    made = pooled(twins, rng)
    assert np.abs(made[1:, 0] - made[1:, 2]).max() < 1e-4
    named = pool(Standing("a log", ("a", "b", "c"), twins), rng)
    assert named.assumption == "a log, differences pooled"


def test_rank_sets_hold_and_p_above_is_calibrated_on_new_problems() -> None:
    made = scored("outcomes, paired", 24)
    assert made.held > 0.95 - 3 * made.error
    assert made.size < 7
    for _, _, many, said, true in made.bins:
        # Pairs of one tournament share its problems: at most one in three is independent.
        assert abs(true - said) < 4 * np.sqrt(said * (1 - said) / (many / 3)) + 0.01
