"""`apportion knobs`: tables in, slopes, forecasts and plans out; one line on bad input."""

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.special import expit

Ran = Callable[..., tuple[int, str, str]]
KNOBS = ("--knob", "solutions", "--knob", "verdicts")


@pytest.fixture
def run(run: Ran) -> Ran:
    """Runs the command line beside a table of points."""
    rng = np.random.default_rng(0)
    rows = list(product(range(20), (1, 2, 4, 8), (1, 2, 4)))
    task, s, v = np.array(rows).T
    p = expit(rng.normal(-1, 1, 20)[task] + 0.5 * np.log(s) + 0.2 * np.log(v))
    table = {"problem": [f"\x1b[31mt{i}" for i in task], "solutions": s, "verdicts": v}
    more = {
        "n": np.full(len(s), 12),
        "c": rng.binomial(12, p),
        "band": np.where(task < 10, "x", "y"),
    }
    pl.DataFrame(table | more).write_csv("runs.csv")
    return run


def test_slopes_forecasts_and_a_plan_are_one_object(run: Ran) -> None:
    code, out, err = run(
        "knobs", "runs.csv", *KNOBS, "--at", "solutions=16,verdicts=4", "--budget", "3000",
        "--price", "100:solutions", "--price", "50:solutions*verdicts", "--json",
    )  # fmt: skip
    assert code == 0, err
    assert out.count("\n") == 1
    told = json.loads(out)
    [level] = told["levels"]
    assert [knob["name"] for knob in level["knobs"]] == ["solutions", "verdicts"]
    assert level["knobs"][0]["slope"]["low"] > 0
    assert level["knobs"][0]["to"] == pytest.approx(8)
    [at] = level["at"]
    assert 0 < at["low"] < at["estimate"] < at["high"] < 1
    assert sum(f["weight"] for f in level["families"]) == pytest.approx(1)
    assert told["plan"]["spent"] <= 3000
    assert told["plan"]["levels"][0]["split"][0]["settings"].keys() == {"solutions", "verdicts"}


def test_the_terminal_shows_knobs_families_settings_and_levels(run: Ran) -> None:
    code, out, err = run(
        "knobs", "runs.csv", *KNOBS, "--level", "band", "--at", "solutions=16,verdicts=4",
        "--budget", "900", "--price", "100:solutions", "--try", "solutions=1,3,9", "--mass", "0.8",
    )  # fmt: skip
    assert code == 0, err
    assert out.count("slope in logits an e-fold") == 2
    assert "solutions=16, verdicts=4" in out
    assert "0.7 e-folds" in out
    assert "one setting for all levels" in out
    assert "\x1b" not in out + err


def test_an_accuracy_may_stand_for_counts_and_columns_may_be_called_otherwise(run: Ran) -> None:
    table = pl.read_csv("runs.csv").with_columns(right=pl.col("c") / pl.col("n"))
    table.drop("n", "c").write_csv("rates.csv")
    code, out, err = run("knobs", "rates.csv", *KNOBS, "--map", "correct=right", "--json")
    assert code == 0, err
    assert json.loads(out)["levels"][0]["knobs"][0]["slope"]["low"] > 0


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--knob", "solution"), "no column 'solution'"),
        ((*KNOBS, "--at", "solutions=3"), "--at sets each of solutions, verdicts"),
        ((*KNOBS, "--at", "solutions=x,verdicts=1"), "--at takes NAME=NUMBER"),
        ((*KNOBS, "--at", "solutions=0,verdicts=1"), "knob 'solutions' must be > 0"),
        ((*KNOBS, "--budget", "5"), "needs a price"),
        ((*KNOBS, "--budget", "5", "--price", "1:solutions", "--try", "x=1"), "no knob 'x'"),
        ((*KNOBS, "--try", "solutions=a"), "--try takes NAME=NUMBER,NUMBER"),
        ((*KNOBS, "--map", "n=tries"), "there is no column 'tries'"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(run: Ran, arguments: tuple[str, ...], line: str) -> None:
    code, out, err = run("knobs", "runs.csv", *arguments)
    assert (code, out) == (2, "")
    assert line in err
    assert err.count("\n") == 1


def test_a_table_without_outcomes_is_refused(run: Ran) -> None:
    Path("bare.csv").write_text("solutions,verdicts,c\n1,1,1\n")
    code, _, err = run("knobs", "bare.csv", *KNOBS)
    assert code == 2
    assert "needs the columns n and c, or correct" in err


@pytest.mark.parametrize("ending", [".html", ".pdf"])
def test_a_page_is_the_same_bytes_each_time_and_inert(run: Ran, ending: str) -> None:
    table = pl.read_csv("runs.csv").rename({"verdicts": "<script>v\x1b[31m"})
    table.write_csv("hostile.csv")
    asked = ("--knob", "solutions", "--knob", "<script>v\x1b[31m", "--level", "band")
    for name in ("a", "b"):
        code, out, err = run("knobs", "hostile.csv", *asked, "-o", name + ending)
        assert code == 0, err
        assert out.endswith(f"{name}{ending}\n")
        assert "\x1b" not in out + err
    first = Path("a" + ending).read_bytes()
    assert first == Path("b" + ending).read_bytes()
    assert ending == ".pdf" or b"<script>v" not in first


def test_a_page_s_name_is_refused_before_the_work(run: Ran) -> None:
    code, _, err = run("knobs", "runs.csv", *KNOBS, "-o", "knobs.txt")
    assert code == 2
    assert "ends in .html or .pdf" in err
    assert not Path("knobs.txt").exists()


def runs(corpus: str) -> None:
    """Writes the runs of one corpus, of the table that ParScale was published with."""
    table = Path(__file__).parent / "fitting" / "laws" / "parscale.csv"
    pl.read_csv(table).filter(pl.col("corpus") == corpus).write_csv("losses.csv")


def test_a_law_of_loss_is_fitted_to_the_user_s_table(run: Ran) -> None:
    runs("stack")
    asked = ("losses", "losses.csv", "--law", "parscale", "--at", "parameters=1e10,streams=8")
    code, out, err = run(*asked, "--json")
    assert code == 0, err
    told = json.loads(out)
    [law] = told["laws"]
    assert law["weight"] == 1
    found = {row["name"]: row for row in law["constants"]}
    assert found["E"]["estimate"] == pytest.approx(0.69124, rel=3e-4)
    assert found["k"]["estimate"] == pytest.approx(0.39346, rel=3e-4)
    assert all(row["low"] <= row["estimate"] <= row["high"] for row in found.values())
    assert told["at"][0]["estimate"] == pytest.approx(0.938, abs=0.005)
    code, out, err = run(*asked)
    assert code == 0, err
    assert "R2 = 0.9978" in out
    assert "2.27 times" in out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--law", "parscal"), "did you mean 'parscale'"),
        (("--law", "chinchilla"), "no column 'tokens'"),
        (("--law", "parscale", "--at", "streams=2"), "--at sets each of parameters, streams"),
        (("--law", "parscale", "--law", "chinchilla"), "explain different columns"),
        (("--law", "parscale", "--law", "parscale"), "given once each"),
        (("--law", "parscale", "--flops", "1e20"), "needs flops > 0 and 'chinchilla'"),
    ],
)
def test_a_law_that_cannot_be_had_is_one_line(
    run: Ran, arguments: tuple[str, ...], line: str
) -> None:
    runs("pile")
    code, out, err = run("losses", "losses.csv", *arguments)
    assert (code, out) == (2, "")
    assert line in err
    assert err.count("\n") == 1


def thinking(name: str, *, peak: bool = True) -> None:
    """Writes accuracy over six budgets of 40 problems."""
    rng = np.random.default_rng(4)
    j = np.arange(6)
    rate = 0.7 - 0.07 * (j - 3.0) ** 2 if peak else 0.3 + 0.05 * j
    p = np.clip(rate + rng.normal(0, 0.1, (40, 1)), 0, 1)
    table = {"problem": np.repeat(np.arange(40), 6), "budget": np.tile(256 * 2**j, 40)}
    pl.DataFrame(table | {"n": np.full(240, 10), "c": rng.binomial(10, p).ravel()}).write_csv(name)


def test_the_shape_over_budgets_is_told_with_its_peak_and_forecasts(run: Ran) -> None:
    thinking("peak.csv")
    code, out, err = run("budgets", "peak.csv", "--at", "16384", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert told["shape"] == "peak inside"
    assert 2048 / 1.2 <= told["peak"]["estimate"] <= 2048 * 1.2
    assert not any("cannot be determined" in doubt for doubt in told["doubts"])
    assert len(told["budgets"]) == 6
    assert told["slopes"][0]["low"] > 0 > told["slopes"][-1]["high"]
    assert told["forecast"][0]["estimate"] < 0.5
    code, out, err = run("budgets", "peak.csv", "--at", "16384")
    assert code == 0, err
    assert "shape: peak inside" in out
    assert "16,384 (forecast)" in out


def test_continuations_from_0_take_a_shift_and_rows_of_samples_are_counted(run: Ran) -> None:
    thinking("rise.csv", peak=False)
    table = pl.read_csv("rise.csv").with_columns(waits=(pl.col("budget") // 256).log(2).cast(int))
    one = table.select("problem", "waits", correct=pl.col("c") > 5)
    one.write_csv("waits.csv")
    code, out, err = run("budgets", "waits.csv", "--map", "budget=waits", "--shift", "1", "--json")
    assert code == 0, err
    assert json.loads(out)["budgets"][0]["budget"] == 0
    code, _, err = run("budgets", "waits.csv", "--map", "budget=waits")
    assert code == 2
    assert "with shift=1 they may begin at 0" in err


def test_budgets_without_whole_counts_are_refused(run: Ran) -> None:
    Path("rates.csv").write_text("problem,budget,correct\na,1,.5\na,2,.5\na,3,1\n")
    code, _, err = run("budgets", "rates.csv")
    assert code == 2
    assert "whole counts" in err
