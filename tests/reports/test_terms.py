"""What a plan was asked for and costs: said once, in short sentences, on page and terminal."""

import re
from dataclasses import replace

import pytest
from apportion.data.traces import Group
from apportion.planner.plan import Option, Part
from apportion.reports import allocation, frontier, summary
from apportion.reports.document import Prose, Section, Table
from apportion.reports.terminal import show_plan
from apportion.reports.terms import terms

from . import made


def tables(section: Section) -> dict[str, Table]:
    return {block.caption: block for block in section.blocks if isinstance(block, Table)}


def test_the_terms_of_a_plan_are_said_one_sentence_each() -> None:
    assert terms(made.asked()) == (
        " A wrong answer loses 0.5; what is compared is utility. Capped at 6 samples and 20 seconds"
        " on a problem; the cap on samples binds. No problem of the log costs more than 9,000"
        " tokens. The plan is simple: a split by level, within the log. On a problem: 5.31 samples,"
        " 1 verdict, 1,930 tokens solved, 402 verified, 0.002 usd."
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"caps": {"seconds": 1.0}, "binding": ()},
         "Capped at 1 second on a problem, which does not bind."),
        ({"caps": {"seconds": 20.0}, "binding": ("seconds",)},
         "Capped at 20 seconds on a problem, which binds."),
        ({"costs": {"samples": 1.0, "tokens_verified": 1.0}},
         "On a problem: 1 sample, 1 token verified."),
        ({"costs": {"samples": 999.7, "tokens_solved": 1.0, "flops": 3.2e12}},
         "On a problem: 1,000 samples, 1 token solved, 3,200 billion flops."),
    ],
)  # fmt: skip
def test_one_is_singular_and_a_cap_says_whether_it_binds(
    change: dict[str, object], said: str
) -> None:
    assert terms(replace(made.plan(), **change)) == f" {said}"  # type: ignore[arg-type]


def test_a_plan_that_was_asked_for_nothing_says_nothing_of_it() -> None:
    assert terms(made.plan()) == terms(made.lost_plan()) == ""
    assert "utility" not in str(allocation.section(made.plan()))


@pytest.mark.parametrize(
    ("solutions", "fitted", "said"),
    [
        (2, False, "1 answer, revised 1 time"),
        (4, False, "1 answer, revised 3 times"),
        (4, True, "1 answer, revised 3 times (by fit)"),
    ],
)
def test_a_revision_says_how_often_and_a_fit_that_it_is_one(
    solutions: int, fitted: bool, said: str
) -> None:
    option = Option("revision", solutions, 0, None, Group(), fitted=fitted)
    assert allocation.action(Part(1.0, option), several_groups=False) == said


def test_with_a_penalty_whatever_is_compared_is_utility() -> None:
    plan = made.asked()
    found = tables(allocation.section(plan))
    what = found["What to do, level by level"]
    assert [column.name for column in what.columns][-2:] == [
        "accuracy (interval)",
        "utility (interval)",
    ]
    assert all(len(row) == len(what.columns) for row in what.rows)
    against = found["Against simpler ways to spend the same budget"]
    assert against.columns[1].name == "utility (interval)"
    assert [row[1][:5] for row in against.rows[:2]] == ["0.502", "0.205"]
    assert frontier.figure(plan).axes[0].get_ylabel() == "utility"
    (lead, *_) = (b.text for b in summary.section(made.fit(), plan).blocks if isinstance(b, Prose))
    assert "a utility of 0.502 (0.46 to 0.54; 90% interval for new problems)" in lead
    assert "an accuracy of 0.611" in lead


def test_the_terminal_shows_utility_beside_accuracy(capsys: pytest.CaptureFixture[str]) -> None:
    show_plan(made.asked())
    said = capsys.readouterr().out.replace(" \n", " ")
    assert "utility 0.502 (0.46 to 0.54), accuracy 0.611 (0.58 to 0.65) on new problems" in said
    assert re.search(r"level +share +what to do +tokens +accuracy +utility", said)
    assert "tokens for the same utility" in said
    show_plan(made.plan())
    assert "utility" not in capsys.readouterr().out
