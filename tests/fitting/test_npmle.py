"""The nonparametric mixture and its bracket: certified maxima, exact cases, honest coverage."""

from collections.abc import Callable

import numpy as np
import pytest
from apportion.analysis.counts import Ints
from apportion.analysis.curve import Floats
from apportion.fitting import bracket as bracket_file
from apportion.fitting.bracket import PRECISION, bracket
from apportion.fitting.npmle import (
    FINENESS,
    climb,
    densities,
    excess,
    grid,
    log_likelihood,
    nearest,
    npmle,
    solved,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, linprog
from scipy.special import betaln, expit, xlogy
from scipy.stats import chi2

Log = tuple[Ints, Ints, Floats]

DROP = chi2.ppf(0.95, 1) / 2


def beta_rates(rng: np.random.Generator, problems: int) -> Floats:
    return rng.beta(0.35, 1, problems)


def beta_coverage(k: Floats) -> Floats:
    return np.asarray(-np.expm1(betaln(0.35, 1 + k) - betaln(0.35, 1)))


def logit_normal_rates(rng: np.random.Generator, problems: int) -> Floats:
    return np.asarray(expit(rng.normal(-3, 3, problems)))


def logit_normal_coverage(k: Floats) -> Floats:
    z = np.linspace(-9, 9, 20_001)
    mass = np.exp(-z * z / 2)
    return np.asarray(mass / mass.sum() @ -np.expm1(k * np.log1p(-expit(3 * z - 3))[:, None]))


def collected(n: Ints, c: Ints) -> Log:
    pairs, times = np.unique(np.stack([n, c]), axis=1, return_counts=True)
    return pairs[0], pairs[1], times.astype(float)


def drawn(seed: int, problems: int = 60, samples: int = 16) -> Log:
    rng = np.random.default_rng(seed)
    c = rng.binomial(samples, beta_rates(rng, problems))
    return collected(np.full(problems, samples), c)


@st.composite
def logs(draw: st.DrawFn) -> Log:
    """Up to six pairs of unequal n, with fractional weights."""
    n = np.asarray(draw(st.lists(st.integers(1, 40), min_size=1, max_size=6)))
    c = np.asarray([draw(st.integers(0, int(x))) for x in n])
    weight = np.asarray([draw(st.floats(0.25, 20)) for _ in n])
    return n, c, weight


def em(density: Floats, weight: Floats, steps: int = 5000) -> Floats:
    share = np.full(density.shape[1], 1 / density.shape[1])
    for _ in range(steps):
        share = share * (weight / (density @ share) @ density) / weight.sum()
    return share


@settings(deadline=None, max_examples=25)
@given(logs())
def test_the_climb_ends_where_em_does(log: Log) -> None:
    n, c, weight = log
    p = np.array([0.0, 0.002, 0.02, 0.1, 0.3, 0.6, 0.9, 1.0])
    density = densities(n, c, p)
    share, gap = climb(density, weight, np.full(8, 1 / 8))
    found = log_likelihood(density, weight, share)
    slow = log_likelihood(density, weight, em(density, weight))
    assert slow - 1e-6 <= found <= slow + 0.01
    assert gap <= 1e-5
    assert share.min() >= 0
    assert share.sum() == pytest.approx(1)


@settings(deadline=None, max_examples=25)
@given(logs())
def test_no_rate_anywhere_would_raise_the_likelihood(log: Log) -> None:
    n, c, weight = log
    mixing = npmle(n, c, weight)
    assert mixing.gap <= 1e-5
    between = np.linspace(0, np.pi / 2, 4001)
    p = np.concatenate([[0.0], np.geomspace(1e-9, 0.01, 500), np.sin(between) ** 2, [1.0]])
    density = densities(n, c, mixing.p) @ mixing.share
    slope = weight / density @ densities(n, c, p) - weight.sum()
    # Half a spacing from a node a density has lost FINENESS^2 / 8 of its peak; allow twice that.
    assert slope.max() <= FINENESS**2 / 4 * weight.sum()


@pytest.mark.parametrize("samples", [16, 100, 1000])
def test_a_finer_grid_gains_next_to_nothing(samples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    n, c, weight = drawn(3, 200, samples)
    usual = npmle(n, c, weight).log_likelihood
    monkeypatch.setattr("apportion.fitting.npmle.FINENESS", 0.05)
    monkeypatch.setattr("apportion.fitting.npmle.PER_DECADE", 100)
    finer = npmle(n, c, weight).log_likelihood
    assert usual - 1e-4 <= finer <= usual + 0.03


def test_all_solved_is_rate_one_and_none_solved_is_rate_zero() -> None:
    for c, rate in ((0, 0.0), (7, 1.0)):
        mixing = npmle(np.array([7]), np.array([c]), np.array([12.0]))
        assert mixing.p.tolist() == [rate]
        assert mixing.share.tolist() == [1.0]
        assert mixing.log_likelihood == 0
        assert mixing.coverage(np.array([1, 1000])).tolist() == [rate, rate]


def test_one_problem_has_its_own_rate() -> None:
    mixing = npmle(np.array([10]), np.array([3]), np.array([1.0]))
    assert mixing.coverage(np.array([1]))[0] == pytest.approx(0.3)
    assert mixing.log_likelihood == pytest.approx(0)


def test_one_sample_each_tells_the_mean_rate_and_nothing_else() -> None:
    mixing = npmle(np.array([1, 1]), np.array([0, 1]), np.array([30.0, 10.0]))
    assert mixing.coverage(np.array([1]))[0] == pytest.approx(0.25, abs=1e-8)
    assert mixing.log_likelihood == pytest.approx(30 * np.log(0.75) + 10 * np.log(0.25))


@settings(deadline=None, max_examples=20)
@given(logs(), st.floats(0.1, 0.9))
def test_weights_add_and_scale_and_zero_weighs_nothing(log: Log, part: float) -> None:
    n, c, weight = log
    whole = npmle(n, c, weight).log_likelihood
    twice = np.concatenate([part * weight, (1 - part) * weight])
    assert npmle(np.tile(n, 2), np.tile(c, 2), twice).log_likelihood == pytest.approx(
        whole, abs=1e-5
    )
    assert npmle(n, c, 3 * weight).log_likelihood == pytest.approx(3 * whole, abs=3e-5)
    more = np.append(n, n.max()), np.append(c, 0), np.append(weight, 0.0)
    assert npmle(*more).log_likelihood == pytest.approx(whole, abs=1e-5)


def test_the_grid_runs_from_zero_to_one_and_reaches_far_below_the_log() -> None:
    p = grid(np.array([4, 16]), np.array([1, 3]), 1600)
    assert (p[0], p[-1]) == (0, 1)
    assert (np.diff(p) > 0).all()
    assert p[1] * 1600 < 0.01


def test_excess_is_the_gain_over_a_family_and_never_negative() -> None:
    n, c, weight = drawn(5)
    log_density = np.asarray(betaln(0.35 + c, 1 + n - c) - betaln(0.35, 1))
    own = xlogy(c, c / n) + xlogy(n - c, 1 - c / n)
    gain = npmle(n, c, weight).log_likelihood - weight @ (log_density - own)
    assert excess(n, c, weight, log_density) == pytest.approx(2 * gain)
    assert gain > 0
    rate = (weight @ c) / (weight @ n)
    alike = c * np.log(rate) + (n - c) * np.log1p(-rate)
    assert excess(n, c, weight, alike) > 100  # problems of one rate: no such log


def test_the_bracket_ends_where_an_independent_solver_does(monkeypatch: pytest.MonkeyPatch) -> None:
    n, c = np.array([5, 8, 8, 20]), np.array([0, 0, 3, 15])
    weight = np.array([6.0, 4.5, 5.0, 2.5])
    p = np.array([0.0, 0.003, 0.05, 0.3, 0.7, 1.0])
    monkeypatch.setattr(bracket_file, "grid", lambda *_: p)
    k = np.array([8, 80, 800])
    low, high = bracket(n, c, weight, k)
    density = densities(n, c, p)
    best, _ = climb(density, weight, np.full(6, 1 / 6))
    level = log_likelihood(density, weight, best) - DROP

    def end(gain: Floats) -> float:
        """The linear programme under ever more tangents of the log likelihood (Kelley 1960)."""
        cuts: list[Floats] = []
        x = np.asarray(best)
        for _ in range(200):
            x = 0.9999 * x + 0.0001 / 6  # a tangent near an end with no density would be vertical
            slope = weight / (density @ x) @ density
            cuts.append(slope + log_likelihood(density, weight, x) - slope @ x - level)
            found = linprog(-gain, -np.stack(cuts), np.zeros(len(cuts)), np.ones((1, 6)), [1.0])
            x = np.asarray(found.x)
            if log_likelihood(density, weight, x) > level - 1e-4:
                break
        return float(gain @ x)

    gains = solved(p, k).T
    np.testing.assert_allclose(high, [end(gain) for gain in gains], atol=1.5 * PRECISION)
    np.testing.assert_allclose(low, [1 - end(1 - gain) for gain in gains], atol=1.5 * PRECISION)


def test_with_one_sample_each_the_bracket_is_that_of_a_binomial_share() -> None:
    low, high = bracket(np.array([1, 1]), np.array([0, 1]), np.array([30.0, 20.0]), np.array([1]))

    def fall(v: float) -> float:
        return float(20 * np.log(0.4 / v) + 30 * np.log(0.6 / (1 - v)) - DROP)

    assert low[0] == pytest.approx(brentq(fall, 0.01, 0.4), abs=2 * PRECISION)
    assert high[0] == pytest.approx(brentq(fall, 0.4, 0.99), abs=2 * PRECISION)


def test_with_nothing_solved_the_bracket_is_known() -> None:
    none = np.array([16]), np.array([0]), np.array([40.0])
    low, high = bracket(*none, np.array([16, 160_000]))
    assert high[0] == pytest.approx(-np.expm1(-DROP / 40), abs=2 * PRECISION)
    assert high[1] > 0.99
    np.testing.assert_allclose(low, 0, atol=PRECISION)


def test_with_everything_solved_the_bracket_is_known() -> None:
    low, high = bracket(np.array([16]), np.array([16]), np.array([40.0]), np.array([1, 16]))
    assert high == pytest.approx(1)
    assert low[1] >= np.exp(-DROP / 40) - PRECISION  # an atom at 0, or better, one below 1
    assert low[0] == pytest.approx(np.exp(-DROP / 40), abs=0.01)


@settings(deadline=None, max_examples=20)
@given(logs())
def test_the_bracket_holds_the_mixture_and_grows_with_k_and_mass(log: Log) -> None:
    n, c, weight = log
    k = np.array([1, 3, 10, 40, 400, 4000])
    low, high = bracket(n, c, weight, k)
    inside_low, inside_high = bracket(n, c, weight, k, 0.5)
    middle = npmle(n, c, weight).coverage(np.array([1]))
    assert (low[0] <= middle + 1e-3).all()
    assert (middle <= high[0] + 1e-3).all()
    assert (low <= inside_low + PRECISION).all()
    assert (inside_high <= high + PRECISION).all()
    assert (np.diff(low) >= -2 * PRECISION).all()
    assert (np.diff(high) >= -2 * PRECISION).all()
    assert (low >= 0).all()
    assert (high <= 1).all()


@pytest.mark.parametrize("seed", range(4))
def test_the_bracket_is_narrow_within_the_log_and_wide_beyond(seed: int) -> None:
    n, c, weight = drawn(seed)
    low, high = bracket(n, c, weight, np.array([1, 16, 160, 1600]))
    width = high - low
    for at, value in ((0, c / n), (1, (c > 0).astype(float))):
        mean = weight @ value / 60
        error = np.sqrt(weight @ (value - mean) ** 2) / 60
        assert 0.8 < width[at] / (2 * 1.96 * error) < 1.3
    mixing = npmle(n, c, weight)
    held = mixing.coverage(np.array([1, 16, 160, 1600]))
    assert (low <= held + PRECISION).all()
    assert (held <= high + PRECISION).all()
    assert width[1] < width[2] <= width[3] + PRECISION
    assert high[3] > 0.97
    assert low[3] < low[2] + PRECISION < low[1] + 0.2  # what is unseen may never be solved


WORLDS = {
    "beta": (beta_rates, beta_coverage),
    "logit-normal": (logit_normal_rates, logit_normal_coverage),
}


@pytest.mark.parametrize("world", WORLDS)
def test_the_bracket_holds_the_truth_as_often_as_it_says(world: str) -> None:
    rates: Callable[[np.random.Generator, int], Floats]
    rates, coverage = WORLDS[world]
    rng = np.random.default_rng(11)
    k, repeats = np.array([160, 1600]), 200
    truth = coverage(k.astype(float))
    held = np.zeros(2)
    for _ in range(repeats):
        c = rng.binomial(16, rates(rng, 60))
        low, high = bracket(*collected(np.full(60, 16), c), k)
        held += (low <= truth) & (truth <= high)
    assert (held / repeats >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / repeats)).all(), held / repeats


def test_a_start_at_the_problems_own_rates_sums_to_one() -> None:
    n, c, weight = drawn(2)
    share = nearest(n, c, weight, grid(n, c))
    assert share.sum() == pytest.approx(1)
    assert share[0] == pytest.approx(weight[c == 0].sum() / 60)
