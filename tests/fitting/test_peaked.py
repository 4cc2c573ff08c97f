"""Peaked curves: the test that a peak is inside keeps its size, has power, and finds the peak."""

from functools import cache

import numpy as np
import pytest
import statsmodels.api as sm
from apportion.analysis.curve import Floats
from apportion.analysis.worlds import problem_worlds
from apportion.data.errors import InputError
from apportion.fitting.peaked import FORMS, UNKNOWN, Peaked, peaked, tallied
from scipy.special import expit, logit
from scipy.stats import beta

X = np.array([128, 256, 512, 1024, 2048, 4096, 8192.0])
LOGS = 150
LOG_X = np.log(X / 128)
MONOTONE = {
    "levels off": np.array([0.2, 0.35, 0.5, 0.55, 0.56, 0.56, 0.56]),
    "saturates": 0.6 * (1 - np.exp(-X / 400)),
    "rises": expit(-1 + 0.25 * LOG_X),
    "flat": np.full(7, 0.4),
    "falls": expit(1 - 0.25 * LOG_X),
}
PEAKED = {
    "quadratic": expit(0.3 - 0.35 * np.log(X / 2048) ** 2),
    "saturating": 0.9 * (1 - np.exp(-X / 500)) - X * 5e-5,
}
TOPS = {"quadratic": 2048.0, "saturating": 500 * np.log(0.9 / (500 * 5e-5))}


def drawn(mean: Floats, seed: int, problems: int = 60, samples: int = 4) -> tuple[Floats, Floats]:
    """Problems as hard at one budget as at another, whose rates have exactly these means."""
    rng = np.random.default_rng(seed)
    p = beta.ppf(rng.random((problems, 1)), 2 * mean, 2 * (1 - mean))
    c = rng.binomial(samples, p)
    return np.full(c.shape, float(samples)), c.astype(float)


@cache
def fits(name: str, form: str) -> list[Peaked]:
    mean = MONOTONE[name] if name in MONOTONE else PEAKED[form]
    return [
        peaked(X, *drawn(mean, seed), form=form, seed=seed, worlds=200)  # type: ignore[arg-type]
        for seed in range(LOGS)
    ]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", MONOTONE)
def test_a_monotone_curve_is_seldom_given_a_peak(name: str, form: str) -> None:
    """Also one that levels off, whose fitted quadratic has its top inside nearly always."""
    found = fits(name, form)
    assert np.mean([f.p <= 0.05 for f in found]) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / LOGS)
    wrong = {"rises": "falls", "falls": "rises"}.get(name)
    assert np.mean([f.shape == wrong for f in found]) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / LOGS)


def test_the_slopes_alone_would_see_peaks_in_curves_that_level_off() -> None:
    assert np.mean([f.inside > 0.95 for f in fits("levels off", "quadratic")]) > 0.9


@pytest.mark.parametrize("form", FORMS)
def test_a_clear_peak_is_found_and_its_interval_holds_it_as_often_as_it_says(form: str) -> None:
    found = fits("peak", form)
    assert np.mean([f.shape == "peak inside" for f in found]) > 0.9
    tops = np.array([f.peaks[0] for f in found])
    assert np.median(tops) == pytest.approx(TOPS[form], rel=0.05)
    held = [(i.low <= TOPS[form] <= i.high) for i in (f.peak(0.9) for f in found)]
    assert abs(np.mean(held) - 0.9) <= 4 * np.sqrt(0.09 / LOGS)


@pytest.mark.parametrize("name", ["rises", "falls"])
def test_a_steep_monotone_curve_is_named(name: str) -> None:
    mean = MONOTONE[name]
    shapes = [peaked(X, *drawn(mean, s, 300, 8), worlds=100).shape for s in range(20)]  # type: ignore[arg-type]
    assert shapes.count(name) >= 18


def test_the_quadratic_is_the_binomial_glm_with_cluster_robust_errors() -> None:
    n, c = drawn(PEAKED["quadratic"], 3, 200)
    weights = problem_worlds([str(i) for i in range(200)], 0, 2_000)
    theta = FORMS["quadratic"].fit(X, weights @ (c / n), np.full((2_001, 7), 200.0))
    z = np.tile((np.log(X) - np.log(1024)) / np.log(8), 200)
    design = np.vander(z, 3, increasing=True)
    model = sm.GLM((c / n).ravel(), design, family=sm.families.Binomial())
    glm = model.fit(cov_type="cluster", cov_kwds={"groups": np.repeat(np.arange(200), 7)})
    fitted = glm.predict(np.vander((np.log(X) - np.log(1024)) / np.log(8), 3, increasing=True))
    np.testing.assert_allclose(FORMS["quadratic"].value(theta, X)[0], fitted, atol=2e-3)
    ends = np.array([[0, 1, -2], [0, 1, 2]]) / np.log(8)
    error = np.sqrt(np.diag(ends @ glm.cov_params() @ ends.T))
    slopes = FORMS["quadratic"].slope(theta, X[[0, -1]])
    np.testing.assert_allclose(slopes[0], ends @ glm.params, rtol=0.02)
    np.testing.assert_allclose(slopes[1:].std(axis=0), error, rtol=0.08)


@pytest.mark.parametrize("form", FORMS)
def test_slopes_and_peaks_are_those_of_the_values(form: str) -> None:
    law = FORMS[form]
    theta = np.array([[-6.0, 2.0, -0.15], [-1, 0.1, -0.05]])
    if form == "saturating":
        theta = np.array([[0.9, 500.0, 5e-5], [0.5, 200.0, 1e-4]])
    link = logit if form == "quadratic" else np.asarray
    wide = 1e-6
    up, down = (link(law.value(theta, X * np.exp(s * wide))) for s in (1, -1))
    np.testing.assert_allclose(law.slope(theta, X), (up - down) / (2 * wide), atol=1e-6)
    for row, top in zip(theta[:, None], law.peak(theta), strict=True):
        assert law.slope(row, np.array([top]))[0, 0] == pytest.approx(0, abs=1e-9)


def test_the_saturating_form_is_recovered_without_noise() -> None:
    true = np.array([[0.9, 500.0, 5e-5]])
    mean = FORMS["saturating"].value(true, X)
    found = FORMS["saturating"].fit(X, mean, np.ones_like(mean))
    np.testing.assert_allclose(found, true, rtol=0.05)


def test_an_open_peak_has_an_open_interval() -> None:
    rising = peaked(X, *drawn(MONOTONE["rises"], 1, 200)).peak()  # type: ignore[arg-type]
    assert rising.high == np.inf
    assert rising.low > 2048
    falling = peaked(X, *drawn(MONOTONE["falls"], 1, 200)).peak()  # type: ignore[arg-type]
    assert falling.low == 0


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("c", [0, 4])
def test_a_log_of_one_kind_tells_nothing(c: int, form: str) -> None:
    n = np.full((40, 7), 4)
    fit = peaked(X, n, np.full_like(n, c), form=form, worlds=50)
    assert fit.shape == UNKNOWN
    assert np.isfinite(fit.at(X.astype(int)).worlds).all()
    assert ("nothing was solved at any budget" in fit.doubts) == (c == 0)


def test_the_fitted_curve_is_the_accuracy_and_a_problem_not_tried_is_missing() -> None:
    n, c = drawn(PEAKED["quadratic"], 5, 400)
    fit = peaked(X, n, c)  # type: ignore[arg-type]
    np.testing.assert_allclose(fit.at(X.astype(int)).estimate, fit.accuracy[0], atol=0.05)
    n[:200, 0] = c[:200, 0] = 0
    fit = peaked(X, n, c)  # type: ignore[arg-type]
    assert fit.accuracy[0, 0] == pytest.approx(c[200:, 0].mean() / 4)
    assert any("miss some budgets" in d for d in fit.doubts)


def test_bad_input_is_refused_in_one_line() -> None:
    n = np.full((5, 3), 2)
    for x, counts, rule in (
        ([1, 2], n, "3 budgets or more; got 2"),
        ([1, 1, 2], n, "positive and increasing"),
        ([1, 2, 3], n[:, :2], "problems >= 3, budgets = 3"),
        ([1, 2, 3], n * 0, "budget 1 was on none"),
    ):
        with pytest.raises(InputError, match=rule):
            tallied("budget", np.array(x, dtype=float), counts, counts)
    with pytest.raises(InputError, match="0 <= c <= n"):
        tallied("budget", np.arange(1.0, 4), n, n + 1)
    with pytest.raises(InputError, match="form must be one of quadratic, saturating"):
        peaked(np.arange(1.0, 4), n, n, form="cubic")
