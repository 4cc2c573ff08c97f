"""Dawid-Skene: exact on small cases, known truth found, ranks of the truth uniform."""

from itertools import product

import numpy as np
import pytest
from apportion.analysis.curve import Floats
from apportion.benchmarks import sbc, sbc_orders
from apportion.data.errors import InputError
from apportion.data.judgments import MISSING, Grades
from apportion.fitting.ranking.dawid_skene import Model, concentration, dawid_skene
from apportion.fitting.ranking.patterns import patterns
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

SIMULATIONS, FAMILYWISE = 24, 1e-3
"""Few, for speed: `make calibrate` draws more."""
Rng = np.random.Generator


def some(rng: Rng, rows: int = 14) -> Grades:
    """Grades at random: two candidates, three items, two judges who may grade twice."""
    item, judge, candidate = rng.integers(0, [[3], [2], [2]], (3, rows))
    level = np.where(rng.random(rows) < 0.2, MISSING, rng.integers(0, 3, rows))
    truth = np.where(rng.random((3, 2)) < 0.5, MISSING, rng.integers(0, 3, (3, 2)))
    level[0] = 1
    gold = truth[item, candidate]
    return Grades(("a", "b"), candidate, level, (0.0, 0.5, 1.0), item, judge, gold)


def enumerated(grades: Grades, model: Model, theta: Floats) -> float:
    """The log likelihood by every true level and difficulty of every unit."""
    assert grades.item is not None
    assert grades.judge is not None
    assert grades.gold is not None
    levels, confusion, sigma = (part[0] for part in model.parts(theta[None]))
    total = 0.0
    for item, candidate in product(range(3), range(2)):
        rows = (grades.item == item) & (grades.candidate == candidate)
        gold = {int(g) for g in grades.gold[rows] if g != MISSING}
        chance = 0.0
        for m in gold or range(3):
            for at, share in zip(*model.nodes, strict=True):
                term = share * np.exp(levels[candidate, m])
                for j, s in zip(grades.judge[rows], grades.level[rows], strict=True):
                    if s != MISSING:
                        term *= softmax(np.exp(sigma * at) * confusion[j, m])[s]
                chance += term
        total += np.log(chance)
    return float(total)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**31), st.booleans())
def test_the_likelihood_is_that_of_all_levels_and_difficulties(seed: int, difficulty: bool) -> None:
    rng = np.random.default_rng(seed)
    grades = some(rng)
    model = Model(patterns(grades), concentration(3), difficulty)
    theta = rng.standard_normal((2, model.size))
    value = model.likelihood(*model.parts(theta))[0]
    exact = [enumerated(grades, model, row) for row in theta]
    np.testing.assert_allclose(value, exact, rtol=1e-10)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**31), st.booleans(), st.floats(0.1, 4))
def test_the_gradient_is_exact(seed: int, difficulty: bool, spread: float) -> None:
    rng = np.random.default_rng(seed)
    model = Model(patterns(some(rng)), concentration(3), difficulty)
    theta, step = spread * rng.standard_normal((2, model.size)), 1e-5
    theta[:, -1] = np.minimum(theta[:, -1], 1.0)
    _, slope = model.density(theta)
    for i, nudge in enumerate(step * np.eye(model.size)):
        up, down = model.density(theta + nudge)[0], model.density(theta - nudge)[0]
        np.testing.assert_allclose(slope[:, i], (up - down) / (2 * step), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("difficulty", [False, True])
def test_a_known_truth_is_found_without_any_gold(difficulty: bool) -> None:
    rng = np.random.default_rng(3)
    levels = np.array([[0.8, 0.2], [0.5, 0.5], [0.2, 0.8]])
    confusion = np.array([[[r, 1 - r], [1 - r, r]] for r in (0.9, 0.8, 0.7)])
    grades = sbc_orders.graded(levels, confusion, 0.4 * difficulty, 200, 0.0, rng)
    found = dawid_skene(grades, np.random.default_rng(4), difficulty=difficulty, draws=512)
    away = (found.worlds[0] - levels[:, 1]) / found.worlds[1:].std(axis=0)
    assert found.worlds.shape == (513, 3)
    assert abs(away).max() < 3.5
    assert found.doubts == ()
    assert ("difficulty" in found.more) == difficulty
    right = [found.more[f"judge {j} right"][0] for j in (1, 2, 3)]
    np.testing.assert_allclose(right, [0.9, 0.8, 0.7], atol=0.1)


def test_truth_that_is_known_of_all_units_counts_as_itself() -> None:
    rng = np.random.default_rng(5)
    levels = np.array([[0.7, 0.3], [0.4, 0.6]])
    grades = sbc_orders.graded(levels, np.full((1, 2, 2), 0.5), 0.0, 50, 1.0, rng)
    assert grades.gold is not None
    found = dawid_skene(grades, rng, difficulty=False)
    for i in range(2):
        right = grades.gold[grades.candidate == i].sum()
        assert found.worlds[0, i] == pytest.approx((right + 1) / 52, abs=0.01)


def test_what_nobody_graded_or_checks_is_said() -> None:
    rng = np.random.default_rng(6)
    level, item = rng.integers(0, 2, 20), np.arange(20)
    grades = Grades(("a", "b"), 0 * item, level, (0.0, 1.0), item)
    said = dawid_skene(grades, rng, difficulty=False).doubts
    assert "never graded: b; their worth is the prior's" in said
    assert "no item has two judges or a known truth: how judges err, only the prior says" in said


def test_grades_that_cannot_be_used_are_refused() -> None:
    rng, two = np.random.default_rng(0), np.zeros(2, dtype=np.int64)
    values = (0.0, 1.0)
    with pytest.raises(InputError, match="name their item"):
        dawid_skene(Grades(("a",), two, two, values), rng)
    with pytest.raises(InputError, match="one true level for each candidate; got two for 'a'"):
        dawid_skene(Grades(("a",), two, two, values, two, two, np.array([0, 1])), rng)
    with pytest.raises(InputError, match="at least one grade"):
        dawid_skene(Grades(("a",), two, two + MISSING, values, two), rng)
    with pytest.raises(InputError, match="tau must satisfy tau > 0; got 0"):
        dawid_skene(Grades(("a",), two, two, values, two), rng, tau=0.0)


def test_the_ranks_of_what_was_drawn_from_the_prior_are_uniform() -> None:
    simulated = sbc_orders.QUANTITIES["Dawid-Skene, units alike"]
    found = sbc.p_values((simulated(seed) for seed in range(SIMULATIONS)), bins=4)
    found.pop("spread")  # it is 0 in all of them
    assert min(found.values()) > FAMILYWISE / len(found), found
