"""The task law over model size: unbiased rates, known truth, bands beyond the largest model."""

import numpy as np
import pytest
from apportion.analysis.counts import Ints
from apportion.analysis.curve import Floats
from apportion.data.errors import InputError
from apportion.fitting.tasks import TaskLaw, pass_rates, task_law

SIZES = np.array([1e8, 3e8, 1e9, 3e9, 1e10])
FAR = np.array([40_000_000_000, 100_000_000_000])
HEIGHT, ALPHA = 0.6, 0.35
LOG_C = HEIGHT + ALPHA * np.log(1e9)


def rates(rng: np.random.Generator, problems: int, spread: float, sizes: Floats = SIZES) -> Floats:
    """exp(-c N^-alpha) of problems whose log(-log PU) at 1e9 and alpha differ, (P, M)."""
    height = HEIGHT + spread * rng.standard_normal((problems, 1))
    alpha = ALPHA + spread / 5 * rng.standard_normal((problems, 1))
    return np.exp(-np.exp(height - alpha * np.log(sizes / 1e9)))


def until(rng: np.random.Generator, p: Floats, successes: int, cap: int) -> tuple[Ints, Ints]:
    """Samples drawn one by one until so many successes or the cap."""
    right = rng.random((*p.shape, cap)) < p[..., None]
    found = right.cumsum(axis=-1)
    n = np.where(found[..., -1] >= successes, (found < successes).sum(axis=-1) + 1, cap)
    return n, np.minimum(found[..., -1], successes)


def walked(p: float, successes: int, cap: int) -> dict[tuple[int, int], float]:
    """The probability of every (n, c) at which sampling can stop, path by path."""
    going, ended = {0: 1.0}, {}
    for n in range(1, cap + 1):
        after: dict[int, float] = {}
        for c, chance in going.items():
            after[c] = after.get(c, 0) + chance * (1 - p)
            after[c + 1] = after.get(c + 1, 0) + chance * p
        stop = {c for c in after if c == successes or n == cap}
        ended |= {(n, c): after[c] for c in stop}
        going = {c: chance for c, chance in after.items() if c not in stop}
    return ended


@pytest.mark.parametrize("p", [0.02, 0.3, 0.9])
@pytest.mark.parametrize(("successes", "cap"), [(2, 2), (2, 9), (3, 12)])
def test_pass_rates_are_unbiased_whatever_the_cap(p: float, successes: int, cap: int) -> None:
    stops = walked(p, successes, cap)
    n, c = np.array(list(stops)).T
    chance = np.array(list(stops.values()))
    assert chance.sum() == pytest.approx(1)
    assert chance @ pass_rates(n, c, successes) == pytest.approx(p, rel=1e-12)


@pytest.mark.parametrize("p", [0.05, 0.5])
def test_the_likelihoods_rate_at_the_first_success_has_its_known_bias(p: float) -> None:
    n = np.arange(1, 3_000)
    mean = (p * (1 - p) ** (n - 1)) @ pass_rates(n, np.ones_like(n))
    assert mean == pytest.approx(-p * np.log(p) / (1 - p), rel=1e-10)
    with pytest.raises(InputError, match=r"fixed n or successes >= 2; got 1"):
        pass_rates(n, np.ones_like(n), 1)


def test_a_problem_not_tried_has_no_rate() -> None:
    assert np.isnan(pass_rates(np.array([0, 4]), np.array([0, 1]))).tolist() == [True, False]


@pytest.mark.parametrize("level", ["instance", "task"])
@pytest.mark.parametrize("successes", [None, 2])
def test_one_law_for_all_is_recovered(level: str, successes: int | None) -> None:
    rng = np.random.default_rng(5)
    p = rates(rng, 1_000, 0.0)
    n, c = (
        (np.full(p.shape, 20), rng.binomial(20, p)) if successes is None else until(rng, p, 2, 99)
    )
    fit = task_law(SIZES, n, c, level=level, successes=successes, worlds=40)
    for name, true in (("alpha", ALPHA), ("log_c", LOG_C)):
        worlds = getattr(fit, name)
        assert abs(worlds[0] - true) <= 4 * worlds[1:].std(ddof=1), name
    assert fit.alpha[1:].std() < 0.02


def far_truth(spread: float) -> Floats:
    return rates(np.random.default_rng(0), 400_000, spread, FAR.astype(float)).mean(axis=0)


def held(fit: TaskLaw, truth: Floats, mass: float = 0.9) -> float:
    """The share of 4 and 10 times the largest size at which the band holds the truth."""
    band = fit.at(FAR, mass)
    return float(np.mean((band.low <= truth) & (truth <= band.high)))


@pytest.mark.parametrize("successes", [1, None])
def test_bands_hold_problems_that_differ_at_4_and_10_times_the_largest_size(
    successes: int | None,
) -> None:
    """30 logs of 40 problems with laws of their own, 90% bands, one Monte Carlo error a log."""
    truth, found, off = far_truth(0.5), [], []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        p = rates(rng, 40, 0.5)
        n, c = (
            (np.full(p.shape, 20), rng.binomial(20, p)) if not successes else until(rng, p, 1, 60)
        )
        fit = task_law(SIZES, n, c, successes=successes, seed=seed, worlds=60)
        found.append(held(fit, truth))
        off.append(fit.at(FAR).estimate - truth)
    assert np.mean(found) >= 0.9 - 3 * np.sqrt(0.09 / 30)
    assert (np.abs(np.mean(off, axis=0)) <= 4 * np.std(off, axis=0) / np.sqrt(30)).all()


def test_bands_of_the_task_law_hold_a_task_that_follows_it() -> None:
    truth, found = far_truth(0.0), []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        n, c = until(rng, rates(rng, 60, 0.0), 2, 100)
        fit = task_law(SIZES, n, c, level="task", successes=2, seed=seed, worlds=200)
        found.append(held(fit, truth))
    assert abs(np.mean(found) - 0.9) <= 4 * np.sqrt(0.09 / 200)


def test_capped_problems_do_not_bias_the_law_and_would_bias_shares_of_successes() -> None:
    """60 problems a log, few samples: half of the smallest models' are cut off unsolved."""
    here, off, plain = SIZES.astype(int), [], []
    truth = rates(np.random.default_rng(0), 400_000, 0.5).mean(axis=0)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        n, c = until(rng, rates(rng, 60, 0.5), 1, 12)
        off.append(task_law(SIZES, n, c, successes=1, worlds=2).at(here).estimate - truth)
        plain.append((c / n).mean(axis=0) - truth)
    assert (c[:, 0] == 0).mean() > 0.3
    errors = [np.std(each, axis=0) / np.sqrt(20) for each in (off, plain)]
    assert (np.abs(np.mean(off, axis=0)) <= 4 * errors[0]).all()
    assert (np.mean(plain, axis=0)[:4] > 8 * errors[1][:4]).all()


@pytest.mark.parametrize(
    ("bend", "name"), [(0.06, "sub-scaling"), (-0.06, "super-scaling"), (0.0, None)]
)
def test_the_bend_of_the_law_is_seen_and_named(bend: float, name: str | None) -> None:
    z = np.log(SIZES / 1e9)
    p = np.tile(np.exp(-np.exp(HEIGHT - ALPHA * z + bend * z**2)), (200, 1))
    said = []
    for seed in range(100):
        c = np.random.default_rng(seed).binomial(40, p)
        fit = task_law(SIZES, np.full(p.shape, 40), c, level="task", seed=seed, worlds=100)
        said.append(fit.bend)
        assert any("bend away" in d for d in fit.doubts) == (fit.p <= 0.05)
    if name:
        assert said.count(name) >= 95
    else:
        straight = said.count("cannot be determined from this log")
        assert straight / 100 >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 100)


def test_pass_rates_rise_with_size_and_untried_problems_are_missing() -> None:
    rng = np.random.default_rng(2)
    p = rates(rng, 50, 0.5)
    n = np.full(p.shape, 30)
    c = rng.binomial(30, p)
    n[:10, 4] = c[:10, 4] = 0
    fit = task_law(SIZES, n, c, worlds=20)
    assert (np.diff(fit.at(np.geomspace(1e8, 1e11, 9).astype(int)).estimate) > 0).all()
    assert any("miss some models" in d for d in fit.doubts)


def test_what_no_model_solved_is_doubted() -> None:
    n = np.full((20, 3), 10)
    c = np.zeros_like(n)
    c[:10] = [1, 3, 5]
    fit = task_law(np.array([1e8, 1e9, 1e10]), n, c, worlds=20)
    assert any(d.startswith("50% of the problems were solved by no model") for d in fit.doubts)
    assert np.isfinite(fit.at(FAR).worlds).all()
    flat = task_law(np.array([1e8, 1e9, 1e10]), n, np.full_like(c, 3), level="task", worlds=20)
    assert any("alpha may be 0" in d for d in flat.doubts)


def test_bad_input_is_refused_in_one_line() -> None:
    n = np.full((5, 3), 4)
    with pytest.raises(InputError, match="3 sizes or more; got 2"):
        task_law(SIZES[:2], n[:, :2], n[:, :2])
    with pytest.raises(InputError, match="level must be 'instance' or 'task'; got 'both'"):
        task_law(SIZES[:3], n, n, level="both")
    with pytest.raises(InputError, match="got 1"):
        task_law(SIZES[:3], n, n // 4, level="task", successes=1)
    with pytest.raises(InputError, match=r"holds no more; got c=4"):
        task_law(SIZES[:3], n, n, successes=2)
