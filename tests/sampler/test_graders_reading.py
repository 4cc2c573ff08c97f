"""Completions of bundled problems are read strictly: what cannot be read is nothing, no guess."""

import pytest
from apportion.data.sampler.graders import grade, reading
from apportion.data.sampler.graders.expression import read as read_expression
from apportion.data.sampler.solution import Grade
from apportion.data.sampler.tasks.problem import Problem

READERS = {
    "number": reading.read_number,
    "stated": reading.read_stated,
    "list": reading.read_list,
    "chain": reading.read_chain,
    "expression": read_expression,
}
READ = [
    ("number", " 19", "19"),
    ("number", " 19.", "19"),
    ("number", " 007 apples", "7"),
    ("number", " -4", "-4"),
    ("number", " -0", "0"),
    ("number", " 62.5", None),
    ("number", " 1,200", None),
    ("number", " about 19", None),
    ("number", "", None),
    ("number", " 28 ", "28"),
    ("number", " ٣", None),
    ("number", "9" * 5000, "9" * 5000),
    ("list", "3, 12]", "3, 12"),
    ("list", "3,12] and more]", "3, 12"),
    ("list", "3, 12", None),
    ("list", "3, x]", None),
    ("list", "]", None),
    ("stated", " 4 + 3 = 7. The answer is 7.", "7"),
    ("stated", " The answer is $12", "12"),
    ("stated", " 4 + 3 = 7.", None),
    ("chain", " 6 + 3 = 9, 9 + 3 = 12", "6 + 3 = 9, 9 + 3 = 12"),
    ("chain", " 6+3=09 ,9 + 3 = 12 ", "6 + 3 = 9, 9 + 3 = 12"),
    ("chain", " 6 + 3 = 9, 9 + 3", None),
    ("chain", " 6 + 3 = 9,", None),
    ("chain", " 6 + 3 + 3 = 12", None),
    ("chain", "", None),
    ("expression", " a+b  # the sum", "a + b"),
    ("expression", ' s.replace(" ", "")', "s.replace(' ', '')"),
    ("expression", " a +", None),
    ("expression", " x = 1", None),
    ("expression", "", None),
    ("expression", " '\\d'", "'\\\\d'"),
    ("expression", "(" * 5000, None),
    ("expression", "-" * 50_000 + "1", None),
    ("expression", "\0", None),
]


@pytest.mark.parametrize(("grader", "text", "answer"), READ)
def test_a_completion_is_read(grader: str, text: str, answer: str | None) -> None:
    assert READERS[grader](text) == answer


@pytest.mark.parametrize(
    ("grader", "gold", "right", "wrong"),
    [
        ("number", "7", " 07", " 8"),
        ("stated", "7", " The answer is 7.", " The answer is 17."),
        ("list", "3, 12", "3,12]", "12, 3]"),
        ("chain", "1 + 2 = 3, 3 + 4 = 7", " 1+2=3, 3+4=7", " 3 + 4 = 7, 1 + 2 = 3"),
    ],
)
def test_an_answer_is_right_where_it_equals_the_gold_one(
    grader: str, gold: str, right: str, wrong: str
) -> None:
    problem = Problem("p", "?", gold, grader)
    graded = grade(problem, [right, wrong, "nothing to read"])
    assert [each.correct for each in graded] == [True, False, False]
    assert graded[0].answer == gold
    assert graded[2] == Grade(None, False)
