"""A score's ROC and calibration: by counting pairs, by known worlds, and on real values."""

import os
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from apportion.analysis.accept import accept_first
from apportion.analysis.counts import Counts, count
from apportion.analysis.roc import at_least, calibration, roc
from apportion.analysis.verification import best_of
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.fitting.roc import best_of as best_of_roc
from scipy.stats import norm

REAL = Path(os.environ.get("APPORTION_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
VALUES = REAL / "game24" / "value_states.parquet"


def scored(problems: int = 40, n: int = 20, *, gap: float = 1.2, seed: int = 0) -> Counts:
    """Scores are standard normal if wrong and `gap` higher if right; a third are right."""
    rng = np.random.default_rng(seed)
    made = count(simulate("mid", problems=problems, samples=n, seed=seed)[0])
    right = (rng.random(problems * n) < 0.3).astype(float)
    score = rng.normal(size=len(right)) + gap * right
    c = right.reshape(problems, n).sum(axis=1).astype(np.int64)
    assert made.drawn is not None
    return replace(made, c=c, drawn=replace(made.drawn, right=right, score=score))


def test_the_area_is_the_share_of_pairs_in_order() -> None:
    counts = scored(12, 15)
    drawn = counts.drawn
    assert drawn is not None
    assert drawn.score is not None
    rounded = np.round(drawn.score)
    tied = replace(counts, drawn=replace(drawn, score=rounded))
    for each, score in ((counts, drawn.score), (tied, rounded)):
        good, bad = score[drawn.right == 1][:, None], score[drawn.right == 0]
        pairs = (good > bad).mean() + (good == bad).mean() / 2
        assert roc(each).auc.estimate == pytest.approx(pairs)


def test_areas_of_known_scores_are_held() -> None:
    """30 logs, 90%: a share is known to .055."""
    true = norm.cdf(1.2 / np.sqrt(2))
    areas = [roc(scored(seed=seed), seed=seed).auc for seed in range(30)]
    assert np.mean([a.low <= true <= a.high for a in areas]) >= 0.9 - 2.5 * 0.055


def test_a_threshold_is_a_verifier_like_any_other() -> None:
    counts = scored()
    drawn = roc(counts)
    j = len(drawn.thresholds) // 3
    judged = at_least(counts, float(drawn.thresholds[j]))
    ends = accept_first(judged, np.array([1]))
    assert ends.right.mean() == pytest.approx(drawn.right[0, j])
    assert ends.wrong.mean() == pytest.approx(drawn.wrong[0, j])
    everything = accept_first(at_least(counts, -np.inf), np.array([1, 5]))
    assert everything.right.mean(axis=0) == pytest.approx([counts.solve_rates.mean()] * 2)
    with pytest.raises(InputError, match="threshold must be a number"):
        at_least(counts, float("nan"))


def test_best_of_by_the_roc_is_that_of_the_log_where_problems_are_alike() -> None:
    """One problem with many samples: drawing with or without replacement hardly differs."""
    counts = scored(1, 4_000)
    drawn = roc(counts)
    f, t = (np.concatenate([[0.0], rate[0], [1.0]]) for rate in (drawn.fpr, drawn.tpr))
    by_roc = best_of_roc(f, t, float(drawn.base[0]), np.array([1.0, 4.0, 16.0]))
    assert by_roc == pytest.approx(best_of(counts, [1, 4, 16]).estimate, abs=0.01)


def test_a_sample_without_a_score_passes_no_threshold() -> None:
    counts = scored(5, 10)
    assert counts.drawn is not None
    assert counts.drawn.score is not None
    score = counts.drawn.score.copy()
    score[::5] = np.nan
    drawn = roc(replace(counts, drawn=replace(counts.drawn, score=score)))
    assert drawn.unscored == 0.2
    assert drawn.right[0, -1] + drawn.wrong[0, -1] == pytest.approx(0.8)


def test_a_calibrated_score_shows_as_one_and_a_boastful_one_does_not() -> None:
    rng = np.random.default_rng(0)
    counts = scored(200, 20)
    assert counts.drawn is not None
    said = rng.random(len(counts.drawn.right))
    right = (rng.random(len(said)) < said).astype(float)
    honest = replace(counts, drawn=replace(counts.drawn, right=right, score=said))
    found = calibration(honest)
    assert found.share == pytest.approx(0.1, abs=0.01)
    assert np.abs(found.score[0] - found.right[0]).max() < 4 * 0.5 / np.sqrt(400)
    boast = replace(counts, drawn=replace(counts.drawn, right=right, score=np.sqrt(said)))
    assert calibration(boast).error.low > found.error.high
    with pytest.raises(InputError, match="scores in"):
        calibration(scored())


def test_bad_input_is_told() -> None:
    with pytest.raises(InputError, match="needs the scores of one verifier"):
        roc(count(simulate("mid", problems=4, samples=4, verdicts=1, seed=0)[0]))
    counts = scored(3, 4)
    assert counts.drawn is not None
    ones = replace(counts, drawn=replace(counts.drawn, right=np.ones(12)))
    with pytest.raises(InputError, match="only one kind"):
        roc(ones)


@cache
def reaches(left: tuple[Fraction, ...]) -> bool:
    """Whether 24 can be made of these numbers."""
    if len(left) == 1:
        return left[0] == 24
    for i, j in combinations(range(len(left)), 2):
        a, b = left[i], left[j]
        rest = [x for k, x in enumerate(left) if k not in (i, j)]
        made = {a + b, a - b, b - a, a * b} | {x / y for x, y in ((a, b), (b, a)) if y}
        if any(reaches(tuple(sorted([*rest, x]))) for x in made):
            return True
    return False


@pytest.mark.skipif(not VALUES.exists(), reason=f"no values at {VALUES} (APPORTION_REAL_DATA)")
def test_values_of_real_states_tell_who_can_still_reach_24() -> None:
    """GPT-4's value of partial Game of 24 states, against exact search."""
    rows = pl.read_parquet(VALUES).unique(["problem", "left"], maintain_order=True)
    numbers = [
        tuple(sorted(Fraction(x.rstrip(".")).limit_denominator(30) for x in left.split()))
        for left in rows["left"]
    ]
    right = np.array([float(reaches(n)) for n in numbers])
    order = np.argsort(rows["problem"].to_numpy(), kind="stable")
    problem, score = rows["problem"].to_numpy()[order], rows["value"].to_numpy()[order]
    right = right[order]
    names, start, size = np.unique(problem, return_index=True, return_counts=True)
    made = count(simulate("mid", problems=len(names), samples=1, seed=0)[0])
    assert made.drawn is not None
    drawn = replace(
        made.drawn, start=np.append(start, len(right)), right=right, score=score, tokens=None
    )
    c = np.add.reduceat(right, start).astype(np.int64)
    found = roc(replace(made, n=size.astype(np.int64), c=c, drawn=drawn))
    assert 0.8 < found.auc.low < found.auc.high < 1
    accepted = found.right[0] / (found.right[0] + found.wrong[0])
    assert accepted[0] > 2 * right.mean(), "the surest states hold more right ones"
