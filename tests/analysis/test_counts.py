"""Counts keeps what the log says and nothing it does not: nulls apart, groups apart, read-only."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from apportion.analysis.counts import VOID, Counts, Drawn, count
from apportion.data import store
from apportion.data.door import admit
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.data.traces import Header, Trace, assemble


def log(
    samples: dict[str, list[object]],
    verdicts: dict[str, list[object]] | None = None,
    tallies: dict[str, list[object]] | None = None,
    problems: dict[str, list[object]] | None = None,
) -> Trace:
    def table(name: str, columns: dict[str, list[object]] | None) -> pl.DataFrame | None:
        return None if columns is None else admit(pl.DataFrame(columns), name, "a test")

    return assemble(
        Header(),
        samples=table("samples", samples),
        verdicts=table("verdicts", verdicts),
        tallies=table("tallies", tallies),
        problems=table("problems", problems),
    )


def two_problems() -> dict[str, list[object]]:
    """Problem b comes first; it has an ungraded sample and one without an answer."""
    return {
        "problem": ["b", "b", "b", "a", "a"],
        "sample": [0, 1, 2, 0, 1],
        "correct": [True, None, False, False, False],
        "answer": ["7", "7", None, "x", "y"],
        "output_tokens": [10, 99, None, None, None],
    }


def accepts_of(counts: Counts) -> list[list[int]]:
    assert counts.drawn is not None
    assert counts.drawn.accepts is not None
    rows: list[list[int]] = counts.drawn.accepts.tolist()
    return rows


def test_an_ungraded_sample_is_neither_right_nor_wrong() -> None:
    counts = count(log(two_problems()))
    assert counts.problems == ("b", "a")
    assert counts.n.tolist() == [2, 2]
    assert counts.c.tolist() == [1, 0]
    assert counts.drawn is not None
    assert counts.drawn.right.tolist() == [1, 0, 0, 0]


def test_a_missing_cost_stays_missing() -> None:
    counts = count(log(two_problems()))
    np.testing.assert_array_equal(counts.output_tokens, [10, np.nan])
    assert np.isnan(counts.seconds).all()


def test_a_missing_answer_is_void_and_equal_answers_share_a_class() -> None:
    samples = two_problems() | {"correct": [1, 1, 0, 0, 0]}
    drawn = count(log(samples)).drawn
    assert drawn is not None
    assert drawn.answer is not None
    assert drawn.answer.tolist()[:3] == [0, 0, VOID]
    assert len(set(drawn.answer.tolist()[3:])) == 2


def test_attempts_stand_in_the_order_drawn() -> None:
    samples = two_problems() | {"correct": [1, 0, 0, 1, 0], "attempt": [2, 1, 0, 1, 0]}
    drawn = count(log(samples)).drawn
    assert drawn is not None
    assert drawn.right.tolist() == [0, 0, 1, 0, 1]


def test_several_groups_are_refused_in_one_line() -> None:
    samples = two_problems() | {"model": ["m", "m", "m", "w", "w"]}
    with pytest.raises(InputError, match=r"count takes the samples of one group; got 2: 'm', 'w'"):
        count(log(samples))
    assert count(log(samples).where(model="w")).problems == ("a",)


def test_a_log_without_grades_is_refused() -> None:
    with pytest.raises(InputError, match="no sample is graded"):
        count(log(two_problems() | {"correct": [None] * 5}))


def test_verdicts_lie_side_by_side_and_missing_ones_are_neither_yes_nor_no() -> None:
    verdicts: dict[str, list[object]] = {
        "problem": ["b", "b", "b", "b", "a", "a"],
        "sample": [2, 2, 0, 0, 0, 0],
        "verifier": ["v"] * 6,
        "verdict": [1, 0, 0, 1, 0, 1],
        "accepts": [True, False, True, None, None, None],
    }
    counts = count(log(two_problems(), verdicts))
    assert counts.verifier == "v"
    assert accepts_of(counts) == [[1, -1], [0, 1], [-1, -1], [-1, -1]]


def test_one_of_several_verifiers_is_kept_by_name() -> None:
    verdicts: dict[str, list[object]] = {
        "problem": ["b", "b", "b"],
        "sample": [0, 0, 2],
        "verifier": ["v", "w", "w"],
        "verdict": [0, 0, 0],
        "accepts": [True, False, True],
        "tokens": [5, 7, None],
    }
    trace = log(two_problems(), verdicts)
    assert count(trace).verifier is None
    counts = count(trace, "w")
    assert accepts_of(counts) == [[0], [1], [-1], [-1]]
    np.testing.assert_array_equal(counts.verdict_tokens, [7, np.nan])
    with pytest.raises(InputError, match=r"no verifier 'x' in this log \(verifiers: v, w\)"):
        count(trace, "x")


def test_tallies_are_counts_without_samples() -> None:
    tallies: dict[str, list[object]] = {"problem": ["t", "u"], "n": [10_000, 3], "c": [27, 0]}
    trace = assemble(Header(), tallies=admit(pl.DataFrame(tallies), "tallies", "a test"))
    counts = count(trace)
    assert (counts.n.tolist(), counts.c.tolist(), counts.drawn) == ([10_000, 3], [27, 0], None)
    with pytest.raises(InputError, match="kept only counts"):
        counts.rows(0)


def test_samples_and_tallies_stand_beside_each_other_but_never_for_one_problem() -> None:
    tallies: dict[str, list[object]] = {"problem": ["t"], "n": [5], "c": [2]}
    counts = count(log(two_problems(), tallies=tallies))
    assert counts.problems == ("b", "a", "t")
    assert counts.n.tolist() == [2, 2, 5]
    with pytest.raises(InputError, match="both"):
        count(log(two_problems(), tallies=tallies | {"problem": ["a"]}))


def test_levels_are_known_for_all_problems_or_for_none() -> None:
    told: dict[str, list[object]] = {"problem": ["a", "b"], "level": ["hard", "easy"]}
    assert count(log(two_problems(), problems=told)).levels == ("easy", "hard")
    assert count(log(two_problems(), problems=told | {"level": ["hard", None]})).levels is None


def test_only_keeps_whole_problems_in_the_order_asked_for() -> None:
    counts = count(simulate("mixed", problems=6, samples=5, verdicts=2, seed=1)[0])
    kept = np.array([4, 1])
    part = counts.only(kept)
    assert part.problems == (counts.problems[4], counts.problems[1])
    assert part.drawn is not None
    assert counts.drawn is not None
    for at, i in enumerate(kept):
        rows, whole = part.rows(at), counts.rows(i)
        assert part.c[at] == counts.c[i] == part.drawn.right[rows].sum()
        np.testing.assert_array_equal(part.drawn.answer[rows], counts.drawn.answer[whole])  # type: ignore[index]
        np.testing.assert_array_equal(part.drawn.accepts[rows], counts.drawn.accepts[whole])  # type: ignore[index]


def test_every_array_is_read_only_also_after_a_selection() -> None:
    counts = count(simulate("mixed", problems=6, samples=5, verdicts=2, seed=1)[0])
    for each in (counts, counts.only(np.array([2, 0]))):
        assert each.drawn is not None
        for owner in (each, each.drawn):
            assert isinstance(owner, Counts | Drawn)
            values = [getattr(owner, f.name) for f in fields(owner)]
            arrays = [v for v in values if isinstance(v, np.ndarray)]
            assert len(arrays) >= 4
            assert not any(a.flags.writeable for a in arrays)


def test_what_each_sample_was_is_kept_beside_its_verdict() -> None:
    samples: dict[str, list[object]] = two_problems() | {
        "mean_logprob": [-0.5, -9.0, None, -0.25, -1.0],
        "text_hash": ["h", "x", "h", None, None],
    }
    drawn = count(log(samples)).drawn
    assert drawn is not None
    assert drawn.mean_logprob is not None
    assert drawn.tokens is not None
    np.testing.assert_array_equal(drawn.mean_logprob, [-0.5, np.nan, -0.25, -1.0])
    np.testing.assert_array_equal(drawn.tokens, [10, np.nan, np.nan, np.nan])


def test_equal_texts_share_a_number_and_a_missing_text_is_like_no_other() -> None:
    hashes: list[object] = ["h", "i", "h", None, None]
    drawn = count(log(two_problems() | {"correct": [1, 1, 0, 0, 0], "text_hash": hashes})).drawn
    assert drawn is not None
    assert drawn.text is not None
    same = drawn.text[:, None] == drawn.text
    told = [[(a == b and a is not None) or i == j for j, b in enumerate(hashes)]
            for i, a in enumerate(hashes)]  # fmt: skip
    np.testing.assert_array_equal(same, told)


def test_what_was_never_logged_is_none() -> None:
    bare = {k: v for k, v in two_problems().items() if k not in ("answer", "output_tokens")}
    drawn = count(log(bare)).drawn
    assert drawn is not None
    assert [drawn.answer, drawn.score, drawn.mean_logprob, drawn.tokens, drawn.text] == [None] * 5


def test_a_selection_carries_the_new_vectors_along() -> None:
    samples = two_problems() | {"text_hash": ["h", "x", "i", "h", None]}
    counts = count(log(samples))
    part = counts.only(np.array([1]))
    assert counts.drawn is not None
    assert part.drawn is not None
    np.testing.assert_array_equal(part.drawn.text, counts.drawn.text[2:])  # type: ignore[index]
    np.testing.assert_array_equal(part.drawn.tokens, counts.drawn.tokens[2:])  # type: ignore[index]


def test_mean_costs_of_tallies_survive() -> None:
    tallies: dict[str, list[object]] = {
        "problem": ["t", "u"], "n": [5, 3], "c": [2, 0], "output_tokens": [31.5, None]
    }  # fmt: skip
    counts = count(log(two_problems(), tallies=tallies))
    np.testing.assert_array_equal(counts.output_tokens, [10, np.nan, 31.5, np.nan])
    assert np.isnan(counts.prompt_tokens).all()


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_trace_from_its_directory_counts_as_it_did_before(tmp_path: Path, shuffled: bool) -> None:
    trace = simulate("mixed", problems=9, samples=7, verdicts=1, seed=4)[0]
    blank = pl.when(pl.int_range(pl.len()) % 5 != 2).then("correct")
    samples = trace.samples.with_columns(correct=blank)
    samples = samples.sample(fraction=1, shuffle=True, seed=1) if shuffled else samples
    trace = replace(trace, samples=samples)
    store.write(trace, tmp_path / "trace")
    before, after = count(trace), count(store.read(tmp_path / "trace"))
    assert before.problems == after.problems
    for owner, other in ((before, after), (before.drawn, after.drawn)):
        for f in fields(Counts if owner is before else Drawn):
            one, two = getattr(owner, f.name), getattr(other, f.name)
            if isinstance(one, np.ndarray):
                np.testing.assert_array_equal(one, two, err_msg=f.name)
