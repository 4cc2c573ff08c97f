"""Usual samples of inspect read many at once to what they read to one by one."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from apportion.data.errors import InputError
from apportion.data.readers import inspect_ai, inspect_plain, read
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

USUAL: dict[str, Any] = {
    "id": "q",
    "epoch": 1,
    "target": "42",
    "metadata": {"level": 3},
    "scores": {"match": {"value": "C", "answer": "42", "history": []}},
    "model_usage": {"m": {"input_tokens": 3, "output_tokens": 5}},
    "working_time": 0.5,
    "total_time": 0.8,
}
ODD: tuple[tuple[tuple[str, ...], object], ...] = (
    (("id",), 7),
    (("id",), "é\ud800"),
    (("id",), None),
    (("epoch",), 0),
    (("epoch",), "1"),
    (("target",), ["42"]),
    (("target",), ["4", "2"]),
    (("target",), None),
    (("metadata",), None),
    (("scores",), {}),
    (("scores",), None),
    (("scores", "other"), {"value": "I"}),
    (("scores", "match", "value"), 1),
    (("scores", "match", "value"), "P"),
    (("scores", "match", "value"), "I"),
    (("scores", "match", "value"), {"a": 1}),
    (("scores", "match", "answer"), None),
    (("scores", "match", "answer"), 42),
    (("scores", "match"), "C"),
    (("model_usage",), {}),
    (("model_usage",), None),
    (("model_usage", "m"), {"input_tokens": 2}),
    (("model_usage", "m", "input_tokens_cache_read"), 7),
    (("model_usage", "m", "output_tokens"), None),
    (("model_usage", "m", "output_tokens"), 2.5),
    (("model_usage", "m", "output_tokens"), 2**70),
    (("model_usage", "n"), {"output_tokens": 1}),
    (("working_time",), None),
    (("working_time",), 1),
    (("working_time",), -0.5),
    (("error",), "it broke"),
    (("limit",), "token"),
    (("limit",), {"type": "message"}),
    (("output",), {"completion": "so"}),
)
"""What may be unusual of a sample: where, and what stands there."""


def log(folder: Path, samples: list[dict[str, Any]]) -> Path:
    path = folder / "log.json"
    header = {"version": 2, "status": "success", "eval": {"task": "t", "model": "m"}}
    path.write_text(json.dumps({**header, "samples": samples}))
    return path


def changed(sample: dict[str, Any], where: tuple[str, ...], value: object) -> dict[str, Any]:
    made: Any = copy.deepcopy(sample)
    inner = made
    for name in where[:-1]:
        inner = inner[name]
    inner[where[-1]] = value
    return made  # type: ignore[no-any-return]


def outcome(path: Path) -> object:
    try:
        return read(path)
    except InputError as error:
        return str(error)


@settings(max_examples=150, deadline=None)
@given(
    odd=st.lists(st.none() | st.sampled_from(ODD), min_size=1, max_size=9), batch=st.integers(1, 4)
)
def test_many_at_once_is_one_by_one(
    odd: list[Any], batch: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    samples = []
    for number, change in enumerate(odd):
        sample = {**USUAL, "id": f"q{number % 3}", "epoch": number + 1}
        samples.append(changed(sample, *change) if change else sample)
    path = log(tmp_path_factory.mktemp("log"), samples)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inspect_ai, "BATCH", batch)
        many = outcome(path)
        patch.setattr(inspect_ai, "columns", lambda *_: None)
        one = outcome(path)
    if isinstance(one, str) or isinstance(many, str):
        assert many == one
        return
    for table in ("problems", "samples", "verdicts"):
        assert_frame_equal(getattr(many, table), getattr(one, table))
    assert many.header == one.header  # type: ignore[attr-defined]


def test_usual_samples_are_read_many_at_once() -> None:
    made = inspect_plain.columns([USUAL, {**USUAL, "epoch": 2}], None)
    assert made is not None
    assert made["sample"] == [0, 1]
    assert made["correct"] == [True, True]
