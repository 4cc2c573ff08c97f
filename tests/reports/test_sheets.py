"""Results as CSV: every point of a curve, every part of a split."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from apportion.analysis.counts import count
from apportion.analysis.coverage import coverage
from apportion.data.synthetic import simulate
from apportion.data.traces import Trace
from apportion.fitting.group import fit
from apportion.planner.build import plan
from apportion.reports.sheets import CURVES, write_csv


@pytest.fixture(scope="module")
def log() -> Trace:
    return simulate(problems=20, samples=8, verdicts=1, seed=3)[0]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_curve_has_a_row_a_point(log: Trace, tmp_path: Path) -> None:
    curve = coverage(count(log), np.array([1, 4, 8]))
    write_csv(curve, tmp_path / "curve.csv")
    found = rows(tmp_path / "curve.csv")
    assert [row["k"] for row in found] == ["1", "4", "8"]
    assert [float(row["estimate"]) for row in found] == curve.estimate.tolist()
    assert [row["for"] for row in found] == [curve.population] * 3


def test_a_fit_has_a_row_for_each_point_of_its_curves(log: Trace, tmp_path: Path) -> None:
    made = fit(log, at=[1, 8, 80])
    write_csv(made, tmp_path / "fit.csv")
    groups: Any = made.json()["groups"]
    found = rows(tmp_path / "fit.csv")
    wanted = [(m, p["k"]) for m in CURVES for p in groups[0][m]]
    assert [(row["metric"], int(row["k"])) for row in found] == wanted


def test_a_plan_has_a_row_for_each_part_of_its_split(log: Trace, tmp_path: Path) -> None:
    made = plan(log, 3, unit="samples")
    write_csv(made, tmp_path / "plan.csv")
    found = rows(tmp_path / "plan.csv")
    levels: Any = made.json()["levels"]
    wanted = [(x["level"] or "", part["solutions"]) for x in levels for part in x["split"]]
    assert [(row["level"], int(row["solutions"])) for row in found] == wanted
    assert {row["unit"] for row in found} == {"samples"}
