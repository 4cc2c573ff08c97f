"""What old logs say of a new one is the integral over the population of logs, done by hand."""

import numpy as np
import pytest
from apportion.fitting.importance import Prior
from apportion.fitting.pooled_prior import VAGUE, pooled_prior
from numpy.typing import NDArray
from scipy.stats import norm

PRIOR = Prior(np.array([-1.0]), np.array([1.5]))
GRID = np.linspace(-6.0, 4.0, 41)[:, None]


def draws(mean: float, sd: float) -> NDArray[np.float64]:
    """Draws that have exactly this mean and sd."""
    some = np.random.default_rng(0).standard_normal((500, 1))
    some = (some - some.mean()) / some.std(ddof=1)
    return np.asarray(mean + sd * some)


def test_no_old_log_leaves_the_prior_as_it_is() -> None:
    two = Prior(np.array([-1.0, 0.5]), np.array([1.5, 0.3]))
    theta = two.draw(np.random.default_rng(1), 50)
    assert pooled_prior(two, [], 0).log_density(theta) == pytest.approx(two.log_density(theta))


def test_the_density_is_the_integral_over_mean_and_spread_of_logs() -> None:
    old = [(-2.0, 0.2), (-1.6, 0.3)]
    made = pooled_prior(PRIOR, [draws(*each) for each in old], 0)
    x = (GRID[:, 0] + 1.0) / 1.5
    u = np.linspace(-5, 5, 801)
    total, density = 0.0, np.zeros(len(x))
    for r in np.linspace(0, 1, 402)[1:-1]:
        r = float(np.clip(r, 0.02, 0.995))
        joint = norm.pdf(u, 0, np.sqrt(1 - r**2))
        for mean, sd in old:
            m, s = (mean + 1.0) / 1.5, sd / 1.5
            precision = s**-2 - 1
            joint = joint * norm.pdf(m * s**-2 / precision, u, np.sqrt(1 / precision + r**2))
        total += joint.sum()
        density += norm.pdf(x[:, None], u, r) @ joint
    by_hand = (1 - VAGUE) * density / total / 1.5 + VAGUE * norm.pdf(GRID[:, 0], -1.0, 1.5)
    assert np.exp(made.log_density(GRID)) == pytest.approx(by_hand, rel=0.06, abs=0.002)


def test_draws_follow_the_density() -> None:
    made = pooled_prior(PRIOR, [draws(-2.0, 0.2), draws(-1.6, 0.3)], 0)
    drawn = made.draw(np.random.default_rng(2), 20_000)[:, 0]
    assert drawn.mean() == pytest.approx(made.mean[0], abs=4 * made.sd[0] / np.sqrt(20_000))
    assert drawn.std() == pytest.approx(made.sd[0], rel=0.05)


def test_more_old_logs_alike_say_more() -> None:
    sd = [float(pooled_prior(PRIOR, [draws(-2.0, 0.2)] * many, 0).sd[0]) for many in (0, 1, 3, 6)]
    assert sd == sorted(sd, reverse=True)


def test_an_old_log_that_says_nothing_changes_nothing() -> None:
    made = pooled_prior(PRIOR, [draws(-0.5, 1.6)], 0)
    assert made.log_density(GRID) == pytest.approx(PRIOR.log_density(GRID))


def test_old_logs_far_apart_say_little() -> None:
    close = pooled_prior(PRIOR, [draws(-2.0, 0.2), draws(-1.9, 0.2)], 0)
    apart = pooled_prior(PRIOR, [draws(-4.0, 0.2), draws(0.5, 0.2)], 0)
    assert apart.sd[0] > 1.5 * close.sd[0]
