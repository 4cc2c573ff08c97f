"""Scores to outcomes: predictability falls as it must, and forecasts fit first, average last."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.curve import Floats
from apportion.data.errors import InputError
from apportion.data.points import Points
from apportion.fitting.laws.outcomes import Outcomes, outcomes
from scipy.stats import pearsonr, spearmanr


def family(
    seed: int, models: int = 12, problems: int = 80, noise: float = 1.0, spread: float = 2.0
) -> Points:
    """log p straight in log compute for each problem; the wrong choices' mass fluctuates."""
    rng = np.random.default_rng(seed)
    x = np.linspace(0, 8, models)
    correct = -8 + 0.5 * x[:, None] + rng.normal(0, spread, problems)
    correct = np.minimum(correct + rng.normal(0, 0.1, (models, problems)), -0.01)
    # Never more than all the mass: what is left of it bounds the wrong choices.
    wrong = np.minimum(-4 + rng.normal(0, noise, (models, problems)), np.log1p(-np.exp(correct)))
    m, p = np.meshgrid(np.arange(models), np.arange(problems), indexing="ij")
    return Points(
        {
            "compute": np.exp(x)[m.ravel()],
            "correct": correct.ravel(),
            "others": wrong.ravel(),
            "best_other": (wrong - np.log(1.5)).ravel(),
        },
        {
            "model": tuple(f"m{i:02}" for i in m.ravel()),
            "problem": tuple(f"p{i}" for i in p.ravel()),
        },
        (),
    )


def changed(points: Points, **numbers: Floats) -> Points:
    return replace(points, numbers={**points.numbers, **numbers})


def made(seed: int, **how: float) -> Outcomes:
    return outcomes(family(seed, **how), worlds=100)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(4))
def test_predictability_falls_from_log_p_to_the_share_to_accuracy(seed: int) -> None:
    steps = made(seed).steps
    first, share, _, last = (step.mean for step in steps)
    assert first.estimate > 0.95
    assert first.low > share.high
    assert share.low > last.high
    assert steps[1].lost is not None
    assert steps[1].lost.low > 0


def test_correlations_are_those_of_scipy() -> None:
    points, found = family(1), made(1)
    x = np.linspace(0, 8, 12)
    score = points.numbers["correct"].reshape(12, 80)
    order = [int(name[1:]) for name in found.problems]
    for place, problem in enumerate(order[:5]):
        own = score[:, problem]
        assert found.steps[0].pearson[place] == pytest.approx(pearsonr(x, own).statistic)
        assert found.steps[0].spearman[place] == pytest.approx(spearmanr(x, own).statistic)


def test_what_fluctuates_is_named() -> None:
    found = made(2, noise=1.5)
    noise = found.noise
    assert noise["sd of log p, right choice"].estimate == pytest.approx(0.1, abs=0.03)
    assert noise["sd of log p, wrong choices"].estimate == pytest.approx(1.4, abs=0.15)
    assert noise["sd of log p, wrong choices"].low > noise["sd of log p, right choice"].high


def test_where_nothing_fluctuates_the_share_loses_little() -> None:
    calm, wild = made(3, noise=0.05).steps[1], made(3, noise=1.5).steps[1]
    assert calm.lost is not None
    assert wild.lost is not None
    assert calm.lost.high < wild.lost.low


def test_fitting_first_and_averaging_last_forecasts_better_where_problems_differ() -> None:
    """All problems turn right within a narrow range: the mean's logit is no line in log compute."""
    gains = []
    for seed in range(8):
        held = made(seed, noise=0.3, spread=0.5, problems=120).held
        assert held is not None
        gains.append(held.gain.estimate)
        assert held.each_error.low <= held.each_error.estimate <= held.each_error.high
    assert np.mean(gains) > 0


def test_accuracy_may_be_logged_instead() -> None:
    points = family(0)
    right = (points.numbers["correct"] > points.numbers["best_other"]).astype(float)
    without = {k: v for k, v in points.numbers.items() if k != "best_other"}
    other = outcomes(replace(points, numbers={**without, "accuracy": right}), worlds=50)
    ours = outcomes(points, worlds=50)
    assert other.steps[-1].mean == ours.steps[-1].mean
    with pytest.raises(InputError, match="best_other"):
        outcomes(replace(points, numbers=without))


def test_the_order_of_rows_and_the_unit_of_compute_change_nothing() -> None:
    points = family(5)
    back = np.arange(len(points))[::-1]
    mixed = Points(
        {name: value[back] for name, value in points.numbers.items()},
        {name: tuple(value[i] for i in back) for name, value in points.texts.items()},
        (),
    )
    mixed = changed(mixed, compute=mixed.numbers["compute"] * 1e20)
    ours, theirs = outcomes(points, worlds=50), outcomes(mixed, worlds=50)
    for a, b in zip(ours.steps, theirs.steps, strict=True):
        assert a.mean.low == pytest.approx(b.mean.low)
    assert ours.held is not None
    assert theirs.held is not None
    assert ours.held.gain.high == pytest.approx(theirs.held.gain.high)


def test_a_problem_that_some_model_missed_is_left_out_and_told() -> None:
    points = family(6)
    few = Points(
        {name: value[1:] for name, value in points.numbers.items()},
        {name: value[1:] for name, value in points.texts.items()},
        (),
    )
    found = outcomes(few, worlds=20)
    assert len(found.problems) == 79
    assert any("1 problem was left out" in doubt for doubt in found.doubts)


def test_tables_that_cannot_be_are_refused() -> None:
    points = family(7)
    twice = Points(
        {name: np.append(value, value[0]) for name, value in points.numbers.items()},
        {name: (*value, value[0]) for name, value in points.texts.items()},
        (),
    )
    with pytest.raises(InputError, match="several"):
        outcomes(twice)
    with pytest.raises(InputError, match="above 0"):
        outcomes(changed(points, correct=-points.numbers["correct"]))
    with pytest.raises(InputError, match="compute > 0"):
        outcomes(changed(points, compute=0 * points.numbers["compute"]))
    with pytest.raises(InputError, match="4 models or more"):
        outcomes(family(7, models=3))
