"""Costs are those of the log; what was not logged is imputed, never taken as 0 in silence."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from apportion.analysis.counts import Counts, count
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.data.traces import Trace
from apportion.planner.build import plan, usual_budget
from apportion.planner.check import check
from apportion.planner.costs import Prices, doubts, prices, solution_cost, verdict_cost
from apportion.planner.exchange import exchange
from apportion.planner.next_sample import next_sample
from apportion.planner.policies import policies
from apportion.planner.saved import saved

NAN = float("nan")
TOKENS = Prices(output_token=1.0, verdict_token=1.0)


@pytest.fixture
def counts() -> Counts:
    made = count(simulate("mixed", problems=4, samples=6, verdicts=1, seed=1)[0])
    return replace(made, levels=("easy", "easy", "hard", "odd"))


def test_a_missing_cost_is_the_mean_of_its_level_else_of_all(counts: Counts) -> None:
    logged = np.array([100.0, NAN, 900.0, NAN])
    cost = solution_cost(replace(counts, output_tokens=logged), TOKENS)
    assert cost.tolist() == [100, 100, 900, 500]
    unlevelled = solution_cost(replace(counts, output_tokens=logged, levels=None), TOKENS)
    assert unlevelled.tolist() == [100, 500, 900, 500]


def test_every_price_is_counted(counts: Counts) -> None:
    price = Prices(sample=1, prompt_token=2, output_token=3, second=5, verdict=7, verdict_token=11)
    told = replace(
        counts,
        prompt_tokens=np.full(4, 10.0),
        output_tokens=np.full(4, 100.0),
        seconds=np.full(4, 1_000.0),
        verdict_tokens=np.full(4, 3.0),
    )
    assert solution_cost(told, price).tolist() == [1 + 20 + 300 + 5_000] * 4
    assert verdict_cost(told, price).tolist() == [7 + 33] * 4


def test_tokens_are_the_unit_where_they_are_logged(counts: Counts) -> None:
    assert prices(None, [counts]) == ("tokens", TOKENS)
    silent = replace(counts, output_tokens=np.full(4, NAN))
    assert prices(None, [silent])[0] == "samples"
    with pytest.raises(InputError, match="some groups of this log have tokens and some have none"):
        prices(None, [counts, silent])


@pytest.mark.parametrize(
    ("unit", "message"),
    [
        ("token", r"unit must be one of samples, tokens, seconds, flops, usd; got 'token'.*tokens"),
        ("usd", r"unit 'usd' needs a price list: --price FILE with a table \[usd\]"),
        ("seconds", "unit 'seconds' needs seconds in the log, which has none"),
        ("tokens", "unit 'tokens' needs output_tokens in the log, which has none"),
    ],
)
def test_a_unit_that_cannot_be_counted_is_refused(counts: Counts, unit: str, message: str) -> None:
    silent = replace(counts, output_tokens=np.full(4, NAN), seconds=np.full(4, NAN))
    with pytest.raises(InputError, match=message):
        prices(unit, [silent])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[usd]\noutput_tokn = 1", "no price 'output_tokn'.*output_token"),
        ("[usd]\nsample = -1", r"sample must be a number >= 0; got -1"),
        ("[usd]\nsample = true", r"sample must be a number >= 0; got True"),
        ("[usd]\nsample = nan", r"sample must be a number >= 0; got nan"),
        ("[usd]\nsample = inf", r"sample must be a number >= 0; got inf"),
        ("usd = 3", r"\[usd\] must be a table of prices"),
        ("[eur]\nsample = 1", r"\[usd\]"),
        ("not toml", "prices.toml"),
    ],
)
def test_a_wrong_price_list_is_refused_with_its_line(
    counts: Counts, tmp_path: Path, text: str, message: str
) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=message):
        prices("usd", [counts], file)


def test_a_priced_thing_must_be_logged(counts: Counts, tmp_path: Path) -> None:
    """Or its cost, and all that follows from it, would be NaN."""
    file = tmp_path / "prices.toml"
    file.write_text("[usd]\noutput_token = 2e-6\nprompt_token = 1e-6")
    silent = replace(counts, prompt_tokens=np.full(4, NAN))
    with pytest.raises(InputError, match="unit 'usd' needs prompt_tokens in the log"):
        prices("usd", [silent], file)


def test_a_price_list_sets_the_prices(counts: Counts, tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text("[usd]\noutput_token = 2e-6\nverdict = 0.001")
    assert prices("usd", [counts], file) == ("usd", Prices(output_token=2e-6, verdict=0.001))


def test_verdicts_without_a_price_are_doubted(counts: Counts) -> None:
    silent = replace(counts, verdict_tokens=np.full(4, NAN))
    assert any("taken as free" in d for d in doubts(silent, "tokens", TOKENS))
    assert any("taken as free" in d for d in doubts(counts, "samples", Prices(sample=1)))
    assert not any("verdict" in d for d in doubts(counts, "tokens", TOKENS))
    partly = replace(counts, verdict_tokens=np.array([NAN, 30.0, NAN, NAN]))
    assert verdict_cost(partly, TOKENS).tolist() == [30] * 4


def test_models_have_prices_of_their_own(counts: Counts, tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text("[samples]\nsample = 2\n[samples.models.large]\nsample = 40\nverdict = 3\n")
    unit, price = prices("samples", [counts], file)
    large = replace(counts, group=replace(counts.group, model="large"))
    assert unit == "samples"
    assert solution_cost(counts, price).tolist() == [2] * 4
    assert solution_cost(large, price).tolist() == [40] * 4
    assert verdict_cost(large, price).tolist() == [3] * 4
    assert price.json()["models"] == {"large": Prices(sample=40, verdict=3).json()}
    file.write_text("[samples.models]\nlarge = 4\n")
    with pytest.raises(InputError, match="models must be a table of tables"):
        prices("samples", [counts], file)


def test_flops_come_from_the_sizes_of_models(counts: Counts, tmp_path: Path) -> None:
    """Two FLOPs a parameter and token, prompts and verdicts included."""
    file = tmp_path / "prices.toml"
    file.write_text("[flops]\nparameters = 1e9\nverifier_parameters = 7e9\n")
    told = replace(
        counts,
        prompt_tokens=np.full(4, 10.0),
        output_tokens=np.full(4, 100.0),
        verdict_tokens=np.full(4, 5.0),
    )
    _, price = prices("flops", [told], file)
    assert solution_cost(told, price).tolist() == [2e9 * 110] * 4
    assert verdict_cost(told, price).tolist() == [14e9 * 5] * 4
    file.write_text("[usd]\nparameters = 1e9\n")
    with pytest.raises(InputError, match="no price 'parameters'"):
        prices("usd", [told], file)


def test_what_was_imputed_is_doubted(counts: Counts) -> None:
    logged = replace(counts, output_tokens=np.array([100.0, NAN, 900.0, NAN]))
    assert doubts(logged, "tokens", TOKENS)[0].startswith("2 of 4 problems have no output tokens")


@pytest.mark.parametrize(("ratio", "times"), [(0.16, 257.75), (0.79, 63.367), (22, 15.773)])
def test_the_pretraining_exchange_of_the_paper(ratio: float, times: float) -> None:
    assert exchange(14, ratio) == pytest.approx(times, abs=5e-4)
    assert exchange(1, ratio) == 1
    assert exchange(14, ratio, verifies=True) == pytest.approx((exchange(14, ratio) + 14) / 2)
    with pytest.raises(InputError, match="ratio > 0"):
        exchange(14, 0)
    with pytest.raises(InputError, match="larger >= 1"):
        exchange(0.5, ratio)


def two_models() -> Trace:
    """Returns a log of a model, and of a larger one that is right on every second sample too."""
    small = simulate("mixed", problems=60, samples=16, verdicts=1, seed=1)[0]
    better = small.samples.with_columns(
        pl.lit("large").alias("model"),
        pl.when(pl.col("sample").cast(pl.Int64) % 2 == 0).then(True).otherwise(pl.col("correct"))
        .alias("correct"),
    )  # fmt: skip
    return replace(
        small,
        samples=pl.concat([small.samples.with_columns(model=pl.lit("small")), better]),
        verdicts=small.verdicts.clear(),
    )


def test_a_dear_model_is_taken_only_where_it_pays(tmp_path: Path) -> None:
    """Small with many samples or large with few: the price decides, in one plan."""
    both = two_models()
    found = {}
    for dear in (1, 1000):
        file = tmp_path / f"{dear}.toml"
        file.write_text(f"[samples]\nsample = 1\n[samples.models.large]\nsample = {dear}\n")
        made = plan(both, 4.0, "samples", levels="none", price_file=file)
        parts = [part for level in made.levels for part in level.split]
        found[dear] = {p.option.group.model for p in parts if p.option.solutions}
        assert saved(made.json()).prices == made.prices
    assert found == {1: {"large"}, 1000: {"small"}}


def test_pretraining_is_six_flops_a_parameter_and_token(counts: Counts, tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    told = "parameters = 2\npretraining_tokens = 5\n"
    file.write_text(f"[flops]\n{told}[flops.models.large]\nparameters = 3\n")
    logged = replace(counts, prompt_tokens=np.ones(4), output_tokens=np.ones(4))
    _, price = prices("flops", [logged], file)
    assert price == Prices(
        prompt_token=4,
        output_token=4,
        problem=60,
        models=(("large", Prices(prompt_token=6, output_token=6)),),
    )
    large = replace(logged, group=replace(counts.group, model="large"))
    assert any("costs nothing for the use of large" in d for d in doubts(large, "flops", price))
    assert not any("use of" in d for d in doubts(logged, "flops", price))
    file.write_text("[flops]\npretraining_tokens = 5\n")
    with pytest.raises(InputError, match="pretraining_tokens needs parameters"):
        prices("flops", [logged], file)
    file.write_text("[usd]\nsample = 1\nproblem = 0.5\n")
    assert prices("usd", [logged], file)[1] == Prices(sample=1, problem=0.5)


@pytest.mark.parametrize("levels", ["none", "probe"])
def test_a_large_model_is_taken_where_its_pretraining_is_paid_for(
    levels: str, tmp_path: Path
) -> None:
    """The larger one at no fee; at a heavy one the small one, and more samples of it."""
    found, each = {}, {}
    for fee in (0, 10_000):
        file = tmp_path / f"{fee}.toml"
        file.write_text(
            f"[samples]\nsample = 1\nproblem = 1\n[samples.models.large]\nsample = 4\n"
            f"problem = {fee}\n"
        )
        made = plan(two_models(), 6.0, "samples", levels=levels, price_file=file)
        parts = [part for level in made.levels for part in level.split if part.option.solutions]
        found[fee] = {p.option.group.model for p in parts}
        each[fee] = max(p.option.solutions for p in parts)
        assert saved(made.json()).prices == made.prices
        assert made.spent <= 6.0 * (1 + 1e-9)
        if levels == "none":
            assert check(made, two_models()).spent == pytest.approx(made.spent)
    assert found[0] == {"large"}
    assert found[10_000] == {"small"}
    assert each[10_000] > each[0]


def test_policies_refuse_the_price_of_a_problem(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text("[samples]\nsample = 1\nproblem = 2\n")
    log = simulate("mixed", problems=12, samples=6, verdicts=1, seed=1)[0]
    with pytest.raises(InputError, match="policies pay by the draw"):
        policies(log, 4.0, "samples", price_file=file)


def test_more_samples_of_a_logged_problem_pay_no_second_price(tmp_path: Path) -> None:
    """New problems cost the price of each; further samples of the old ones do not."""
    file, costs = tmp_path / "prices.toml", {}
    log = simulate("mixed", problems=12, samples=8, verdicts=1, seed=1)[0]
    for fee in (0, 100):
        file.write_text(f"[samples]\nsample = 1\nproblem = {fee}\n")
        made = next_sample(log, 120.0, "samples", levels="none", spend=54.0, price_file=file)
        costs[fee] = {c.what: c.cost / c.amount for c in made.candidates}
        assert usual_budget(log, "samples", file) == usual_budget(log, "samples") + fee
    assert costs[100]["new problems"] == pytest.approx(costs[0]["new problems"] + 100)
    assert costs[100]["more samples"] == pytest.approx(costs[0]["more samples"])
