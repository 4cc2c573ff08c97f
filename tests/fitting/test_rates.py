"""The grid of solve rates, and the families of difficulty laid on it."""

import numpy as np
import pytest
from apportion.analysis.curve import Floats
from apportion.fitting import difficulty
from apportion.fitting.curves import MIXTURES, Mixture
from apportion.fitting.rates import CENTRES, EDGES, STEP, likelihood, solved
from scipy.integrate import quad
from scipy.special import betaln, expit, gammaln, log_expit, logit, ndtr
from scipy.stats import beta, binom

each_mixture = pytest.mark.parametrize("family", MIXTURES, ids=[m.name for m in MIXTURES])


def test_the_likelihood_of_a_cell_is_the_binomials_mean_over_it() -> None:
    n, c = np.array([5, 40, 1_000]), np.array([0, 17, 990])
    rows = likelihood(n, c)
    for row, tried, right in zip(rows, n, c, strict=True):
        for cell in (20, 60, 100, 110, 118):
            low = CENTRES[cell] - STEP / 2
            mean, _ = quad(lambda x, t=tried, r=right: binom.pmf(r, t, expit(x)), low, low + STEP)
            assert row[cell] == pytest.approx(mean / STEP, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("n", [16, 100, 10_000])
def test_the_grid_gives_the_beta_binomials_probabilities(n: int) -> None:
    """To a hundredth where a thousand problems would fall, and to half in the far tail, where the
    density changes by more than half within one cell.
    """
    a, b = 0.3, 14.0
    c = np.unique(np.round(np.geomspace(1, n, 12)).astype(int) - 1)
    tried = np.full(len(c), n)
    mass = difficulty.beta(np.log([[a, b]]))
    ways = gammaln(n + 1) - gammaln(c + 1) - gammaln(n - c + 1)
    exact = betaln(a + c, b + n - c) - betaln(a, b) + ways
    found = np.log(mass @ likelihood(tried, c).T)[0]
    usual, rare = exact > -7, exact > -17
    np.testing.assert_allclose(found[usual], exact[usual], atol=1e-2)
    np.testing.assert_allclose(found[rare], exact[rare], atol=0.5)


def test_the_grid_has_the_beta_binomials_golden_values() -> None:
    """curve values published for Pythia 12B, to the grid's own precision of 3e-7."""
    mass = difficulty.beta(np.log([[0.2956, 12.358]]))
    got = (mass @ solved(np.array([100.0, 1e4])))[0]
    assert got == pytest.approx([0.4831720953, 0.8630544881], abs=5e-7)


@each_mixture
def test_masses_are_those_of_a_distribution(family: Mixture) -> None:
    theta = family.prior.draw(np.random.default_rng(1), 500)
    wild = family.prior.mean + 10 * family.prior.sd * np.array([[-1.0], [1.0]])
    with np.errstate(all="raise", under="ignore"):
        for points in (theta, wild):
            mass = family.mass(points)
            assert mass.shape == (len(points), len(CENTRES))
            assert (mass >= 0).all()
            np.testing.assert_allclose(mass.sum(axis=1), 1, rtol=1e-9)


def test_masses_agree_with_the_cumulative_distributions() -> None:
    """Beta by its density, to the error of equal steps; the others exactly."""
    p = expit(EDGES)

    def below(mass: Floats) -> Floats:
        return np.asarray(np.cumsum(mass[0])[:-1])

    found = below(difficulty.beta(np.log([[0.5, 3.0]])))
    # A cell's density at its centre stands for its mean: to second order in the step.
    np.testing.assert_allclose(found, beta.cdf(p, 0.5, 3.0), atol=1e-2)
    scaled = below(difficulty.scaled_beta(np.array([[np.log(0.5), np.log(3.0), logit(0.4)]])))
    np.testing.assert_allclose(scaled, beta.cdf(p / 0.4, 0.5, 3.0), atol=1e-12)
    kumaraswamy = np.array([[np.log(0.5), np.log(3.0), logit(0.4)]])
    exact = 1 - (1 - np.minimum(p / 0.4, 1) ** 0.5) ** 3.0
    np.testing.assert_allclose(below(difficulty.scaled_kumaraswamy(kumaraswamy)), exact, atol=1e-12)
    normal = below(difficulty.logit_normal(np.array([[-2.0, np.log(3.0)]])))
    np.testing.assert_allclose(normal, ndtr((EDGES + 2) / 3), atol=1e-12)


def test_two_kinds_and_impossible_problems_are_mixtures_of_their_parts() -> None:
    hard, easy = np.array([[-4.0, 0.2]]), np.array([[-4.0 + np.e, -0.3]])
    both = difficulty.two_logit_normals(np.array([[-4.0, 0.2, 1.0, -0.3, logit(0.3)]]))
    parts = 0.7 * difficulty.logit_normal(hard) + 0.3 * difficulty.logit_normal(easy)
    np.testing.assert_allclose(both, parts, atol=1e-12)
    inflated = difficulty.beta_inflated(np.array([[-1.0, 1.0, logit(0.2)]]))
    plain = 0.8 * difficulty.beta(np.array([[-1.0, 1.0]]))
    plain[:, 0] += 0.2
    np.testing.assert_allclose(inflated, plain, atol=1e-12)
    assert log_expit(CENTRES[0]) == pytest.approx(CENTRES[0])
