"""Synthetic logs against their truth: every rate within 4.5 standard errors of the promise."""

import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.data.traces import FIXED, UNTIL_SUCCESS, Trace
from apportion.data.truth import Truth
from apportion.data.worlds import WORLDS, Answers, Beta, Rate, Verifier, World
from numpy.typing import NDArray
from polars.testing import assert_frame_equal

Floats = NDArray[np.float64]
Z = 4.5
K = np.array([1, 10, 100, 1_000, 10_000])

each_world = pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS.keys())


@pytest.fixture(scope="module")
def mixed() -> tuple[Trace, Truth]:
    return simulate("mixed", problems=300, samples=60, verdicts=4, seed=7)


def z_score(excess: Floats, variance: Floats | float) -> float:
    """How many standard errors the sum of independent deviations is from 0."""
    return float(excess.sum() / np.sqrt(np.sum(variance)))


def by_problem(trace: Trace, truth: Truth, column: pl.Expr) -> Floats:
    """Sums a column of the samples over each problem, in the order of the truth."""
    sums = trace.samples.group_by("problem").agg(x=column.sum())
    order = pl.DataFrame({"problem": truth.problems})
    return order.join(sums, on="problem", how="left")["x"].to_numpy().astype(float)


def with_rates(trace: Trace, truth: Truth) -> pl.DataFrame:
    """The verdicts, each with whether its sample is right and the rate it was drawn at."""
    rates = pl.DataFrame({"problem": truth.problems, "tpr": truth.tpr, "fpr": truth.fpr})
    rows = trace.verdicts.join(
        trace.samples.select("problem", "sample", "correct"), on=["problem", "sample"]
    )
    rate = pl.when("correct").then("tpr").otherwise("fpr")
    return rows.join(rates, on="problem").with_columns(rate=rate)


@each_world
def test_pass_at_1_of_the_log_is_that_of_the_truth(world: World) -> None:
    trace, truth = simulate(world, problems=400, samples=50, seed=1)
    excess = by_problem(trace, truth, pl.col("correct")) - 50 * truth.p
    assert abs(z_score(excess, 50 * truth.p * (1 - truth.p))) < Z


def test_each_problem_keeps_its_own_rate(mixed: tuple[Trace, Truth]) -> None:
    trace, truth = mixed
    variance = 60 * truth.p * (1 - truth.p)
    excess = by_problem(trace, truth, pl.col("correct")) - 60 * truth.p
    assert (abs(excess) <= 5 * np.sqrt(variance) + 2).all()
    assert (excess[truth.p == 0] == 0).all()


@pytest.mark.parametrize("right", [True, False])
def test_a_verdict_accepts_at_the_rate_of_the_truth(
    mixed: tuple[Trace, Truth], *, right: bool
) -> None:
    first = with_rates(*mixed).filter((pl.col("correct") == right) & (pl.col("verdict") == 0))
    rate = first["rate"].to_numpy()
    assert abs(z_score(first["accepts"].to_numpy() - rate, rate * (1 - rate))) < Z


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.8])
def test_two_verdicts_on_a_sample_are_correlated_as_declared(
    correlation: float, *, right: bool
) -> None:
    verifier = replace(WORLDS["mixed"].verifier, correlation=correlation)
    world = replace(WORLDS["mixed"], verifier=verifier)
    rows = with_rates(*simulate(world, problems=200, samples=60, verdicts=2, seed=5))
    rows = rows.filter(pl.col("correct") == right).sort("problem", "sample", "verdict")
    rate = rows["rate"].to_numpy().reshape(-1, 2)
    deviation = rows["accepts"].to_numpy().reshape(-1, 2) - rate
    excess = deviation.prod(axis=1) - correlation * (rate * (1 - rate))[:, 0]
    assert abs(z_score(excess, excess.var() * len(excess))) < Z


def test_a_perfect_verifier_is_never_wrong() -> None:
    perfect = Verifier(tpr=Rate(np.inf, 0, 0), fpr=Rate(-np.inf, 0, 0), correlation=0.3)
    world = replace(WORLDS["mixed"], verifier=perfect)
    trace, truth = simulate(world, problems=50, samples=20, verdicts=3, seed=2)
    rows = with_rates(trace, truth)
    assert (rows["accepts"] == rows["correct"]).all()
    assert truth.ceiling == pytest.approx((truth.p > 0).mean())
    assert truth.accept_first(K) == pytest.approx(truth.coverage(K))


@pytest.mark.parametrize("cap", [1, 5, 60])
def test_accept_first_of_the_truth_is_what_the_log_gives(
    mixed: tuple[Trace, Truth], cap: int
) -> None:
    trace, truth = mixed
    first = with_rates(trace, truth).filter((pl.col("verdict") == 0) & (pl.col("sample") < cap))
    accepted = first.filter("accepts").sort("sample").unique("problem", keep="first")
    won = float(accepted["correct"].sum()) / len(truth.p)
    each = truth.precision * -np.expm1(cap * np.log1p(-truth.accepted))
    assert abs(won - truth.accept_first(cap)) < Z * np.sqrt((each * (1 - each)).sum()) / len(
        truth.p
    )


def test_answers_fall_into_classes_as_declared(mixed: tuple[Trace, Truth]) -> None:
    trace, truth = mixed
    size = truth.classes.shape[1]
    gold = np.arange(len(truth.p)) % size
    for j in range(size):
        answer = dict(zip(truth.problems, ((gold + j) % size).astype(str), strict=True))
        hit = pl.col("answer") == pl.col("problem").replace_strict(answer)
        share = truth.classes[:, j]
        excess = by_problem(trace, truth, hit) - 60 * share
        assert abs(z_score(excess, 60 * share * (1 - share))) < Z


def test_an_answer_is_right_exactly_when_it_is_gold(mixed: tuple[Trace, Truth]) -> None:
    trace, truth = mixed
    rows = trace.samples.join(trace.problems, on="problem")
    assert (rows["correct"] == rows["answer"].eq_missing(rows["gold"])).all()
    missing = 1 - truth.classes.sum(axis=1)
    excess = by_problem(trace, truth, pl.col("answer").is_null()) - 60 * missing
    assert abs(z_score(excess, 60 * missing * (1 - missing))) < Z


def test_majority_goes_to_a_wrong_answer_where_an_attractor_outweighs_the_right_one() -> None:
    answers = Answers(wrong=5, concentration=50.0, attractors=0.4, pull=0.8, unparsable=0.0)
    world = World("even", "", Beta(60.0, 140.0), answers=answers)
    trace, truth = simulate(world, problems=500, samples=200, seed=8)
    votes = trace.samples.group_by("problem", "answer").len().sort("len")
    winner = (
        votes.group_by("problem").agg(pl.col("answer").last()).join(trace.problems, on="problem")
    )
    won = float((winner["answer"] == winner["gold"]).mean())  # type: ignore[arg-type]
    error = np.sqrt(0.4 * 0.6 / 500)
    assert abs(truth.majority_limit - 0.6) < Z * error
    assert abs(won - truth.majority_limit) < Z * error


def test_tokens_have_the_expected_mean(mixed: tuple[Trace, Truth]) -> None:
    trace, truth = mixed
    tokens = WORLDS["mixed"].tokens
    excess = by_problem(trace, truth, pl.col("output_tokens")) - 60 * truth.tokens
    variance = 60 * truth.tokens**2 * np.expm1(tokens.sample_sd**2)
    assert abs(z_score(excess, variance)) < Z
    verdicts = trace.verdicts["tokens"].to_numpy() - truth.verdict_tokens
    assert abs(z_score(verdicts, verdicts.var() * len(verdicts))) < Z


@each_world
def test_until_success_ends_with_the_success(world: World) -> None:
    trace = simulate(world, problems=100, samples=30, verdicts=1, seed=11, stop="until-success")[0]
    ends = trace.samples.group_by("problem").agg(
        n=pl.len(), c=pl.col("correct").sum(), last=pl.col("correct").sort_by("sample").last()
    )
    assert (ends["n"] <= 30).all()
    assert (ends["c"] == ends["last"].cast(pl.Int64)).all()
    assert (ends.filter(pl.col("c") == 0)["n"] == 30).all()
    assert len(trace.verdicts) == len(trace.samples)
    assert trace.header.stop_rule == UNTIL_SUCCESS
    assert trace.header.settings == {"world": world.name, "seed": 11, "cap": 30}


@pytest.mark.parametrize("k", [1, 5, 25, 100])
def test_until_success_solves_within_k_as_often_as_coverage_says(k: int) -> None:
    trace, truth = simulate(
        "impossible", problems=2_000, samples=100, seed=12, stop="until-success"
    )
    excess = by_problem(trace, truth, pl.col("correct") & (pl.col("sample") < k))
    solved = -np.expm1(k * np.log1p(-truth.p))
    assert abs(z_score(excess - solved, solved * (1 - solved))) < Z


def test_the_wrong_answers_before_a_success_are_split_as_declared() -> None:
    trace, truth = simulate("mixed", problems=1_000, samples=20, seed=13, stop="until-success")
    wrong = by_problem(trace, truth, ~pl.col("correct"))
    share = (1 - truth.classes.sum(axis=1)) / (1 - truth.p)
    excess = by_problem(trace, truth, pl.col("answer").is_null()) - wrong * share
    assert abs(z_score(excess, wrong * share * (1 - share))) < Z


def test_the_same_seed_gives_the_same_log() -> None:
    one, other = (simulate(problems=20, samples=10, verdicts=2, seed=5) for _ in range(2))
    for table in ("problems", "samples", "verdicts", "tallies"):
        assert_frame_equal(getattr(one[0], table), getattr(other[0], table))
    assert one[0].header == other[0].header


def test_another_seed_draws_other_problems_of_the_same_world() -> None:
    one, other = (simulate(problems=20, samples=10, seed=seed) for seed in (0, 1))
    assert not set(one[1].problems) & set(other[1].problems)
    assert (one[1].p != other[1].p).any()
    assert one[1].world == other[1].world == "mixed"


def test_logging_more_leaves_the_problems_as_they_are() -> None:
    short = simulate(problems=20, samples=5, seed=3)
    long = simulate(problems=20, samples=50, verdicts=2, seed=3)
    judged = simulate(problems=20, samples=5, verdicts=2, seed=3)
    assert (short[1].p == long[1].p).all()
    assert_frame_equal(short[0].problems, long[0].problems)
    assert_frame_equal(short[0].samples, judged[0].samples)


def test_a_fixed_log_is_full(mixed: tuple[Trace, Truth]) -> None:
    trace, truth = mixed
    assert len(trace.problems) == len(truth.p) == 300
    assert len(trace.samples) == 300 * 60
    assert len(trace.verdicts) == 300 * 60 * 4
    assert trace.header.stop_rule == FIXED
    assert trace.groups()[0][0].name == "simulated · mixed"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"problems": 0}, "problems must satisfy problems >= 1; got problems=0"),
        ({"samples": -1}, "samples must satisfy samples >= 1; got samples=-1"),
        ({"verdicts": -1}, "verdicts must satisfy verdicts >= 0; got verdicts=-1"),
        ({"seed": -1}, "seed must satisfy seed >= 0; got seed=-1"),
        ({"stop": "never"}, "stop must be one of fixed, until-success; got 'never'"),
        ({"world": "mixd"}, "got 'mixd'; did you mean 'mixed'?"),
        ({"problems": 10**6, "samples": 100}, "at most 10,000,000 rows; got 100,000,000"),
    ],
)
def test_bad_input_is_refused_with_the_rule_the_bound_and_the_value(
    arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        simulate(**{"problems": 2, "samples": 2, **arguments})  # type: ignore[arg-type]
