"""design: the promised precision is met on logs never seen, and the split is the cheapest."""

import json
from collections.abc import Callable
from itertools import pairwise
from math import log, sqrt

import numpy as np
import pytest
from apportion.analysis.again import moment_prior
from apportion.analysis.counts import Counts, count
from apportion.analysis.coverage import coverage, credits
from apportion.analysis.curve import Floats
from apportion.analysis.worlds import problem_worlds
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.planner.contrast import paired, power_of
from apportion.planner.design import Design, design
from apportion.planner.least import CLOSE, FEWEST, Trial, least, power_short, width_short
from apportion.planner.wanted import Want, wanted
from apportion.planner.width import Difficulty, difficulty, tally, width_of
from scipy.special import ndtr, ndtri
from scipy.stats import betabinom

PRIOR = (0.35, 3.0)


def beta(a: float, b: float) -> Difficulty:
    return Difficulty(np.array([a]), np.array([b]))


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("forecast@1000:0.03", Want("forecast", 1000, 0.03)),
        ("coverage@10:.02", Want("coverage", 10, 0.02)),
        ("separate:0.9", Want("separate", 1, 0.9)),
        ("separate@8:9e-1", Want("separate", 8, 0.9)),
    ],
)
def test_a_want_is_read_and_written(text: str, want: Want) -> None:
    assert wanted(text) == want
    assert wanted(str(want)) == want


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "want takes forecast@K:HALFWIDTH"),
        ("forecast", "got 'forecast'"),
        ("forecats@10:0.1", "got 'forecats@10:0.1'"),
        ("forecast@10:nan", "got 'forecast@10:nan'"),
        ("forecast@10:1e", "got 'forecast@10:1e'"),
        ("forecast@1_0:0.1", "got 'forecast@1_0:0.1'"),
        ("forecast@-1:0.1", "got 'forecast@-1:0.1'"),
        ("forecast@\u0661:0.1", "want takes"),
        ("forecast:0.1", "needs its k, e.g. forecast@100:0.03"),
        ("coverage@0:0.1", "1 <= k <= 1,000,000,000,000,000; got k=0"),
        ("forecast@9999999999999999:0.1", "got k=9999999999999999"),
        ("forecast@10:0.5", "half-width must lie strictly between 0 and 0.5; got 0.5"),
        ("forecast@10:-0.1", "got -0.1"),
        ("forecast@10:1e999", "got inf"),
        ("separate:1", "power must lie strictly between 0.5 and 1; got 1"),
        ("separate:0.4", "got 0.4"),
    ],
)
def test_a_bad_want_is_refused_with_its_rule(text: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        wanted(text)
    assert said in str(error.value)


def known(width: Callable[[int], float]) -> Callable[[int, int], Trial]:
    """Logs whose half-width at each number of problems is told beforehand."""
    return lambda problems, logs: Trial(np.full(logs, width(problems)), np.ones(logs))


@pytest.mark.parametrize("floor", [0.0, 0.01, 0.025])
@pytest.mark.parametrize("want", [0.2, 0.1, 0.03, 0.028])
def test_the_least_number_of_problems_is_found(want: float, floor: float) -> None:
    law = known(lambda problems: sqrt(floor**2 + 0.25 / problems))
    problems, trial = least(law, width_short(want), 100_000, 4)
    exact = 0.25 / (want**2 - floor**2)
    assert trial.mean <= want
    # What is to spare is measured in problems at errors of P^-1/2; near a floor they are more.
    assert log(problems / exact) <= CLOSE * want**2 / (want**2 - floor**2) + 1 / problems


def test_too_few_problems_are_said_to_be_too_few_and_one_is_never_asked_for() -> None:
    assert least(known(lambda p: 1 / sqrt(p)), width_short(0.001), 500, 4)[0] == 500
    assert least(known(lambda p: 1e-6 / p), width_short(0.4), 500, 4)[0] == FEWEST


@pytest.mark.parametrize("power", [0.6, 0.8, 0.95])
def test_the_least_number_of_problems_for_a_power_is_found(power: float) -> None:
    z = ndtri(0.95)

    def law(problems: int, logs: int) -> Trial:
        share = ndtr(0.1 * sqrt(problems) - z)
        return Trial((np.arange(logs) + 0.5 < share * logs).astype(float), np.full(logs, np.nan))

    problems, trial = least(law, power_short(power, 0.9, 10_000), 10_000, 10_000)
    exact = ((z + ndtri(power)) / 0.1) ** 2
    assert trial.mean >= power - 1e-3
    assert abs(log(problems / exact)) <= 1.2 * CLOSE


@pytest.mark.parametrize(("samples", "k"), [(4, 4), (16, 4), (16, 16)])
def test_the_width_within_the_log_is_that_of_the_central_limit(samples: int, k: int) -> None:
    law = betabinom(samples, *PRIOR)
    solved = np.arange(samples + 1)
    earned = credits(tally(samples, solved), np.array([k]))[:, 0]
    spread = sqrt(law.pmf(solved) @ (earned - law.pmf(solved) @ earned) ** 2)
    want = wanted(f"coverage@{k}:0.1")
    trial = width_of(beta(*PRIOR), want, samples, mass=0.9, seed=3)(300, 60)
    expected = ndtri(0.95) * spread / sqrt(300)
    assert trial.mean == pytest.approx(expected, abs=0.03 * expected + 4 * trial.error)
    assert trial.held.mean() >= 0.9 - 4 * sqrt(0.09 / 60)


def test_a_pilot_finds_the_difficulty_it_came_from() -> None:
    rate = np.random.default_rng(1).beta(*PRIOR, 400)
    found = difficulty(tally(64, np.random.default_rng(2).binomial(64, rate)), seed=0)
    for worlds, truth in zip((found.a, found.b), PRIOR, strict=True):
        low, high = np.quantile(worlds, [0.005, 0.995])
        assert low < truth < high


def least_of(made: Design) -> list[int]:
    return [choice.problems for choice in made.choices]


def test_a_narrower_interval_never_needs_fewer_problems() -> None:
    asked = [
        design(None, f"coverage@4:{width}", prior=PRIOR, most_samples=16, logs=12)
        for width in (0.12, 0.08, 0.05, 0.03)
    ]
    for wide, narrow in pairwise(asked):
        assert all(a <= b for a, b in zip(least_of(wide), least_of(narrow), strict=True))


def test_the_promised_width_is_met_on_fresh_logs() -> None:
    made = design(None, "coverage@4:0.06", prior=PRIOR, most_samples=16, logs=12, seed=1)
    assert all(choice.reached for choice in made.choices)
    assert made.cheapest == min(made.choices, key=lambda choice: choice.cost)
    for choice in made.choices:
        fresh = width_of(beta(*PRIOR), made.want, choice.samples, mass=0.9, seed=77)
        trial = fresh(choice.problems, 12)
        assert trial.mean <= 0.06 + 4 * sqrt(trial.error**2 + choice.error**2)


def test_the_promised_width_of_a_forecast_is_met_on_fresh_logs() -> None:
    width, fresh = (
        width_of(beta(*PRIOR), wanted("forecast@16:0.1"), 8, mass=0.9, seed=s) for s in (1, 77)
    )
    problems, trial = least(width, width_short(0.1), 1_000, 4)
    again = fresh(problems, 4)
    assert trial.mean <= 0.1
    assert again.mean <= 0.1 + 4 * sqrt(trial.error**2 + again.error**2)


def test_a_pilot_of_a_trace_is_read_and_its_doubts_are_kept() -> None:
    log = simulate("beta", problems=20, samples=8, seed=1)[0]
    made = design(log, "coverage@4:0.2", most_samples=4, logs=4)
    assert made.cheapest is not None
    assert set(log.header.doubts) <= set(made.doubts)
    assert any("only 20 problems in the pilot" in doubt for doubt in made.doubts)


def test_dear_problems_are_sampled_more_often() -> None:
    free, dear = (
        design(None, "coverage@1:0.05", prior=(1, 1), most_samples=16, per_problem=cost, logs=12)
        for cost in (0.0, 50.0)
    )
    assert least_of(free) == least_of(dear)
    assert free.cheapest is not None
    assert dear.cheapest is not None
    assert free.cheapest.samples == 1
    assert dear.cheapest.samples > 1
    assert dear.cheapest.cost == dear.cheapest.problems * (dear.cheapest.samples + 50)


def stubbed(monkeypatch: pytest.MonkeyPatch, width: Callable[[int], float], held: float) -> None:
    def simulate(problems: int, logs: int) -> Trial:
        return Trial(np.full(logs, width(problems)), (np.arange(logs) < held * logs).astype(float))

    monkeypatch.setattr(
        "apportion.planner.design.simulator", lambda *_: (lambda _: simulate, ["as told"])
    )


def test_a_floor_is_named_where_problems_do_not_help(monkeypatch: pytest.MonkeyPatch) -> None:
    stubbed(monkeypatch, lambda problems: sqrt(0.05**2 + 0.25 / problems), 1.0)
    made = design(None, "forecast@1000:0.03", most_samples=1)
    assert made.cheapest is None
    assert least_of(made) == [10_000]
    assert made.doubts[0] == "as told"
    assert "10,000 problems reach a half-width of 0.050" in made.doubts[1]
    assert "gets far below 0.050" in made.doubts[1]


def test_a_narrow_interval_that_misses_is_no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    stubbed(monkeypatch, lambda problems: 0.5 / sqrt(problems), 0.5)
    made = design(None, "forecast@1000:0.03", most_samples=1)
    assert made.choices[0].value <= 0.03
    assert not made.choices[0].reached
    assert made.cheapest is None
    assert "hold the truth in 50% of the simulated logs" in made.doubts[1]


def models(problems: int = 60, samples: int = 24) -> tuple[Counts, Counts]:
    rng = np.random.default_rng(0)
    weak = rng.beta(0.8, 1.2, problems)
    strong = np.clip(weak + 0.08 + 0.1 * rng.standard_normal(problems), 0.001, 0.999)
    return (
        tally(samples, rng.binomial(samples, strong)),
        tally(samples, rng.binomial(samples, weak)),
    )


def moments(counts: Counts) -> tuple[Floats, Floats]:
    """Mean and variance (P,) of the posterior of each problem's solve rate."""
    a, b = moment_prior(counts, credits, problem_worlds(counts.problems, 0, 1)[:1])
    size = a + b + counts.n
    mean = (a + counts.c) / size
    return mean, mean * (1 - mean) / (size + 1)


@pytest.mark.parametrize(("problems", "samples"), [(50, 16), (150, 1), (150, 4), (400, 16)])
def test_the_power_is_that_of_the_normal_approximation(problems: int, samples: int) -> None:
    """Variance = between-problem variance of the difference / P + sampling variance / (P n)."""
    left, right = models()
    (ours, ours_var), (theirs, theirs_var) = moments(left), moments(right)
    gap = (ours - theirs).mean()
    between = (ours - theirs).var() + (ours_var + theirs_var).mean()
    sampling = (ours * (1 - ours) - ours_var + theirs * (1 - theirs) - theirs_var).mean()
    error = sqrt(between / problems + sampling / (problems * samples))
    z = ndtri(0.95)
    expected = ndtr(gap / error - z) + ndtr(-gap / error - z)
    trial = power_of(paired(left, right)[0], 1, samples, mass=0.9, seed=5)(problems, 1000)
    assert trial.mean == pytest.approx(expected, abs=0.03 + 4 * trial.error)


def test_the_difference_of_a_pair_is_that_of_two_coverages() -> None:
    left, right = models()
    shown = paired(left, right)[0].difference(2, 0.9, 4)
    apart = (
        coverage(left, 2, population="new", seed=4).worlds
        - coverage(right, 2, population="new", seed=4).worlds
    )[:, 0]
    assert shown.estimate == pytest.approx(apart[0])
    assert (shown.low, shown.high) == pytest.approx(tuple(np.quantile(apart[1:], [0.05, 0.95])))


def test_problems_are_paired_by_name() -> None:
    left, right = models()
    turned = right.only(np.arange(len(right))[::-1])
    pair, lost = paired(left, turned.only(np.arange(50)))
    assert lost == 10
    assert pair.left.problems == pair.right.problems
    assert pair.right.c.tolist() == right.only(np.arange(10, 60)).c.tolist()


def test_more_power_needs_more_problems_and_more_samples_need_fewer() -> None:
    asked = [design(models(), f"separate:{p}", most_samples=16, logs=200) for p in (0.6, 0.8, 0.95)]
    for less, more in pairwise(asked):
        assert all(a < b for a, b in zip(least_of(less), least_of(more), strict=True))
    for made in asked:
        assert least_of(made) == sorted(least_of(made), reverse=True)
        assert made.cheapest is not None
        assert all(c.value >= made.want.value - c.error for c in made.choices)


def test_a_difference_that_may_not_be_there_is_a_doubt() -> None:
    log, again = (count(simulate("beta", problems=40, samples=8, seed=3)[0]) for _ in range(2))
    made = design([log, again], "separate:0.8", most_problems=50, most_samples=4, logs=40)
    assert made.cheapest is None
    assert any("a difference that may not be there" in doubt for doubt in made.doubts)
    assert any("more problems than were allowed" in doubt for doubt in made.doubts)


def test_the_same_seed_designs_the_same_and_prints_as_json() -> None:
    first, second = (
        design(None, "coverage@2:0.1", prior=PRIOR, most_samples=4, logs=8, seed=9)
        for _ in range(2)
    )
    assert first == second
    shape = json.loads(json.dumps(first.json(), allow_nan=False))
    assert shape["want"] == {"quantity": "coverage", "k": 2, "half_width": 0.1, "mass": 0.9}
    row = {"problems", "samples", "total", "cost", "half_width", "error", "share", "held"}
    assert all(set(choice) == row | {"reached"} for choice in shape["choices"])
    assert [choice["samples"] for choice in shape["choices"]] == [2, 4]
    assert shape["cheapest"] in shape["choices"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"mass": 1.0}, "mass must lie strictly between 0 and 1; got 1"),
        ({"mass": float("nan")}, "got nan"),
        ({"most_problems": 4}, "between 5 and 100,000; got 4"),
        ({"most_samples": 0}, "between 1 and 100,000; got 0"),
        ({"most_samples": 8}, "coverage at k needs k samples a problem"),
        ({"per_problem": -1.0}, "finite and >= 0; got -1"),
        ({"per_problem": float("inf")}, "finite and >= 0; got inf"),
        ({"logs": 1}, "2 <= logs <= 100,000; got 1"),
        ({"prior": (0.0, 1.0)}, "prior a must lie between 0.001 and 1e+06; got 0"),
        ({"prior": (1.0, float("nan"))}, "prior b must lie between"),
        ({"prior": None}, "coverage needs a pilot with 1 group of samples or a prior; got 0"),
    ],
)
def test_settings_out_of_range_are_refused(more: dict[str, object], said: str) -> None:
    settings: dict[str, object] = {"prior": PRIOR, **more}
    with pytest.raises(InputError) as error:
        design(None, "coverage@10:0.1", **settings)  # type: ignore[arg-type]
    assert said in str(error.value)


def test_pilots_that_do_not_fit_the_want_are_refused() -> None:
    left, right = models()
    for pilot, want, said in (
        ([left, right], "forecast@10:0.1", "needs a pilot with 1 group of samples or a prior"),
        (left, "separate:0.9", "2 groups of samples on the same problems; got 1"),
        ([], "separate:0.9", "got 0"),
    ):
        with pytest.raises(InputError, match=said):
            design(pilot, want)
    with pytest.raises(InputError, match="says nothing of two models"):
        design(None, "separate:0.9", prior=PRIOR)
    with pytest.raises(InputError, match="in place of a pilot"):
        design(left, "forecast@10:0.1", prior=PRIOR)
    with pytest.raises(InputError, match="at least 2 problems in common; got 1"):
        design([left.only(np.arange(9)), right.only(np.arange(8, 20))], "separate:0.9")
