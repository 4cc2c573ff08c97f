"""A killed run loses at most the problem it was at."""

from pathlib import Path

import pytest
from apportion.data.sampler import shard


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "shard-0-of-1.jsonl"
    for name in ("a", "b"):
        shard.append(path, {"problem": name, "text": "é\n"})
    return path


def names(path: Path) -> list[str]:
    return [record["problem"] for record in shard.read(path.parent)]


def test_records_come_back_in_order(path: Path) -> None:
    assert next(shard.read(path.parent)) == {"problem": "a", "text": "é\n"}
    assert names(path) == ["a", "b"]


def test_a_line_torn_anywhere_is_cut_and_nothing_else_is(path: Path) -> None:
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole)):
        path.write_bytes(whole[:end])
        assert names(path) == ["a"]
        shard.mend(path)
        assert path.read_bytes() == whole[:first]
        shard.append(path, {"problem": "c"})
        assert names(path) == ["a", "c"]


def test_mending_a_whole_or_absent_shard_changes_nothing(path: Path) -> None:
    whole = path.read_bytes()
    shard.mend(path)
    shard.mend(path.with_name("absent"))
    assert path.read_bytes() == whole


def test_a_shard_torn_in_its_first_line_is_emptied(path: Path) -> None:
    path.write_bytes(b'{"problem')
    shard.mend(path)
    assert path.read_bytes() == b""


def test_all_shards_of_a_folder_are_read(path: Path) -> None:
    shard.append(path.with_name("shard-1-of-2.jsonl"), {"problem": "c"})
    assert names(path) == ["a", "b", "c"]
