"""Candidates on the same problems: pairing, metrics, budgets, both populations."""

from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest
from apportion.analysis.counts import Counts, count
from apportion.data.door import admit
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.data.traces import FIXED, Header, assemble
from apportion.fitting.ranking.outcomes import afforded, outcomes, shares_of_variance, tried
from apportion.fitting.ranking.rank import rank
from apportion.fitting.ranking.standing import p_above


def logs(rates: Mapping[str, np.ndarray], n: int, rng: np.random.Generator) -> dict[str, Counts]:
    return {name: tally(rng.binomial(n, rate), n) for name, rate in rates.items()}


def tally(solved: np.ndarray, n: int, first: int = 0) -> Counts:
    names = [f"p{first + i}" for i in range(len(solved))]
    rows = pl.DataFrame({"problem": names, "n": n, "c": solved})
    table = admit(rows, "tallies", "test")
    return count(assemble(Header(stop_rule=FIXED), tallies=table))


def test_pairing_takes_out_what_makes_a_problem_hard_for_all() -> None:
    rng = np.random.default_rng(0)
    base = rng.beta(0.5, 0.5, 200)
    each = logs({"a": base, "b": np.clip(base + 0.03, 0, 1)}, 50, rng)
    made = outcomes(tried(each))
    gap = made.worlds[:, 1] - made.worlds[:, 0]
    alone = np.sqrt(made.worlds[1:].var(axis=0).sum())
    assert gap[1:].std() < 0.4 * alone
    assert p_above(made.worlds)[1, 0] > 0.99
    direct = np.mean([c / 50 for c in each["b"].c]) - np.mean([c / 50 for c in each["a"].c])
    assert gap[0] == pytest.approx(direct)


def test_the_spread_of_a_difference_is_its_standard_error() -> None:
    rng = np.random.default_rng(1)
    each = logs({"a": rng.random(100), "b": rng.random(100)}, 10, rng)
    made = outcomes(tried(each), worlds=4000)
    gap = (each["a"].c - each["b"].c) / 10
    expected = gap.std(ddof=1) / 10
    spread = (made.worlds[1:, 0] - made.worlds[1:, 1]).std()
    assert spread == pytest.approx(expected, rel=4 / np.sqrt(2 * 4000) + 0.01)


def test_these_problems_are_surer_than_new_ones_and_candidates_err_alone() -> None:
    rng = np.random.default_rng(2)
    base = rng.beta(0.4, 0.4, 60)
    data = tried(logs({"a": base, "b": base}, 40, rng))
    these, new = outcomes(data, population="these"), outcomes(data)
    assert these.population == "these"
    assert (these.worlds[1:].std(axis=0) < 0.5 * new.worlds[1:].std(axis=0)).all()
    both = np.asarray(np.corrcoef(these.worlds[1:].T))[0, 1]
    assert abs(both) < 4 / np.sqrt(len(these.worlds) - 1)


def test_only_shared_problems_count_and_the_rest_is_said() -> None:
    rng = np.random.default_rng(3)
    each = {"a": tally(rng.binomial(8, 0.5, 30), 8), "b": tally(rng.binomial(8, 0.5, 30), 8, 10)}
    data = tried(each, k=4)
    assert len(data.problems) == 20
    assert data.lost == 20
    assert any("20 problems" in doubt for doubt in outcomes(data).doubts)
    with pytest.raises(InputError, match=r"got 0 such of 40 \(k=9\)"):
        tried(each, k=9)


def test_the_share_of_noise_within_problems_is_found() -> None:
    """Equal rates: all of a difference is noise. Different ones and many samples: nearly none."""
    rng = np.random.default_rng(4)
    rate = rng.random(4000)
    share = shares_of_variance(tried(logs({"a": rate, "b": rate}, 4, rng)))
    assert share[0, 1] == pytest.approx(1.0, abs=0.1)
    other = shares_of_variance(tried(logs({"a": rate, "b": rng.random(4000)}, 200, rng)))
    assert other[0, 1] < 0.02
    assert np.isnan(share[0, 0])


def test_votes_rank_a_simulated_log_and_a_budget_buys_what_it_can() -> None:
    log, _ = simulate("mixed", problems=30, samples=16, seed=1)
    each = {"one": count(log), "two": count(log)}
    made = rank(each, metric="majority", k=8)
    assert made.metric == "majority@8"
    assert made.candidates == ("one", "two")
    assert made.p_above[0, 1] == 0.5
    more = rank(each, k=(16, 1))
    assert more.metric == "coverage@1..16"
    assert more.p_above[0, 1] > 0.99
    tokens = float(np.mean(each["one"].prompt_tokens + each["one"].output_tokens))
    assert afforded(each, 3.5 * tokens)[0] == 3
    with pytest.raises(InputError, match="must buy one sample"):
        afforded(each, 1.0)
    with pytest.raises(InputError, match="give k or a budget"):
        rank(each, k=2, budget=1000.0)
    with pytest.raises(InputError, match="did you mean 'majority'"):
        tried(each, metric="majorty")
    with pytest.raises(InputError, match="at least 2 candidates; got 1"):
        tried({"one": each["one"]})


def test_candidates_without_shared_problems_are_ranked_unpaired_and_it_is_said() -> None:
    rng = np.random.default_rng(5)
    each = {"a": tally(rng.binomial(8, 0.6, 50), 8), "b": tally(rng.binomial(8, 0.4, 50), 8, 50)}
    made = rank(each)
    assert "unpaired" in made.standing.assumption
    assert any("fewer than 2 problems are shared" in doubt for doubt in made.doubts)
    assert abs(np.asarray(np.corrcoef(made.standing.worlds[1:].T))[0, 1]) < 0.2
    assert made.p_above[0, 1] > 0.99
