"""Surfaces over several knobs: known truths, the GLM of statsmodels, units, order, refusals."""

import numpy as np
import pytest
import statsmodels.api as sm
from apportion.analysis.worlds import problem_worlds
from apportion.data.errors import InputError
from apportion.fitting.laws import families, quasi
from apportion.fitting.laws.families import FAMILIES, PLAIN, Form, Rows, forms
from apportion.fitting.laws.heldout import held_out
from apportion.fitting.laws.knoblaw import KnobLaw
from apportion.fitting.laws.knobs import knob_law
from numpy.typing import NDArray
from scipy.special import expit, logit

Floats = NDArray[np.float64]
BETA = np.array([0.5, 0.2])


def logged(
    rng: np.random.Generator, *, tasks: int = 30, settings: int = 12, tried: int = 20
) -> tuple[Floats, Floats, list[str]]:
    """Logs of two correlated knobs (R, 2), successes of `tried`, and whose they are."""
    x = rng.multivariate_normal([1.5, 1.5], [[1, 0.6], [0.6, 1]], settings)
    ease = rng.normal(0, 0.7, tasks)
    p = expit(-1 + x @ BETA + ease[:, None])
    c = rng.binomial(tried, p).ravel().astype(float)
    return np.tile(x, (tasks, 1)), c, [f"t{i}" for i in np.repeat(np.arange(tasks), settings)]


def law_of(x: Floats, c: Floats, tasks: list[str] | None, **how: object) -> KnobLaw:
    knobs = {name: np.exp(column) for name, column in zip("ab", x.T, strict=True)}
    return knob_law(knobs, np.full(len(c), 20.0), c, tasks=tasks, **how)  # type: ignore[arg-type]


def test_one_family_without_its_prior_is_the_glm_of_statsmodels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Constants to 1e-6; standard errors those of the clusters, a little larger: they jackknife."""
    monkeypatch.setattr(families, "INTERCEPT", (0.0, 1e4))
    monkeypatch.setattr(families, "SLOPE", (0.0, 1e4))
    x, c, tasks = logged(np.random.default_rng(0), tasks=40)
    _, of = np.unique(tasks, return_inverse=True)
    designs, design = np.unique(x, axis=0, return_inverse=True)
    n = np.full(len(c), 20.0)
    rows = Rows(designs, np.zeros((len(designs), 0)), n, c, design.ravel(), of, True)
    links = {"logit": sm.families.links.Logit(), "hazard": sm.families.links.CLogLog()}
    for family in (PLAIN, FAMILIES[2]):
        made = quasi.fitted(Form(family, 2), rows, 40)
        glm = sm.GLM(
            np.column_stack([c, n - c]),
            sm.add_constant(x),
            family=sm.families.Binomial(links[family.link]),
        ).fit(cov_type="cluster", cov_kwds={"groups": of})
        assert np.allclose(made.theta, glm.params, atol=1e-6)
        worlds = made.worlds(problem_worlds([str(i) for i in range(40)], 0, 4000), _rng())
        ratio = worlds[1:].std(axis=0) / glm.bse
        assert ((ratio > 0.97) & (ratio < 1.2)).all()


def _rng() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
def test_slopes_by_a_complex_step_are_those_by_differences(family: families.Family) -> None:
    rng = np.random.default_rng(1)
    form = Form(family, 2, 1, ((0, 1),))
    x, z = rng.uniform(0, 3, (7, 2)), rng.normal(size=(7, 1))
    theta = rng.normal(0, 0.3, len(form.prior[0]))
    value, slopes = form.slopes(theta, x, z)
    assert np.allclose(value, form.mean(theta[None], x, z)[0], rtol=1e-14)
    for i, step in enumerate(1e-6 * np.eye(len(theta))):
        ends = form.mean(np.stack([theta + step, theta - step]), x, z)
        assert np.allclose(slopes[:, i], (ends[0] - ends[1]) / 2e-6, atol=1e-8)


def test_a_straight_surface_is_found_within_its_intervals() -> None:
    """The truth is averaged over the tasks' ease; 90% intervals, 12 checks of 3 logs: >= 8 hold."""
    ease = np.random.default_rng(9).normal(0, 0.7, 20_000)[:, None]

    def truth(at: Floats) -> Floats:
        return np.asarray(expit(-1 + at @ BETA + ease).mean(axis=0))

    held = []
    for seed in range(3):
        x, c, tasks = logged(np.random.default_rng(seed))
        law = law_of(x, c, tasks, seed=seed)
        at = np.stack([law.centre, law.high, law.high + 1])
        told = law.at({"a": np.exp(at[:, 0]), "b": np.exp(at[:, 1])})
        held += [i.low <= p <= i.high for i, p in zip(told, truth(at), strict=True)]
        step = 0.05 * np.array([1.0, 0.0])
        slope = np.diff(logit(truth(np.stack([law.centre - step, law.centre + step]))))[0] / 0.1
        held.append(law.slopes()["a"].low <= slope <= law.slopes()["a"].high)
    assert sum(held) >= 8


@pytest.mark.parametrize("seed", range(3))
def test_units_of_a_knob_change_nothing(seed: int) -> None:
    x, c, tasks = logged(np.random.default_rng(seed), tasks=12)
    first = law_of(x, c, tasks)
    moved = law_of(x + np.log([1000.0, 1 / 60]), c, tasks)
    assert np.allclose(first.slope_worlds(), moved.slope_worlds(), atol=1e-5)
    here = first.worlds({"a": [2.0, 9.0, 90.0], "b": [3.0, 3.0, 60.0]})
    there = moved.worlds({"a": [2e3, 9e3, 9e4], "b": [0.05, 0.05, 1.0]})
    assert np.allclose(here, there, atol=1e-5)


def test_the_order_of_knobs_and_of_rows_changes_nothing_but_chance() -> None:
    """Estimates agree but for which settings the random folds hold out."""
    x, c, tasks = logged(np.random.default_rng(4))
    n, names = np.full(len(c), 20.0), {"a": np.exp(x[:, 0]), "b": np.exp(x[:, 1])}
    first = knob_law(names, n, c, tasks=tasks)
    turned = knob_law(dict(reversed(names.items())), n, c, tasks=tasks)
    order = np.random.default_rng(0).permutation(len(c))
    mixed = knob_law(
        {k: v[order] for k, v in names.items()}, n, c[order], tasks=[tasks[i] for i in order]
    )
    at = {"a": [3.0, 30.0], "b": [5.0, 30.0]}
    base = first.worlds(at)[0]
    width = np.array([i.high - i.low for i in first.at(at)])
    assert (np.abs(mixed.worlds(at)[0] - base) < 1e-6).all()
    assert (np.abs(turned.worlds(at)[0] - base) < width / 10).all()
    assert set(turned.slopes()) == set(first.slopes())


def test_what_nobody_tried_is_not_claimed_and_far_is_less_sure_than_near() -> None:
    x, c, tasks = logged(np.random.default_rng(6))
    law = law_of(x, c, tasks)
    edge = np.exp(law.high)
    told = law.at({"a": edge[0] * np.array([1, 10, 1000]), "b": edge[1]})
    widths = [logit(i.high) - logit(i.low) for i in told]
    assert widths[0] < widths[1] < widths[2]
    assert law.beyond({"a": edge[0] * np.e, "b": edge[1]})[0] == pytest.approx(1.0)


def test_what_held_out_settings_show_goes_into_the_band() -> None:
    """A kink that no family has: the misfit is seen, and intervals beyond widen by it."""
    rng = np.random.default_rng(2)
    x = np.array([(a, b) for a in range(6) for b in range(3)], dtype=float)
    p = expit(-2 + 0.9 * np.minimum(x[:, 0], 3) - 0.9 * np.maximum(x[:, 0] - 3, 0))
    n = np.full(len(x), 2000.0)
    rows = Rows(x, np.zeros((len(x), 0)), n, rng.binomial(2000, p).astype(float),
                np.arange(len(x)), np.arange(len(x)), True)  # fmt: skip
    weights = problem_worlds([str(i) for i in range(len(x))], 0, 50)
    held = held_out(forms(2, 0, (), 18)[:5], rows, weights, rng)
    assert held.inside + held.beyond > 0.05
    assert held.weight.sum() == pytest.approx(1.0)


def test_covariates_move_the_level_and_the_slope_of_their_knob() -> None:
    rng = np.random.default_rng(7)
    tasks, x = 60, np.log([1.0, 2, 4, 8, 16])
    gain = rng.normal(0, 1, tasks)
    p = expit(-1 + 0.5 * gain[:, None] + (0.4 + 0.3 * gain[:, None]) * x)
    c = rng.binomial(50, p).ravel().astype(float)
    law = knob_law(
        {"documents": np.tile(np.exp(x), tasks)},
        np.full(len(c), 50.0),
        c,
        tasks=[str(i) for i in np.repeat(np.arange(tasks), 5)],
        covariates={"gain": np.repeat(gain, 5)},
        moderate={"gain": "documents"},
    )
    for value in (-1.0, 1.0):
        told = law.at({"documents": [1.0, 16.0]}, {"gain": value})
        true = expit(-1 + 0.5 * value + (0.4 + 0.3 * value) * np.log([1.0, 16.0]))
        assert [i.estimate for i in told] == pytest.approx(true, abs=0.05)
        assert all(i.low <= t <= i.high for i, t in zip(told, true, strict=True))


def test_a_knob_at_zero_needs_a_shift() -> None:
    knobs = {"waits": np.array([0.0, 1, 2, 4] * 5)}
    n, c = np.full(20, 10.0), np.tile([2.0, 4, 5, 6], 5)
    with pytest.raises(InputError, match=r"^knob 'waits' must be > 0, .*needs a shift$"):
        knob_law(knobs, n, c)
    law = knob_law(knobs, n, c, shift={"waits": 1.0})
    assert law.at({"waits": 0.0})[0].estimate == pytest.approx(0.2, abs=0.1)


def test_knobs_set_by_task_are_doubted_and_random_ones_are_not() -> None:
    rng = np.random.default_rng(8)
    task = np.repeat(np.arange(40), 4)
    ease = rng.normal(0, 1, 40)[task]
    names = [str(i) for i in task]
    random = rng.choice([1.0, 2, 4, 8, 16], 160)
    chosen = random * np.exp(-2 * ease)
    for knob, doubted in ((random, False), (chosen, True)):
        c = rng.binomial(20, expit(ease)).astype(float)
        law = knob_law({"effort": knob}, np.full(160, 20.0), c, tasks=names, worlds=50)
        assert any("set otherwise for some tasks" in d for d in law.doubts) == doubted


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"c": [11.0] * 6}, "c=11, n=10 in row 1"),
        ({"knobs": {"a": [1.0] * 6}}, "knob 'a' must vary"),
        ({"knobs": {"a": [1.0, 2] * 3}}, "3 settings or more; got 2"),
        ({"knobs": {"a": [1.0, 2, 3]}}, "one entry a row"),
        ({"moderate": {"gain": "a"}}, "no covariate 'gain'"),
        ({"shift": {"b": 1.0}}, "no knob 'b'"),
        ({"covariates": {"g": [1.0] * 6}}, "covariate 'g' must vary"),
        ({"tasks": ["x"]}, "one entry a row"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_one_line(change: dict[str, object], line: str) -> None:
    given: dict[str, object] = {
        "knobs": {"a": [1.0, 2, 3, 4, 5, 6]},
        "n": [10.0] * 6,
        "c": [3.0] * 6,
    }
    with pytest.raises(InputError, match=line) as error:
        knob_law(**given | change)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


def test_few_tasks_and_idle_knobs_and_knobs_turned_together_are_doubted() -> None:
    rng = np.random.default_rng(3)
    a = np.repeat([1.0, 2, 4, 8], 3)
    c = rng.binomial(30, expit(-1 + 0.8 * np.log(a))).astype(float)
    idle = np.exp(np.tile([0.0, 1, 2], 4))
    law = knob_law({"a": a, "idle": idle, "twin": a * idle**0.01}, np.full(12, 30.0), c)
    told = " | ".join(law.doubts)
    assert "idle may do nothing" in told
    assert "a and twin were turned together" in told
