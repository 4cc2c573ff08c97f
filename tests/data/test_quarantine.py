"""Rows that break a rule are set aside one by one; the others read as they would without them."""

import json
from pathlib import Path

import polars as pl
import pytest
from apportion.cli import cli
from apportion.data.errors import InputError
from apportion.data.readers import read
from apportion.data.traces import Trace
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from .test_formats import CASES, expected, laid

GOOD = {"problem": "a", "sample": 0, "correct": True}
FAULTS: dict[str, tuple[str, str]] = {
    "no JSON": ('{"problem": "a", "sam', "not a JSON object"),
    "no object": ("[1, 2]", "not a JSON object"),
    "no flag": (
        '{"problem": "a", "sample": 7, "correct": "maybe"}',
        "correct must be true or false",
    ),
    "out of bounds": ('{"problem": "a", "sample": -1, "correct": true}', "sample must be >= 0"),
    "no number": ('{"problem": "a", "sample": "x", "correct": true}', "sample must be a whole"),
    "no problem": ('{"problem": null, "sample": 7, "correct": true}', "problem must not be empty"),
    "not finite": (
        '{"problem": "a", "sample": 7, "correct": true, "score": NaN}',
        "score must be finite",
    ),
}


def lines(path: Path, *rows: object) -> Path:
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows))
    return path


def aside(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def told(trace: Trace, reason: str = "quarantined") -> tuple[int, int, int]:
    rows = trace.header.rows
    return rows["read"], rows["kept"], rows["aside"].get(reason, 0)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_row_at_fault_is_set_aside_with_its_rule(fault: str, tmp_path: Path) -> None:
    line, rule = FAULTS[fault]
    path = lines(tmp_path / "log.jsonl", GOOD, line, {**GOOD, "sample": 1})
    with pytest.raises(InputError, match=r"line 2|row 2"):
        read(path)
    trace = read(path, quarantine=tmp_path / "bad.jsonl")
    (row,) = aside(tmp_path / "bad.jsonl")
    assert rule in str(row["rule"])
    assert str(path) in str(row["place"])
    assert told(trace) == (3, 2, 1)
    assert trace.samples["sample"].to_list() == [0, 1]
    assert "1 row broke a rule and is not in the trace but in bad.jsonl" in trace.header.doubts[-1]


@pytest.mark.parametrize("case", CASES)
def test_a_log_without_a_fault_reads_the_same(case: str, tmp_path: Path) -> None:
    files, asked = laid(case, tmp_path / "log"), expected(case).get("asked", {})
    plain, kept = read(files, **asked), read(files, quarantine=tmp_path / "bad", **asked)
    assert (tmp_path / "bad").read_bytes() == b""
    for table in ("problems", "samples", "verdicts", "tallies"):
        assert_frame_equal(getattr(plain, table), getattr(kept, table))
    assert plain.header == kept.header


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_is_left_is_what_the_good_rows_alone_say(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("log")
    bad = data.draw(st.lists(st.sampled_from([line for line, _ in FAULTS.values()])))
    good = [{**GOOD, "problem": p, "sample": k} for p in "ab" for k in range(3)]
    mixed = data.draw(st.permutations([*bad, *good]))
    kept = read(lines(folder / "mixed.jsonl", *mixed), quarantine=folder / "bad.jsonl")
    alone = read(lines(folder / "good.jsonl", *(row for row in mixed if row not in bad)))
    assert_frame_equal(kept.samples, alone.samples)
    assert told(kept) == (len(mixed), len(good), len(bad))
    assert len(aside(folder / "bad.jsonl")) == len(bad)


def test_a_row_that_stands_twice_is_kept_once_and_one_that_is_disputed_not_at_all(
    tmp_path: Path,
) -> None:
    disputed = [{**GOOD, "sample": 1}, {**GOOD, "sample": 1, "correct": False}]
    path = lines(tmp_path / "log.jsonl", GOOD, GOOD, *disputed, {**GOOD, "problem": "b"})
    trace = read(path, quarantine=tmp_path / "bad.jsonl")
    assert trace.samples.select("problem", "sample").rows() == [("a", 0), ("b", 0)]
    rules = [str(row["rule"]) for row in aside(tmp_path / "bad.jsonl")]
    assert [("stood before" in rule, "must be unique" in rule) for rule in rules] == [
        (True, False),
        (False, True),
        (False, True),
    ]


def test_the_verdicts_of_a_sample_go_with_it(tmp_path: Path) -> None:
    samples = lines(tmp_path / "s.jsonl", GOOD, {**GOOD, "sample": 1, "correct": "?"})
    verdict = {"problem": "a", "verifier": "v", "accepts": True}
    verdicts = lines(
        tmp_path / "v.jsonl", *({**verdict, "sample": k} for k in (0, 1)), {**verdict, "sample": 9}
    )
    trace = read(samples, verdicts, quarantine=tmp_path / "bad.jsonl")
    assert trace.verdicts["sample"].to_list() == [0]
    assert told(trace) == (5, 2, 3)
    assert [row["row"]["sample"] for row in aside(tmp_path / "bad.jsonl")[1:]] == [1, 9]  # type: ignore[index]


def test_a_sample_in_two_files_is_kept_once(tmp_path: Path) -> None:
    one = lines(tmp_path / "1.jsonl", GOOD, {**GOOD, "sample": 1})
    other = lines(tmp_path / "2.jsonl", {**GOOD, "sample": 1}, {**GOOD, "sample": 2})
    trace = read(one, other, quarantine=tmp_path / "bad.jsonl")
    assert trace.samples["sample"].to_list() == [0, 1, 2]
    assert told(trace) == (4, 3, 1)


def test_samples_graded_by_gold_keep_their_grades(tmp_path: Path) -> None:
    graded = lines(tmp_path / "1.jsonl", GOOD, {**GOOD, "sample": 1, "correct": "?"})
    twice = {"problem": "b", "sample": 0, "answer": "4", "gold": "4"}
    ungraded = lines(tmp_path / "2.jsonl", twice, twice, {**twice, "sample": 1, "answer": "5"})
    trace = read(graded, ungraded, quarantine=tmp_path / "bad.jsonl")
    assert trace.samples.select("problem", "sample", "correct").rows() == [
        ("a", 0, True),
        ("b", 0, True),
        ("b", 1, False),
    ]


def test_a_lifted_verdict_at_fault_leaves_its_sample_and_the_others_flags(tmp_path: Path) -> None:
    rows = [{**GOOD, "sample": k, "weak": weak} for k, weak in enumerate([1, 0, "x", 1])]
    path = lines(tmp_path / "log.jsonl", *rows)
    trace = read(path, verdicts={"weak": "weak"}, quarantine=tmp_path / "bad.jsonl")
    assert len(trace.samples) == 4
    assert trace.verdicts.select("sample", "accepts").rows() == [(0, True), (1, False), (3, True)]
    assert told(trace) == (4, 4, 0)
    assert "row 3" in str(aside(tmp_path / "bad.jsonl")[0]["place"])


def test_records_of_other_tools_are_set_aside_as_they_stood(tmp_path: Path) -> None:
    good = {"task_id": "a", "completion": "x", "passed": True}
    path = lines(tmp_path / "log.jsonl", good, {**good, "passed": "?"}, '{"task_id": "a", "comp')
    trace = read(path, quarantine=tmp_path / "bad.jsonl")
    assert told(trace) == (3, 1, 2)
    first, second = aside(tmp_path / "bad.jsonl")
    assert first == {
        "place": f"{path}: line 2",
        "rule": "passed must be true or false (or 1 or 0); got '?'",
        "row": {**good, "passed": "?"},
    }
    assert second["row"] == '{"task_id": "a", "comp\n'


def test_a_record_of_many_samples_counts_as_one_row(tmp_path: Path) -> None:
    files = laid("search-and-learn", tmp_path / "log")
    whole = read(files)
    text = files[0].read_text("utf8").splitlines()
    files[0].write_text(
        "\n".join([text[0].replace('"completions": [', '"completions": [[], '), *text[1:]])
    )
    trace = read(files, quarantine=tmp_path / "bad.jsonl")
    read_, kept, bad = told(trace)
    assert (kept, bad) == (len(trace.samples), 1)
    assert kept < len(whole.samples)
    assert read_ == kept + sum(trace.header.rows["aside"].values())


def test_nothing_is_written_where_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("of an older read\n")
    path = lines(tmp_path / "log.jsonl", {"task_id": 1, "completion": 2.5, "passed": True})
    with pytest.raises(InputError, match=r"no row of 1 can be used \(quarantined: 1; the first: "):
        read(path, quarantine=tmp_path / "bad.jsonl", format="human-eval")
    assert (tmp_path / "bad.jsonl").read_text() == "of an older read\n"


def test_counts_cannot_set_rows_aside(tmp_path: Path) -> None:
    path = lines(tmp_path / "log.jsonl", GOOD)
    with pytest.raises(InputError, match="--counts adds rows up in one pass"):
        read(path, only="counts", quarantine=tmp_path / "bad.jsonl")
    assert not (tmp_path / "bad.jsonl").exists()


def test_the_command_says_how_many(tmp_path: Path) -> None:
    path = lines(tmp_path / "log.jsonl", GOOD, "{", "{", {**GOOD, "problem": "b"})
    done = CliRunner().invoke(
        cli,
        ["read", str(path), "--quarantine", str(tmp_path / "bad.jsonl"), "-o", str(tmp_path / "t")],
    )
    assert done.exit_code == 0
    assert "rows read: 4; kept: 2; left out: 2 (quarantined)" in done.stdout
    assert "2 rows broke a rule and are not in the trace but in bad.jsonl" in done.stderr
    assert pl.DataFrame(aside(tmp_path / "bad.jsonl"))["row"].to_list() == ["{", "{"]
