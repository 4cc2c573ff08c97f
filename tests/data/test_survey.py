"""The survey of JSONL: a key that the first lines lack is never lost, nor half a character."""

import json
from pathlib import Path

import polars as pl
import pytest
from apportion.data.readers import files, read
from apportion.data.readers.survey import survey
from hypothesis import given, settings
from hypothesis import strategies as st

FIRST = "".join(f'{{"problem": "p", "sample": {i}, "correct": 1}}\n' for i in range(200))
"""More lines than polars looks at to learn the columns."""


def read_after_first(tmp_path: Path, *lines: str) -> pl.DataFrame:
    path = tmp_path / "log.jsonl"
    path.write_text(FIRST + "".join(f"{line}\n" for line in lines))
    return read(path).samples


@pytest.mark.parametrize(
    "line",
    [
        '{"problem": "q", "sample": 0, "correct": 1, "score": 0.5}',
        '{"problem":"q","sample":0,"score":0.5}',
        '{"problem": "q", "sample": 0, "correct": null, "score": 0.5}',
        '{"score" : 0.5, "problem": "q", "sample": 0, "correct": null}',
        '{"problem": "q", "sample": 0, "answer": "\\":", "score": 0.5}',
        '{"problem": "q", "sample": 0, "answer": ":null", "score": 0.5}',
    ],
)
def test_a_column_that_comes_late_is_read(tmp_path: Path, line: str) -> None:
    samples = read_after_first(tmp_path, line)
    assert samples["score"].drop_nulls().to_list() == [0.5]
    assert samples["problem"][-1] == "q"
    assert samples["correct"].null_count() == (json.loads(line).get("correct") is None)


@pytest.mark.parametrize(
    "line",
    [
        '{"problem": "q: \\"r\\": null", "sample": 0, "correct": 1}',
        '{"problem": "q", "sample": 0}',
        '{"problem": "q", "sample": 0, "correct": null}',
        '{"sample": 0, "correct": true, "problem": "q"}',
    ],
)
def test_colons_nulls_and_missing_keys_do_no_harm(tmp_path: Path, line: str) -> None:
    samples = read_after_first(tmp_path, line)
    assert samples["problem"][-1] == json.loads(line)["problem"]
    assert samples["correct"].null_count() == (json.loads(line).get("correct") is None)


TEXT = st.text('a\\":, {}é', max_size=6)
VALUE = st.none() | st.booleans() | st.integers(-9, 9) | TEXT
ROW = st.dictionaries(st.sampled_from(["x", "y", "z"]), VALUE, min_size=1)


@settings(max_examples=150, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=4), st.booleans())
def test_the_fast_reader_gives_all_there_is_or_gives_up(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]], tight: bool
) -> None:
    path = tmp_path_factory.mktemp("fast") / "log.jsonl"
    separators = (",", ":") if tight else None
    plain = [{"x": "a"}] * 101
    text = "".join(json.dumps(row, separators=separators) + "\n" for row in [*plain, *rows])
    path.write_text(text)
    frame = files._fast(path, survey(path))
    if frame is not None:
        assert {name for row in rows for name in row if row[name] is not None} <= set(frame.columns)
        assert frame["x"][101:].is_null().to_list() == [row.get("x") is None for row in rows]


def test_pieces_end_with_lines_so_nothing_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(FIRST)
    whole = survey(path)
    for piece in (1, 7, 64, 1000):
        monkeypatch.setattr("apportion.data.readers.survey._PIECE", piece)
        assert survey(path) == whole
    assert whole.keys == 600
