"""Pair moments are unbiased from two samples a problem, and are what counting pairs gives."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, permutations

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.curve import Floats
from apportion.analysis.pairs import NAMES, moments, pair_moments
from apportion.analysis.worlds import problem_worlds
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate

LOGS = 4_000
Draw = Callable[[np.random.Generator, int], Floats]
WORLDS: dict[str, Draw] = {
    "spread": lambda rng, size: rng.beta(0.5, 1.0, size),
    "middling": lambda rng, size: rng.beta(5.0, 5.0, size),
    "two kinds": lambda rng, size: np.where(rng.random(size) < 0.3, 0.9, 0.1),
    "all alike": lambda _, size: np.full(size, 0.3),
}
TRUE = {name: draw(np.random.default_rng(9), 2_000_000) for name, draw in WORLDS.items()}


def log(c: list[int], n: list[int]) -> Counts:
    """Counts of so many right samples in so many."""
    made = count(simulate("beta", problems=len(n), samples=2, seed=0)[0])
    return replace(made, n=np.asarray(n), c=np.asarray(c), drawn=None)


def alike(problems: int) -> Floats:
    return np.full((1, problems), 1 / problems)


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("n", [2, 5])
def test_moments_are_unbiased(name: str, n: int) -> None:
    rng, p = np.random.default_rng(n), TRUE[name]
    sizes = np.array([n] * 6 + [n + 3] * 4)
    made = np.array([
        moments(rng.binomial(sizes, WORLDS[name](rng, 10)), sizes, alike(10))[:4, 0]
        for _ in range(LOGS)
    ])  # fmt: skip
    true = [p.mean(), (p**2).mean(), p.var(), (p * (1 - p)).mean()]
    error = made.std(axis=0) / np.sqrt(LOGS)
    assert (np.abs(made.mean(axis=0) - true) < 4 * error + 1e-3 * p.std()).all()


def test_moments_are_what_counting_all_pairs_gives() -> None:
    rng = np.random.default_rng(3)
    runs = [rng.integers(0, 2, size) for size in (2, 3, 5, 4)]
    same = np.mean([np.mean([a * b for a, b in combinations(run, 2)]) for run in runs])
    apart = np.mean([
        np.mean([a * b for a in one for b in other]) for one, other in permutations(runs, 2)
    ])  # fmt: skip
    c, n = np.array([r.sum() for r in runs]), np.array([len(r) for r in runs])
    mean, square, between, within, share = moments(c, n, alike(4))[:, 0]
    assert square == pytest.approx(same)
    assert between == pytest.approx(same - apart)
    assert within == pytest.approx(mean - same)
    assert share == pytest.approx((same - apart) / (mean - apart))


def test_equal_sizes_give_the_analysis_of_variance() -> None:
    c, n = np.array([0, 3, 5, 8, 2]), np.full(5, 8)
    rate = c / n
    own = rate * (1 - rate) / (n - 1)
    assert moments(c, n, alike(5))[2, 0] == pytest.approx(rate.var(ddof=1) - own.mean())


@pytest.mark.parametrize("name", ["spread", "middling", "two kinds"])
def test_intervals_hold_the_truth_about_as_often_as_they_say(name: str) -> None:
    rng, n, p = np.random.default_rng(5), np.full(60, 4), TRUE[name]
    held = []
    for seed in range(100):
        weights = problem_worlds([f"{i:02d}" for i in range(60)], seed, 200)
        rows = moments(rng.binomial(n, WORLDS[name](rng, 60)), n, weights)[2:]
        true = np.array([p.var(), (p * (1 - p)).mean(), p.var() / (p.mean() * (1 - p.mean()))])
        low, high = np.quantile(rows[:, 1:], [0.05, 0.95], axis=1)
        held.append((low <= true) & (true <= high))
    # 0.88 measured; three standard errors of 100 logs are 0.097.
    assert (np.abs(np.mean(held, axis=0) - 0.88) < 0.1).all()


def test_a_negative_variance_is_told_and_not_clipped() -> None:
    told = pair_moments(log([1] * 24, [2] * 24))
    assert told.between.estimate == pytest.approx(-0.25)
    assert told.share.estimate < 0
    assert any("negative" in doubt for doubt in told.doubts)


def test_problems_with_one_sample_are_left_out_and_counted() -> None:
    told = pair_moments(log([1, 1, 2, 0], [1, 2, 2, 2]))
    assert (told.problems, told.left) == (3, 1)
    assert told.doubts[0].startswith("1 problems with a single sample")


def test_one_sample_a_problem_has_no_pair_and_says_so() -> None:
    told = pair_moments(log([1, 0, 1], [1, 1, 1]))
    assert all(np.isnan(getattr(told, name).estimate) for name in NAMES)
    assert told.reason == "needs two problems with two samples or more; this log has 0"


def test_a_log_that_is_all_right_has_no_share() -> None:
    told = pair_moments(log([2] * 5, [2] * 5))
    assert told.between.estimate == pytest.approx(0)
    assert np.isnan(told.share.estimate)
    assert told.json()["share"]["estimate"] is None  # type: ignore[index]


def test_few_failures_or_successes_are_a_doubt() -> None:
    told = pair_moments(log([2] * 50 + [0] * 3, [2] * 53))
    assert told.doubts == (
        "only 3 problems were failed at least once: the intervals hold the truth less often than"
        " they say",
    )


def test_a_log_that_stopped_at_success_is_refused() -> None:
    stopped = count(simulate("beta", problems=9, samples=8, stop="until-success")[0])
    with pytest.raises(InputError, match="pairs of samples needs a log"):
        pair_moments(stopped)
