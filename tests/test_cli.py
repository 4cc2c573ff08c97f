"""The command line on bad input: one line that names the rule, the value and the place; exit 2."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apportion.data.store as store
import polars as pl
import pytest
from apportion.analysis.counts import count
from apportion.analysis.coverage import coverage
from apportion.cli import main
from apportion.data.readers import read
from apportion.data.synthetic import simulate

COUNTS = "problem,n,c\na,8,2\nb,8,5\nc,8,0\nd,8,8\n"


def lines(*rows: dict[str, object]) -> str:
    """Rows as JSONL."""
    return "".join(json.dumps(row) + "\n" for row in rows)


def sample(**more: object) -> dict[str, object]:
    return {"problem": "a", "sample": 0, "correct": True, **more}


def verdict(**more: object) -> dict[str, object]:
    return {"problem": "a", "sample": 0, "verifier": "v", "accepts": 1, **more}


SOME = lines(sample(), sample(sample=1, correct=False))


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code and what it printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command line in an empty folder, in this process."""
    monkeypatch.chdir(tmp_path)

    def once(*arguments: str) -> Ended:
        capsys.readouterr()
        code = 0
        try:
            main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
        return Ended(code, *capsys.readouterr())

    return once


def put(files: dict[str, str | bytes]) -> list[str]:
    """Writes the files into the working folder, and returns their names."""
    for name, content in files.items():
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return list(files)


def complaint(ended: Ended) -> str:
    """The one line of a run that refused its input."""
    assert ended.code == 2, ended
    assert ended.out == ""
    assert "Traceback" not in ended.err
    said = [line for line in ended.err.splitlines() if line.startswith("apportion: ")]
    assert len(said) == 1, ended.err
    assert ended.err.endswith(said[0] + "\n")
    assert all(c.isprintable() for c in said[0]), said[0]
    return said[0]


PARQUET = (
    b"PAR1"
    + bytes(range(200))
    + b"PAR1"  # a footer that is no footer: what a half-copied file may end in by chance
)

# (claim, file ending, content, fragments of the one line)
BAD_FILES: list[tuple[str, str, str | bytes, Sequence[str]]] = [
    ("an empty file", "jsonl", "", ["the file is empty"]),
    ("blank lines only", "jsonl", "\n \n\n", ["no rows"]),
    ("a byte order mark only", "jsonl", b"\xef\xbb\xbf", ["no rows"]),
    ("a header without rows", "csv", "problem,n,c\n", ["no rows"]),
    ("an unknown ending", "txt", SOME, ["ending", ".jsonl, .ndjson, .csv, .parquet", "'.txt'"]),
    (
        "unknown columns",
        "jsonl",
        lines({"task": "a", "passed": 1}),
        ["'correct', 'problem', 'sample'", "columns: task, passed", "--map"],
    ),
    ("counts without c", "csv", "problem,n\na,3\n", ["'c' for tallies"]),
    ("semicolons for commas", "csv", "problem;n;c\na;3;1\n", ["no column", "problem;n;c"]),
    ("text for a sample", "jsonl", lines(sample(sample="zero")), ["row 1", "whole", "'zero'"]),
    ("half a sample", "jsonl", lines(sample(), sample(sample=1.5)), ["row 2", "whole", "1.5"]),
    ("a negative sample", "jsonl", lines(sample(sample=-1)), ["row 1: sample must be >= 0", "-1"]),
    ("true for a sample", "jsonl", lines(sample(sample=True)), ["row 1", "whole number", "True"]),
    ("text for correct", "jsonl", lines(sample(correct="maybe")), ["row 1: correct", "'maybe'"]),
    ("2 for correct", "jsonl", lines(sample(correct=2)), ["true or false (or 1 or 0)", "got 2"]),
    ("NaN for correct", "jsonl", lines(sample(correct=float("nan"))), ["row 1: correct", "nan"]),
    ("NaN for n", "csv", "problem,n,c\na,5,1\nb,nan,1\n", ["row 2", "n must be a whole", "'nan'"]),
    ("NaN for n in JSON", "jsonl", '{"problem":"a","n":NaN,"c":1}\n', ["n must be a whole", "nan"]),
    ("a negative n", "csv", "problem,n,c\na,-3,1\n", ["row 1: n must be >= 1; got n=-3"]),
    ("no trials", "csv", "problem,n,c\na,5,1\nb,0,0\n", ["row 2: n must be >= 1; got n=0"]),
    ("a negative c", "csv", "problem,n,c\na,3,-1\n", ["row 1: c must be >= 0; got c=-1"]),
    ("c > n", "csv", "problem,n,c\na,3,1\nb,3,4\n", ["row 2", "0 <= c <= n", "c=4, n=3"]),
    ("no c", "csv", "problem,n,c\na,3,\n", ["row 1: c must not be empty"]),
    ("n over its bound", "csv", "problem,n,c\na,10000001,0\n", ["<= 10000000", "n=10000001"]),
    ("n over 64 bits", "jsonl", '{"problem":"a","n":1e30,"c":0}\n', ["whole number", "1e+30"]),
    ("no problem name", "jsonl", lines(sample(problem=None)), ["row 1: problem must not be empty"]),
    ("an empty name", "jsonl", lines(sample(problem="")), ["row 1: problem must not be empty"]),
    ("equal keys", "jsonl", SOME + SOME, ["row 1", "must be unique", "problem='a', sample=0"]),
    ("a round without a chain", "jsonl", lines(sample(), sample(sample=1, round=1)),
     ["row 2: a sample must have a chain and a round", "chain=None, round=1"]),
    ("a problem counted twice", "csv", COUNTS + "b,8,5\n", ["row 2", "once", "problem='b'"]),
    (
        "a problem told twice",
        "jsonl",
        lines({"problem": "a", "level": "x"}, {"problem": "a", "level": "x"}),
        ["row 1: a problem must stand once"],
    ),
    ("a torn last line", "jsonl", SOME + '{"problem":"a","sam', ["line 3", "cut off"]),
    ("a torn line within", "jsonl", '{"problem":"a"\n' + SOME, ["line 1 is not a JSON object"]),
    ("a line that is no object", "jsonl", SOME + "[1]\n", ["line 3 is not a JSON object"]),
    ("an array of objects", "jsonl", json.dumps([sample()]), ["line 1 is not a JSON object"]),
    ("brackets without end", "jsonl", "[" * 100_000, ["line 1 is not a JSON object"]),
    ("bytes of another kind", "jsonl", bytes(range(256)), ["line 1 is not a JSON object"]),
    ("text not in UTF-8", "csv", "problem,n,c\né,3,1\n".encode("latin1"), ["utf-8"]),
    ("too many fields", "csv", "problem,n,c\na,3,1,9\n", ["not a readable csv file"]),
    ("garbage as Parquet", "parquet", PARQUET, ["not a readable parquet file, perhaps cut off"]),
    ("a NaN score", "jsonl", lines(sample(score=float("nan"))), ["score must be finite", "nan"]),
    ("an endless score", "csv", "problem,sample,correct,score\na,0,1,inf\n", ["finite", "inf"]),
    ("a logprob of -inf", "jsonl", lines(sample(sum_logprob=float("-inf"))), ["finite", "-inf"]),
    ("a NaN logprob", "jsonl", lines(sample(mean_logprob=float("nan"))), ["finite", "nan"]),
    ("a logprob over 0", "jsonl", lines(sample(mean_logprob=0.5)), ["mean_logprob must be <= 0"]),
    ("heat below 0", "jsonl", lines(sample(temperature=-1)), ["temperature must be >= 0", "-1.0"]),
    ("heat without end", "jsonl", '{"problem":"a","sample":0,"correct":1,"temperature":1e999}\n',
     ["temperature must be finite", "inf"]),
    ("half a token", "jsonl", lines(sample(output_tokens=2.5)), ["output_tokens", "whole", "2.5"]),
    ("a nested answer", "jsonl", lines(sample(answer={"x": 1})), ["'answer'", "plain values"]),
    ("a list among numbers", "jsonl", lines(sample(), sample(sample=[1])), ["'sample'", "plain"]),
    ("no grade", "jsonl", lines({"problem": "a", "sample": 0, "answer": "x"}), ["'gold'", "grade"]),
    ("two levels", "jsonl", lines(sample(level="x"), sample(sample=1, level="y")),
     ["one level", "'x' and 'y'", "problem 'a'"]),
    ("two gold answers", "jsonl", lines(sample(gold="x"), sample(sample=1, gold="y")),
     ["one gold", "'x' and 'y'"]),
    ("a verdict on nothing", "jsonl", lines(verdict()), ["every verdict needs its sample", "'v'"]),
    ("problems alone", "jsonl", lines({"problem": "a", "gold": "x"}), ["at least one sample"]),
    ("an escape in a name", "jsonl", lines(sample(problem="\x1b[31m\n\u202e")) * 2,
     ["problem='\\x1b[31m\\n\\u202e'"]),
    ("an escape in a column", "jsonl", lines({"\x1b[31mx\ny": 1}), ["\\x1b[31mx y"]),
    ("a lone surrogate", "jsonl", '{"problem":"\\ud800","sample":0,"correct":1}\n' * 2,
     ["problem='\\\\ud800'"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("ending", "content", "fragments"),
    [case[1:] for case in BAD_FILES],
    ids=[case[0] for case in BAD_FILES],
)
def test_a_bad_file_is_refused_in_one_line(
    run: Run, ending: str, content: str | bytes, fragments: Sequence[str]
) -> None:
    [name] = put({f"log.{ending}": content})
    said = complaint(run("read", name, "-o", "out", "--json"))
    for fragment in fragments:
        assert fragment in said
    assert os.listdir() == [name]


# (claim, files, more arguments, fragments): the files are the sources, in this order
BAD_TOGETHER: list[tuple[str, dict[str, str | bytes], Sequence[str], Sequence[str]]] = [
    ("a file that is not there", {}, ["nope.jsonl"], ["nope.jsonl: no such file"]),
    ("a folder", {}, ["."], ["a folder without a manifest.json is not a trace"]),
    ("a name too long", {}, ["a" * 300 + ".csv"], ["File name too long"]),
    ("no source", {}, [], ["Missing argument 'SOURCES...'"]),
    ("a verdict for no sample", {"s.jsonl": SOME, "v.jsonl": lines(verdict(sample=7))}, [],
     ["every verdict needs its sample", "'v' for problem 'a' sample 7", "not in the log"]),
    ("one verdict twice", {"s.jsonl": SOME, "v.jsonl": lines(verdict(verdict=0)) * 2}, [],
     ["v.jsonl: row 1", "(problem, sample, verifier, verdict) must be unique", "verdict=0"]),
    ("one file of verdicts twice", {"s.jsonl": SOME, "v.jsonl": lines(verdict())}, ["v.jsonl"],
     ["verdicts of all files together: row 1", "must be unique"]),
    ("one sample in two files", {"s.jsonl": SOME, "t.jsonl": SOME}, [],
     ["s.jsonl, t.jsonl: samples of all files together: row 1", "must be unique"]),
    ("a verdict that fits two runs",
     {"s.jsonl": SOME, "t.jsonl": lines(sample(run="2")), "v.jsonl": lines(verdict())}, [],
     ["fit several samples", "run, model"]),
    ("levels that disagree",
     {"s.jsonl": lines(sample(level="easy")), "p.csv": "problem,level\na,hard\n"}, [],
     ["s.jsonl, p.csv", "one level", "'easy' and 'hard' for problem 'a'"]),
    ("levels that disagree across the benchmark",
     {"s.jsonl": lines(sample(level="easy", benchmark="m")), "p.csv": "problem,level\na,hard\n"},
     [], ["one level", "'easy' and 'hard' for problem 'a'"]),
    ("samples and a count of one problem", {"s.jsonl": SOME, "c.csv": COUNTS}, [],
     ["as samples or as a count", "problem 'a'"]),
    ("a map without =", {"s.jsonl": SOME}, ["--map", "problem"], ["NAME=VALUE", "'problem'"]),
    ("a map from no column of ours", {"s.jsonl": SOME}, ["--map", "problm=a"],
     ["no column 'problm'", "did you mean 'problem'?"]),
    ("a map to no column of theirs", {"s.jsonl": SOME}, ["--map", "problem=problm"],
     ["s.jsonl", "no column 'problm'", "columns: problem, sample, correct", "'problem'?"]),
    ("a verdict from no column", {"s.jsonl": SOME}, ["--verdict", "v=corect"],
     ["--verdict v=corect", "did you mean 'correct'?"]),
    ("a verdict without a name", {"s.jsonl": SOME}, ["--verdict", "=ok"], ["NAME=VALUE"]),
    ("a verdict that is text", {"s.jsonl": lines(sample(ok="good"))}, ["--verdict", "v=ok"],
     ["--verdict v=ok: row 1: score must be a number", "'good'"]),
    ("a verdict that is a list", {"s.jsonl": lines(sample(ok=[1]))}, ["--verdict", "v=ok"],
     ["--verdict v=ok", "plain values"]),
    ("a verdict of counts", {"c.csv": COUNTS}, ["--verdict", "v=n"], ["no samples were read"]),
    ("a format that is none", {"s.jsonl": SOME}, ["--format", "tdiy"], ["did you mean 'tidy'?"]),
    ("a file called a trace", {"s.jsonl": SOME}, ["--format", "apportion"], ["no manifest.json"]),
    ("a seed below 0", {"s.jsonl": SOME}, ["--seed", "-1"], ["seed >= 0; got seed=-1"]),
    ("a mass above 1", {"s.jsonl": SOME}, ["--mass", "2"], ["strictly between 0 and 1; got 2"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "more", "fragments"),
    [case[1:] for case in BAD_TOGETHER],
    ids=[case[0] for case in BAD_TOGETHER],
)
def test_sources_that_do_not_fit_are_refused_in_one_line(
    run: Run, files: dict[str, str | bytes], more: Sequence[str], fragments: Sequence[str]
) -> None:
    said = complaint(run("read", *put(files), *more, "-o", "out"))
    for fragment in fragments:
        assert fragment in said
    assert set(os.listdir()) == set(files)


# (claim, arguments, fragments): on the counts above
BAD_ASKING: list[tuple[str, str, Sequence[str]]] = [
    ("a budget that buys nothing", "plan log.csv --budget 0.01 -o plan.json",
     ["budget must be at least 1 samples", "got 0.01"]),
    ("a negative budget", "plan log.csv --budget -1", ["positive", "-1"]),
    ("a NaN budget", "plan log.csv --budget nan", ["positive", "nan"]),
    ("no budget", "plan log.csv", ["a budget or a target"]),
    ("a unit without prices", "plan log.csv --budget 3 --unit usd", ["'usd'", "--price"]),
    ("tokens that were not logged", "plan log.csv --budget 3 --unit tokens", ["output_tokens"]),
    ("an unknown unit", "plan log.csv --budget 3 --unit bananas", ["'bananas'", "'tokens'"]),
    ("prices that are not there", "plan log.csv --budget 3 --price nope.toml", ["nope.toml"]),
    ("a mix of no level", "plan log.csv --budget 3 --mix x=1", ["no level 'x'"]),
    ("a mix that is no number", "plan log.csv --budget 3 --mix all=x", ["--mix", "'x'"]),
    ("a floor of no level", "plan log.csv --budget 3 --floor x=.1", ["no level 'x'"]),
    ("a floor that is no number", "plan log.csv --budget 3 --floor all=x", ["--floor", "'x'"]),
    ("a target above 1", "plan log.csv --target 2", ["strictly between 0 and 1", "2"]),
    ("k of 0", "fit log.csv --at 0", ["k >= 1", "k=0"]),
    ("half a k", "fit log.csv --at 1.5", ["--at takes whole numbers", "'1.5'"]),
    ("a vast k", "fit log.csv --at 99999999999999999999", ["--at", "up to 1,000,000,000,000,000"]),
    ("a target that is no number", "fit log.csv --target x", ["--target takes numbers", "'x'"]),
    ("a mass of NaN", "fit log.csv --mass nan", ["mass", "nan"]),
    ("a plan that is not there", "check nope.json log.csv", ["nope.json", "cannot be read"]),
    ("a log for a plan", "check log.csv log.csv", ["log.csv: cannot be read as a plan"]),
    ("policies on counts", "policies log.csv --budget 3", ["need the samples", "(n, c)"]),
    ("a spend of nothing", "next log.csv --budget 3 --spend 0", ["spend", "positive", "got 0"]),
    ("an unknown command", "raed log.csv", ["'raed'", "'read'"]),
    ("a report of no kind", "report log.csv -o r.txt", [".html or .pdf", "'r.txt'"]),
    ("a world without problems", "simulate --problems 0 -o sim", ["problems >= 1"]),
    ("a world of the wrong name", "simulate --world mixd -o sim", ["'mixd'", "'mixed'"]),
    ("too large a world", "simulate --problems 100000000 -o sim", ["10,000,000 rows"]),
    ("a negative seed of a world", "simulate --seed -1 -o sim", ["seed >= 0"]),
    ("a trace onto a file", "read log.csv -o log.csv", ["log.csv: already there"]),
    ("a trace onto a folder", "read log.csv -o full", ["full: already there and not a trace"]),
    ("a trace under a file", "read log.csv -o log.csv/out", ["log.csv/out", "Not a directory"]),
    ("a trace where none can be", "read log.csv -o /proc/nope/out", ["/proc/nope"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "fragments"), [case[1:] for case in BAD_ASKING], ids=[case[0] for case in BAD_ASKING]
)
def test_a_wish_that_cannot_be_met_is_refused_in_one_line(
    run: Run, asked: str, fragments: Sequence[str]
) -> None:
    put({"log.csv": COUNTS})
    Path("full").mkdir()
    Path("full/mine.txt").write_text("kept")
    said = complaint(run(*asked.split()))
    for fragment in fragments:
        assert fragment in said
    assert set(os.listdir()) == {"log.csv", "full"}
    assert os.listdir("full") == ["mine.txt"]
    assert Path("log.csv").read_text() == COUNTS


@pytest.mark.parametrize("keep", [12, 500, -9, -1])
def test_a_torn_parquet_file_is_refused(run: Run, keep: int) -> None:
    frame = pl.DataFrame({"problem": ["a"] * 99, "sample": range(99), "correct": [True] * 99})
    frame.write_parquet("log.parquet")
    data = Path("log.parquet").read_bytes()
    Path("log.parquet").write_bytes(data[:keep])
    assert "log.parquet: not a readable parquet" in complaint(run("read", "log.parquet", "-o", "x"))
    assert os.listdir() == ["log.parquet"]


def only_json(text: str) -> dict[str, object]:
    """The one JSON object that a text is; NaN and Infinity are not JSON."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    assert text.count("\n") == 1
    found = json.loads(text, parse_constant=refuse)
    assert isinstance(found, dict)
    return found


def test_read_prints_one_json_object_and_talks_on_stderr(run: Run) -> None:
    put({"log.jsonl": lines(sample(correct=None, **{"\x1b[1mx\n": 1}), sample(sample=1))})
    ended = run("read", "log.jsonl", "-o", "out", "--json")
    told = only_json(ended.out)
    assert ended.code == 0
    assert told["samples"] == 2
    assert told["stop_rule"] == "fixed n"
    doubt, note = ended.err.splitlines()
    assert doubt.startswith("doubt: 1 of 2 samples are ungraded")
    assert note == "note: log.jsonl: columns not read: \\x1b[1mx "


def test_strict_turns_a_doubt_into_an_error_and_leaves_nothing(run: Run) -> None:
    put({"log.jsonl": lines(sample(correct=None), sample(sample=1))})
    said = complaint(run("read", "log.jsonl", "-o", "out", "--strict", "--json"))
    assert "--strict: 1 doubt(s); the first: 1 of 2 samples are ungraded" in said
    assert os.listdir() == ["log.jsonl"]


def test_strict_holds_for_plan_and_simulate(run: Run) -> None:
    put({"log.csv": COUNTS})
    complaint(run("plan", "log.csv", "--budget", "3", "--strict", "--json", "-o", "plan.json"))
    stopped = "simulate --problems 30 --samples 9 --stop until-success --strict -o sim"
    assert "stopped at the first success" in complaint(run(*stopped.split()))
    assert os.listdir() == ["log.csv"]


def test_fit_keeps_k_beyond_the_log_in_the_forecast(run: Run) -> None:
    put({"log.csv": COUNTS})
    ended = run("fit", "log.csv", "--at", "1,8,9,100", "--json")
    groups = only_json(ended.out)["groups"]
    assert isinstance(groups, list)
    assert [point["k"] for point in groups[0]["coverage"]] == [1, 8]
    assert [point["k"] for point in groups[0]["forecast"]] == [9, 100]
    assert all(line.startswith("doubt: ") for line in ended.err.splitlines())


def test_fit_may_be_asked_only_for_k_beyond_the_log(run: Run) -> None:
    put({"log.csv": COUNTS})
    ended = run("fit", "log.csv", "--at", "100", "--json")
    assert ended.code == 0
    groups = only_json(ended.out)["groups"]
    assert isinstance(groups, list)
    assert groups[0]["coverage"] == []
    assert [point["k"] for point in groups[0]["forecast"]] == [100]


def test_coverage_beyond_the_log_does_not_exist_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("problem,n,c\na,8,2\nb,5,5\n")
    curve = coverage(count(read([tmp_path / "log.csv"])), [5, 6, 9])
    assert [value != value for value in curve.estimate] == [False, True, True]
    assert curve.reason is not None
    assert "k must satisfy k <= n; at k=6 1 of 2" in curve.reason


def test_a_plan_is_printed_and_written_alike(run: Run) -> None:
    put({"log.csv": COUNTS})
    ended = run("plan", "log.csv", "--budget", "3", "--json", "-o", "deep/plan.json")
    assert ended.code == 0
    assert json.loads(Path("deep/plan.json").read_text()) == only_json(ended.out)
    assert os.listdir("deep") == ["plan.json"]


def test_a_plan_is_checked_on_a_log(run: Run) -> None:
    put({"log.csv": COUNTS})
    run("plan", "log.csv", "--budget", "3", "-o", "plan.json")
    told: Any = only_json(run("check", "plan.json", "log.csv", "--json").out)
    assert {"promised", "realised", "gap", "problems", "spent", "levels", "doubts"} <= set(told)
    assert told["promised"]["for"] == told["gap"]["for"] == "check"
    shown = run("check", "plan.json", "log.csv")
    assert shown.code == 0
    assert "the promise was kept" in shown.out


def test_a_plan_that_cannot_be_written_leaves_what_was_there(run: Run) -> None:
    put({"log.csv": COUNTS})
    for place in ("log.csv/plan.json", ""):
        complaint(run("plan", "log.csv", "--budget", "3", "-o", place))
    assert Path("log.csv").read_text() == COUNTS
    assert os.listdir() == ["log.csv"]


def full_disk(_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "out/.samples.tmp")


def test_a_full_disk_is_one_line_and_leaves_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    put({"log.csv": COUNTS})
    monkeypatch.setattr(os, "fsync", full_disk)
    assert "No space left on device" in complaint(run("read", "log.csv", "-o", "out"))
    assert os.listdir() == ["log.csv"]


def test_a_full_disk_leaves_the_old_trace(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    old, _ = simulate(problems=3, samples=4, verdicts=1)
    put({"log.csv": COUNTS})
    store.write(old, Path("out"))
    before = sorted(os.listdir("out"))
    monkeypatch.setattr(os, "fsync", full_disk)
    complaint(run("read", "log.csv", "-o", "out"))
    assert sorted(os.listdir("out")) == before
    assert store.read(Path("out")).samples.equals(old.samples)


def test_a_trace_replaces_an_older_one(run: Run) -> None:
    put({"log.csv": COUNTS, "other.jsonl": SOME})
    assert run("read", "log.csv", "-o", "out").code == 0
    assert run("read", "other.jsonl", "-o", "out").code == 0
    assert len(read(["out"]).samples) == 2
    assert len(read(["out"]).tallies) == 0
    assert len(os.listdir("out")) == 5


def test_a_trace_is_read_alone(run: Run) -> None:
    put({"log.csv": COUNTS})
    assert run("read", "log.csv", "-o", "out").code == 0
    for sources in (["out", "log.csv"], ["log.csv", "out"], ["out", "--map", "problem=x"]):
        assert "a trace directory is read alone" in complaint(run("read", *sources, "-o", "new"))
    assert "not a tidy file" in complaint(run("read", "out", "--format", "tidy", "-o", "new"))


def test_names_that_act_on_a_terminal_reach_it_inert(run: Run) -> None:
    put({"log.csv": COUNTS})
    Path("\x1b[31m").mkdir()
    ended = run("read", "log.csv", "-o", "\x1b[31m/out\n")
    assert ended.code == 0
    assert ended.out.startswith("\\x1b[31m/out : 4 problems, 32 samples, 0 verdicts\n")
    assert "\x1b" not in ended.out
    assert "'\\x1b[2J'" in complaint(run("read", "log.csv", "--format", "\x1b[2J", "-o", "x"))


def test_no_argument_prints_the_help(run: Run) -> None:
    ended = run()
    assert ended.code == 0
    assert ended.out.startswith("Usage: apportion")


def process(*arguments: str, folder: Path) -> Ended:
    done = subprocess.run(
        [sys.executable, "-m", "apportion", *arguments], cwd=folder, capture_output=True, text=True
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def test_a_process_that_refuses_exits_with_2(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("problem,n,c\na,3,4\n")
    said = complaint(process("read", "log.csv", "-o", "out", "--json", folder=tmp_path))
    assert said == "apportion: log.csv: row 1: c must satisfy 0 <= c <= n; got c=4, n=3"
    assert os.listdir(tmp_path) == ["log.csv"]


def test_a_process_that_is_done_exits_with_0(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text(SOME)
    ended = process("read", "log.jsonl", "-o", "out", "--json", folder=tmp_path)
    assert (ended.code, ended.err) == (0, "")
    assert only_json(ended.out)["samples"] == 2


def test_a_bug_exits_with_1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("apportion.data.readers.read", broken)
    with pytest.raises(ZeroDivisionError):  # the interpreter prints it and exits with 1
        main(["read", str(tmp_path), "-o", str(tmp_path / "out")])
