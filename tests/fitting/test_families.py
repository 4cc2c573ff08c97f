"""Fits in every world by Newton's method: true derivatives, the mode, known truth recovered."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.curve import Floats
from apportion.analysis.worlds import problem_worlds
from apportion.data.door import admit
from apportion.data.synthetic import simulate
from apportion.data.traces import Header, assemble
from apportion.fitting import betabinomial, ceiling, newton, powerlaw
from apportion.fitting.betabinomial import trigamma
from apportion.fitting.curves import BASELINE, FAMILIES, LAWS, Mixture
from apportion.fitting.curves import Family as Declared
from apportion.fitting.newton import Derivatives, maximise
from apportion.fitting.tables import Table, spread, table
from scipy.optimize import minimize
from scipy.special import betaln, expit, polygamma

REAL = Path(os.environ.get("APPORTION_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
PYTHIA = REAL / "pythia_math" / "counts.csv"


@dataclass(frozen=True)
class Family:
    """What Newton's method fits: a likelihood with its priors, or a law by least squares."""

    name: str
    size: int
    fit: Callable[[Table], Floats]
    value: Callable[[Floats, Floats], Floats]


PLAIN = Family("beta-binomial", 2, partial(betabinomial.fit, inflated=False), betabinomial.coverage)
INFLATED = Family("inflated", 3, partial(betabinomial.fit, inflated=True), betabinomial.coverage)
POWER = Family("power-law", 2, powerlaw.fit, powerlaw.coverage)
CEILING = Family("ceiling", 3, ceiling.fit, ceiling.coverage)
FITTED = (PLAIN, INFLATED, POWER, CEILING)

each_family = pytest.mark.parametrize("family", FITTED, ids=[f.name for f in FITTED])
each_declared = pytest.mark.parametrize("family", FAMILIES, ids=[f.name for f in FAMILIES])


@pytest.fixture(scope="module")
def uneven() -> Table:
    """Forty problems, tried unequally often, under seven worlds."""
    rng = np.random.default_rng(1)
    n = rng.integers(4, 60, 40)
    c = rng.binomial(n, rng.beta(0.3, 2.0, 40))
    weights = problem_worlds([f"p{i}" for i in range(40)], 2, 6) * 40
    k = spread(4)
    return Table(n, c, weights, k, np.sort(rng.random((7, len(k))), axis=1))


def derivatives_of(
    family: Family, logged: Table, monkeypatch: pytest.MonkeyPatch
) -> tuple[Derivatives, int]:
    """What a family hands to the mode finder."""
    caught: list[tuple[Derivatives, int]] = []

    def catch(derivatives: Derivatives, start: Floats, worlds: int) -> Floats:
        caught.append((derivatives, len(start)))
        return np.tile(start, (worlds, 1))

    for module in (betabinomial, newton):
        monkeypatch.setattr(module, "maximise", catch)
    family.fit(logged)
    return caught[0]


def differences(f: Callable[[Floats], Floats], theta: Floats) -> Floats:
    """Central differences of f (W, ...) in each of the p parameters, stacked last."""
    steps = 1e-5 * np.eye(theta.shape[1])
    return np.stack([(f(theta + s) - f(theta - s)) / 2e-5 for s in steps], axis=-1)


@each_family
def test_gradients_are_those_of_the_log_posterior(
    family: Family, uneven: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    derivatives, size = derivatives_of(family, uneven, monkeypatch)
    theta = np.random.default_rng(3).normal(0, 0.7, (7, size))
    rows = slice(0, 7)
    numeric = differences(lambda t: derivatives(t, rows)[0], theta)
    np.testing.assert_allclose(derivatives(theta, rows)[1], numeric, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("family", FITTED[:2], ids=[f.name for f in FITTED[:2]])
def test_hessians_of_the_likelihoods_are_exact(
    family: Family, uneven: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    derivatives, size = derivatives_of(family, uneven, monkeypatch)
    theta = np.random.default_rng(4).normal(0, 0.7, (7, size))
    rows = slice(0, 7)
    numeric = differences(lambda t: derivatives(t, rows)[1], theta)
    np.testing.assert_allclose(derivatives(theta, rows)[2], numeric, rtol=1e-5, atol=1e-5)


def test_the_power_laws_hessian_is_exact_where_the_curve_fits(
    uneven: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is Gauss-Newton's: what it leaves out is proportional to the misfit."""
    theta = np.tile([[0.4, -0.8]], (7, 1))
    exact = powerlaw.coverage(theta, uneven.k.astype(float))
    fitting = Table(uneven.n, uneven.c, uneven.weights, uneven.k, exact)
    derivatives, _ = derivatives_of(POWER, fitting, monkeypatch)
    rows = slice(0, 7)
    numeric = differences(lambda t: derivatives(t, rows)[1], theta)
    np.testing.assert_allclose(derivatives(theta, rows)[2], numeric, rtol=1e-4, atol=1e-4)


@each_family
def test_no_other_optimiser_climbs_higher(
    family: Family, uneven: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = family.fit(uneven)
    derivatives, size = derivatives_of(family, uneven, monkeypatch)
    for world in range(uneven.worlds):
        row = slice(world, world + 1)

        def depth(theta: Floats, row: slice = row) -> float:
            return -float(derivatives(theta[None, :], row)[0][0])

        rival = minimize(depth, np.zeros(size), method="Nelder-Mead")
        assert depth(found[world]) <= float(rival.fun) + 1e-7
        np.testing.assert_allclose(derivatives(found[None, world], row)[1], 0, atol=1e-3)


@each_family
def test_a_batch_of_worlds_is_fitted_like_each_world_alone(family: Family, uneven: Table) -> None:
    together = family.fit(uneven)
    for world in range(uneven.worlds):
        alone = Table(
            uneven.n,
            uneven.c,
            uneven.weights[world, None],
            uneven.k,
            uneven.coverage[world, None],
        )
        # A ceiling and an exponent trade off along a ridge, where Newton's last steps are short.
        np.testing.assert_allclose(family.fit(alone)[0], together[world], atol=1e-4, rtol=1e-3)


@each_declared
def test_curves_rise_to_their_limit(family: Declared) -> None:
    rng = np.random.default_rng(5)
    size = 3 if family.name in ("power-law-with-ceiling", "log-projection") else 2
    theta = rng.normal(0, 1, (50, size))
    if isinstance(family, Mixture):
        theta = family.prior.draw(rng, 50)
    k = np.array([1.0, 2, 10, 1e3, 1e6])
    value = family.value(theta, k)
    assert (np.diff(value, axis=1) >= -1e-12).all() or family.name == "log-projection"
    assert ((value >= -1e-12) & (value <= 1 + 1e-12)).all()
    if family.name != "log-projection":
        assert (value <= family.limit(theta)[:, None] + 1e-6).all()


@each_declared
def test_declarations_name_their_parameters(family: Declared) -> None:
    assert [f.name for f in FAMILIES].count(family.name) == 1
    theta = np.zeros((3, 5))
    for of in family.natural.values():
        assert of(theta).shape == (3,)
        assert np.isfinite(of(theta)).all()


def test_logs_of_logs_find_an_exact_power_law_and_a_baseline_its_line() -> None:
    k = spread(1_000)
    exact = powerlaw.coverage(np.array([[1.2, -0.9]]), k.astype(float))
    logged = Table(np.array([1_000]), np.array([5]), np.ones((1, 1)), k, exact)
    named = {law.name: law for law in (*LAWS, BASELINE)}
    theta = named["power-law-in-logs"].fit(logged)
    np.testing.assert_allclose(theta, [[1.2, np.exp(-0.9)]], rtol=1e-9)
    line = named["log-projection"]
    found = line.value(line.fit(logged), k[[-1]].astype(float))
    np.testing.assert_allclose(found, exact[:, -1:], rtol=1e-12)
    straight = Table(logged.n, logged.c, logged.weights, k, 0.1 + 0.05 * np.log(k)[None])
    ahead = line.value(line.fit(straight), np.array([1e4, 1e300]))
    np.testing.assert_allclose(ahead, [[0.1 + 0.05 * np.log(1e4), 1.0]], rtol=1e-9)


def test_trigamma_agrees_with_scipy_and_its_golden_value() -> None:
    x = np.geomspace(1e-8, 1e8, 400)
    np.testing.assert_allclose(trigamma(x), polygamma(1, x), rtol=1e-10)
    assert trigamma(np.array([1.0]))[0] == pytest.approx(np.pi**2 / 6, rel=1e-10)


def test_the_beta_binomial_has_its_golden_values() -> None:
    theta = np.log([[0.2956, 12.358]])
    got = betabinomial.coverage(theta, np.array([100.0, 1e4]))[0]
    assert got == pytest.approx([0.4831720953, 0.8630544881], abs=1e-10)


def test_impossible_problems_scale_the_curve() -> None:
    theta = np.log([[0.5, 2.0, np.e]])
    theta[0, 2] = 0.8
    plain = betabinomial.coverage(theta[:, :2], np.array([7.0]))
    got = betabinomial.coverage(theta, np.array([7.0]))
    assert got == pytest.approx(plain * (1 - expit(0.8)))
    assert betabinomial.limit(theta) == pytest.approx([1 - expit(0.8)])


def test_the_likelihood_is_the_beta_binomial_up_to_a_constant(
    uneven: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slow twin: mixtures written out problem by problem."""
    derivatives, _ = derivatives_of(INFLATED, uneven, monkeypatch)

    def slow(theta: Floats) -> float:
        a, b, pi = np.exp(theta[0]), np.exp(theta[1]), expit(theta[2])
        total = 0.0
        for n, c, w in zip(uneven.n, uneven.c, uneven.weights[0], strict=True):
            like = np.exp(betaln(a + c, b + n - c) - betaln(a, b)) * (1 - pi) + pi * (c == 0)
            total += w * np.log(like)
        away = (theta - betabinomial.PRIOR_MEAN) / betabinomial.PRIOR_SD
        return float(total - 0.5 * (away**2).sum())

    first, second = np.array([-1.0, 0.5, -1.0]), np.array([0.3, 1.5, -2.0])
    fast = derivatives(np.stack([first, second]), slice(0, 1))[0]
    assert fast[0] - fast[1] == pytest.approx(slow(first) - slow(second), rel=1e-10)


def big(world: str) -> Counts:
    return count(simulate(world, problems=4_000, samples=60, seed=2)[0])


@pytest.mark.parametrize(
    ("world", "family", "truth"),
    [
        ("beta", PLAIN, [0.35, 1.0]),
        ("beta-hard", PLAIN, [0.2, 3.0]),
        ("impossible", INFLATED, [0.35, 1.0, 0.25]),
    ],
)
def test_the_mode_finds_the_truth_of_a_big_log(
    world: str, family: Family, truth: list[float]
) -> None:
    """Within 4 standard deviations of the worlds, which are themselves narrow."""
    counts = big(world)
    theta = family.fit(table(counts, problem_worlds(counts.problems, 0, 60)))
    wanted = np.log(truth[:2] + [t / (1 - t) for t in truth[2:]])
    spreads = theta[1:].std(axis=0, ddof=1)
    assert (abs(theta[0] - wanted) < 4 * spreads).all()
    assert (spreads < [0.1, 0.1, 0.2][: len(truth)]).all()


@pytest.mark.parametrize("c", [0, 20])
def test_one_sided_logs_still_have_a_mode(c: int) -> None:
    """Nothing solved, or everything: only the priors keep the parameters finite."""
    logged = Table(
        np.array([20]), np.array([c]), np.full((3, 1), 50.0), spread(20), np.zeros((3, 1))
    )
    flat = Table(logged.n, logged.c, logged.weights, logged.k, np.full((3, len(logged.k)), c / 20))
    for family in FITTED:
        theta = family.fit(flat)
        assert np.isfinite(theta).all()
        assert abs(family.value(theta, np.array([10.0]))[0, 0] - c / 20) < 0.05


def test_newton_survives_a_start_where_the_hill_bends_the_wrong_way() -> None:
    """log cosh-like ridge: -(x^2 - 1)^2 has positive curvature at its start, 0.1."""

    def derivatives(theta: Floats, _: slice) -> tuple[Floats, Floats, Floats]:
        x = theta[:, 0]
        value = -((x**2 - 1) ** 2)
        return value, (-4 * x * (x**2 - 1))[:, None], (4 - 12 * x**2)[:, None, None]

    assert maximise(derivatives, np.array([0.1]), 3) == pytest.approx(np.ones((3, 1)), abs=1e-6)


needs_pythia = pytest.mark.skipif(
    not PYTHIA.exists(), reason=f"the Pythia counts are not at {PYTHIA} (APPORTION_REAL_DATA)"
)


@needs_pythia
@pytest.mark.parametrize(
    ("model", "a", "b", "law"),
    [
        ("Pythia 6.9B", (0.228, 0.322), 14.157, (4.518, 0.361)),
        ("Pythia 1B", (0.184, 0.265), 25.489, (5.621, 0.320)),
        ("Pythia 160M", (0.148, 0.223), 65.644, (6.383, 0.277)),
    ],
)
def test_published_counts_give_the_published_fits(
    model: str, a: tuple[float, float], b: float, law: tuple[float, float]
) -> None:
    rows = pl.read_csv(PYTHIA, schema_overrides={"problem": pl.String})
    tallies = admit(rows.filter(pl.col("model") == model), "tallies", str(PYTHIA))
    counts = count(assemble(Header(), tallies=tallies))
    logged = table(counts, problem_worlds(counts.problems, 0, 40))
    (fitted_a, fitted_b) = np.exp(betabinomial.fit(logged, inflated=False)).T
    assert a[0] < fitted_a[0] < a[1]
    assert fitted_b[0] == pytest.approx(b, rel=0.08)
    assert fitted_b[1:].min() < b < fitted_b[1:].max()
    assert np.exp(powerlaw.fit(logged)[0]) == pytest.approx(law, rel=0.01)


def test_families_keep_to_their_prior_without_a_log() -> None:
    """One sample of one problem says little: the mode stays within a prior sd of its mean."""
    k = spread(1)
    logged = Table(np.array([1]), np.array([0]), np.ones((1, 1)), k, np.zeros((1, 1)))
    for inflated in (False, True):
        theta = partial(betabinomial.fit, inflated=inflated)(logged)[0]
        size = len(theta)
        assert (abs(theta - betabinomial.PRIOR_MEAN[:size]) < betabinomial.PRIOR_SD[:size]).all()
