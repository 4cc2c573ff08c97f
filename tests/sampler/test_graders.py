"""The graders that users name: what counts as an answer, and when it is right."""

import random

import pytest
from apportion.data.errors import InputError
from apportion.data.sampler import graders
from apportion.data.sampler.graders import GOLDS, GRADERS, grade
from apportion.data.sampler.graders.choice import letter
from apportion.data.sampler.graders.ending import boxed, told
from apportion.data.sampler.graders.latex import answer, normal
from apportion.data.sampler.graders.numeric import spell, value
from apportion.data.sampler.sandbox import formulas
from apportion.data.sampler.solution import Grade
from apportion.data.sampler.tasks.problem import Problem

HOSTILE = (
    "",
    "\0",
    "\ud800",
    "٣",
    "9" * 10_000,
    "1e999999999",
    "1/0",
    "\\boxed{" * 1000,
    "{" * 10_000,
    "\\frac" * 1000,
    "1," * 10_000,
    "(" * 10_000,
    "-" * 10_000,
    "answer is " * 1000,
    "a\n" * 10_000,
    "```python\n" * 1000,
    " " * 100_000,
    "0" * 50_000 + ".",
)


@pytest.mark.parametrize("name", [name for name in GRADERS if name not in ("expression", "tests")])
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_breaks_a_grader_and_none_is_right_by_accident(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formulas, "equal", lambda pairs: [False] * len(pairs))
    gold = {"choice": "B", "exact": "x"}.get(name, "123457")
    (graded,) = grade(Problem("p", "?", gold, name), [text])
    assert graded.correct is False


def test_equal_texts_are_graded_once_and_all_get_their_grade(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def counting(problem: Problem, texts: object) -> list[Grade]:
        asked.append(len(list(texts)))  # type: ignore[call-overload]
        return [Grade(t, t == problem.gold) for t in texts]  # type: ignore[attr-defined]

    monkeypatch.setitem(graders.GRADERS, "exact", counting)
    graded = grade(Problem("p", "?", "a", "exact"), ["b", "a", "b", "a"])
    assert [g.correct for g in graded] == [False, True, False, True]
    assert asked == [2]
    assert grade(Problem("p", "?", "a", "exact"), []) == []


@pytest.mark.parametrize("name", GOLDS)
def test_what_must_be_read_from_a_gold_answer_is_read(name: str) -> None:
    _, read = GOLDS[name]
    assert read({"numeric": "12", "choice": "C"}[name]) is not None
    assert read("neither") is None


def test_exact_is_equality_of_trimmed_texts() -> None:
    problem = Problem("p", "?", " Paris", "exact")
    graded = grade(problem, ["Paris\n", "paris", "It is Paris", " "])
    assert graded == [
        Grade("Paris", True),
        Grade("paris", False),
        Grade("It is Paris", False),
        Grade(None, False),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"\boxed{1} then \boxed{ \frac{1}{2} }", r"\frac{1}{2}"),
        (r"\boxed {7}", "7"),
        (r"\fbox{7}", "7"),
        (r"\boxed{1} and \boxed{2", "1"),
        ("no box", None),
    ],
)
def test_the_last_whole_box_is_opened(text: str, found: str | None) -> None:
    assert boxed(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The answer is 7.\nSo it is.", "7."),
        ("The answer is: 7", "7"),
        ("**Answer:** 7", "7"),
        ("Answer 7", None),
        ("answer is 7\n#### 8", "8"),
        ("The answer is", None),
        ("I answered", None),
    ],
)
def test_what_is_told_stands_after_the_last_marker(text: str, found: str | None) -> None:
    assert told(text) == found


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("The total is 42.", "42"),
        ("It is $1,250.50 in all", "1250.5"),
        ("-3%", "-3"),
        ("x=-4", "-4"),
        ("x = −4", "-4"),
        ("from 3-4", "4"),
        ("- 5 apples", "5"),
        ("5kg", "5"),
        ("the 3rd", "3"),
        ("1,234,567", "1234567"),
        ("(1,2)", "2"),
        (".5", "0.5"),
        ("0.10", "0.1"),
        ("1e3", "1000"),
        (r"1.5 \times 10^{3}", "1500"),
        ("2 * 10^-2", "0.02"),
        ("3/4 of it", "0.75"),
        ("1/3", "1/3"),
        ("1 1/2 cups", "1.5"),
        (r"\boxed{\dfrac{3}{4}} or 9", "0.75"),
        (r"\boxed{1{,}000}", "1000"),
        ("The answer is 42. I checked it 3 times.", "42"),
        ("The answer is forty; I checked it 3 times.", "3"),
        ("3 + 4 = 7\n#### 7\n\nQ: 2 + 2", "7"),
        ("3.4.5", None),
        ("x2", None),
        ("1/0", None),
        (r"\boxed{none} 3", None),
        ("none", None),
    ],
)
def test_a_number_is_read(text: str, number: str | None) -> None:
    found = value(text)
    assert (None if found is None else spell(found)) == number


@pytest.mark.parametrize(
    ("text", "correct"),
    [
        ("0.3333333", True),
        ("1/3", True),
        ("0.33", False),
        ("-1/3", False),
        ("none", False),
    ],
)
def test_numbers_are_equal_within_a_millionth(text: str, correct: bool) -> None:
    (graded,) = grade(Problem("p", "?", "1/3", "numeric"), [text])
    assert graded.correct is correct
    assert (graded.answer is None) == (text == "none")


def test_zero_is_zero_only() -> None:
    graded = grade(Problem("p", "?", "0", "numeric"), ["0.0", "0.0000001", "-0"])
    assert [each.correct for each in graded] == [True, False, True]


def test_a_number_is_spelled_so_that_it_is_read_back() -> None:
    rng = random.Random(0)
    for _ in range(500):
        text = f"{rng.choice('-+')}{rng.randint(0, 10 ** rng.randint(0, 20))}"
        text += rng.choice(("", f".{rng.randint(0, 10**9)}", f"/{rng.randint(1, 999)}"))
        found = value(text)
        assert found is not None
        assert value(spell(found)) == found


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("The answer is (B).", "B"),
        ("the answer is b", None),
        ("Answer: B", "B"),
        ("**Answer: (c)**", "C"),
        ("The correct answer is: **(C) seven**", "C"),
        ("answer is option C.", "C"),
        (r"so \boxed{\text{C}}", "C"),
        (r"(A) is wrong; \boxed{d}", "D"),
        ("B)", "B"),
        ("B. seven", "B"),
        ("(b) seven", "B"),
        (" b ", "B"),
        ("B", "B"),
        ("Option D", "D"),
        ("It must be (A) or rather (D)", "D"),
        ("A cat", None),
        ("I think so", None),
        ("The answer is I don't know", None),
        ("The answer is a dog", None),
        ("(K)", None),
        ("", None),
    ],
)
def test_a_letter_is_read(text: str, chosen: str | None) -> None:
    assert letter(text) == chosen


def test_a_gold_letter_may_have_brackets() -> None:
    graded = grade(Problem("p", "?", "(B)", "choice"), ["B", "(C)", "?"])
    assert graded == [Grade("B", True), Grade("C", False), Grade(None, False)]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (r"$x = \dfrac12$", "1/2"),
        (r"\left( 3, \frac{\pi}{2} \right)", r"(3,\frac{\pi}{2})"),
        (r"1{,}000 \text{ cm}^2", "1000"),
        ("12,345", "12345"),
        ("1, 2", "1,2"),
        ("0.50", "1/2"),
        (r"-\frac{3}{6}", "-1/2"),
        (r"90^\circ", "90"),
        (r"50\%", "50"),
        (r"\text{Monday}", "Monday"),
        (r"\text{next Monday}", "next Monday"),
        (r"2 \pi r", r"2\pi r"),
        ("x**2 · y", "x^2*y"),
        (r"x \in [0, 1)", "[0,1)"),
        ("7.", "7"),
        ("1/0", "1/0"),
        ("", ""),
    ],
)
def test_answers_have_a_normal_form(text: str, form: str) -> None:
    assert normal(text) == form
    assert normal(form) == form


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (r"We get \boxed{\frac{1}{2}}, not 3.", "1/2"),
        ("The answer is $x = 5$.\nDone", "5"),
        ("First 3.\n\nx = 5\n", "5"),
        ("", None),
        ("$$", None),
    ],
)
def test_an_answer_is_boxed_or_told_or_stands_last(text: str, form: str | None) -> None:
    assert answer(text) == form


def test_math_needs_no_sympy_for_equal_forms_and_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def compared(pairs: list[object]) -> list[bool | None]:
        asked.extend(pairs)
        return [None] * len(pairs)

    monkeypatch.setattr(formulas, "equal", compared)
    half = Problem("p", "?", r"\frac{1}{2}", "math")
    graded = grade(half, [r"\boxed{\dfrac12}", "0.5", "0.50001", "", "2/4"])
    assert [each.correct for each in graded] == [True, True, False, False, True]
    assert asked == []
    graded = grade(half, ["x", "The answer is $x$", "3"])
    assert graded[:2] == [Grade("x", None)] * 2
    assert asked == [("1/2", "x")]


def test_where_sympy_is_missing_the_message_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(formulas, "LIBRARIES", ("a_library_that_nobody_has",))
    with pytest.raises(InputError, match="pip install sympy"):
        grade(Problem("p", "?", "x+1", "math"), ["1+x"])
