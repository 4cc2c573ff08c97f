"""fit: each group gets what its log can carry, and says what it cannot."""

import json
from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import count
from apportion.analysis.coverage import coverage
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.fitting.fit import Fit
from apportion.fitting.group import fit


@pytest.fixture(scope="module")
def mixed() -> Fit:
    trace, _ = simulate("mixed", problems=60, samples=32, verdicts=1, seed=3)
    return fit(trace, targets=[0.5, 0.9])


def test_a_fit_is_json_in_the_shape_of_the_contract(mixed: Fit) -> None:
    (group,) = json.loads(json.dumps(mixed.json(), allow_nan=False))["groups"]
    interval = {"estimate", "low", "high", "mass", "for"}
    assert [row["k"] for row in group["coverage"]] == [1, 3, 10, 30, 32]
    assert [row["k"] for row in group["forecast"]] == [320, 3_200]
    assert {row["for"] for row in group["coverage"]} == {"these"}
    assert {row["for"] for row in group["forecast"]} == {"new"}
    assert all(interval | {"k"} == set(row) for row in group["coverage"])
    assert sum(family["weight"] for family in group["families"]) == pytest.approx(1)
    assert {c["estimand"] for c in group["ceilings"]} == {"macro", "pooled"}
    named = ["coverage", "majority", "best-of by verifier"]
    assert {(t["accuracy"], t["metric"], t["unit"]) for t in group["targets"]} == {
        (a, m, u) for a in (0.5, 0.9) for m in named for u in ("samples", "tokens")
    }
    rows = [s for s in group["saturation"] if s["level"] == "all"]
    each = [("marginal", "samples"), ("residual", "samples"), ("marginal", "tokens")]
    assert [(s["metric"], s["definition"], s["unit"]) for s in rows] == [
        (m, d, u) for m in named for d, u in each
    ]
    for row in group["coverage"] + group["forecast"] + group["majority"]:
        assert row["low"] <= row["estimate"] <= row["high"]


def test_k_beyond_the_log_is_forecast_and_never_coverage() -> None:
    counts = count(simulate("beta", problems=40, samples=16, seed=3)[0])
    (group,) = fit(counts, at=[2, 16, 17, 500]).groups
    assert group.coverage.k.tolist() == [2, 16]
    assert group.forecast.k.tolist() == [17, 500]


def test_a_log_that_stopped_at_success_speaks_up_to_its_cap() -> None:
    """Its smallest n is 1, for someone solved at the first attempt."""
    trace, _ = simulate("beta", problems=80, samples=30, verdicts=1, seed=3, stop="until-success")
    (group,) = fit(trace, at=[1, 30, 31]).groups
    assert group.coverage.k.tolist() == [1, 30]
    assert group.forecast.k.tolist() == [31]
    assert group.coverage.estimate[1] == pytest.approx((count(trace).c > 0).mean())
    assert (group.majority, group.ceilings, group.best_of) == (None, (), {})
    assert not any("only 1 samples" in d for d in group.doubts)
    assert any("backtest" in d for d in group.doubts)


def test_the_same_seed_gives_the_same_fit_and_another_does_not(mixed: Fit) -> None:
    trace, _ = simulate("mixed", problems=60, samples=32, verdicts=1, seed=3)
    assert fit(trace, targets=[0.5, 0.9]).json() == mixed.json()
    assert fit(trace, targets=[0.5, 0.9], seed=1).json() != mixed.json()


def test_every_group_is_fitted() -> None:
    first, _ = simulate("mixed", problems=20, samples=8, seed=3)
    both = replace(
        first,
        samples=first.samples.vstack(
            first.samples.with_columns(model=first.samples["model"] + "2")
        ),
    )
    made = fit(both)
    assert [g.group.model for g in made.groups] == ["simulated", "simulated2"]
    np.testing.assert_array_equal(made.groups[0].coverage.worlds, made.groups[1].coverage.worlds)
    assert any(d.startswith("simulated2") for d in made.doubts)


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0, 90.0])
def test_masses_and_targets_lie_strictly_between_0_and_1(value: float) -> None:
    counts = count(simulate("beta", problems=9, samples=4, seed=3)[0])
    with pytest.raises(InputError, match=f"mass must lie strictly between 0 and 1; got {value:g}"):
        fit(counts, mass=value)
    with pytest.raises(InputError, match="target must lie strictly between 0 and 1"):
        fit(counts, targets=[value])


@pytest.mark.parametrize("solved", [0, 4])
def test_one_sided_logs_are_fitted_with_a_doubt(solved: int) -> None:
    counts = count(simulate("beta", problems=40, samples=4, seed=3)[0])
    flat = replace(counts, c=np.full(40, solved), drawn=None)
    (group,) = fit(flat).groups
    word = "nothing was solved" if solved == 0 else "every problem was solved"
    assert any(word in doubt for doubt in group.doubts)
    assert np.isfinite(group.forecast.worlds).all()
    json.dumps(group.json(), allow_nan=False)


def test_forecasts_join_the_log_where_it_ends(mixed: Fit) -> None:
    """At n the averaged forecast is within the interval for new problems of the log itself."""
    trace, _ = simulate("mixed", problems=60, samples=32, verdicts=1, seed=3)
    logged = coverage(count(trace), [1, 8, 32], population="new")
    (group,) = mixed.groups
    fan = np.interp(np.log([1, 8, 32]), np.log(group.fan.k), group.fan.estimate)
    assert (logged.low <= fan).all()
    assert (fan <= logged.high).all()


def test_nothing_asked_beyond_the_log_leaves_the_forecast_empty() -> None:
    made = fit(simulate("mid", problems=20, samples=8, seed=1)[0], at=[1, 8]).groups[0]
    assert made.coverage.k.tolist() == [1, 8]
    assert made.forecast.json() == []
