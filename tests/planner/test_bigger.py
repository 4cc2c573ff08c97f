"""Bigger or more: the exchange is Snell's, coverage the log's own, and the break-even is where."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.coverage import coverage
from apportion.analysis.curve import Floats
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.planner.bigger import bigger
from apportion.planner.exchange import exchange

TEMPLATE = count(simulate("beta", problems=4, samples=2, seed=0)[0])
Run = Callable[..., tuple[int, str, str]]


def log(p: Floats, n: int, seed: int) -> Counts:
    none = np.full(len(p), np.nan)
    return replace(
        TEMPLATE,
        problems=tuple(f"{i:04d}" for i in range(len(p))),
        levels=None,
        n=np.full(len(p), n),
        c=np.random.default_rng(seed).binomial(n, p),
        drawn=None,
        prompt_tokens=none,
        output_tokens=none,
        seconds=none,
        verdict_tokens=none,
    )


def pair(factor: float, problems: int = 300, n: int = 200) -> tuple[Counts, Counts]:
    """A large model whose one sample is worth exactly `factor` samples of the small one."""
    p = np.random.default_rng(0).beta(0.6, 8, problems)
    return log(p, n, 1), log(-np.expm1(factor * np.log1p(-p)), 64, 2)


def test_within_the_log_both_are_their_own_coverage() -> None:
    small, large = pair(30)
    made = bigger(small, large, [1, 2], larger=14, ratio=0.79, worlds=100)
    assert made.factor == pytest.approx(63.367, abs=5e-4)
    assert [c.samples for c in made.choices] == [63, 126]
    for choice in made.choices:
        assert choice.source == "log"
        assert choice.small.estimate == pytest.approx(coverage(small, choice.samples).estimate[0])
        assert choice.large.estimate == pytest.approx(coverage(large, choice.k).estimate[0])


def test_the_ratio_where_they_break_even_is_found_and_decides() -> None:
    """30 samples of the small model do for one: M + 3 (M - 1) / R = 30 at R = 3 (M - 1) / 16."""
    small, large = pair(30)
    true = 3 * 13 / 16
    made = bigger(small, large, larger=14, ratio=true / 3, worlds=200).choices[0]
    assert made.ratio.low < true < made.ratio.high
    assert made.ratio.estimate == pytest.approx(true, rel=0.3)
    assert exchange(14, made.ratio.estimate) == pytest.approx(30, rel=0.15)
    assert made.p_large < 0.05
    assert bigger(small, large, larger=14, ratio=1000, worlds=200).choices[0].p_large > 0.95


def test_a_small_model_that_needs_fewer_than_m_samples_is_always_the_better_buy() -> None:
    small, large = pair(5)
    made = bigger(small, large, larger=14, ratio=100, worlds=100).choices[0]
    assert made.ratio.low == np.inf
    assert made.p_large == 0
    assert made.gain.high < 0


def test_shared_problems_are_paired() -> None:
    small, large = pair(20, n=64)
    ours = bigger(small, large, larger=20, ratio=1e9, worlds=200).choices[0].gain
    other = replace(large, problems=tuple(f"x{name}" for name in large.problems))
    theirs = bigger(small, other, larger=20, ratio=1e9, worlds=200)
    apart = theirs.choices[0].gain
    assert ours.high - ours.low < 0.7 * (apart.high - apart.low)
    assert any("share 0 problems" in doubt for doubt in theirs.doubts)


def test_beyond_the_log_the_small_model_is_forecast_and_said_to_be() -> None:
    small, large = pair(30, problems=80, n=32)
    made = bigger(small, large, larger=14, ratio=0.79, worlds=100)
    assert made.choices[0].source == "forecast"
    assert np.isfinite(made.choices[0].p_large)
    assert any("beyond its log" in doubt for doubt in made.doubts)


def test_what_is_out_of_range_is_refused() -> None:
    small, large = pair(5, problems=20)
    with pytest.raises(InputError, match="k <= 64"):
        bigger(small, large, 65, larger=14, ratio=1)
    with pytest.raises(InputError, match="larger >= 1"):
        bigger(small, large, larger=0.5, ratio=1)


def test_the_command_prints_a_table_or_one_object(run: Run) -> None:
    rows = "problem,n,c\n" + "".join(f"p{i},200,{i % 40}\n" for i in range(40))
    Path("small.csv").write_text(rows)
    Path("large.csv").write_text(rows.replace(",200,", ",50,"))
    asked = ("exchange", "small.csv", "large.csv", "--larger", "14", "--ratio", "0.79")
    code, out, _ = run(*asked, "--json")
    assert code == 0
    told = json.loads(out)
    assert told["factor"] == pytest.approx(63.367, abs=5e-4)
    assert told["choices"][0]["samples"] == 63
    code, out, _ = run(*asked, "--at", "1,2")
    assert code == 0
    assert "63.4 times" in out
    assert "126" in out
