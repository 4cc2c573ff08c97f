"""What a promise hangs on, and how a plan stands to simpler ways, world by world."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.data.synthetic import simulate
from apportion.planner.build import plan


@pytest.fixture(scope="module")
def log() -> Counts:
    return count(simulate("mixed", problems=80, samples=16, verdicts=2, seed=4)[0])


def coins(rates: np.ndarray, samples: int, seed: int) -> Counts:
    """A log of problems with given solve rates, without answers or verdicts."""
    made = count(simulate("mixed", problems=len(rates), samples=samples, seed=0)[0])
    assert made.drawn is not None
    right = np.random.default_rng(seed).random((len(rates), samples)) < rates[:, None]
    drawn = replace(made.drawn, right=right.ravel().astype(float), answer=None, score=None)
    return replace(made, drawn=drawn, c=right.sum(axis=1), levels=None)


def test_alike_problems_hang_on_samples_and_unlike_ones_on_problems() -> None:
    """Where all problems are one coin everything is samples; where each is sure, nothing is."""
    shares = []
    for rates in (np.full(200, 0.5), np.arange(200) % 2 * 1.0):
        found = plan(coins(rates, 16, 1), 1.0, "samples", most=8).limits
        assert found is not None
        shares.append(found.samples)
        assert found.again_as_problems == pytest.approx(found.half_width / np.sqrt(2))
    # The variance of 200 squares, over their mean: 2 / 200 for normal noise, on both sides.
    assert shares[0] > 1 - 4 * np.sqrt(4 / 200)
    assert shares[1] == 0


def test_the_share_of_samples_is_what_more_samples_take_away() -> None:
    """Four times the samples leave a quarter of that share, by another log of the same coins."""
    rates = np.random.default_rng(0).beta(2, 2, 300)
    found = {n: plan(coins(rates, n, 1), 1.0, "samples", most=8).limits for n in (8, 32)}
    parts = [f.samples / (1 - f.samples) for f in found.values() if f is not None]
    assert parts[0] / parts[1] == pytest.approx(4, rel=0.5)
    truth = np.mean(rates * (1 - rates)) / 8 / np.var(rates)
    assert parts[0] == pytest.approx(truth, rel=0.35)


def test_a_plan_stands_to_every_baseline_with_a_chance_and_a_ratio(log: Counts) -> None:
    made = plan(log, 4.0, "samples", levels="given", most=8)
    for b in made.baselines:
        assert 0 <= b.plan_better <= 1
        assert b.times is not None
        low, high = b.times
        assert 0 < low <= high
        if np.isfinite(b.budget_for_same_accuracy):
            assert low <= b.budget_for_same_accuracy / made.spent * 1.05
            assert high >= b.budget_for_same_accuracy / made.spent * 0.95
    assert made.indistinct == [
        b.name for b in made.baselines if b.plan_better < 0.95 and not b.bound
    ]
    assert "one sample" not in made.indistinct
    worst = min(made.baselines, key=lambda b: b.accuracy.estimate)
    assert worst.name == "one sample"
    assert worst.plan_better > 0.95
    assert worst.times is not None
    assert worst.times[1] == np.inf
    told = made.json()["baselines"]
    assert isinstance(told, list)
    assert told[0]["times_the_spend"]["open_above"] is True


def test_a_target_comes_with_its_probability(log: Counts) -> None:
    made = plan(log, target=0.6, unit="samples", levels="given", most=8)
    assert made.target == 0.6
    assert made.accuracy.estimate == pytest.approx(0.6, abs=0.02)
    assert 0.2 < made.chance < 0.8
    assert made.json()["target"] == {"accuracy": 0.6, "probability": made.chance}
    assert plan(log, 4.0, "samples", levels="given", most=8).json()["target"] is None


def test_options_as_good_are_told_with_what_they_lose(log: Counts) -> None:
    """Beyond the budget where more buys nothing, all that reach the same are as good."""
    made = plan(log, 4.0, "samples", levels="none", most=8)
    (level,) = made.levels
    used = {part.option for part in level.split}
    losses = [loses for _, loses in level.as_good]
    assert losses == sorted(losses)
    assert all(-1e-12 <= loses < 0.005 for loses in losses)
    assert not used & {option for option, _ in level.as_good}
    rich = plan(coins(np.full(60, 0.5), 16, 1), 100.0, "samples", most=8)
    assert rich.levels[0].as_good == ()  # one sample is all there is, and nothing is far below it
