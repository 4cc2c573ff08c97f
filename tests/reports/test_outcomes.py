"""Scores to outcomes on the command line and on the page: values with intervals, inert names."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from apportion.data.points import read_points
from apportion.fitting.laws.outcomes import COLUMNS, MAYBE, TEXTS, Outcomes, outcomes
from apportion.reports.document import Picture, Table
from apportion.reports.html import to_html
from apportion.reports.outcomes import document, figure, picture
from apportion.reports.wording import say

Run = Callable[..., tuple[int, str, str]]
HOSTILE = "<script>alert(1)</script>"


def table(models: int = 8, last: str = "m-last") -> str:
    rng = np.random.default_rng(0)
    rows = ["model,compute,problem,correct,others,best_other"]
    for m in range(models):
        name = last if m == models - 1 else f"m{m}"
        for p in range(40):
            right = min(-6 + 0.6 * m + rng.normal(0, 0.1) - p / 40, -0.1)
            wrong = min(rng.normal(-4, 1), -3)
            rows.append(f"{name},{10.0**m},p{p},{right},{wrong},{wrong - 0.4}")
    return "\n".join(rows) + "\n"


@pytest.fixture
def made(tmp_path: Path) -> Outcomes:
    path = tmp_path / "scores.csv"
    path.write_text(table(last=HOSTILE))
    return outcomes(read_points(path, COLUMNS, TEXTS, maybe=MAYBE), worlds=50)


def test_json_is_one_object_with_an_interval_for_every_step(run: Run) -> None:
    Path("scores.csv").write_text(table())
    code, out, _ = run("outcomes", "scores.csv", "--json")
    assert code == 0
    assert out.count("\n") == 1
    told = json.loads(out)
    assert told["steps"][0]["step"] == "log p"
    assert all(s["pearson"]["low"] <= s["pearson"]["estimate"] for s in told["steps"])
    assert set(told["held"]) >= {"gain", "accuracy", "of_the_mean"}


def test_a_table_and_a_page_are_written(run: Run) -> None:
    Path("scores.csv").write_text(table().replace("correct,", "right,", 1))
    code, out, err = run("outcomes", "scores.csv", "--map", "correct=right", "-o", "page.html")
    assert code == 0, err
    assert "share of the choices" in out
    assert "m-last" in out
    assert Path("page.html").read_bytes().startswith(b"<!doctype html>")


def test_what_is_wrong_is_said_in_one_line(run: Run) -> None:
    Path("scores.csv").write_text(table(3))
    code, _, err = run("outcomes", "scores.csv")
    assert code == 2
    assert "4 models or more" in err
    code, _, err = run("outcomes", "scores.csv", "-o", "page.txt")
    assert code == 2
    assert ".html" in err


def test_the_page_says_every_mean_with_its_interval_and_runs_no_name(made: Outcomes) -> None:
    page = document(made)
    tables = [b for section in page.sections for b in section.blocks if isinstance(b, Table)]
    for step, row in zip(made.steps, tables[0].rows, strict=True):
        assert row[:2] == (step.name, say(step.mean))
    text = to_html(page).decode()
    assert HOSTILE not in text
    assert "&lt;script&gt;" in text


def test_the_picture_shows_each_steps_mean_and_is_the_same_twice(made: Outcomes) -> None:
    first, again = picture(made), picture(made)
    assert isinstance(first, Picture)
    assert first.svg == again.svg
    assert [mark.text.split(":")[0] for mark in first.marks] == [s.name for s in made.steps]
    axes = figure(made).axes[0]
    dots = [np.asarray(line.get_xdata())[0] for line in axes.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(np.asarray(dots, float), [s.mean.estimate for s in made.steps])
