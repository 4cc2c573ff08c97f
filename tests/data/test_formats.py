"""Logs of other tools: each of the small logs in `logs/` reads to the trace written by hand there.

A folder of `logs/` is named by its format (what follows a `+` is a remark). Beside the files of the
log it holds `expected.json`: rows of the tables that must come out, absent columns being empty,
what must become of the rows, and `asked`, options of the read. `X.parquet.json` stands for a
Parquet file of those rows, the folder `X.eval` for a ZIP of its files.
"""

import json
import shutil
import zipfile as deflate
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from apportion.data.door import admit
from apportion.data.errors import InputError
from apportion.data.readers import read
from apportion.data.readers.formats import FOREIGN, sorted_out
from apportion.data.readers.judged import is_judgments
from apportion.data.readers.zipped import zipfile
from apportion.data.schema import TABLES
from apportion.data.traces import Trace
from polars.testing import assert_frame_equal

LOGS = Path(__file__).parent / "logs"
CASES = sorted(path.name for path in LOGS.iterdir() if path.is_dir())


def laid(case: str, folder: Path) -> list[Path]:
    """Lays the files of a case out in a folder, as the tool would have written them."""
    shutil.copytree(LOGS / case, folder, ignore=shutil.ignore_patterns("expected.json"))
    for path in sorted(folder.rglob("*.parquet.json")):
        pl.read_json(path).write_parquet(path.with_suffix(""))
        path.unlink()
    for path in sorted(folder.rglob("*.eval")):
        packed(path)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def packed(path: Path, method: int = zipfile.ZIP_ZSTANDARD) -> None:
    """Puts a ZIP in the place of a folder."""
    parts = {p.relative_to(path).as_posix(): p.read_bytes() for p in path.rglob("*") if p.is_file()}
    shutil.rmtree(path)
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in sorted(parts.items()):
            file.writestr(name, data)


def expected(case: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((LOGS / case / "expected.json").read_text("utf8"))
    return found


def assert_reads_to(trace: Trace, wanted: dict[str, Any]) -> None:
    for table in TABLES:
        if table in wanted:
            rows = pl.DataFrame(wanted[table], infer_schema_length=None)
            assert_frame_equal(getattr(trace, table), admit(rows, table, "expected.json"))
        elif table != "problems":
            assert getattr(trace, table).is_empty(), table
    assert trace.header.rows == wanted["rows"]
    for name in ("stop_rule",):
        if name in wanted:
            assert getattr(trace.header, name) == wanted[name]


@pytest.mark.parametrize("case", CASES)
def test_a_log_reads_to_the_trace_written_by_hand(case: str, tmp_path: Path) -> None:
    files, wanted = laid(case, tmp_path / "log"), expected(case)
    assert_reads_to(read(files, **wanted.get("asked", {})), wanted)


@pytest.mark.parametrize("case", CASES)
def test_a_folder_is_a_log_of_its_format(case: str, tmp_path: Path) -> None:
    laid(case, tmp_path / "log")
    groups, _ = sorted_out([tmp_path / "log"], None)
    assert list(groups) == case.partition("+")[0].split(",")
    assert_reads_to(read(tmp_path / "log", **expected(case).get("asked", {})), expected(case))


def test_every_format_has_a_log() -> None:
    told = {name for case in CASES for name in case.partition("+")[0].split(",")}
    assert told == set(FOREIGN)


def test_an_unknown_format_is_named_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'human-eval'"):
        read("x.jsonl", format="humaneval")


def test_a_log_reads_as_counts(tmp_path: Path) -> None:
    trace = read(laid("human-eval", tmp_path / "log"), only="counts")
    assert trace.tallies.select("problem", "n", "c").rows() == [
        ("HumanEval/0", 2, 1),
        ("HumanEval/1", 1, 0),
    ]


def test_a_log_of_another_tool_holds_no_judgments(tmp_path: Path) -> None:
    for case in CASES:
        assert not is_judgments(laid(case, tmp_path / case), {}), case


def test_deflate_is_read_too(tmp_path: Path) -> None:
    folder = next((LOGS / "inspect").glob("*.eval"))
    shutil.copytree(folder, tmp_path / "log.eval")
    packed(tmp_path / "log.eval", deflate.ZIP_DEFLATED)
    assert_reads_to(read(tmp_path / "log.eval"), expected("inspect"))
