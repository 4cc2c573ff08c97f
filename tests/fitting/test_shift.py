"""The shift between two models is found where it is known, and is paired where problems are."""

import json
from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.curve import Curve, Floats
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.data.worlds import Beta
from apportion.fitting.exponent import shared_exponent
from apportion.fitting.shift import shift, together
from scipy.optimize import brentq, curve_fit

LOGS = 100
INSIDE = (0.1, 0.2, 0.3)
TEMPLATE = count(simulate("beta", problems=4, samples=2, seed=0)[0])


def log(p: Floats, n: int, rng: np.random.Generator, name: str = "") -> Counts:
    """n samples of problems that are solved with chance p each."""
    return replace(
        TEMPLATE,
        problems=tuple(f"{name}{i:04d}" for i in range(len(p))),
        levels=None,
        n=np.full(len(p), n),
        c=rng.binomial(n, p),
        drawn=None,
        prompt_tokens=np.full(len(p), np.nan),
        output_tokens=np.full(len(p), np.nan),
        seconds=np.full(len(p), np.nan),
        verdict_tokens=np.full(len(p), np.nan),
    )


def stretched(p: Floats, factor: float) -> Floats:
    """Solve rates with exactly the same coverage at `factor` times the samples."""
    return -np.expm1(np.log1p(-p) / factor)


def pair(
    seed: int, factor: float = 3.0, n: int = 60, *, shared: bool = True
) -> tuple[Counts, Counts]:
    rng = np.random.default_rng(seed)
    p, other = rng.beta(0.4, 6.0, (2, 100))
    same = p if shared else other
    return log(p, n, rng), log(stretched(same, factor), n, rng, "" if shared else "other-")


@pytest.mark.parametrize("shared", [True, False])
def test_intervals_of_an_exact_shift_hold_it_as_often_as_they_say(shared: bool) -> None:
    held, wide = [], []
    for seed in range(LOGS):
        found = shift(*pair(seed, shared=shared), levels=(0.15, 0.25), worlds=200, seed=seed)
        assert found.sources == ("log", "log")
        held.append([f.low <= 3.0 <= f.high for f in found.factors])
        factor = found.shared.factors[:, 1]
        low, high = np.quantile(factor[1:], [0.05, 0.95])
        held[-1].append(low <= 3.0 <= high)
        wide.append(np.log(found.factors[0].high / found.factors[0].low))
    error = np.sqrt(0.9 * 0.1 / LOGS)
    np.testing.assert_allclose(np.mean(held, axis=0), 0.9, atol=4 * error)
    assert np.mean(wide) < 0.75 if shared else np.mean(wide) > 0.75


def test_two_betas_of_one_exponent_are_shifted_by_their_scale() -> None:
    """1 - coverage of Beta(a, b) nears (1 + k / b)^-a, so three times b is three times k."""
    rng = np.random.default_rng(1)
    one, other = Beta(0.3, 20.0), Beta(0.3, 60.0)
    a = log(one.draw(rng, 4_000), 400, rng)
    b = log(other.draw(rng, 4_000), 400, rng, "other-")
    found = shift(a, b, levels=INSIDE)
    for level, factor in zip(INSIDE, found.factors, strict=True):
        k = [
            brentq(lambda k, world=w, at=level: float(world.coverage(k)) - at, 1, 5_000)
            for w in (one, other)
        ]
        assert k[1] / k[0] == pytest.approx(3, rel=0.04)
        assert factor.low <= k[1] / k[0] <= factor.high
        assert factor.estimate == pytest.approx(k[1] / k[0], rel=0.15)


def test_a_model_is_not_shifted_from_itself_and_the_shift_back_is_the_inverse() -> None:
    a, b = pair(0)
    none = shift(a, a, levels=INSIDE)
    assert all((f.estimate, f.low, f.high) == (1, 1, 1) for f in none.factors)
    np.testing.assert_allclose(none.shared.factors, 1)
    there, back = shift(a, b, levels=INSIDE[:2]), shift(b, a, levels=INSIDE[:2])
    for one, other in zip(there.factors, back.factors, strict=True):
        assert one.estimate * other.estimate == pytest.approx(1)
        assert one.low * other.high == pytest.approx(1, rel=0.01)


def test_problems_are_paired_by_name_whatever_their_order_or_company() -> None:
    a, b = pair(0)
    turned = b.only(np.arange(len(b))[::-1])
    for x, y in zip(together(a, b), together(a, turned), strict=True):
        np.testing.assert_allclose(x.worlds, y.worlds)
    part, rest = together(a.only(np.arange(60)), a.only(np.arange(40, 100)))
    apart = np.corrcoef(part.worlds[1:, 0], rest.worlds[1:, 0])[0, 1]
    assert 0.05 < apart < 0.7
    one, other = together(*pair(0, 1.0, shared=False))
    assert abs(np.corrcoef(one.worlds[1:, 0], other.worlds[1:, 0])[0, 1]) < 4 / np.sqrt(400)


def test_a_level_beyond_a_log_is_forecast_and_one_that_is_not_reached_has_a_reason() -> None:
    a, b = pair(2, n=40)
    found = shift(a, b, levels=(0.005, 0.2, 0.55, 0.999), worlds=100)
    assert found.sources[1:3] == ("log", "forecast")
    assert found.reasons[1:3] == (None, None)
    assert found.factors[2].low <= 3 <= found.factors[2].high
    at_once, never = found.reasons[0], found.reasons[3]
    assert "one sample of" in str(at_once)
    assert str(never).startswith("cannot be determined from this log: ")
    assert "reaches 0.999 within 4,000 samples in " in str(never)
    assert np.isnan([found.factors[0].estimate, found.factors[3].estimate]).all()
    told = json.loads(json.dumps(found.json(), allow_nan=False))
    assert [row["open_above"] for row in told["levels"]][1:3] == [False, False]
    assert told["levels"][3]["estimate"] is None
    assert told["shared"]["factors"][0]["estimate"] == 1


@pytest.mark.parametrize("levels", [(), (0.0,), (0.5, 1.0)])
def test_levels_lie_strictly_between_0_and_1(levels: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="strictly between 0 and 1"):
        shift(*pair(0), levels=levels)


def law(k: Floats, a: float, b: float) -> Floats:
    return np.asarray(np.exp(-a * k**-b))


def test_a_common_exponent_is_found_in_every_world() -> None:
    ks = [np.array([1, 2, 5, 10, 40]), np.array([1, 3, 9, 100])]
    truth = [(2.0, 0.3), (3.0, 0.5)]
    curves = [
        Curve(k, np.stack([law(k, scale * a, b) for a, b in truth]), "new")
        for k, scale in zip(ks, (1.0, 1.5), strict=True)
    ]
    found = shared_exponent(curves)
    np.testing.assert_allclose(found.exponent, [0.3, 0.5], rtol=2e-3)
    np.testing.assert_allclose(found.factors[:, 1], [1.5 ** (1 / 0.3), 1.5 ** (1 / 0.5)], rtol=0.01)
    assert found.doubt is None


def test_curves_of_other_exponents_are_no_shifts_and_are_fitted_as_scipy_would() -> None:
    k = np.array([1, 2, 4, 8, 16, 32, 64])
    rows = np.stack([law(k, 2.0, 0.3), law(k, 2.0, 0.6)])
    rng = np.random.default_rng(0)
    noisy = [Curve(k, row + rng.normal(0, 0.002, (40, len(k))), "new") for row in rows]
    found = shared_exponent(noisy)
    assert "exponents 0.30 and 0.60" in str(found.doubt)

    def both(_: Floats, b: float, one: float, other: float) -> Floats:
        return np.concatenate([law(k, np.exp(one), b), law(k, np.exp(other), b)])

    target = np.concatenate([curve.estimate for curve in noisy])
    best = curve_fit(both, np.arange(len(target)), target, p0=[0.4, 0.5, 0.5])[0]
    np.testing.assert_allclose(found.exponent[0], best[0], rtol=5e-3)
    np.testing.assert_allclose(found.log_scale[0], best[1:], rtol=5e-3)
