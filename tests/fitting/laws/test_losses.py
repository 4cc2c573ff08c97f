"""Laws of loss: published constants, every law found again, units, order, refusals."""

from pathlib import Path

import numpy as np
import pytest
from apportion.data.errors import InputError
from apportion.fitting.laws.huber import DELTA, best, cost, slopes
from apportion.fitting.laws.losses import LAWS, centred
from apportion.fitting.laws.losslaw import LossLaw, loss_law
from numpy.typing import NDArray
from scipy.optimize import least_squares

Floats = NDArray[np.float64]
TABLE = Path(__file__).parent / "parscale.csv"
"""The losses of Chen et al. 2025 (arXiv 2505.10475) by parameters and streams, two corpora."""
PUBLISHED = {
    "stack": (0.69124, 1.1306e7, 0.18937, 0.39346, 0.9978, 0.0062),
    "pile": (1.28877, 1.97352e8, 0.19633, 0.33446, 0.9987, 0.0116),
}
"""E, A, alpha, k as a quasi-Newton method that stops early finds them; R2 and the largest error."""
TRUTH: dict[str, tuple[float, ...]] = {
    "parscale": (0.7, 1.1e7, 0.19, 0.4),
    "kaplan-parameters": (8.8e13, 0.076),
    "kaplan": (8.8e13, 0.076, 5.4e13, 0.095),
    "kaplan-steps": (6.5e13, 0.077, 2.1e3, 0.76),
    "chinchilla": (1.69, 406.4, 0.34, 410.7, 0.28),
    "critical-batch": (3e3, 2e6),
    "batch-of-loss": (2e8, 0.21),
}


def parscale(corpus: str) -> dict[str, Floats]:
    rows = [line.split(",") for line in TABLE.read_text().splitlines()[1:]]
    own = np.array([[float(x) for x in row[1:]] for row in rows if row[0] == corpus])
    return dict(zip(("parameters", "streams", "loss"), own.T, strict=True))


def explained(name: str, x: dict[str, Floats]) -> Floats:
    """Each law as it is published."""
    t = TRUTH[name]
    n, d, s = (x.get(c, np.ones(1)) for c in ("parameters", "tokens", "steps"))
    if name == "parscale":
        return np.asarray(t[0] + (t[1] / (n * (t[3] * np.log(x["streams"]) + 1))) ** t[2])
    if name == "kaplan-parameters":
        return np.asarray((t[0] / n) ** t[1])
    if name == "kaplan":
        return np.asarray(((t[0] / n) ** (t[1] / t[3]) + t[2] / d) ** t[3])
    if name == "kaplan-steps":
        return np.asarray((t[0] / n) ** t[1] + (t[2] / s) ** t[3])
    if name == "chinchilla":
        return np.asarray(t[0] + t[1] * n ** -t[2] + t[3] * d ** -t[4])
    if name == "critical-batch":
        return np.asarray(t[0] * (1 + t[1] / x["batch"]))
    return np.asarray(t[0] * x["loss"] ** (-1 / t[1]))


def table(name: str, noise: float, seed: int = 0, rows: int = 60) -> dict[str, Floats]:
    rng = np.random.default_rng(seed)
    ends = {
        "parameters": (1e7, 3e9), "tokens": (1e9, 1e11), "steps": (1e3, 1e5),
        "batch": (1e4, 1e8), "loss": (2.0, 6.0), "streams": (1, 8),
    }  # fmt: skip
    law = LAWS[name]
    logs = {c: np.log(ends[c]) for c in law.columns}
    x = {c: np.exp(rng.uniform(low, high, rows)) for c, (low, high) in logs.items()}
    return x | {law.response: explained(name, x) * np.exp(noise * rng.standard_normal(rows))}


@pytest.mark.parametrize("corpus", PUBLISHED)
def test_the_constants_of_parscale_are_the_published_ones(corpus: str) -> None:
    """To the digits that are the optimum's: the published ones cost a little more, and E, alpha
    and k agree to 3e-4, A, which trades with them, to 1e-3."""
    columns = parscale(corpus)
    made = loss_law(columns, "parscale", worlds=2)
    *constants, r2, worst = PUBLISHED[corpus]
    found = made.constants[0]
    assert np.allclose(found[[0, 2, 3]], np.array(constants)[[0, 2, 3]], rtol=3e-4)
    assert found[1] == pytest.approx(constants[1], rel=1e-3)
    assert made.r2 == pytest.approx(r2, abs=5e-5)
    assert made.worst == pytest.approx(worst, abs=5e-5)

    def price(e: float, a: float, alpha: float, k: float) -> float:
        n, p = columns["parameters"], columns["streams"]
        fitted = e + (a / (n * (k * np.log(p) + 1))) ** alpha
        return float(cost(np.log(columns["loss"]) - np.log(fitted), DELTA))

    own = price(*(float(x) for x in found))
    assert own < price(*constants) < own * (1 + 1e-4)


@pytest.mark.parametrize("corpus", PUBLISHED)
def test_scipy_finds_no_better_optimum(corpus: str) -> None:
    law, columns = LAWS["parscale"], parscale(corpus)
    x, _ = centred(law, columns)
    y = np.log(columns["loss"])
    theta, _, costs = best(law, x, y, DELTA)

    def misses(t: Floats) -> Floats:
        return np.asarray(law.log(t[None], x)[0].real - y)

    again = least_squares(
        misses, theta, loss="huber", f_scale=DELTA,
        xtol=1e-15, ftol=1e-15, gtol=1e-15,
    )  # fmt: skip
    assert np.allclose(again.x, theta, atol=1e-5)
    assert cost(again.fun, DELTA) == pytest.approx(costs[0], rel=1e-9)


@pytest.mark.parametrize("name", LAWS)
def test_a_law_is_found_again_exactly_without_noise(name: str) -> None:
    made = loss_law(table(name, 0.0), name, worlds=2)
    assert made.constants[0] == pytest.approx(TRUTH[name], rel=1e-3)
    assert made.r2 == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("name", LAWS)
def test_slopes_are_those_by_differences(name: str) -> None:
    law = LAWS[name]
    x, _ = centred(law, table(name, 0.0, rows=5))
    theta = law.starts[:1] * 0.7 + 0.1
    _, slope = slopes(law, theta, x)
    for i, step in enumerate(1e-6 * np.eye(theta.shape[1])):
        ends = (law.log(theta + step, x) - law.log(theta - step, x)).real / 2e-6
        assert np.allclose(slope[0, :, i], ends[0], atol=1e-7)


@pytest.mark.parametrize("name", LAWS)
def test_intervals_hold_known_constants(name: str) -> None:
    """90% intervals over 4 tables: of 8 to 20 checks at least .6 hold, 3 standard errors and more
    below .9 for constants that move together."""
    held = []
    for seed in range(4):
        made = loss_law(table(name, 0.005, seed), name, seed=seed, worlds=60)
        rows = zip(made.intervals().values(), TRUTH[name], strict=True)
        held += [i.low <= true <= i.high for i, true in rows]
    assert np.mean(held) >= 0.6


def test_one_bad_run_hardly_moves_the_law() -> None:
    columns = table("chinchilla", 0.002)
    clean = loss_law(columns, "chinchilla", worlds=2).at({"parameters": 1e9, "tokens": 1e10})[0]
    columns["loss"][7] *= 1.3
    spoilt = loss_law(columns, "chinchilla", worlds=2).at({"parameters": 1e9, "tokens": 1e10})[0]
    assert spoilt.estimate == pytest.approx(clean.estimate, rel=1e-3)


def test_units_scale_the_constants_and_change_no_forecast() -> None:
    columns = table("chinchilla", 0.003)
    first = loss_law(columns, worlds=50)
    turned = columns | {"parameters": columns["parameters"] / 1e9}
    moved = loss_law(turned, worlds=50)
    e, a, alpha, b, beta = first.constants.T
    assert np.allclose(
        moved.constants, np.column_stack([e, a * 1e9**-alpha, alpha, b, beta]), rtol=1e-4
    )
    here = first.worlds({"parameters": [1e10], "tokens": 1e12})
    there = moved.worlds({"parameters": [10.0], "tokens": 1e12})
    assert np.allclose(here, there, rtol=1e-5)


def test_the_order_of_runs_changes_no_estimate() -> None:
    columns = table("kaplan", 0.003)
    order = np.random.default_rng(1).permutation(60)
    first = loss_law(columns, "kaplan", worlds=2)
    mixed = loss_law({n: x[order] for n, x in columns.items()}, "kaplan", worlds=2)
    assert np.allclose(first.constants[0], mixed.constants[0], rtol=1e-4)


def test_the_optimum_costs_what_was_asked_and_no_neighbour_is_better() -> None:
    made = loss_law(table("chinchilla", 0.001), worlds=50)
    told = made.optimal(1e22)
    n, d = told["parameters"].estimate, told["tokens"].estimate
    assert 6 * n * d == pytest.approx(1e22)
    near = np.array([0.8, 1.0, 1.25])
    losses = [i.estimate for i in made.at({"parameters": n * near, "tokens": d / near})]
    assert losses[1] == min(losses) == pytest.approx(told["loss"].estimate)
    assert told["parameters"].low < n < told["parameters"].high
    with pytest.raises(InputError, match="needs flops > 0 and 'chinchilla'"):
        loss_law(table("kaplan", 0.001), "kaplan", worlds=2).optimal(1e22)


def test_steps_and_examples_to_one_loss_make_a_hyperbola() -> None:
    """(S / S_min - 1)(E / E_min - 1) = 1, with E = S B and E_min = B_crit S_min."""
    made = loss_law(table("critical-batch", 0.0), "critical-batch", worlds=2)
    s_min, b_crit = made.constants[0]
    batch = np.array([1e3, 2e6, 1e9])
    steps = np.array([i.estimate for i in made.at({"batch": batch})])
    assert np.allclose((steps / s_min - 1) * (steps * batch / (b_crit * s_min) - 1), 1.0)


def test_one_more_run_is_less_sure_than_the_law() -> None:
    made = loss_law(table("chinchilla", 0.01), worlds=200)
    asked = {"parameters": [1e9], "tokens": [1e10]}
    law, run = made.at(asked)[0], made.at(asked, population="check")[0]
    assert run.high - run.low > 1.5 * (law.high - law.low)
    assert run.population == "check"


def test_what_the_table_cannot_tell_is_doubted() -> None:
    few = loss_law({n: x[:7] for n, x in table("chinchilla", 0.01).items()}, worlds=50)
    assert any("7 runs for 5 parameters: log 1 more" in doubt for doubt in few.doubts)
    assert any("within a factor" in doubt for doubt in few.doubts)
    [far] = few.far({"parameters": 1e15, "tokens": 1e10})
    assert "times beyond the table" in far
    assert few.far({"parameters": 1e9, "tokens": 1e10}) == ()


def fitted() -> LossLaw:
    return loss_law(table("chinchilla", 0.01), worlds=2)


@pytest.mark.parametrize(
    ("change", "law", "line"),
    [
        ({"loss": np.zeros(60)}, "chinchilla", "loss must be > 0; got 0 in row 1"),
        ({"tokens": np.ones(60)}, "chinchilla", "tokens must vary"),
        ({"tokens": np.ones(3)}, "chinchilla", "need equal lengths"),
        ({}, "chinchila", "did you mean 'chinchilla'"),
        ({}, "parscale", "needs the column 'streams'"),
    ],
)
def test_what_cannot_be_fitted_is_refused(change: dict[str, Floats], law: str, line: str) -> None:
    with pytest.raises(InputError, match=line) as error:
        loss_law(table("chinchilla", 0.01) | change, law)
    assert "\n" not in str(error.value)


def test_too_few_runs_and_settings_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match="it needs 7 runs or more; got 6"):
        loss_law({n: x[:6] for n, x in table("chinchilla", 0.01).items()})
    for asked, line in (
        ({"parameters": 1e9}, "'tokens' is missing"),
        ({"parameters": 1e9, "token": 1.0}, "no column 'token'"),
        ({"parameters": 1e9, "tokens": 0.0}, "must be > 0; got 0"),
    ):
        with pytest.raises(InputError, match=line):
            fitted().at(asked)
