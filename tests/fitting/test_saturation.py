"""Saturation points keep to their definitions, to the sample where the grid is consecutive."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import Counts, Ints, count
from apportion.analysis.curve import Curve, Floats
from apportion.data.synthetic import population, simulate
from apportion.fitting.coverage import forecast
from apportion.fitting.crossing import first_reaching
from apportion.fitting.fit import Saturation
from apportion.fitting.metrics import Metric, metrics
from apportion.fitting.saturation import EPSILON, marginal, points, residual
from apportion.fitting.tables import spread
from hypothesis import given, settings
from hypothesis import strategies as st

quick = settings(max_examples=60, deadline=None)
shares = st.floats(0.05, 1.0)


def geometric(f_max: float, p: float, k: Ints) -> Curve:
    """F_max (1 - (1 - p)^k) at k, the same in two worlds."""
    return Curve(k, np.tile(f_max * (1 - (1 - p) ** k), (2, 1)))


@pytest.mark.parametrize(
    ("f_max", "p", "epsilon", "gains", "lacks"),
    [
        (1.0, 0.2, 0.01, 14, 21),
        (0.9, 0.1, 0.005, 28, 50),
        (1.0, 0.5, 0.01, 6, 7),
        (0.6, 0.05, 0.001, 67, 125),
    ],
)
def test_both_definitions_have_their_golden_values(
    f_max: float, p: float, epsilon: float, gains: int, lacks: int
) -> None:
    curve = geometric(f_max, p, np.arange(1, 301))
    assert marginal(curve, epsilon).tolist() == [gains, gains]
    assert residual(curve, np.full(2, f_max), epsilon).tolist() == [lacks, lacks]


@quick
@given(shares, st.floats(0.02, 0.9), st.floats(1e-4, 0.3))
def test_on_consecutive_k_the_smallest_whole_number_is_found(
    f_max: float, p: float, epsilon: float
) -> None:
    curve = geometric(f_max, p, np.arange(1, 800))
    whole = np.concatenate([[0.0], curve.worlds[0]])
    gains = np.flatnonzero(np.diff(whole) <= epsilon)[0]
    lacks = np.flatnonzero(f_max - whole <= epsilon)[0]
    assert marginal(curve, epsilon)[0] == gains
    assert residual(curve, np.full(2, f_max), epsilon)[0] == lacks


@quick
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.floats(0, 0.5), st.floats(0, 1))
def test_curves_that_rise_and_fall_keep_to_the_definitions(
    values: list[float], epsilon: float, limit: float
) -> None:
    """No later sample count gains more than epsilon a sample; none is farther from the limit."""
    whole = np.array([0.0, *values])
    curve = Curve(np.arange(1, len(whole)), np.tile(whole[1:], (2, 1)))
    m = np.arange(len(whole))
    paid = [
        n
        for n in m[:-1]
        if all((whole[j] - whole[n]) / (j - n) <= epsilon for j in range(n + 1, len(m)))
    ]
    near = [int(n) for n in m if (np.abs(whole[n:] - limit) <= epsilon).all()]
    assert_first(marginal(curve, epsilon), paid)
    assert_first(residual(curve, np.full(2, limit), epsilon), near)


def assert_first(got: Floats, expected: list[int]) -> None:
    assert got[0] == expected[0] if expected else np.isnan(got[0])


@pytest.mark.parametrize("world", ["beta", "beta-hard", "logit-normal"])
@pytest.mark.parametrize("epsilon", [0.01, 0.001, 0.0001])
def test_on_a_log_spaced_grid_the_gain_is_found_to_a_few_percent(
    world: str, epsilon: float
) -> None:
    every = np.arange(1, 6_001)
    exact = marginal(Curve(every, population(world, every)[None, :].repeat(2, 0)), epsilon)[0]
    coarse = spread(6_000, 61)
    got = marginal(Curve(coarse, population(world, coarse)[None, :].repeat(2, 0)), epsilon)[0]
    assert got == pytest.approx(exact, rel=0.03, abs=1)
    assert got == int(got)


def test_a_curve_that_never_flattens_has_no_point() -> None:
    steep = Curve(np.arange(1, 11), np.tile(np.arange(1, 11) / 20, (2, 1)))
    assert np.isnan(marginal(steep, 0.01)).all()
    assert np.isnan(residual(steep, np.ones(2), 0.1)).all()


def test_a_first_sample_that_gains_too_little_is_not_worth_drawing() -> None:
    flat = geometric(0.5, 1e-4, np.arange(1, 11))
    assert marginal(flat, 0.001).tolist() == [0, 0]
    assert residual(flat, np.full(2, 0.5), 0.5).tolist() == [0, 0]


@quick
@given(st.lists(st.floats(0, 1), min_size=2, max_size=9), st.floats(0, 1))
def test_the_first_crossing_is_where_the_level_is_first_reached(
    rising: list[float], level: float
) -> None:
    k = np.cumsum(np.arange(1, len(rising) + 1)).astype(float)
    values = np.maximum.accumulate(rising)
    got = first_reaching(k, values[None, :], np.array([level]))[0]
    reached = np.flatnonzero(values >= level)
    if not len(reached):
        assert np.isnan(got)
        return
    at = reached[0]
    assert got <= k[at]
    assert got == k[0] if at == 0 else got > k[at - 1]


@pytest.fixture(scope="module")
def logged() -> Counts:
    return count(simulate("beta", problems=300, samples=64, seed=5)[0])


@pytest.fixture(scope="module")
def believed(logged: Counts) -> Metric:
    return metrics([logged], forecast(logged, worlds=100))[0]


def by_unit(
    metric: Metric, epsilon: Mapping[str, float] = EPSILON
) -> dict[tuple[str, str], Saturation]:
    return {(p.definition, p.unit): p for p in points("all", metric, epsilon=epsilon)}


def test_the_epsilon_asked_for_is_the_one_used_and_told(believed: Metric) -> None:
    told = {"marginal": 0.01, "residual": 0.3}
    found, usual = by_unit(believed, told), by_unit(believed)
    assert [*found] == [("marginal", "samples"), ("residual", "samples"), ("marginal", "tokens")]
    assert [p.epsilon for p in found.values()] == [0.01, 0.3, 0.01]
    assert [p.epsilon for p in usual.values()] == [0.001, 0.02, 0.001]
    for unit in ("samples", "tokens"):
        assert found["marginal", unit].budget < usual["marginal", unit].budget
    for point in (*found.values(), usual["marginal", "samples"], usual["marginal", "tokens"]):
        assert point.low <= point.budget <= point.high


def test_a_point_beyond_the_horizon_is_not_given_but_doubted(believed: Metric) -> None:
    """A power law of exponent .35 still misses 2 % after half a million samples."""
    point = by_unit(believed)["residual", "samples"]
    assert np.isnan(point.budget)
    assert point.doubt is not None
    assert point.doubt.startswith("cannot be determined from this log: ")
    assert "% of the worlds place it beyond 6,400 samples" in point.doubt
    assert point.high == np.inf


def test_the_marginal_points_find_the_truth(believed: Metric) -> None:
    every = np.arange(1, 6_001)
    truth = Curve(every, population("beta", every)[None, :].repeat(2, 0))
    found = by_unit(believed)
    samples, spent = found["marginal", "samples"], found["marginal", "tokens"]
    assert samples.low <= marginal(truth)[0] <= samples.high
    assert samples.high < 2 * samples.low
    mean = count(simulate("beta", problems=20_000, samples=4, seed=9)[0]).output_tokens.mean()
    assert spent.low <= marginal(truth, 0.001 * mean / 1_000)[0] * mean <= spent.high
    assert spent.high < 2 * spent.low


def test_a_sample_of_a_thousand_tokens_costs_what_a_thousand_tokens_cost(believed: Metric) -> None:
    level = replace(believed, tokens=np.full(len(believed.limits), 1_000.0))
    found = by_unit(level)
    samples, spent = found["marginal", "samples"], found["marginal", "tokens"]
    for name in ("budget", "low", "high"):
        assert getattr(spent, name) == pytest.approx(1_000 * getattr(samples, name))


def test_dear_samples_stop_paying_earlier_and_unlike_ones_less_surely(believed: Metric) -> None:
    size = len(believed.limits)
    rng = np.random.default_rng(0)
    plain, dear, unlike = (
        by_unit(replace(believed, tokens=tokens))["marginal", "tokens"]
        for tokens in (
            np.full(size, 500.0),
            np.full(size, 5_000.0),
            500 * np.exp(rng.normal(0, 0.3, size) * (np.arange(size) > 0)),
        )
    )
    assert dear.budget / 5_000 < plain.budget / 500
    assert unlike.budget == plain.budget
    assert unlike.high - unlike.low > plain.high - plain.low


def test_without_tokens_nothing_is_said_of_them(logged: Counts) -> None:
    silent = replace(logged, output_tokens=np.full(len(logged), np.nan))
    (found,) = metrics([silent], forecast(silent, worlds=20))[:1]
    assert found.tokens is None
    assert {p.unit for p in points("all", found)} == {"samples"}


def voting(samples: int) -> Metric:
    counts = count(simulate("mixed", problems=60, samples=samples, seed=3)[0])
    return metrics([counts], forecast(counts, worlds=20))[1]


def test_voting_is_not_called_settled_by_the_end_of_the_log() -> None:
    """At k = n a draw without replacement is the log itself, so the second half tells nothing."""
    voted = voting(12)
    assert voted.name == "majority"
    tight = by_unit(voted, {"marginal": 1e-9, "residual": 1e-6})["residual", "samples"]
    assert np.isnan(tight.budget)
    assert tight.doubt is not None
    assert "beyond 6 samples" in tight.doubt
    loose = by_unit(voted, {"marginal": 1e-9, "residual": 0.1})["residual", "samples"]
    assert loose.budget == 1


@pytest.mark.parametrize("samples", [1, 2, 3])
def test_a_few_votes_settle_nothing(samples: int) -> None:
    """Two votes never beat one, whatever a third would do."""
    for point in points("all", voting(samples)):
        assert np.isnan(point.budget)
        assert "too few samples" in str(point.doubt)


def judged(hacked: float, problems: int = 200, samples: int = 64) -> Metric:
    """Best-of by a score that is higher by 2 sd for right answers, and 9 for a few wrong ones."""
    counts = count(simulate("beta", problems=problems, samples=samples, seed=8)[0])
    assert counts.drawn is not None
    rng, right = np.random.default_rng(1), counts.drawn.right
    score = 2 * right + rng.standard_normal(len(right))
    score[(right == 0) & (rng.random(len(right)) < hacked)] = 9.0
    scored = replace(counts, drawn=replace(counts.drawn, score=score, answer=None))
    return metrics([scored], forecast(scored, worlds=20))[1]


def test_a_verifier_that_is_searched_for_its_errors_is_said_to_do_harm() -> None:
    metric = judged(0.04)
    peak = metric.curve.k[metric.curve.estimate.argmax()]
    point = by_unit(metric)["residual", "samples"]
    assert metric.name == "best-of by score"
    assert 1 < peak < 32
    assert f"best-of by score peaks at k={peak} and is 0." in str(point.doubt)
    assert by_unit(metric)["marginal", "samples"].budget <= peak


def test_where_worlds_disagree_about_a_fall_the_log_cannot_tell_it() -> None:
    metric = judged(0.02, problems=25, samples=32)
    point = by_unit(metric, {"marginal": 0.001, "residual": 0.04})["residual", "samples"]
    assert "falls after its peak" in str(point.doubt)
    assert "cannot be determined from this log" in str(point.doubt)


def test_a_sound_verifier_does_no_harm_and_settles() -> None:
    metric = judged(0.0)
    found = by_unit(metric, {"marginal": 0.008, "residual": 0.1})
    assert all(p.doubt is None and p.low <= p.budget <= p.high for p in found.values())
    assert found["residual", "samples"].budget < 32
