"""A trace directory: what is written is read, what was changed is refused, a kill is harmless."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from apportion.data import store
from apportion.data.door import admit
from apportion.data.errors import InputError
from apportion.data.readers import read
from apportion.data.synthetic import simulate
from apportion.data.traces import Header, Source, Trace, assemble
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

TABLES = ("problems", "samples", "verdicts", "tallies")


def assert_same(one: Trace, other: Trace) -> None:
    for table in TABLES:
        assert_frame_equal(getattr(one, table), getattr(other, table))
    assert one.header == other.header


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A folder that holds a small trace."""
    store.write(simulate(problems=3, samples=4, verdicts=2)[0], tmp_path / "trace")
    return tmp_path / "trace"


def refused(folder: Path) -> str:
    with pytest.raises(InputError) as error:
        store.read(folder)
    return str(error.value)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)
MAYBE = st.none() | TEXT
NUMBER = st.none() | st.floats(-1e9, 1e9)


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    names = draw(st.lists(TEXT, min_size=1, max_size=4, unique=True))
    run = draw(MAYBE)
    samples = [
        {
            "problem": name,
            "sample": i,
            "run": run,
            "correct": draw(st.none() | st.booleans()),
            "answer": draw(MAYBE),
            "score": draw(NUMBER),
            "output_tokens": draw(st.none() | st.integers(0, 2**62)),
        }
        for name in names
        for i in range(draw(st.integers(1, 3)))
    ]
    verdicts = [
        {**{k: s[k] for k in ("problem", "sample", "run")}, "verifier": "v", "verdict": 0,
         "accepts": draw(st.none() | st.booleans()), "score": draw(NUMBER)}
        for s in samples
    ]  # fmt: skip
    problems = [{"problem": name, "level": draw(MAYBE), "gold": draw(MAYBE)} for name in names]
    header = Header(
        sources=(Source(draw(st.text(max_size=4)), "0" * 64, draw(st.integers(0, 2**60))),),
        stop_rule=draw(TEXT),
        settings={"notes": draw(st.lists(st.text(max_size=4), max_size=2)), "cap": draw(NUMBER)},
        doubts=tuple(draw(st.lists(TEXT, max_size=2))),
    )
    tables: dict[str, list[dict[str, Any]]] = {
        "samples": samples, "verdicts": verdicts, "problems": problems
    }  # fmt: skip
    return assemble(
        header,
        **{
            table: admit(pl.DataFrame(rows, infer_schema_length=None), table, "drawn")
            for table, rows in tables.items()
        },
    )


@settings(max_examples=25, deadline=None)
@given(traces())
def test_what_is_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, trace: Trace
) -> None:
    folder = tmp_path_factory.mktemp("trip") / "trace"
    store.write(trace, folder)
    assert_same(read([folder]), trace)
    assert len(os.listdir(folder)) == 5
    shutil.rmtree(folder)


def test_a_trace_may_be_written_over_itself(kept: Path) -> None:
    before = sorted(os.listdir(kept))
    trace = store.read(kept)
    store.write(trace, kept)
    assert_same(store.read(kept), trace)
    assert sorted(os.listdir(kept)) == before


@pytest.mark.parametrize("table", TABLES)
def test_one_changed_byte_is_refused_by_the_digest(kept: Path, table: str) -> None:
    [path] = kept.glob(f"{table}-*.parquet")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert refused(kept).startswith(f"{path}: the file is not the one that was written")


@pytest.mark.parametrize("table", TABLES)
def test_a_missing_file_is_named(kept: Path, table: str) -> None:
    [path] = kept.glob(f"{table}-*.parquet")
    path.unlink()
    assert refused(kept) == f"{path}: the manifest names it, but it is not there"


def change(**more: object) -> Callable[[dict[str, Any]], object]:
    return lambda manifest: {**manifest, **more}


def header(**more: object) -> Callable[[dict[str, Any]], object]:
    return lambda manifest: {**manifest, "header": {**manifest["header"], **more}}


def entry(**more: object) -> Callable[[dict[str, Any]], object]:
    return lambda m: {
        **m,
        "files": {**m["files"], "samples": {**m["files"]["samples"], **more}},
    }


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (change(apportion=3), "written by schema version 3; this apportion reads versions 1 to 2"),
        (change(apportion=None), "written by schema version None"),
        (change(files={}), "not the manifest of a trace"),
        (change(files=[]), "not the manifest of a trace"),
        (change(header=None), "not the manifest of a trace"),
        (change(header=[]), "not the manifest of a trace"),
        (header(sources=["x"]), "not the manifest of a trace"),
        (header(sources=[{"name": "x"}]), "not the manifest of a trace"),
        (header(sources=7), "not the manifest of a trace"),
        (header(settings=7), "not the manifest of a trace"),
        (header(doubts=7), "not the manifest of a trace"),
        (header(more=7), "not the manifest of a trace"),
        (entry(file=""), "it names the file ''"),
        (entry(file=7), "it names the file '7'"),
        (entry(file="/etc/passwd"), "it names the file '/etc/passwd'"),
        (entry(file="../trace/manifest.json"), "it names the file"),
        (entry(file="a\0b"), "it names the file"),
        (entry(sha256=7), "its digest differs"),
        (lambda manifest: {"files": {}}, "not the manifest of a trace"),  # noqa: ARG005
        (lambda manifest: [manifest], "not the manifest of a trace"),
    ],
)
def test_a_spoiled_manifest_is_refused(
    kept: Path, spoil: Callable[[dict[str, Any]], object], said: str
) -> None:
    path = kept / store.MANIFEST
    path.write_text(json.dumps(spoil(json.loads(path.read_text()))))
    assert said in refused(kept)
    assert refused(kept).startswith(str(kept))


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"null", b'"x"'])
def test_garbage_for_a_manifest_is_refused(kept: Path, content: bytes) -> None:
    (kept / store.MANIFEST).write_bytes(content)
    assert refused(kept).startswith(str(kept / store.MANIFEST))


def test_a_folder_of_somebody_else_is_left_alone(kept: Path, tmp_path: Path) -> None:
    trace = store.read(kept)
    (tmp_path / "theirs").mkdir()
    for name in ("notes.txt", "samples-2024.parquet", ".samples.tmp"):
        path = tmp_path / "theirs" / name
        path.write_text("mine")
        with pytest.raises(InputError, match="already there and not a trace"):
            store.write(trace, tmp_path / "theirs")
        assert os.listdir(tmp_path / "theirs") == [name]
        with pytest.raises(InputError, match="already there and not a trace"):
            store.write(trace, path)
        path.unlink()
    store.write(trace, tmp_path / "theirs")  # an empty folder is as good as none
    assert_same(store.read(tmp_path / "theirs"), trace)


def test_files_beside_a_trace_are_left_alone(kept: Path) -> None:
    (kept / "truth.json").write_text("{}")
    store.write(simulate(problems=2, samples=2)[0], kept)
    assert len(os.listdir(kept)) == 6


def test_what_a_killed_writer_left_blocks_nobody(kept: Path, tmp_path: Path) -> None:
    trace = store.read(kept)
    litter = (
        ".manifest.json.77.tmp",
        f"samples-{'0' * 12}.parquet",
        f".samples-{'0' * 12}.parquet.77.tmp",
    )
    for folder in (kept, tmp_path / "new"):
        folder.mkdir(exist_ok=True)
        for name in litter:
            (folder / name).write_bytes(b"PAR1 half")
        store.write(trace, folder)
        assert_same(store.read(folder), trace)
        assert len(os.listdir(folder)) == 5


def test_replacing_keeps_the_old_file_when_the_block_fails(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("old")
    with pytest.raises(TypeError), store.replacing(path) as file:
        file.writelines([b"half", "not bytes"])  # type: ignore[list-item]
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["plan.json"]


KILLED = r"""
import os, resource, shutil, signal, sys
from pathlib import Path
from apportion.cli import main
from apportion.data import readers, store
from apportion.reports import document

folder = Path(sys.argv[1])
STEPS = ("open", "os.mkdir", "os.rename", "os.remove", "os.listdir", "os.scandir", "os.rmdir")


def in_child(work):
    "Runs the work in a child of its own, and returns how that ended."
    child = os.fork()
    if not child:
        said = os.open(folder / "said", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        os.dup2(said, 1)
        os.dup2(said, 2)
        try:
            work()
            os._exit(0)
        except SystemExit as end:
            os._exit(end.code)
        except BaseException as error:
            os.write(2, repr(error).encode())
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def dies_at(step, target, work, interrupt):
    "The work, killed (or interrupted) before its step-th touch of the target."
    left = [step]

    def count(event, arguments):
        if event in STEPS and target.name in f"{arguments[0]} {arguments[-1]}":
            left[0] -= 1
            if left[0] == -1 and interrupt:
                raise KeyboardInterrupt
            if left[0] < 0 and not interrupt:
                os.kill(os.getpid(), signal.SIGKILL)

    def run():
        sys.addaudithook(count)
        work()

    return run


def rewrite(target):
    return lambda: main(["read", str(folder / "new.csv"), "-o", str(target)])


def replace(target):
    def run():
        with store.replacing(target) as file:
            file.write(b"new" * 9999)
    return run


def every_step(name, work, start, interrupt=False):
    for step in range(99):
        target = folder / f"{name}-{step}"
        start(target)
        if in_child(dies_at(step, target, work(target), interrupt)) == 0:
            return
    raise SystemExit("no end")


def narrow(target):
    "The work on a disk that holds no more than 300 bytes a file."
    def run():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
        rewrite(target)()
    return run


old = folder / "old"
every_step("over", rewrite, lambda target: shutil.copytree(old, target))
every_step("stopped", rewrite, lambda target: shutil.copytree(old, target), interrupt=True)
every_step("first", rewrite, lambda target: None)
every_step("file", replace, lambda target: target.write_bytes(b"old"))
shutil.copytree(old, folder / "narrow")
for target in (folder / "narrow", folder / "none"):
    code = in_child(narrow(target))
    print(code, (folder / "said").read_text().strip())
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Targets left by `apportion read` killed before each of its steps, one target a step."""
    folder = tmp_path_factory.mktemp("killed")
    store.write(simulate(problems=3, samples=4, verdicts=2)[0], folder / "old")
    (folder / "new.csv").write_text("problem,n,c\na,8,2\nb,8,5\n")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return folder, done.stdout.splitlines()


def after(folder: Path, name: str) -> list[Path]:
    """The targets in the order of the steps; the last was not killed."""
    return sorted(folder.glob(f"{name}-*"), key=lambda path: int(path.name.partition("-")[2]))


@pytest.mark.parametrize("name", ["over", "stopped"])
def test_a_reader_killed_at_any_step_leaves_the_old_or_the_new_trace(
    killed: tuple[Path, list[str]], name: str
) -> None:
    folder, _ = killed
    old, new = store.read(folder / "old"), read(folder / "new.csv")
    targets = after(folder, name)
    assert len(targets) > 15
    found = []
    for target in targets:
        trace = store.read(target)
        found.append(len(trace.tallies) == 2)
        assert_same(trace, new if found[-1] else old)
    assert found == sorted(found)
    assert (found[0], found[-1]) == (False, True)
    for target in targets:
        store.write(old, target)
        assert_same(store.read(target), old)
        assert len(os.listdir(target)) == 5


def test_a_first_write_killed_at_any_step_blocks_no_second(
    killed: tuple[Path, list[str]],
) -> None:
    folder, _ = killed
    new = read([folder / "new.csv"])
    targets = after(folder, "first")
    assert len(targets) > 15
    for target in targets:
        if store.is_trace(target):
            assert_same(store.read(target), new)
        store.write(new, target)
        assert_same(store.read(target), new)
        assert len(os.listdir(target)) == 5


def test_a_file_replaced_is_the_old_or_the_new_whatever_the_step(
    killed: tuple[Path, list[str]],
) -> None:
    folder, _ = killed
    found = [target.read_bytes() for target in after(folder, "file")]
    assert set(found) == {b"old", b"new" * 9999}
    assert found[-1] != b"old"


def test_a_disk_that_fills_midway_is_one_line_and_spoils_nothing(
    killed: tuple[Path, list[str]],
) -> None:
    folder, said = killed
    assert len(said) == 2
    assert all(line.startswith("2 apportion: ") for line in said), said
    assert all("File too large" in line for line in said), said
    assert not (folder / "none").exists()
    assert_same(store.read(folder / "narrow"), store.read(folder / "old"))
    assert sorted(os.listdir(folder / "narrow")) == sorted(os.listdir(folder / "old"))


def test_two_writers_of_one_trace_exclude_each_other(kept: Path) -> None:
    before = sorted(os.listdir(kept))
    log = store.read(kept)
    said = "another process is writing this trace"
    with store._alone(kept), pytest.raises(InputError, match=said):
        store.write(log, kept)
    assert sorted(os.listdir(kept)) == before
    store.write(log, kept)
    assert_same(store.read(kept), log)


def test_a_trace_of_an_older_version_is_read_as_it_was(kept: Path) -> None:
    now = store.read(kept)
    manifest = json.loads((kept / store.MANIFEST).read_text())
    del manifest["header"]["rows"]
    (kept / store.MANIFEST).write_text(json.dumps({**manifest, "apportion": 1}))
    assert_same(store.read(kept), now)


def test_what_became_of_the_rows_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("problem,n,c\na,4,1\nb,4,2\n")
    store.write(read(log), tmp_path / "trace")
    assert store.read(tmp_path / "trace").header.rows == {"read": 2, "kept": 2, "aside": {}}
