"""Counts keeps what the log says and nothing it does not: nulls apart, groups apart, read-only."""

from dataclasses import fields

import numpy as np
import polars as pl
import pytest
from apportion.analysis.counts import VOID, Counts, Drawn, count
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
