"""Revision: shares and costs by the round, and first answers that count as if alone."""

from dataclasses import fields, replace

import numpy as np
import polars as pl
import pytest
from apportion.analysis.counts import Counts, Drawn, count, count_accepted
from apportion.analysis.coverage import coverage
from apportion.analysis.revision import Revisions, revisions
from apportion.analysis.voting import majority
from apportion.data.door import admit
from apportion.data.labels import labels_follow
from apportion.data.synthetic import simulate
from apportion.data.traces import Header, Trace, assemble
from hypothesis import given, settings
from hypothesis import strategies as st

Outcomes = dict[str, list[list[int | None]]]

# For each problem its chains, for each chain whether right after 0, 1, 2, ... revisions.
LOG: Outcomes = {
    "a": [[0, 1, 1], [0, 0, 1], [1, 1, 0], [1, 0, 0]],
    "b": [[0, 0, 1], [0, 1, 1, 0]],
}


def log(outcomes: Outcomes, **columns: pl.Expr) -> Trace:
    rows = [
        {"problem": p, "sample": 100 * c + r, "chain": c, "round": r, "correct": right}
        for p, each in outcomes.items()
        for c, chain in enumerate(each)
        for r, right in enumerate(chain)
    ]
    frame = pl.DataFrame(rows, infer_schema_length=None).with_columns(**columns)
    return assemble(Header(), samples=admit(frame, "samples", "made"))


def said(outcomes: Outcomes, **columns: pl.Expr) -> Revisions:
    found = count(log(outcomes, **columns)).revised
    assert found is not None
    return found


def with_revisions(trace: Trace, seed: int = 0) -> Trace:
    """Every sample becomes a first answer, revised twice: dearer, judged, and right by a coin."""
    rng = np.random.default_rng(seed)
    own = trace.samples.with_columns(chain=pl.col("sample"), round=pl.lit(0, pl.Int64))
    parts, verdicts = [own], [trace.verdicts]
    for r in (1, 2):
        move = 10_000 * r + pl.col("sample")
        parts.append(
            own.with_columns(
                sample=move,
                attempt=pl.lit(None, pl.Int64),
                round=pl.lit(r, pl.Int64),
                correct=pl.Series(rng.random(len(own)) < 0.5),
                answer=pl.lit("revised"),
                output_tokens=pl.col("output_tokens") * 7,
            )
        )
        verdicts.append(trace.verdicts.with_columns(sample=move, tokens=pl.col("tokens") * 9))
    samples = pl.concat(parts).sample(fraction=1, shuffle=True, seed=seed)
    return replace(trace, samples=samples, verdicts=pl.concat(verdicts))


def assert_same(one: Counts, other: Counts) -> None:
    at = np.argsort(np.array(other.problems))
    one, other = one.only(np.argsort(np.array(one.problems))), other.only(at)
    assert one.problems == other.problems
    assert (one.stop_rule, one.verifier, one.levels) == (
        other.stop_rule, other.verifier, other.levels
    )  # fmt: skip
    for owner, twin in ((one, other), (one.drawn, other.drawn)):
        for f in fields(Counts if owner is one else Drawn):
            mine, theirs = getattr(owner, f.name), getattr(twin, f.name)
            if isinstance(mine, np.ndarray):
                np.testing.assert_array_equal(mine, theirs, err_msg=f.name)


def test_revisions_change_no_count_no_cost_no_verdict_and_no_curve() -> None:
    trace = simulate("mixed", problems=12, samples=8, verdicts=2, seed=3)[0]
    before, after = count(trace), count(with_revisions(trace))
    assert_same(before, after)
    assert before.revised is None
    assert after.revised is not None
    for curve in (coverage, majority):
        one, other = (curve(c, [1, 4], population="new") for c in (before, after))
        np.testing.assert_allclose(one.estimate, other.estimate, rtol=1e-12)


def test_labels_on_accepted_samples_are_counted_without_revisions() -> None:
    trace = simulate("mixed", problems=12, samples=8, verdicts=1, seed=3)[0]
    verdict = trace.verdicts["accepts"]
    assert len(verdict) == len(trace.samples)
    looked_up = pl.when(verdict).then("correct")
    trace = replace(trace, samples=trace.samples.with_columns(correct=looked_up))
    revised = with_revisions(trace)
    assert labels_follow(revised, trace.verifiers[0])
    after = count_accepted(revised)
    assert_same(count_accepted(trace), after)
    assert after.revised is None  # right and accepted is not what a revision's grade says


def test_shares_are_those_counted_by_hand() -> None:
    found = said(LOG)
    assert found.rounds == 3
    np.testing.assert_allclose(found.right, [[2 / 4, 2 / 4, 2 / 4], [0, 1 / 2, 1]])
    assert found.chains.tolist() == [4, 2]
    assert np.isnan(found.output_tokens).all()


def test_costs_add_up_over_the_rounds() -> None:
    price = 10 * (1 + pl.col("round")) + pl.col("chain")
    found = said({"a": LOG["a"]}, output_tokens=price, seconds=pl.lit(0.5))
    np.testing.assert_allclose(found.output_tokens, [[11.5, 33, 64.5]])
    np.testing.assert_allclose(found.seconds, [[0.5, 1, 1.5]])
    assert np.isnan(found.prompt_tokens).all()


def test_a_round_is_charged_what_the_chains_that_logged_it_cost() -> None:
    silent = (pl.col("chain") == 0) & (pl.col("round") == 1)
    nobody = pl.col("round") == 2
    found = said(
        {"a": LOG["a"]}, prompt_tokens=pl.when(~silent & ~nobody).then(10 + pl.col("chain"))
    )
    np.testing.assert_allclose(found.prompt_tokens, [[11.5, 23.5, np.nan]])


def test_rounds_end_with_the_shortest_chain_of_any_problem() -> None:
    assert said(LOG | {"c": [[1, 1]]}).rounds == 2
    shorts: list[Outcomes] = [{"c": [[1]]}, {"c": [[1, 1], [0]]}]
    for short in shorts:
        assert count(log(LOG | short)).revised is None


def test_an_ungraded_round_leaves_its_chain_out_and_shortens_no_other() -> None:
    found = said({"a": [[0, 1, 1], [1, None, 1], [1, None], [1, 0, 1, None]]})
    assert found.rounds == 3
    assert found.chains.tolist() == [2]
    np.testing.assert_allclose(found.right, [[0.5, 0.5, 1]])


@pytest.mark.parametrize(
    "outcomes",
    [
        LOG | {"c": [[1, None, 1]]},
        {"a": [[None, None]], "b": [[1, None]]},
        {"a": [[1], [0]]},
    ],
)
def test_a_problem_without_a_graded_chain_leaves_nothing_to_value(outcomes: Outcomes) -> None:
    assert count(log(outcomes)).revised is None


def test_samples_beside_chains_count_but_leave_the_shares_alone() -> None:
    free = pl.col("chain") >= 2
    beside = {"a": LOG["a"], "b": LOG["b"]}
    trace = log(beside)
    blank = [pl.when(~free).then(name).alias(name) for name in ("chain", "round")]
    counts = count(replace(trace, samples=trace.samples.with_columns(blank)))
    assert counts.n.tolist() == [8, 2]
    assert counts.revised is not None
    np.testing.assert_allclose(counts.revised.right, [[0, 1 / 2, 1], [0, 1 / 2, 1]])
    lonely = pl.DataFrame({"problem": ["z"], "sample": [0], "correct": [True]})
    more = pl.concat([trace.samples, admit(lonely, "samples", "made")])
    assert count(assemble(Header(), samples=more)).revised is None


def test_a_selection_of_problems_takes_their_revisions_along() -> None:
    counts = count(log(LOG, output_tokens=pl.col("round")))
    part = counts.only(np.array([1, 0, 1]))
    assert counts.revised is not None
    assert part.revised is not None
    for f in fields(Revisions):
        mine, whole = getattr(part.revised, f.name), getattr(counts.revised, f.name)
        np.testing.assert_array_equal(mine, whole[[1, 0, 1]])
        assert not mine.flags.writeable
    again = counts.pick(np.array([0, 0, 4, 5]), np.array([2, 2]))
    assert again.revised is counts.revised


CHAIN = st.lists(st.sampled_from([0, 1, None]), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(CHAIN, min_size=1, max_size=3), min_size=1, max_size=3))
def test_the_statistics_are_those_of_plain_loops(drawn: list[list[list[int | None]]]) -> None:
    outcomes = {str(p): each for p, each in enumerate(drawn)}
    found = revisions(log(outcomes), tuple(outcomes))
    throughout = [len(c) for each in drawn for c in each if None not in c]
    rounds = min(throughout, default=0)
    kept = [[c[:rounds] for c in each if len(c) >= rounds and None not in c[:rounds]]
            for each in drawn]  # fmt: skip
    if rounds < 2 or not all(kept):
        assert found is None
        return
    assert found is not None
    expected = [[sum(c[r] or 0 for c in each) / len(each) for r in range(rounds)] for each in kept]
    np.testing.assert_allclose(found.right, expected)
    assert found.chains.tolist() == [len(each) for each in kept]
