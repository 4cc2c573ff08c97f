"""Logs as the tools themselves wrote them, kept outside the tree: skipped where they are not."""

import os
from pathlib import Path

import pytest
from apportion.data.errors import InputError
from apportion.data.readers import read

REAL = Path(os.environ.get("APPORTION_REAL_DATA", "../shared/data")) / "formats"
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="APPORTION_REAL_DATA is absent")


def test_repeats_of_lm_eval_are_graded_one_by_one() -> None:
    trace = read(REAL / "lm_eval_samples_toy.jsonl", answer="(.*)")
    found = trace.samples.select("problem", "sample", "temperature", "answer", "correct").rows()
    assert found == [(str(i // 3), i % 3, 0.8, "lol", i < 3) for i in range(6)]
    assert trace.problems.select("problem", "level", "gold").rows() == [
        ("0", "2", "lol"),
        ("1", "3", "5"),
    ]
    assert trace.header.rows == {
        "read": 8,
        "kept": 6,
        "aside": {"a line of another filter": 2},
    }


def test_repeats_that_only_a_filter_graded_are_refused() -> None:
    with pytest.raises(InputError, match="line 1: resps holds 3 repeats, and exact_match"):
        read(REAL / "lm_eval_samples_toy.jsonl")


def test_counts_of_lighteval_come_from_its_metric() -> None:
    trace = read(REAL / "lighteval_details_toy.parquet")
    found = trace.tallies.select("problem", "benchmark", "level", "n", "c", "output_tokens").rows()
    assert found == [("0", "aime24", "0", 3, 2, 5.0), ("1", "aime24", "1", 3, 0, 5.0)]


def test_texts_of_lighteval_are_graded_one_by_one() -> None:
    trace = read(REAL / "lighteval_details_toy.parquet", answer=".*")
    found = trace.samples.select("problem", "sample", "answer", "correct").rows()
    assert found[:3] == [("0", 0, "42", True), ("0", 1, "7", False), ("0", 2, "42", True)]
    assert found[3:] == [("1", sample, "7", False) for sample in range(3)]


def test_an_inspect_log_is_read_from_its_summaries() -> None:
    trace = read(REAL / "inspect_toy_3x3.eval")
    shown = trace.samples.select("problem", "sample", "correct", "output_tokens", "seconds").rows()
    assert shown == [
        ("q0", 0, False, 125, 0.777),
        ("q1", 0, True, 87, 0.181),
        ("q2", 0, False, 291, 0.159),
        ("q0", 1, False, 272, 0.143),
        ("q1", 1, True, 377, 0.133),
        ("q2", 1, False, 294, 0.127),
        ("q0", 2, False, 183, 0.125),
        ("q1", 2, True, 330, 0.105),
        ("q2", 2, False, 254, 0.102),
    ]
    assert trace.samples["answer"].to_list()[:2] == ["The answer is 4", "The answer is 42"]
    assert set(trace.samples["model"]) == {"mockllm/model"}
    assert set(trace.samples["prompt_tokens"]) == {30}
    levels = trace.problems.select("problem", "level", "gold").rows()
    assert levels == [("q0", "5", "42"), ("q1", "3", "42"), ("q2", "5", "42")]
    assert trace.header.rows == {"read": 9, "kept": 9, "aside": {}}


def test_an_inspect_log_in_one_json_tells_repeated_texts() -> None:
    trace = read(REAL / "inspect_toy_2x2.json")
    shown = trace.samples.select("problem", "sample", "correct", "answer", "output_tokens").rows()
    assert shown == [
        ("q0", 0, False, "The answer is 1", 98),
        ("q1", 0, False, "The answer is 2", 322),
        ("q0", 1, False, "The answer is 4", 125),
        ("q1", 1, True, "The answer is 42", 87),
    ]
    assert trace.samples["text_hash"].n_unique() == 4
