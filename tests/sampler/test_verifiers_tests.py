"""Unit tests let every right answer pass; the strong ones stop more of the wrong ones."""

import re
from collections.abc import Iterable

import pytest
from apportion.data.sampler.engines.engine import Engine
from apportion.data.sampler.graders import grade
from apportion.data.sampler.solution import Solution
from apportion.data.sampler.tasks.generated import problems
from apportion.data.sampler.tasks.problem import Problem
from apportion.data.sampler.verifiers.checks import STRONG, WEAK
from apportion.data.sampler.verifiers.tests import STRONG_TEST, WEAK_TEST, UnitTest

TASKS = problems(0)
COUNTED = [task for task in TASKS if task.program is None]
CODE = {task.program.name: task for task in TASKS if task.program is not None}
FAMILIES = sorted({str(task.family) for task in COUNTED})
NONE: Engine = None  # type: ignore[assignment]


def passes(test: UnitTest, problem: Problem, answers: Iterable[str | None]) -> list[bool | None]:
    solutions = [Solution(problem, at, str(a), a, 0.0) for at, a in enumerate(answers)]
    return [verdicts[0].accepts for verdicts in test.judge(NONE, solutions, 0)]


def wrong(problem: Problem) -> list[str]:
    """Answers near the right one, in its own form: one number moved, or the last part missing."""
    gold, parts = str(problem.gold), str(problem.gold).split(", ")
    moved = [
        gold[: found.start()] + str(int(found[0]) + step) + gold[found.end() :]
        for found in re.finditer("[0-9]+", gold)
        for step in range(-30, 31)
        if step
    ]
    return moved if len(parts) == 1 else [*moved, ", ".join(parts[:-1]), ", ".join(parts[::-1])]


@pytest.mark.parametrize("test", [WEAK_TEST, STRONG_TEST], ids=lambda test: test.name)
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_right_answer_passes_and_one_that_cannot_be_read_fails(
    task: Problem, test: UnitTest
) -> None:
    assert passes(test, task, [task.gold, None]) == [True, False]


def test_every_family_is_checked_in_both_strengths() -> None:
    assert set(WEAK) == set(STRONG) == set(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
def test_both_strengths_can_be_fooled_and_the_strong_one_less(family: str) -> None:
    """On three numbers alone, a maximum that is larger than half of them is the right one."""
    fooled = {WEAK_TEST.name: 0, STRONG_TEST.name: 0}
    for task in (task for task in COUNTED if task.family == family):
        weak, strong = (passes(test, task, wrong(task)) for test in (WEAK_TEST, STRONG_TEST))
        assert all(w for w, s in zip(weak, strong, strict=True) if s)
        fooled[WEAK_TEST.name] += sum(map(bool, weak))
        fooled[STRONG_TEST.name] += sum(map(bool, strong))
    assert fooled[WEAK_TEST.name] > fooled[STRONG_TEST.name]
    # Ninety is farther than the wrong answers above go.
    assert fooled[STRONG_TEST.name] > 0 or family in ("add", "sub", "mul")


@pytest.mark.parametrize("family", ["add", "sub", "mul"])
def test_a_sum_or_product_is_known_by_its_remainders(family: str) -> None:
    task = next(task for task in COUNTED if task.family == family)
    gold = int(str(task.gold))
    answers = [str(gold + step) for step in (9, 90, 10, 1)]
    assert passes(WEAK_TEST, task, answers) == [True, True, False, False]
    assert passes(STRONG_TEST, task, answers) == [False, True, False, False]


IMPOSTORS = {
    "distance": "a - b",
    "middle": "xs[0]",
    "ascending": "True",
    "vowels": "len(s)",
    "clamp": "x",
    "repeats": "len(xs) > 1",
    "rotated": "list(reversed(xs))",
    "last": "max(xs)",
    "alternate": "xs",
    "divides": "b > a",
}


@pytest.mark.parametrize("name", IMPOSTORS)
def test_the_weak_test_lets_an_impostor_pass_and_the_strong_test_does_not(name: str) -> None:
    answers = [IMPOSTORS[name], CODE[name].gold]
    assert passes(WEAK_TEST, CODE[name], answers) == [True, True]
    assert passes(STRONG_TEST, CODE[name], answers) == [False, True]


def test_the_strong_test_is_not_the_truth() -> None:
    """None of its six words begins and ends alike without being a palindrome."""
    task = CODE["is_palindrome"]
    assert passes(STRONG_TEST, task, ["s[0] == s[-1]"]) == [True]
    assert grade(task, [" s[0] == s[-1]"])[0].correct is False


def test_a_program_that_fails_where_its_reference_does_has_not_passed() -> None:
    assert passes(WEAK_TEST, CODE["square"], ["n.nothing", "1 / 0", "n *", "n ** 2"]) == [
        False,
        False,
        False,
        True,
    ]


OWN = Problem(
    "own",
    "Write a function `half` that returns half of a whole number, rounded down.",
    grader="tests",
    tests=("assert half(7) == 3", "assert half(-1) == -1"),
    weak_tests=("assert half(4) == 2", "assert half(5) == 2"),
)
PROGRAMS = {
    "right": "def half(n):\n    return n // 2\n",
    "rounds to zero": "def half(n):\n    return int(n / 2)\n",
    "fits the first": "def half(n):\n    return n / 2\n",
    "wrong": "def half(n):\n    return n\n",
    "broken": "def half(n:\n",
    "fenced": "Here it is:\n```python\ndef half(n):\n    return n // 2\n```\nIt halves n.",
}


def test_one_s_own_program_is_run_against_one_or_all_of_its_weak_tests() -> None:
    programs = list(PROGRAMS.values())
    assert passes(WEAK_TEST, OWN, programs) == [True, True, True, False, False, True]
    assert passes(STRONG_TEST, OWN, programs) == [True, True, False, False, False, True]


def test_without_a_test_there_is_no_verdict() -> None:
    bare = Problem("bare", "What is the capital of France?", "Paris")
    for test in (WEAK_TEST, STRONG_TEST):
        assert passes(test, bare, ["Paris", None]) == [None, None]
