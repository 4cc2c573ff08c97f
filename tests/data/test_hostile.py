"""Damaged and hostile logs end in a trace that lost nothing, or in one line; ten thousand of them
are behind `make calibrate PARTS=hostile`."""

import gzip
import json
import os
from pathlib import Path

import polars as pl
import pytest
from apportion.benchmarks.hostile import try_all
from apportion.data.errors import InputError
from apportion.data.readers import files, opening, read
from apportion.data.readers.zipped import zipfile

from .test_formats import CASES, laid


def refused(path: Path, **more: str) -> str:
    with pytest.raises(InputError) as error:
        read(path, **more)  # type: ignore[arg-type]
    return str(error.value)


@pytest.mark.parametrize("part", range(4))
def test_a_damaged_log_is_read_or_refused_in_one_line(part: int) -> None:
    outcome = try_all(laid, CASES, iter(range(part * 10**6, part * 10**6 + 100)))
    assert outcome.wrong == []
    assert outcome.read > 0
    assert outcome.refused > 0


def test_a_bomb_in_a_zip_is_refused_before_it_unpacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "SPARE", 1 << 16)
    path = tmp_path / "log.eval"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_ZSTANDARD) as packed:
        packed.writestr("header.json", json.dumps({"eval": {"model": "m"}}))
        packed.writestr("summaries.json", "[" + " " * (1 << 26) + "]")
    assert "summaries.json: must unpack to at most" in refused(path)


def test_a_bomb_in_a_gz_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "SPARE", 1 << 16)
    path = tmp_path / "log.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"task_id": 1}' + b" " * 10**8))
    assert "must unpack to at most" in refused(path, format="human-eval")


def test_a_line_beyond_bounds_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "LINE", 1 << 10)
    path = tmp_path / "log.jsonl"
    path.write_text('{"task_id": 1, "completion": "' + "x" * 2000 + '", "passed": true}\n')
    assert refused(path, format="human-eval").startswith(
        f"{path}: line 1: a line must have at most"
    )


def test_a_member_that_climbs_out_is_never_written(tmp_path: Path) -> None:
    path = tmp_path / "inner" / "log.eval"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("header.json", "{}")
        packed.writestr("../evil.json", "[]")
        packed.writestr(
            "summaries.json", '[{"id": 1, "epoch": 1, "scores": {"m": {"value": "C"}}}]'
        )
    assert len(read(path)) == 1
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["inner", "log.eval"]


def test_a_key_stated_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"task_id": 1, "completion": "", "passed": true, "passed": false}\n')
    assert refused(path, format="human-eval") == (
        f"{path}: line 1: an object must state a key once; got 'passed' twice"
    )


def test_a_number_with_too_many_digits_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"task_id": ' + "9" * 5000 + ', "completion": "", "passed": true}\n')
    assert "not JSON" in refused(path, format="human-eval")


def test_a_broken_parquet_file_says_one_line_and_no_panic(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "log.parquet"
    said: list[str] = []
    frame = pl.DataFrame({"problem": ["a"] * 50, "sample": range(50), "correct": [True] * 50})
    frame.write_parquet(path)
    whole = path.read_bytes()
    for at in range(4, 300, 4):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
        try:
            read(path)
        except InputError as error:
            said.append(str(error))
    assert len(said) > 10
    assert all(line.startswith(str(path)) and "\n" not in line for line in said)
    assert capfd.readouterr() == ("", "")


def test_a_sound_parquet_file_swallows_no_words(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "log.parquet")
    with files.readable(tmp_path / "log.parquet"):
        os.write(2, b"a warning\n")
    assert capfd.readouterr().err == "a warning\n"
