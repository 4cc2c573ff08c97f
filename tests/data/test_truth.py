"""Truth: its closed forms, and the file that keeps it beside its own log and no other."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from apportion.data import store
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.data.truth import Truth, read_truth, write
from polars.testing import assert_frame_equal


def one_problem(p: float, tpr: float, fpr: float) -> Truth:
    """A truth of one problem with given rates."""
    truth = simulate(problems=1, samples=1)[1]
    return replace(truth, p=np.array([p]), tpr=np.array([tpr]), fpr=np.array([fpr]))


def test_accept_first_is_golden() -> None:
    golden = pytest.approx([0.1800, 0.4847, 0.6867], abs=5e-5)
    assert one_problem(0.2, 0.9, 0.1).accept_first([1, 4, 16]) == golden


def test_a_log_stored_with_its_truth_comes_back_whole(tmp_path: Path) -> None:
    trace, truth = simulate("mixed", problems=30, samples=10, verdicts=4, seed=7)
    write(trace, truth, tmp_path / "log")
    back, told = store.read(tmp_path / "log"), read_truth(tmp_path / "log")
    assert_frame_equal(back.samples, trace.samples)
    assert_frame_equal(back.verdicts, trace.verdicts)
    assert back.header == trace.header
    for name in Truth.__slots__:
        assert np.array_equal(getattr(told, name), getattr(truth, name)), name
    summary = json.loads((tmp_path / "log" / "truth.json").read_text())["summary"]
    assert summary["ceiling"] == truth.ceiling
    assert summary["coverage"] == truth.coverage(summary["k"]).tolist()


def test_the_truth_of_another_log_is_refused(tmp_path: Path) -> None:
    write(*simulate(problems=3, samples=2, seed=0), tmp_path)
    store.write(simulate(problems=3, samples=2, seed=1)[0], tmp_path)
    with pytest.raises(InputError, match="belongs to another log"):
        read_truth(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"manifest": 1, "truth": {"p": [[1], 2]}}'])
def test_a_truth_that_cannot_be_read_is_refused(tmp_path: Path, text: str) -> None:
    write(*simulate(problems=3, samples=2), tmp_path)
    (tmp_path / "truth.json").write_text(text)
    with pytest.raises(InputError, match="not the truth of a simulated trace"):
        read_truth(tmp_path)


def test_a_trace_without_truth_says_so(tmp_path: Path) -> None:
    store.write(simulate(problems=3, samples=2)[0], tmp_path)
    with pytest.raises(InputError, match="no truth here"):
        read_truth(tmp_path)


def test_a_truth_is_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        simulate(problems=2, samples=1)[1].p[0] = 0.5
