"""A program is taken out of a completion, and is right where it survives its tests."""

import pytest
from apportion.data.sampler.graders import grade
from apportion.data.sampler.graders.tests import digest, program, survivors
from apportion.data.sampler.sandbox import programs
from apportion.data.sampler.tasks.problem import Problem

HEADER = 'def add(a, b):\n    """Return the sum."""\n    return'
COMPLETED = Problem("p", HEADER, grader="tests", tests=("assert add(2, 3) == 5",))
ASKED = Problem("p", "Write add.", grader="tests", tests=COMPLETED.tests, chat=True)

PROGRAMS = [
    (COMPLETED, " a + b", HEADER + " a + b"),
    (COMPLETED, "```python\nx = 1\n```", "x = 1\n"),
    (ASKED, "def add(a, b): return a", "def add(a, b): return a"),
    (ASKED, "Sure:\n```python\nx = 1\n```\nor\n```\nx = 2\n```\nDone.", "x = 2\n"),
    (ASKED, "```py\nx = 1\n```", "x = 1\n"),
    (ASKED, "  ```Python\nx = 1\n  ```", "x = 1\n"),
    (ASKED, "```python\nx = (\n```", None),
    (ASKED, "```python\nx = 1", None),
    (ASKED, "I cannot.", None),
    (ASKED, "", None),
    (ASKED, "# nothing", None),
    (ASKED, "x = '\ud800'", None),
    (ASKED, "x = " + "-" * 50_000 + "1", None),
    (ASKED, "x" * 200_000, None),
]


@pytest.mark.parametrize(("problem", "text", "found"), PROGRAMS)
def test_a_program_is_found(problem: Problem, text: str, found: str | None) -> None:
    assert program(problem, text) == found


def test_programs_that_differ_in_dress_only_are_one_answer_and_run_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    real = programs.failures

    def counting(trials: list[programs.Trial]) -> list[str]:
        asked.append(len(trials))
        return real(trials)

    monkeypatch.setattr(programs, "failures", counting)
    texts = [" a + b", " a+b  # the sum", " (a + b)", " a - b", " )", " b + a"]
    graded = grade(COMPLETED, texts)
    assert [each.correct for each in graded] == [True, True, True, False, False, True]
    answers = [each.answer for each in graded]
    assert answers[0] == answers[1] == answers[2] == digest(HEADER + " a + b")
    assert answers[4] is None
    assert len(set(answers)) == 4
    assert asked == [3]


def test_other_statements_than_the_problem_s_can_be_asked_of_programs() -> None:
    one, two = "def f(): return 1", "def f(): return 2"
    assert survivors([one, two, one], ["assert f() > 0"]) == {one, two}
    assert survivors([one, two], ["assert f() > 0", "assert f() > 1"]) == {two}
    assert survivors([], ["assert f()"]) == set()
