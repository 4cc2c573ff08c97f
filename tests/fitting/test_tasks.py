"""The task scaling law: unbiased pass rates, known laws recovered, caps that do not mislead."""

import numpy as np
import pytest
from apportion.analysis.counts import Ints
from apportion.analysis.curve import Floats
from apportion.data.errors import InputError
from apportion.fitting.tasks import TaskLaw, pass_rates, task_law

SIZES = np.array([1e8, 3e8, 1e9, 3e9, 1e10])
FAR = np.array([100_000_000_000])
PROBLEMS, CAP = 60, 100
ALPHA = 0.3


def rates(rng: np.random.Generator) -> Floats:
    """Problems with one exponent and factors that differ, (P, M) and at FAR (P, 1)."""
    factor = rng.lognormal(0.7, 0.5, (PROBLEMS, 1))
    sizes = np.append(SIZES, FAR[0])
    return np.asarray(np.exp(-factor * (sizes / 1e9) ** -ALPHA))


def until(p: Floats, successes: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Samples until so many successes or CAP: n and c, the shape of p."""
    right = rng.random((*p.shape, CAP)) < p[..., None]
    total = right.cumsum(axis=-1)
    n = np.where(total[..., -1] >= successes, (total < successes).sum(axis=-1) + 1, CAP)
    return n, np.minimum(total[..., -1], successes)


def fitted(seed: int, successes: int | None, level: str = "instance") -> tuple[TaskLaw, float]:
    """A law, and what new models of ten times the largest size truly solve in the mean."""
    rng = np.random.default_rng(seed)
    p = rates(rng)
    n, c = np.full(p[:, :-1].shape, 30), rng.binomial(30, p[:, :-1])
    if successes is not None:
        n, c = until(p[:, :-1], successes, rng)
    made = task_law(SIZES, n, c, level=level, successes=successes, seed=seed, worlds=80)
    return made, float(np.mean(rates(np.random.default_rng(99))[:, -1]))


@pytest.mark.parametrize("p", [0.02, 0.3, 0.9])
def test_the_plain_rate_of_a_stopped_log_is_biased_and_the_unbiased_one_is_not(p: float) -> None:
    """Over the exact laws of n: geometric, and negative binomial at two successes."""
    n = np.arange(1, 20_000)
    geometric = p * (1 - p) ** (n - 1)
    assert geometric @ (1 / n) == pytest.approx(-p * np.log(p) / (1 - p), rel=1e-6)
    second = (n - 1) * p**2 * (1 - p) ** np.maximum(n - 2, 0)
    assert second @ pass_rates(n, np.full(len(n), 2), successes=2) == pytest.approx(p, rel=1e-6)


def test_a_cap_that_was_hit_counts_for_what_it_says() -> None:
    """Sampling to two successes or a cap, the mean of the rates over all outcomes is p itself."""
    p, cap = 0.05, 12
    n = np.arange(2, cap + 1)
    stopped = (n - 1) * p**2 * (1 - p) ** (n - 2)
    none, one = (1 - p) ** cap, cap * p * (1 - p) ** (cap - 1)
    mean = stopped @ pass_rates(n, np.full(len(n), 2), successes=2)
    mean += one * pass_rates(np.array([cap]), np.array([1]), successes=2)[0]
    assert none + one + stopped.sum() == pytest.approx(1)
    assert mean == pytest.approx(p, rel=1e-12)


@pytest.mark.parametrize("successes", [None, 1, 2])
def test_the_exponent_is_found_whatever_stopped_the_sampling(successes: int | None) -> None:
    """The mean over 8 logs within four of its standard errors, and each interval at its mass."""
    alphas, held = [], []
    for seed in range(8):
        law, _ = fitted(seed, successes)
        alphas.append(law.alpha[0])
        told = law.intervals(0.95)["alpha"]
        held.append(told.low <= ALPHA <= told.high)
    error = np.std(alphas, ddof=1) / np.sqrt(len(alphas))
    assert abs(np.mean(alphas) - ALPHA) < 4 * error + 0.01
    assert np.mean(held) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 8)


def test_bands_hold_what_models_ten_times_larger_solve() -> None:
    truth = np.mean([rates(np.random.default_rng(s))[:, -1].mean() for s in range(200)])
    held = []
    for seed in range(14):
        curve = fitted(seed, 2)[0].at(FAR, 0.95)
        held.append(curve.low[0] <= truth <= curve.high[0])
    assert np.mean(held) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 14)


def test_a_bend_is_named_where_the_log_shows_one() -> None:
    rng = np.random.default_rng(1)
    z = np.log(SIZES / 1e9)
    for sign, name in ((0.12, "sub-scaling"), (-0.12, "super-scaling")):
        p = np.exp(-np.exp(0.5 - 0.4 * z + sign * z**2)) * np.ones((80, 1))
        n = np.full(p.shape, 400)
        law = task_law(SIZES, n, rng.binomial(n, p), level="task")
        assert law.bend == name
        assert any("bend away" in doubt for doubt in law.doubts)


def test_two_sizes_make_no_law_and_one_success_no_unbiased_rate() -> None:
    n = np.full((5, 2), 10)
    with pytest.raises(InputError, match="3"):
        task_law(SIZES[:2], n, n // 2)
    with pytest.raises(InputError, match="successes >= 2"):
        pass_rates(n, n // 2, successes=1)
