"""Targets: the fewest samples that reach an accuracy, in both units, with honest intervals."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.coverage import coverage
from apportion.analysis.curve import Curve
from apportion.analysis.verification import best_of
from apportion.data.synthetic import population, simulate
from apportion.fitting.coverage import forecast
from apportion.fitting.metrics import Metric, metrics, tokens
from apportion.fitting.targets import target, targets

LOGS = 120


@pytest.fixture(scope="module")
def counts() -> Counts:
    return count(simulate("beta", problems=300, samples=64, seed=5)[0])


def test_a_target_is_reached_at_a_whole_k_or_its_end_is_open(counts: Counts) -> None:
    believed = forecast(counts, worlds=100)
    metric = metrics([counts], believed)[0]
    for accuracy in (0.3, 0.6, 0.8):
        found = target(accuracy, metric)[0]
        at = int(found.k.estimate)
        assert at == found.k.estimate
        around = believed.at(np.array([max(at - 1, 1), at + 1])).estimate
        assert around[0] - 0.003 < accuracy < around[1] + 0.003
        assert found.k.low <= at <= found.k.high
    out, spent = target(0.9999, metric)
    assert np.isnan(out.k.estimate)
    assert out.json()["open_above"] is True
    assert (out.json()["unit"], spent.json()["unit"]) == ("samples", "tokens")
    assert out.k.low <= 6_400
    assert spent.k.low > 6_400


def test_on_consecutive_k_a_target_is_the_first_k_of_every_world() -> None:
    k = np.arange(1, 7)
    worlds = np.array(
        [
            [0.1, 0.3, 0.2, 0.5, 0.6, 0.6],
            [0.1, 0.3, 0.2, 0.3, 0.4, 0.4],
            [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
        ]
    )
    spent = np.array([100.0, 200.0, 300.0])
    metric = Metric("majority", Curve(k, worlds, "new"), worlds[:, -1], 3, spent)
    samples, budget = target(0.5, metric)
    assert (samples.k.estimate, samples.k.low, samples.k.high) == (4, 1, np.inf)
    assert (budget.k.estimate, budget.k.low, budget.k.high) == (400, 300, np.inf)
    assert (budget.metric, budget.unit) == ("majority", "tokens")
    never = target(0.7, metric)[0]
    assert np.isnan(never.k.estimate)
    assert (never.k.low, never.k.high) == (6, np.inf)


def test_every_metric_of_the_log_has_its_targets() -> None:
    judged = count(simulate("mixed", problems=40, samples=12, verdicts=3, seed=3)[0])
    found = metrics([judged], forecast(judged, worlds=20))
    made = targets([0.2, 0.3], found)
    names = ["coverage", "majority", "best-of by verifier"]
    assert [(t.accuracy, t.metric, t.unit) for t in made] == [
        (a, m, u) for a in (0.2, 0.3) for m in names for u in ("samples", "tokens")
    ]
    solving, judging = found[1].tokens, found[2].tokens
    assert solving is not None
    assert judging is not None
    assert solving[0] == pytest.approx(judged.output_tokens.mean())
    assert judging[0] == pytest.approx(solving[0] + 3 * judged.verdict_tokens.mean())


def test_problems_without_tokens_are_left_out_of_the_mean(counts: Counts) -> None:
    some = counts.output_tokens.copy()
    some[::3] = np.nan
    spent = tokens(replace(counts, output_tokens=some))
    assert spent is not None
    assert spent[0] == pytest.approx(np.nanmean(some))
    assert spent[1:].std() == pytest.approx(np.nanstd(some) / np.sqrt(200), rel=0.2)
    assert tokens(replace(counts, output_tokens=np.full(300, np.nan))) is None


def share_held(metrics_of_logs: list[Metric], accuracy: float, k: int, mean: float) -> list[float]:
    """How often the intervals, in samples and in tokens, hold the true ones."""
    made = [target(accuracy, metric) for metric in metrics_of_logs]
    truths = (k, k * mean)
    return [
        float(np.mean([each[i].k.low <= truths[i] <= each[i].k.high for each in made]))
        for i in (0, 1)
    ]


def test_intervals_of_coverage_targets_hold_the_truth_as_often_as_they_say() -> None:
    """60 problems x 64 samples, 90 % intervals; whole k make them somewhat wider than need be."""
    k = np.arange(1, 65)
    mean = count(simulate("beta", problems=20_000, samples=4, seed=9)[0]).output_tokens.mean()
    made = []
    for seed in range(LOGS):
        log = count(simulate("beta", problems=60, samples=64, seed=100 + seed)[0])
        curve = coverage(log, k, population="new", worlds=200, seed=seed)
        made.append(Metric("coverage", curve, np.ones(201), 64, tokens(log, seed, worlds=200)))
    error = np.sqrt(0.9 * 0.1 / LOGS)
    for accuracy in (0.5, 0.7):
        true = int(k[(population("beta", k) >= accuracy).argmax()])
        for held in share_held(made, accuracy, true, mean):
            assert held >= 0.9 - 4 * error


def scored(problems: int, seed: int) -> Counts:
    """Best-of by a score 1.5 sd higher for right answers: it grows all along the log."""
    log = count(simulate("beta", problems=problems, samples=32, seed=seed)[0])
    assert log.drawn is not None
    score = 1.5 * log.drawn.right + np.random.default_rng(seed).standard_normal(problems * 32)
    return replace(log, drawn=replace(log.drawn, score=score))


def test_intervals_of_best_of_targets_hold_the_truth_as_often_as_they_say() -> None:
    k = np.arange(1, 33)
    big = scored(8_000, 9)
    truth = best_of(big, k, population="new", worlds=2).estimate
    accuracy = float(truth[:12].mean())
    true, mean = int(k[(truth >= accuracy).argmax()]), big.output_tokens.mean()
    made = []
    for seed in range(LOGS):
        log = scored(60, 100 + seed)
        curve = best_of(log, k, population="new", worlds=200, seed=seed)
        made.append(Metric("best-of", curve, np.ones(201), 16, tokens(log, seed, worlds=200)))
    for held in share_held(made, accuracy, true, mean):
        assert held >= 0.9 - 4 * np.sqrt(0.9 * 0.1 / LOGS)
