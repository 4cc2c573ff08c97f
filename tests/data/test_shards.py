"""A killed run loses at most the record it was at, and a shard has one writer."""

import json
import os
import time
from pathlib import Path

import pytest
from apportion.data import shards, store
from apportion.data.errors import InputError
from apportion.data.traces import FIXED


def row(problem: str, sample: int, correct: bool = True) -> dict[str, object]:
    return {"problem": problem, "sample": sample, "correct": correct, "text": "é\n"}


def record(problem: str, *samples: int, arm: int = 0) -> dict[str, object]:
    return {"arm": arm, "samples": [row(problem, at) for at in samples], "verdicts": []}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "raw" / "shard-0-of-1.jsonl"
    with shards.Shard(path) as shard:
        for name in ("a", "b"):
            shard.append(record(name, 0, 1))
    told = {"settings": {}, "stop_rule": FIXED, "problems": [{"problem": p} for p in "bac"]}
    (path.parent / "run.json").write_text(json.dumps(told))
    return path


def names(path: Path) -> list[str]:
    return [told["samples"][0]["problem"] for told in shards.records(path)]


def test_records_come_back_in_order(path: Path) -> None:
    assert next(shards.records(path)) == record("a", 0, 1)
    assert names(path) == ["a", "b"]


def test_a_line_torn_anywhere_is_cut_and_nothing_else_is(path: Path) -> None:
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole)):
        path.write_bytes(whole[:end])
        assert names(path) == ["a"]
        with shards.Shard(path) as shard:
            assert path.read_bytes() == whole[:first]
            shard.append(record("c", 0))
        assert names(path) == ["a", "c"]


def test_opening_a_whole_shard_changes_nothing(path: Path) -> None:
    whole = path.read_bytes()
    shards.Shard(path).close()
    assert path.read_bytes() == whole


def test_a_shard_torn_in_its_first_line_is_emptied(path: Path) -> None:
    path.write_bytes(b'{"problem')
    shards.Shard(path).close()
    assert path.read_bytes() == b""


@pytest.mark.parametrize(("sync", "times"), [(0.0, 4), (10.0, 1), (2.5, 2)])
def test_a_record_is_synced_as_often_as_asked_and_all_are_in_the_end(
    path: Path, sync: float, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(100))
    synced: list[int] = []
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(os, "fsync", synced.append)
    with shards.Shard(path, sync) as shard:
        for number in range(3):
            shard.append(record("b", 3 + number))
    assert len(synced) == times
    assert len(store.read(path.parent.parent)) == 7


def test_a_second_writer_is_refused_until_the_first_is_done(path: Path) -> None:
    with shards.Shard(path), pytest.raises(InputError, match="another run is writing"):
        shards.Shard(path)
    shards.Shard(path).close()


def test_rows_are_gathered_in_the_order_of_problems_whatever_the_shards(path: Path) -> None:
    with shards.Shard(path.with_name("shard-1-of-2.jsonl")) as shard:
        shard.append(record("c", 0))
        shard.append(record("b", 2))
    samples = store.read(path.parent.parent).samples
    assert list(zip(samples["problem"], samples["sample"], strict=True)) == [
        ("b", 0), ("b", 1), ("b", 2), ("a", 0), ("a", 1), ("c", 0)
    ]  # fmt: skip


def test_shards_that_grew_since_are_read_instead_of_the_tables(path: Path) -> None:
    folder = path.parent.parent
    store.write(store.gathered(folder), folder)
    assert len(store.read(folder)) == 4
    with shards.Shard(path) as shard:
        shard.append(record("c", 0))
    assert len(store.read(folder)) == 5


def test_a_line_in_the_middle_that_is_none_is_named(path: Path) -> None:
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + b"[1]\n" + second)
    with pytest.raises(InputError, match="line 2: a record must be a JSON object"):
        store.read(path.parent.parent)


def test_a_record_of_another_run_is_refused(path: Path) -> None:
    with shards.Shard(path) as shard:
        shard.append(record("z", 0))
    with pytest.raises(InputError, match="not of this run"):
        store.read(path.parent.parent)


def test_a_run_without_a_record_says_so(path: Path) -> None:
    path.write_bytes(b"")
    with pytest.raises(InputError, match="has drawn no sample yet"):
        store.read(path.parent.parent)


def test_a_sample_in_two_records_is_refused(path: Path) -> None:
    with shards.Shard(path) as shard:
        shard.append(record("a", 1))
    with pytest.raises(InputError, match="must be unique"):
        store.read(path.parent.parent)
