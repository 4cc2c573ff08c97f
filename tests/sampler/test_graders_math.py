"""With sympy: formulas are equal whichever way they are written, and no formula runs away."""

import importlib

import pytest

pytest.importorskip("sympy", reason="the math grader compares with sympy: pip install sympy")

from apportion.data.sampler.graders import grade
from apportion.data.sampler.sandbox import algebra, child, formulas
from apportion.data.sampler.sandbox.formulas import Pair
from apportion.data.sampler.tasks.problem import Problem

pytestmark = pytest.mark.model

EQUAL: list[Pair] = [
    (r"\frac{1}{2}", "0.5"),
    (r"\sqrt{8}", r"2\sqrt{2}"),
    (r"\sqrt[3]{27}", "3"),
    ("sqrt3", r"\sqrt{3}"),
    ("10^2", "100"),
    ("2^{-1}", "1/2"),
    ("5!", "120"),
    (r"\binom{5}{2}", "10"),
    ("x+1", "1+x"),
    ("(x+1)^2", "x^2+2x+1"),
    ("2(x+1)", "2x+2"),
    (r"\frac{x^2-1}{x-1}", "x+1"),
    (r"\sin^2x+\cos^2x", "1"),
    ("|x-1|", "|1-x|"),
    (r"e^{i\pi}", "-1"),
    (r"\log_{2}8", "3"),
    (r"\log_28", "3"),
    (r"\ln e^2", "2"),
    (r"\arctan 1", r"\frac{\pi}{4}"),
    (r"2\pi r", r"r\cdot 2\pi"),
    ("x_1+x_2", "x_{2}+x_{1}"),
    ("(1,2)", "(1.0,4/2)"),
    (r"[0,\infty)", "[0,oo)"),
    ("1,2", "2,1"),
    (r"\{1,2\}", "{2,1}"),
    (r"(-\infty,2)\cup(3,\infty)", r"(3,oo)\cup(-oo,2)"),
    ("y=2x+3", "y=3+2x"),
    (r"\frac{\sqrt{2}}{2}", r"\frac{1}{\sqrt{2}}"),
    ("((1))", "1"),
]
UNEQUAL: list[Pair] = [
    ("0.33", "1/3"),
    ("3.14", r"\pi"),
    ("x^2", "x^3"),
    ("x", "y"),
    ("x+1", "x+1.0000001"),
    ("(1,2)", "(2,1)"),
    ("(1,2)", "[1,2]"),
    ("(1,2)", "1,2"),
    ("{1,2}", "{1,2,3}"),
    ("1", "1,2"),
    ("oo", "-oo"),
    ("1", "oo"),
    ("1/0", "1"),
    ("Monday", "Tuesday"),
    (r"\sqrt{2}", "1.41421356237309504880168872420969807"),
    ("(", "1"),
    ("x=", "1"),
    (r"\begin{pmatrix}1\end{pmatrix}", "1"),
    ("__import__('os').system('true')", "0"),
]
ENDLESS: list[Pair] = [("10^{10^{10}}", "1"), ("99999999!", "1"), ("9^{9^{9^9}}", "x")]


def test_formulas_are_compared_and_a_runaway_leaves_its_neighbours_alone() -> None:
    """One sandbox for all; a comparison without end is not decided, and stops no other."""
    pairs = [*EQUAL, *ENDLESS, *UNEQUAL]
    wanted = [True] * len(EQUAL) + [None] * len(ENDLESS) + [False] * len(UNEQUAL)
    said = formulas.equal(pairs)
    wrong = [(*pair, s) for pair, s, w in zip(pairs, said, wanted, strict=True) if s is not w]
    assert wrong == []


def test_equality_goes_both_ways() -> None:
    pairs = [(b, a) for a, b in (*EQUAL, *UNEQUAL)]
    assert formulas.equal(pairs) == [True] * len(EQUAL) + [False] * len(UNEQUAL)


def test_the_grader_reads_compares_and_leaves_open_what_is_not_decided() -> None:
    problem = Problem("p", "?", r"$\frac{\sqrt{2}}{2}$", "math")
    texts = [r"So \boxed{\frac{1}{\sqrt 2}}.", "The answer is 0.7", r"\sqrt{2}/2", "", "9!!!!!!"]
    graded = grade(problem, texts)
    assert [each.correct for each in graded] == [True, False, True, False, None]
    assert graded[-1].answer == "9!!!!!!"


def test_a_number_too_deep_for_the_algebra_is_not_called_unequal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def without_end(*known: object) -> bool:
        return without_end(*known)

    monkeypatch.setattr(algebra, "_same", without_end)
    sympy = importlib.import_module("sympy")
    assert algebra.equal(sympy, "9!", "8!") is None
    assert algebra.equal(sympy, "9!", "no formula!(") is False


def test_a_comparison_that_kills_the_sandbox_is_not_decided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(child, "converse", lambda *_: [])
    assert formulas.equal([("x", "y"), ("x", "x")]) == [None, None]
