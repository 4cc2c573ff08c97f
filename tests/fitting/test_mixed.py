"""Rates with every family of difficulty in play: posterior means, and the world's own means."""

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.worlds import problem_worlds
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.data.truth import Truth
from apportion.fitting.curves import MIXTURES
from apportion.fitting.mixed import accepting, mixed
from apportion.fitting.posterior import posterior
from apportion.fitting.rates import CENTRES, likelihood
from apportion.fitting.tables import table
from scipy.special import expit

WORLDS = 300


@pytest.fixture(scope="module")
def made() -> tuple[Counts, Truth]:
    trace, truth = simulate("mixed", problems=200, samples=16, verdicts=1, seed=11)
    return count(trace), truth


def test_one_family_alone_draws_its_posterior_means(made: tuple[Counts, Truth]) -> None:
    """For every count of right samples, by sums over cells; the error is of draws of both."""
    log, _ = made
    known = mixed(log, worlds=WORLDS, rng=np.random.default_rng(0), select=True)
    assert sorted(known.weight)[-2:] == [0.0, 1.0]
    (family,) = set(known.speaker.tolist())
    logged = table(log, problem_worlds(log.problems, 0, 1))
    fit = MIXTURES[family]
    found = posterior(fit.mass, fit.prior, logged, np.random.default_rng(1), WORLDS)
    mass = fit.mass(found.theta[1:])
    for c in np.unique(log.c).tolist():
        cells = likelihood(np.asarray([16]), np.asarray([c]))[0]
        means = (mass * cells) @ expit(CENTRES) / (mass * cells).sum(axis=1)
        drawn = known.solve[:, log.c == c].mean(axis=1)
        error = np.hypot(drawn.std(), means.std()) / np.sqrt(WORLDS)
        assert drawn.mean() == pytest.approx(means.mean(), abs=4 * error + 1e-3)


def test_all_families_weigh_and_a_problem_never_solved_keeps_a_small_rate(
    made: tuple[Counts, Truth],
) -> None:
    log, truth = made
    known = mixed(log, worlds=WORLDS, rng=np.random.default_rng(0))
    assert known.weight.sum() == pytest.approx(1)
    heard = np.bincount(known.speaker, minlength=len(MIXTURES)) / WORLDS
    np.testing.assert_allclose(heard, known.weight, atol=1.01 / WORLDS)
    error = np.sqrt((truth.p * (1 - truth.p)).mean() / (16 * len(log)))
    assert abs(known.solve.mean() - truth.p.mean()) < 4 * error
    never = known.solve[:, log.c == 0]
    assert (never > 0).all()
    assert (never.mean(axis=0) < 1 / 16).all()


def test_what_is_accepted_has_the_means_of_the_world(made: tuple[Counts, Truth]) -> None:
    """Samples and problems' rates are noise to the log, so its own standard error is the scale."""
    log, truth = made
    rng = np.random.default_rng(0)
    known = mixed(log, worlds=WORLDS, rng=rng)
    right, wrong = accepting(log, known, rng)
    assert (right >= 0).all()
    assert (right <= known.solve).all()
    assert (wrong >= 0).all()
    assert (right + wrong <= 1).all()
    for drawn, rate in ((right, truth.p * truth.tpr), (wrong, (1 - truth.p) * truth.fpr)):
        error = np.sqrt((rate * (1 - rate)).mean() / (16 * len(log)))
        assert abs(drawn.mean() - rate.mean()) < 4 * error


def test_without_verdicts_nothing_is_accepted() -> None:
    log, rng = count(simulate("mixed", problems=20, samples=8, seed=0)[0]), np.random.default_rng(0)
    known = mixed(log, worlds=4, rng=rng)
    with pytest.raises(InputError, match="verdict"):
        accepting(log, known, rng)
