"""What a ROC lets resampling reach: published values, limits, and what a log cannot see."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import count
from apportion.analysis.curve import Floats
from apportion.analysis.roc import Roc, roc
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.fitting.roc import at_threshold, best_of, limit, origin
from scipy.stats import norm

N = np.array([1.0, 4.0, 16.0, 64.0, 256.0])


def binormal(gap: float) -> tuple[Floats, Floats]:
    cut = np.linspace(9, -9, 20_001)
    f, t = norm.sf(cut), norm.sf(cut - gap)
    return np.concatenate([[0.0], f, [1.0]]), np.concatenate([[0.0], t, [1.0]])


def test_best_of_and_thresholds_are_those_published() -> None:
    f, t = binormal(1.2)
    told = [0.3000, 0.5574, 0.7665, 0.8809, 0.9357]
    # The last was integrated up to a score of 6, beyond which lie .00008 of it.
    assert best_of(f, t, 0.3, N) == pytest.approx(told, abs=1e-4)
    accuracy, draws = at_threshold(f[1:], t[1:], 0.3)
    at = np.interp(np.log(N), np.log(draws)[::-1], accuracy[::-1])
    assert at == pytest.approx([0.3000, 0.6356, 0.8227, 0.9085, 0.9490], abs=6e-5)


def test_best_of_is_what_a_simulation_chooses() -> None:
    """100,000 runs of 8 scores that tie often."""
    rng, runs = np.random.default_rng(0), 100_000
    good = rng.random((runs, 8)) < 0.3
    score = rng.binomial(3, np.where(good, 0.7, 0.4))
    chosen = (score + rng.random((runs, 8)) / 2).argmax(axis=1)
    share = good[np.arange(runs), chosen].mean()
    cut = np.arange(4, -1, -1)
    right, wrong = (
        [(np.arange(4) >= c) @ p for c in cut] for p in (_binomial(0.7), _binomial(0.4))
    )
    mine = best_of(np.array(wrong), np.array(right), 0.3, np.array([8.0]))[0]
    assert abs(mine - share) < 4 * 0.5 / np.sqrt(runs)


def _binomial(p: float) -> Floats:
    return np.array([(1 - p) ** 3, 3 * p * (1 - p) ** 2, 3 * p**2 * (1 - p), p**3])


def test_both_tend_to_the_slope_at_the_origin() -> None:
    f, t = np.array([0.0, 0.1, 1.0]), np.array([0.0, 0.7, 1.0])
    far = best_of(f, t, 0.3, np.array([10_000.0]))[0]
    assert far == pytest.approx(limit(7.0, 0.3), abs=1e-9) == 0.75
    assert at_threshold(f[1:2], t[1:2], 0.3)[0][0] == pytest.approx(0.75)
    assert limit(0.0, 0.5) == 0.0


def scored(problems: int, n: int, gap: float, seed: int) -> Roc:
    rng = np.random.default_rng(seed)
    made = count(simulate("mid", problems=problems, samples=n, seed=seed)[0])
    right = (rng.random(problems * n) < 0.3).astype(float)
    score = rng.normal(size=len(right)) + gap * right
    c = right.reshape(problems, n).sum(axis=1).astype(np.int64)
    assert made.drawn is not None
    return roc(replace(made, c=c, drawn=replace(made.drawn, right=right, score=score)), seed=seed)


def test_the_origin_is_bounded_and_what_is_seen_is_held() -> None:
    """With normal scores the ceiling is 1, and nothing in the log shows it: the bounds hold it.

    What is seen is an average over the accepted, for which the share right above the threshold is
    the truth: 20 logs, 90% intervals, a threshold chosen by the log: known to .067, and .1 for the
    choice.
    """
    held = []
    for seed in range(20):
        drawn = scored(60, 30, 1.2, seed)
        found = origin(drawn, 60 * 30)
        f, t = norm.sf(found.threshold), norm.sf(found.threshold - 1.2)
        held.append(found.seen.low <= 0.3 * t / (0.3 * t + 0.7 * f) <= found.seen.high)
        assert found.worst == found.seen.low < found.best == 1.0
        assert "may lie anywhere from" in found.doubt
        assert origin(drawn, 60 * 30, proper=False).worst == 0.0
    assert np.mean(held) > 0.9 - 2.5 * 0.067 - 0.1


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: limit(1.0, 1.0), "base rate must lie strictly between 0 and 1; got 1"),
        (lambda: limit(-1.0, 0.5), "slope >= 0; got -1"),
        (lambda: best_of(np.array([0.0, 1.0]), np.array([0.5, 0.2]), 0.3, N), "must rise"),
        (lambda: origin(scored(1, 6, 0.0, 1), 4), "at least 5 wrong samples"),
    ],
)
def test_bad_input_is_told(call: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        call()  # type: ignore[operator]
