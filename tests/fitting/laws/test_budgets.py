"""Budget curves: known shapes are recovered, a flat truth stays flat, no peak is invented."""

from functools import cache

import numpy as np
import pytest
from apportion.analysis.counts import Ints
from apportion.analysis.curve import Floats
from apportion.data.errors import InputError
from apportion.fitting.laws.budget_families import FAMILIES
from apportion.fitting.laws.budgets import BudgetCurve, budget_curve
from apportion.fitting.peaked import UNKNOWN
from scipy.special import expit
from scipy.stats import beta

X = np.array([128, 256, 512, 1024, 2048, 4096, 8192.0])
AHEAD = 16384.0
NAMES = [family.name for family in FAMILIES]
LOGS = 24


def truth(name: str, x: Floats) -> Floats:
    shapes = {
        "flat": np.full(len(x), 0.4),
        "saturates": 0.6 * (1 - np.exp(-x / 400)),
        "power": 0.7 - 0.5 * (x / 128) ** -0.5,
        "rises": expit(-1 + 0.25 * np.log(x / 128)),
        "peak": expit(0.3 - 0.35 * np.log(x / 2048) ** 2),
    }
    return np.asarray(shapes[name])


def drawn(mean: Floats, seed: int, problems: int = 60, samples: int = 4) -> tuple[Ints, Ints]:
    """Problems as hard at one budget as at another, whose rates have exactly these means."""
    rng = np.random.default_rng(seed)
    p = beta.ppf(rng.random((problems, 1)), 2 * mean, 2 * (1 - mean))
    c = np.asarray(rng.binomial(samples, p))
    return np.full_like(c, samples), c


@cache
def fits(name: str) -> list[BudgetCurve]:
    mean = truth(name, X)
    return [budget_curve(X, *drawn(mean, s), seed=s, worlds=100) for s in range(LOGS)]


@pytest.mark.parametrize("name", ["flat", "saturates", "rises", "peak"])
def test_intervals_hold_the_truth_within_the_log_and_at_twice_its_largest_budget(name: str) -> None:
    x = np.append(X, AHEAD)
    curves = [fit.at(x) for fit in fits(name)]
    held = np.mean([(c.low <= truth(name, x)) & (truth(name, x) <= c.high) for c in curves], axis=0)
    assert (held >= 0.9 - 4 * np.sqrt(0.09 / LOGS)).all()
    assert np.median([c.high[-1] - c.low[-1] for c in curves]) < 0.4


def test_a_flat_truth_has_a_slope_that_seldom_leaves_zero() -> None:
    slopes = [fit.slope(x) for fit in fits("flat") for x in (256.0, 2048.0)]
    assert np.mean([s.low <= 0 <= s.high for s in slopes]) >= 0.9 - 3 * np.sqrt(0.09 / LOGS)
    assert np.median([s.high - s.low for s in slopes]) < 0.1


def test_a_true_slope_is_told_from_zero_and_recovered() -> None:
    true = float(np.diff(truth("rises", np.array([1024.0, 2048.0])))[0])
    slopes = [fit.slope(1024) for fit in fits("rises")]
    assert all(s.low > 0 for s in slopes)
    assert np.mean([s.low <= true <= s.high for s in slopes]) >= 0.9 - 4 * np.sqrt(0.09 / LOGS)
    assert np.mean([s.estimate for s in slopes]) == pytest.approx(true, abs=0.01)


@pytest.mark.parametrize("name", ["flat", "saturates", "power", "rises"])
def test_a_truth_without_a_peak_is_seldom_given_one(name: str) -> None:
    found = np.mean([fit.shape == "peak inside" for fit in fits(name)])
    assert found <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / LOGS)


def test_a_clear_peak_is_found_where_it_is() -> None:
    found = fits("peak")
    assert np.mean([fit.shape == "peak inside" for fit in found]) > 0.9
    held = np.mean([fit.peak().low <= 2048 <= fit.peak().high for fit in found])
    assert held >= 0.9 - 4 * np.sqrt(0.09 / LOGS)


@pytest.mark.parametrize(
    ("name", "family"), [("saturates", "exponential"), ("power", "power"), ("rises", "log-linear")]
)
def test_the_family_that_drew_the_log_weighs_most(name: str, family: str) -> None:
    mean = np.mean([fit.weight for fit in fits(name)], axis=0)
    assert NAMES[mean.argmax()] == family
    assert all(
        fit.weight.sum() == pytest.approx(1) and fit.weight.max() < 0.95 for fit in fits(name)
    )


def test_the_unit_of_the_budgets_changes_nothing() -> None:
    n, c = drawn(truth("peak", X), 3)
    ours = budget_curve(X, n, c, worlds=60)
    theirs = budget_curve(X / 1000, n, c, worlds=60)
    np.testing.assert_allclose(
        theirs._worlds(X / 1000, theirs.weight, theirs.speaker),
        ours._worlds(X, ours.weight, ours.speaker),
        atol=1e-8,
    )
    assert theirs.shape == ours.shape
    assert theirs.slope(0.5).estimate == pytest.approx(ours.slope(500).estimate, abs=1e-8)
    assert theirs.peak().high * 1000 == pytest.approx(ours.peak().high)
    ended, other = ours.saturation(), theirs.saturation()
    assert other.residual.high * 1000 == pytest.approx(ended.residual.high)


def test_saturation_is_where_the_true_curve_saturates() -> None:
    mean = 0.6 * (1 - np.exp(-X / 400))
    fit = budget_curve(X, *drawn(mean, 1, 2000, 16), worlds=100)
    ended = fit.saturation(marginal=0.1, unit=1000)
    # Gains only fall, so the most that later budgets gain is the slope itself.
    slope_is = 400 * np.log(0.6 / 400 / (0.1 / 1000))
    assert ended.marginal.estimate == pytest.approx(slope_is, rel=0.15)
    assert ended.residual.estimate == pytest.approx(400 * np.log(30), rel=0.15)
    assert ended.residual.low < 400 * np.log(30) < ended.residual.high
    asked = fit.saturation(marginal=1e-12, unit=1000)
    assert np.isnan(asked.marginal.estimate)
    assert asked.marginal.high == np.inf


def test_a_curve_that_levels_off_is_named_when_the_log_is_large() -> None:
    mean = truth("saturates", X)
    fit = budget_curve(X, *drawn(mean, 2, 600, 16), worlds=100)
    assert fit.shape == "rises, then levels off"


def test_continuations_may_begin_at_zero_with_a_shift() -> None:
    x = np.array([0.0, 1, 2, 4, 8])
    mean = expit(-0.5 + 0.4 * np.log(x + 1))
    n, c = drawn(mean, 5, 400, 8)
    fit = budget_curve(x, n, c, shift=1, worlds=100)
    assert fit.shape == "rises"
    assert fit.at([0]).estimate[0] == pytest.approx(mean[0], abs=0.05)
    gained = expit(-0.5 + 0.4 * np.log(4)) - expit(-0.5 + 0.4 * np.log(2))
    assert fit.slope(1).estimate == pytest.approx(gained, abs=0.03)
    with pytest.raises(InputError, match="shift=1"):
        budget_curve(x, n, c)


def test_problems_that_gain_apart_are_paired() -> None:
    """Problems differ far more from each other than one budget from the next."""
    rng = np.random.default_rng(0)
    hard = rng.choice([0.02, 0.93], 60)[:, None]
    n = np.full((60, 7), 64)
    c = rng.binomial(n, hard + 0.006 * np.arange(7))
    fit = budget_curve(X, n, c, worlds=100)
    level, slope = fit.at([1024]), fit.slope(1024)
    assert slope.high - slope.low < (level.high[0] - level.low[0]) / 10
    assert slope.low > 0


def test_doubts_say_what_the_log_lacks() -> None:
    n, c = drawn(truth("flat", X[:3]), 0, 10)
    few = budget_curve(X[:3], n, c, worlds=50)
    assert few.scores.shape == (len(FAMILIES), 0)
    told = " ".join(few.doubts)
    assert "only 10 problems: log 20 more" in told
    assert "only 3 budgets" in told
    assert few.shape in (UNKNOWN, "rises", "falls")


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_a_shift_that_is_none_is_refused(bad: float) -> None:
    with pytest.raises(InputError, match="shift must satisfy shift >= 0"):
        budget_curve(X, *drawn(truth("flat", X), 0), shift=bad)
