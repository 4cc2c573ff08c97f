"""How numbers read: three digits, open ends said, and nothing claimed that is not known."""

import doctest
import importlib

import pytest
from apportion.analysis.curve import Interval
from apportion.reports import wording

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("name", ["wording", "document"])
def test_examples_in_docstrings_hold(name: str) -> None:
    module = importlib.import_module(f"apportion.reports.{name}")
    failed, tried = doctest.testmod(module)
    assert tried
    assert not failed


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        (Interval(0.734, 0.68, 0.78), "0.734 (0.68 to 0.78)"),
        (Interval(0.734, 0.731, 0.738), "0.734 (0.731 to 0.738)"),
        (Interval(0.998, 0.97, 0.9998), "0.998 (0.970 to >0.999)"),
        (Interval(0.002, 0.0004, 0.03), "0.00200 (0.000400 to 0.0300)"),
        (Interval(NAN, NAN, NAN), "cannot tell"),
        (Interval(0.5, NAN, NAN), "0.500 (no interval)"),
        (Interval(0.0, 0.0, 0.0), "0.000"),
    ],
)
def test_an_interval_reads_well(interval: Interval, said: str) -> None:
    assert wording.say(interval) == said


def test_an_interval_says_whom_it_is_for() -> None:
    assert wording.say_whom(Interval(0.7, 0.6, 0.8, 0.8, "these")) == (
        "0.700 (0.60 to 0.80; 80% interval for these problems)"
    )
    mixed = [Interval(0.7, 0.6, 0.8), Interval(0.7, 0.6, 0.8, population="these")]
    assert wording.whom(mixed) == "interval"


def test_amounts_have_open_ends() -> None:
    assert wording.amount_between(24, 14, INF, "samples") == "24 samples (14 or more)"
    assert wording.amount_between(NAN, 14, INF) == "cannot tell"
    assert wording.amount_between(INF, 14, INF) == "beyond the horizon"


def test_lists_read_as_sentences() -> None:
    assert wording.together(["a", "b", "c"]) == "a, b and c"
    assert wording.together(["a"]) == "a"
    assert wording.together([]) == ""
    assert wording.sentence("level 'x' is small ") == "Level 'x' is small."
