"""An old log is used as far as it agrees with the new one; at 0 not at all, at 1 as its own."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.curve import Floats
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.fitting.power_prior import PowerPrior, power_prior
from scipy.special import betaln, expit, logit

K = np.array([1, 8, 80])
P = np.random.default_rng(0).beta(0.6, 1.4, 50)


def log(p: Floats, n: int, seed: int, name: str = "") -> Counts:
    blank = count(simulate("beta", problems=len(p), samples=1, seed=0)[0])
    c = np.random.default_rng(seed).binomial(n, p)
    names = tuple(f"{name}{i:03d}" for i in range(len(p)))
    return replace(blank, problems=names, n=np.full(len(p), n), c=c, drawn=None)


def harder(p: Floats, by: float) -> Floats:
    return np.asarray(expit(logit(np.clip(p, 1e-9, 1 - 1e-9)) - by))


def width(made: PowerPrior) -> Floats:
    curve = made.at(K, 0.9, "these")
    return np.asarray(curve.high - curve.low)


def test_a_discount_of_0_is_the_new_log_alone() -> None:
    new = log(P, 8, 1)
    told = [power_prior(new, old, delta=0.0) for old in (log(P, 32, 2), log(harder(P, 3), 9, 3))]
    assert (told[0].theta == told[1].theta).all()
    assert (told[0].rates == told[1].rates).all()


def test_a_discount_of_1_is_both_logs_as_one() -> None:
    new, old = log(P, 8, 1), log(P, 32, 2)
    both = replace(new, n=new.n + old.n, c=new.c + old.c)
    pooled = power_prior(new, old, delta=1.0)
    assert (pooled.theta == power_prior(both, old, delta=0.0).theta).all()


def test_other_problems_at_1_are_more_problems() -> None:
    new, old = log(P, 8, 1), log(P, 32, 2, "old ")
    costs = ("prompt_tokens", "output_tokens", "seconds", "verdict_tokens")
    joined = {x: np.concatenate([getattr(new, x), getattr(old, x)]) for x in ("n", "c", *costs)}
    both = replace(new, problems=new.problems + old.problems, levels=None, **joined)  # type: ignore[arg-type]
    pooled = power_prior(new, old, delta=1.0)
    assert not pooled.shared
    assert pooled.theta == pytest.approx(power_prior(both, new, delta=0.0).theta, abs=1e-6)


def test_the_same_truth_is_used_and_narrows() -> None:
    told = power_prior(log(P, 8, 1), log(P, 32, 2))
    alone = power_prior(log(P, 8, 1), log(P, 32, 2), delta=0.0)
    assert told.shared
    assert told.delta.estimate > 0.5
    assert told.drift > 0.05
    assert (width(told) < 0.8 * width(alone)).all()


def test_another_truth_is_found_and_hardly_used() -> None:
    told = power_prior(log(P, 8, 1), log(harder(P, 2.0), 32, 2))
    assert told.drift < 0.01
    assert told.delta.estimate == 0
    assert "100 old samples count for" in told.doubts[0]


def test_the_posterior_of_the_discount_is_that_of_a_fine_integral() -> None:
    new, old = log(P[:12], 4, 1), log(P[:12], 8, 2)
    told = power_prior(new, old)
    x, y = np.meshgrid(np.linspace(-5, 3, 81), np.linspace(-5, 7, 91), indexing="ij")
    prior = -0.5 * ((x + 1.0) ** 2 + ((y - 1.5) / 1.5) ** 2)
    a, b = np.exp(x), np.exp(y)

    def total(c: Floats, f: Floats) -> float:
        each = sum(betaln(a + u, b + v) - betaln(a, b) for u, v in zip(c, f, strict=True))
        return float(np.logaddexp.reduce((prior + each).ravel()))

    c, f, c0, f0 = new.c, new.n - new.c, old.c, old.n - old.c
    gain = np.array([total(c + d * c0, f + d * f0) - total(d * c0, d * f0) for d in told.discounts])
    ends = np.concatenate([[0], (told.discounts[1:] + told.discounts[:-1]) / 2, [1]])
    weight = np.diff(ends) * np.exp(gain - gain.max())
    assert told.weight == pytest.approx(weight / weight.sum(), abs=0.005)


def test_problems_that_the_new_log_lacks_are_left_out_and_told() -> None:
    told = power_prior(log(P[:30], 8, 1), log(P, 32, 2))
    assert told.shared
    assert "20 old problems that the new log lacks are left out" in told.doubts


def test_bad_discounts_and_logs_that_stopped_at_success_are_refused() -> None:
    new = log(P, 8, 1)
    stopped = count(simulate("beta", problems=9, samples=8, stop="until-success")[0])
    with pytest.raises(InputError, match=r"delta must satisfy 0 <= delta <= 1; got 1\.5"):
        power_prior(new, new, delta=1.5)
    with pytest.raises(InputError, match="stops at success"):
        power_prior(new, stopped)


def test_logs_of_other_sizes_are_taken_too() -> None:
    new, old = log(P[:15], 4, 1), log(P, 16, 2, "old ")
    told = power_prior(new, old)
    assert told.rates.shape[1] == 15
    assert power_prior(new, log(P, 16, 2)).rates.shape[1] == 15
