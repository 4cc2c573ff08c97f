"""`apportion design` on the command line: one object or a table, and one line on bad input."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from apportion.cli import main

COUNTS = "problem,n,c\n" + "".join(f"p{i},8,{i % 7}\n" for i in range(40))
QUICK = ("--logs", "8", "--max-samples", "4")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command in a folder with two logs, and returns its code and what it printed."""
    monkeypatch.chdir(tmp_path)
    Path("log.csv").write_text(COUNTS)
    Path("other.csv").write_text(COUNTS.replace(",6\n", ",3\n"))

    def once(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            main(["design", *arguments])
        except SystemExit as end:
            return (int(end.code or 0), *capsys.readouterr())
        return (0, *capsys.readouterr())

    return once


def test_json_is_one_object(run: Run) -> None:
    code, out, _ = run("--pilot", "log.csv", "--want", "coverage@4:0.1", "--json", *QUICK)
    assert code == 0
    assert out.count("\n") == 1
    told = json.loads(out)
    assert set(told) == {"want", "choices", "cheapest", "doubts", "seed"}
    assert told["cheapest"]["half_width"] <= 0.1 + told["cheapest"]["error"]


def test_the_table_marks_the_cheapest(run: Run) -> None:
    code, out, _ = run("--prior", "a=.35,b=3", "--want", "coverage@2:0.1", *QUICK)
    assert code == 0
    assert out.startswith("coverage at k=2 for new problems: 90% interval, half-width 0.1\n")
    assert out.count("cheapest") == 1
    assert out.splitlines()[-1].startswith("log ")


def test_two_logs_are_told_apart(run: Run) -> None:
    code, out, _ = run(
        "--pilot", "log.csv", "--pilot", "other.csv", "--want", "separate:0.8", *QUICK
    )
    assert code == 0
    assert "power" in out


def test_strict_turns_a_doubt_into_an_error(run: Run) -> None:
    few = ("--max-problems", "5", "--strict")
    code, out, said = run("--pilot", "log.csv", "--want", "coverage@4:0.001", *QUICK, *few)
    assert (code, out) == (2, "")
    assert "--strict: 1 doubt(s); the first: with 4 samples" in said


BAD: list[tuple[str, Sequence[str], str]] = [
    ("no want", ["--pilot", "log.csv"], "Missing option '--want'"),
    ("no pilot", ["--want", "forecast@9:0.1"], "a prior; got 0"),
    ("no file", ["--pilot", "no.csv", "--want", "forecast@9:0.1"], "no.csv: no such file"),
    ("a bad want", ["--pilot", "log.csv", "--want", "\x1b[31mx\n"], "want takes forecast@K"),
    ("half a prior", ["--prior", "a=1", "--want", "forecast@9:0.1"], "--prior takes a=NUMBER,b="),
    ("a prior of text", ["--prior", "a=x,b=1", "--want", "forecast@9:0.1"], "got 'a=x,b=1'"),
    ("a prior of NaN", ["--prior", "a=nan,b=1", "--want", "forecast@9:0.1"], "got nan"),
    ("a prior without =", ["--prior", "1", "--want", "forecast@9:0.1"], "takes NAME=VALUE"),
    (
        "a NaN cost",
        ["--pilot", "log.csv", "--want", "forecast@9:0.1", "--per-problem", "nan"],
        ">= 0; got nan",
    ),
    (
        "too many problems",
        ["--pilot", "log.csv", "--want", "forecast@9:0.1", "--max-problems", "1000000000"],
        "100,000; got 1,000,000,000",
    ),
]


@pytest.mark.parametrize(
    ("arguments", "fragment"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_a_bad_wish_is_refused_in_one_line(
    run: Run, arguments: Sequence[str], fragment: str
) -> None:
    code, out, said = run(*arguments)
    assert (code, out) == (2, "")
    assert said.startswith("apportion: ")
    assert fragment in said
    assert said.count("\n") == 1
    assert said[:-1].isprintable()
