"""The posteriors of difficulty: against brute force, refits, another sampler, and themselves."""

import numpy as np
import pytest
from apportion.analysis.curve import Floats
from apportion.benchmarks import sbc
from apportion.benchmarks.forecasts import tallied
from apportion.fitting import betabinomial
from apportion.fitting.bayes import door
from apportion.fitting.bayes.coverage import model
from apportion.fitting.curves import MIXTURES, Mixture
from apportion.fitting.posterior import Posterior, Target, posterior
from apportion.fitting.tables import Table

each_mixture = pytest.mark.parametrize("family", MIXTURES, ids=[m.name for m in MIXTURES])
NAMES = [m.name for m in MIXTURES]


def logged(problems: int, samples: int, seed: int = 0) -> Table:
    rng = np.random.default_rng(seed)
    n = rng.integers(samples // 2, samples + 1, problems)
    c = rng.binomial(n, rng.beta(0.4, 3.0, problems))
    pairs, times = np.unique(np.stack([n, c]), axis=1, return_counts=True)
    return Table(pairs[0], pairs[1], times[None].astype(float), n[:0], np.empty((1, 0)))


def found(family: Mixture, log: Table, worlds: int = 4_000) -> Posterior:
    return posterior(family.mass, family.prior, log, np.random.default_rng(2), worlds)


def by_prior(family: Mixture, log: Table, size: int = 60_000) -> tuple[Floats, Floats, Floats]:
    """The slow twin: prior draws weighed by their likelihood, as good as 13,000 or more."""
    rng = np.random.default_rng(3)
    theta = family.prior.draw(rng, size)
    target = Target(family.mass, family.prior, log)
    log_like = np.concatenate(
        [target(part)[0] - family.prior.log_density(part) for part in np.array_split(theta, 40)]
    )
    weight = np.exp(log_like - log_like.max())
    return theta, weight / weight.sum(), np.array(np.log(weight.mean()) + log_like.max())


@each_mixture
def test_posteriors_agree_with_the_prior_weighed_by_the_likelihood(family: Mixture) -> None:
    """Means within 5 Monte Carlo errors, sds within a tenth, the evidence to .05."""
    log = logged(12, 6)
    mine = found(family, log)
    theta, weight, evidence = by_prior(family, log)
    mean = weight @ theta
    sd = np.sqrt(weight @ (theta - mean) ** 2)
    effective = min(1 / (weight**2).sum(), 1_000)
    assert (np.abs(mine.theta[0] - mean) < 5 * sd / np.sqrt(effective) + 0.02 * sd).all()
    np.testing.assert_allclose(mine.theta[1:].std(axis=0), sd, rtol=0.1)
    assert mine.evidence == pytest.approx(float(evidence), abs=0.05)


@pytest.mark.parametrize("name", ["beta-binomial", "scaled-beta", "two-betas"])
def test_left_out_is_what_a_refit_without_the_problem_predicts(name: str) -> None:
    """The evidence with the problem less that without it: the same quantity found twice."""
    family, log = MIXTURES[NAMES.index(name)], logged(12, 6)
    mine = found(family, log)
    for place in (0, len(log.c) - 1):
        fewer = log.weights.copy()
        fewer[0, place] -= 1
        without = found(family, Table(log.n, log.c, fewer, log.k, log.coverage))
        assert mine.left_out[place] == pytest.approx(mine.evidence - without.evidence, abs=0.06)


def test_a_big_logs_posterior_is_the_modes_normal_approximation() -> None:
    log = logged(3_000, 60)
    mine = found(MIXTURES[0], log)
    mode = betabinomial.fit(log, inflated=False)[0]
    sd = mine.theta[1:].std(axis=0)
    assert (np.abs(mine.theta[0] - mode) < 0.15 * sd).all()
    assert (sd < 0.1).all()


def test_nuts_and_the_grid_agree() -> None:
    """Means within .06 posterior sd, as far as NUTS's own Monte Carlo error lets one see."""
    rng = np.random.default_rng(4)
    c = rng.binomial(30, rng.beta(0.3, 5.0, 100))
    counts = tallied(np.full(100, 30), c)
    values, times = np.unique(c, return_counts=True)
    log = Table(
        np.full(len(values), 30), values, times[None].astype(float), c[:0], np.empty((1, 0))
    )
    grid = found(MIXTURES[0], log)
    draws = door.sample(model(counts), ["log_a", "log_b"], 1)
    sd = grid.theta[1:].std(axis=0)
    for i, name in enumerate(("log_a", "log_b")):
        error = 3 * sd[i] / np.sqrt(draws.ess)
        assert abs(draws.values[name].mean() - grid.theta[0, i]) < 0.06 * sd[i] + error
        assert draws.values[name].std() == pytest.approx(sd[i], rel=0.1)


@each_mixture
def test_ranks_of_the_truth_are_uniform(family: Mixture) -> None:
    """Simulation-based calibration, small form; `make calibrate` has the full one.

    Familywise 1% over all families and quantities.
    """
    place = MIXTURES.index(family)
    found = sbc.p_values((sbc.grid(place, seed, (20, 8)) for seed in range(120)), bins=10)
    tests = sum(len(m.natural) + 3 for m in MIXTURES)
    assert min(found.values()) > 0.01 / tests


def test_calibration_sees_a_posterior_that_is_too_narrow() -> None:
    """The check can fail: draws shrunk to half their spread are caught."""
    family, rows = MIXTURES[4], []
    for seed in range(120):
        rng = np.random.default_rng([seed, 9])
        theta, log = sbc.simulated(family, (20, 8), rng)
        drawn = posterior(family.mass, family.prior, log, rng, sbc.DRAWS).theta
        narrow = drawn[0] + 0.5 * (drawn[1:] - drawn[0])
        rows.append(sbc.ranked(sbc.quantities(family, np.vstack([theta, narrow]), 8), rng))
    assert min(sbc.p_values(rows, bins=10).values()) < 1e-4
