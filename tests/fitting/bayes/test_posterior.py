"""PyMC's posterior is the one that quadrature gives, and nothing it says becomes a warning."""

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.curve import Floats
from apportion.data.synthetic import simulate
from apportion.fitting.bayes import door
from apportion.fitting.bayes.coverage import model
from apportion.fitting.betabinomial import PRIOR_MEAN, PRIOR_SD
from apportion.fitting.coverage import forecast, sampled
from apportion.fitting.curves import FAMILIES
from scipy.special import betaln

DRAWS = 500


def by_quadrature(counts: Counts) -> tuple[Floats, Floats]:
    """Mean and sd of (log a, log b) by the trapezoid rule over eight prior sds."""
    axes = [
        np.linspace(m - 4 * s, m + 4 * s, 301) for m, s in zip(PRIOR_MEAN, PRIOR_SD, strict=True)
    ][:2]
    x, y = np.meshgrid(*axes, indexing="ij")
    a, b = np.exp(x), np.exp(y)
    log = -0.5 * (
        ((x - PRIOR_MEAN[0]) / PRIOR_SD[0]) ** 2 + ((y - PRIOR_MEAN[1]) / PRIOR_SD[1]) ** 2
    )
    pairs, times = np.unique([counts.n, counts.c], axis=1, return_counts=True)
    for n, c, often in zip(*pairs, times, strict=True):
        log += often * (betaln(a + c, b + n - c) - betaln(a, b))
    mass = np.exp(log - log.max())
    mass /= mass.sum()
    mean = np.array([(mass * x).sum(), (mass * y).sum()])
    sd = np.sqrt([(mass * (x - mean[0]) ** 2).sum(), (mass * (y - mean[1]) ** 2).sum()])
    return mean, sd


@pytest.fixture(scope="module")
def logged() -> Counts:
    return count(simulate("beta", problems=60, samples=24, seed=8)[0])


@pytest.fixture(scope="module")
def drawn(logged: Counts) -> door.Draws:
    return door.sample(model(logged), ["log_a", "log_b"], seed=1, draws=DRAWS)


def test_the_posterior_is_that_of_quadrature(logged: Counts, drawn: door.Draws) -> None:
    """Within .06 sd and three Monte Carlo errors, from the effective number of draws."""
    mean, sd = by_quadrature(logged)
    for i, name in enumerate(("log_a", "log_b")):
        draws = drawn.values[name]
        assert len(draws) == DRAWS * door.CHAINS
        error = 3 / np.sqrt(drawn.ess)
        assert abs(draws.mean() - mean[i]) < (0.06 + error) * sd[i]
        assert draws.std() == pytest.approx(sd[i], rel=0.15)
    assert drawn.r_hat < 1.02
    assert drawn.ess > 300
    assert drawn.divergences == 0


def test_the_posterior_takes_the_place_of_one_family_in_the_forecast(
    logged: Counts, drawn: door.Draws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "sample", lambda *_: drawn)
    boot = forecast(logged, worlds=200)
    posterior = sampled(logged, boot, seed=0)
    assert FAMILIES[0].name == "beta-binomial"
    for kept, plain in zip(posterior.thetas[1:], boot.thetas[1:], strict=True):
        assert kept is plain
    assert posterior.thetas[0].shape == boot.thetas[0].shape
    np.testing.assert_allclose(
        posterior.thetas[0][0], [drawn.values[n].mean() for n in ("log_a", "log_b")]
    )
    assert posterior.diagnostics["r_hat"] == drawn.r_hat
    assert set(posterior.thetas[0][1:, 0]) <= set(drawn.values["log_a"])
