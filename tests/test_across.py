"""`apportion across`: a new log alone and with old ones, as JSON and in the terminal."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

Ran = Callable[..., tuple[int, str, str]]


def counts(name: str, problems: int, n: int, seed: int, tag: str = "p") -> None:
    rng = np.random.default_rng(seed)
    rate = np.random.default_rng(9).beta(0.6, 1.2, 100)[:problems]
    rows = [f"{tag}{i},{n},{c}" for i, c in enumerate(rng.binomial(n, rate))]
    Path(name).write_text("\n".join(["problem,n,c", *rows]) + "\n")


@pytest.fixture
def run(run: Ran) -> Ran:
    """Runs the command line beside four logs."""
    counts("new.csv", 12, 4, 0)
    counts("before.csv", 12, 16, 5)
    counts("math.csv", 60, 16, 2, "\x1b[31mm")
    counts("code.csv", 60, 16, 3, "c")
    return run


def test_old_logs_of_other_benchmarks_warm_a_new_one(run: Ran) -> None:
    code, out, err = run("across", "new.csv", "math.csv", "code.csv", "--at", "1,40", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert [row["k"] for row in told["alone"]] == [row["k"] for row in told["helped"]] == [1, 40]
    assert [row["name"] for row in told["old"]] == ["math.csv", "code.csv"]
    assert 0 <= told["unlike_the_old"] <= 1
    assert told["discount"] is None
    assert any("old log" in doubt for doubt in told["doubts"])


def test_the_same_benchmark_counts_at_a_discount(run: Ran) -> None:
    code, out, err = run("across", "new.csv", "before.csv", "--same", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert 0 <= told["discount"]["low"] <= told["discount"]["high"] <= 1
    assert 0 <= told["drift_p"] <= 1
    assert {row["for"] for row in told["helped"]} == {"these"}
    widths = [sum(row["high"] - row["low"] for row in told[x]) for x in ("alone", "helped")]
    assert widths[1] < widths[0]


def test_the_terminal_shows_both_forecasts_and_every_old_log(run: Ran) -> None:
    code, out, err = run("across", "new.csv", "math.csv")
    assert code == 0, err
    assert "warmed by the old logs" in out
    assert "math.csv" in out
    assert "\x1b" not in out + err
    code, out, _ = run("across", "new.csv", "before.csv", "--same")
    assert code == 0
    assert "sample of a problem that both have counts for" in out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("new.csv", "math.csv", "code.csv", "--same"), "--same takes one old log; got 2"),
        (("new.csv", "new.csv"), "is the new log itself"),
        (("new.csv", "new.csv", "--same"), "is the new log itself"),
        (("new.csv", "none.csv"), "no such file"),
        (("example:smollm2-heat", "math.csv"), "logs of one model and setting"),
    ],
)
def test_bad_input_is_one_line(run: Ran, arguments: tuple[str, ...], line: str) -> None:
    code, out, err = run("across", *arguments)
    assert (code, out) == (2, "")
    assert line in err
    assert err.count("\n") == 1
