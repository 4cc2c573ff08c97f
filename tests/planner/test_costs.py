"""Costs are those of the log; what was not logged is imputed, never taken as 0 in silence."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.planner.costs import Prices, doubts, prices, solution_cost, verdict_cost

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
