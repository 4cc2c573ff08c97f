"""Logs out: what is written reads back to what a format can hold, and the rest is refused."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from apportion.data import writers
from apportion.data.door import admit
from apportion.data.errors import InputError
from apportion.data.readers import read
from apportion.data.traces import Header, Trace, assemble
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=5)


def log(graded: dict[str, list[bool | None]], **more: object) -> Trace:
    """A log of one group with these grades."""
    rows = [
        {"problem": name, "sample": i, "correct": grade, **more}
        for name, grades in graded.items()
        for i, grade in enumerate(grades)
    ]
    frame = pl.DataFrame(rows, infer_schema_length=None)
    return assemble(Header(), samples=admit(frame, "samples", "made"))


GRADES = st.dictionaries(NAMES, st.lists(st.booleans(), min_size=1, max_size=4), min_size=1)


def trip(trace: Trace, folder: Path, format: str) -> Trace:
    path = folder / "out.jsonl"
    writers.export(trace, path, format)
    return read(path)


@settings(max_examples=40, deadline=None)
@given(GRADES)
def test_counts_read_back(
    tmp_path_factory: pytest.TempPathFactory, graded: dict[str, list[bool | None]]
) -> None:
    folder = tmp_path_factory.mktemp("trip")
    found = trip(log(graded), folder, "counts").tallies
    assert found.select("problem", "n", "c").rows() == [
        (name, len(grades), sum(map(bool, grades))) for name, grades in graded.items()
    ]


@settings(max_examples=40, deadline=None)
@given(GRADES, st.sampled_from(["human-eval", "every-eval-ever", "tidy"]))
def test_samples_read_back(
    tmp_path_factory: pytest.TempPathFactory, graded: dict[str, list[bool | None]], format: str
) -> None:
    trace = log(graded, **({} if format == "human-eval" else {"model": "m"}))
    found = trip(trace, tmp_path_factory.mktemp("trip"), format).samples
    key = ["problem", "sample", "correct"] + ([] if format == "human-eval" else ["model"])
    assert sorted(found.select(key).rows()) == sorted(trace.samples.select(key).rows())


def test_ungraded_samples_are_in_no_count(tmp_path: Path) -> None:
    trace = log({"a": [True, None, False], "b": [None, True]})
    assert trip(trace, tmp_path, "counts").tallies.select("problem", "n", "c").rows() == [
        ("a", 2, 1), ("b", 1, 1)
    ]  # fmt: skip


def test_scorio_gets_its_array(tmp_path: Path) -> None:
    writers.export(log({"a": [True, False], "b": [True, True]}), tmp_path / "r.npz", "scorio")
    with np.load(tmp_path / "r.npz", allow_pickle=False) as found:
        assert found["R"].tolist() == [[1, 0], [1, 1]]


@pytest.mark.parametrize(
    ("trace", "format", "said"),
    [
        (log({"a": [True], "b": [True, False]}), "scorio", "the same n for every problem; got n"),
        (log({"a": [None]}), "scorio", "every sample graded"),
        (log({"a": [True]}), "scorioo", "did you mean 'scorio'"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(
    trace: Trace, format: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=said):
        writers.export(trace, tmp_path / "out", format)
    assert list(tmp_path.iterdir()) == []


def test_two_models_are_not_mixed(tmp_path: Path) -> None:
    one, other = log({"a": [True]}, model="x"), log({"a": [True]}, model="y")
    both = assemble(Header(), samples=pl.concat([one.samples, other.samples]))
    with pytest.raises(InputError, match="no place for several models or runs; the log has 2"):
        writers.export(both, tmp_path / "out", "counts")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_formula_is_made_inert_and_a_number_is_not(text: str) -> None:
    sheet = writers.table([{"level": text, "x": -1.5}]).decode()
    [row] = csv.DictReader(io.StringIO(sheet, newline=""))
    assert row == {"level": f"'{text}", "x": "-1.5"}


def test_records_hold_what_the_format_requires(tmp_path: Path) -> None:
    writers.export(log({"a": [True]}, model="m", seconds=0.5), tmp_path / "x", "every-eval-ever")
    record = json.loads((tmp_path / "x").read_text())
    required = "schema_version evaluation_id model_id evaluation_name sample_id interaction_type"
    required += " input output answer_attribution evaluation"
    assert set(required.split()) <= set(record)
    assert record["performance"] == {"generation_time_ms": 500.0}
