"""Schedules are pure: what was drawn says what comes next, and when it is enough."""

from __future__ import annotations

import pytest
from apportion.data.errors import InputError
from apportion.data.policy import Policy
from apportion.data.sampler.course import Course
from apportion.data.sampler.schedules import SCHEDULES, Live, parse
from apportion.data.sampler.tasks.problem import Problem
from apportion.data.traces import FIXED, UNTIL_SUCCESS

PROBLEM = Problem("p", "?", "1")


def course(outcomes: str, tokens: int = 2) -> Course:
    """A course of samples: 1 right, 0 wrong, each of so many tokens; accepted if right."""
    made = Course(PROBLEM, "test")
    for outcome in outcomes:
        right = outcome == "1"
        row = {"answer": outcome, "correct": right, "output_tokens": tokens, "mean_logprob": -1.0}
        made.add(row, [{"verifier": "test", "accepts": right, "score": None}])
    return made


def drawn_to_the_end(text: str, outcomes: str, samples: int) -> int:
    """How many samples a schedule draws of a problem whose samples come out like this."""
    schedule, count = parse(text, samples), 0
    while more := schedule.wants([course(outcomes[:count])])[0]:
        count += more
    return count


@pytest.mark.parametrize(
    ("text", "outcomes", "samples", "expected"),
    [
        ("fixed", "0" * 8, 8, 8),
        ("until", "0010", 4, 3),
        ("until", "0000", 4, 4),
        ("until:2", "01011", 5, 4),
        ("dynamic", "0" * 6, 6, 6),
        ("arise", "1111111111", 10, 3),
        ("arise", "0000000000", 10, 3),
        ("arise", "0101010101", 10, 10),
        ("arise:5", "1111111111", 10, 5),
        ("arise", "1111", 2, 2),
    ],
)
def test_a_schedule_stops_where_its_rule_says(
    text: str, outcomes: str, samples: int, expected: int
) -> None:
    assert drawn_to_the_end(text, outcomes, samples) == expected


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("pattern", ["0", "1", "01", "0001"])
def test_no_schedule_draws_more_than_it_says(name: str, pattern: str) -> None:
    schedule, counts = parse(name, 6), [0, 0, 0]
    while any(more := schedule.wants([course((pattern * 20)[:n]) for n in counts])):
        counts = [n + m for n, m in zip(counts, more, strict=True)]
        assert sum(counts) <= schedule.most(3)


def test_the_next_sample_goes_where_successes_are_fewest() -> None:
    dynamic = parse("dynamic", 8)
    assert dynamic.wants([course("11"), course("00"), course("01")])[1] > 10
    one = parse("dynamic:1", 8)
    assert one.wants([course("1"), course("0"), course("00")]) == [0, 1, 0]
    assert one.wants([course("1"), course("11"), course("1" * 3)]) == [1, 0, 0]


def test_a_step_counts_what_it_asked_for_as_drawn() -> None:
    assert parse("dynamic:4", 8).wants([course(""), course("")]) == [2, 2]


def test_the_budget_of_a_dynamic_schedule_is_spent_and_not_exceeded() -> None:
    assert sum(parse("dynamic:7", 4).wants([course("0000"), course("0")])) == 3


def test_stop_rules_say_which_estimators_hold() -> None:
    assert parse("fixed", 4).stop_rule == FIXED
    assert parse("until", 4).stop_rule == UNTIL_SUCCESS
    assert {parse(name, 4).stop_rule for name in ("until:2", "dynamic", "arise")}.isdisjoint(
        {FIXED, UNTIL_SUCCESS}
    )


def policy(kind: str, **settings: object) -> Policy:
    return Policy(kind, "majority" if kind == "fixed" else "accepted", settings)


def test_a_policy_draws_until_a_verdict_accepts() -> None:
    live = Live(policy("accept-first", cap=3), 10)
    assert live.wants([course(""), course("0"), course("01"), course("000")]) == [1, 1, 0, 0]


def test_in_rounds_nobody_runs_ahead() -> None:
    live = Live(policy("elimination", cap=9), 9)
    assert live.wants([course("0"), course("00"), course("1")]) == [1, 0, 0]
    assert live.wants([course("00"), course("00"), course("1")]) == [1, 1, 0]


def test_the_budget_of_all_ends_the_rounds() -> None:
    live = Live(policy("elimination", cap=9), 2)
    assert live.wants([course("00"), course("00")]) == [0, 0]
    assert live.wants([course("0"), course("00")]) == [1, 0]


def test_a_quota_left_over_goes_to_the_next_problem() -> None:
    live = Live(policy("rolling-quota", quota=2.0), 10)
    assert live.wants([course("1"), course("00"), course("")]) == [0, 1, 0]
    assert live.wants([course("1"), course("000"), course("")]) == [0, 0, 1]
    assert live.wants([course("1"), course("000"), course("00")]) == [0, 0, 0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fixd", "did you mean 'fixed'"),
        ("until:0", "whole number >= 1; got '0'"),
        ("until:many", "got 'many'"),
        ("fixed:3", "takes no number"),
    ],
)
def test_a_schedule_that_is_none_is_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse(text, 8)
