"""A formula is read by a parser that evaluates nothing; what it does not know, it refuses."""

import pytest
from apportion.data.sampler.sandbox.formula import Tree, Unread, parse

X, ONE, TWO, THREE = ["name", "x"], ["number", "1"], ["number", "2"], ["number", "3"]


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("1", ONE),
        ("1+2", ["sum", ONE, TWO]),
        ("1-2+3", ["sum", ONE, ["negative", TWO], THREE]),
        ("-x^2", ["negative", ["power", X, TWO]]),
        ("2^3^x", ["power", TWO, ["power", THREE, X]]),
        ("2^-1", ["power", TWO, ["negative", ONE]]),
        ("1/2x", ["product", ["quotient", ONE, TWO], X]),
        ("2x", ["product", TWO, X]),
        ("2(1+x)", ["product", TWO, ["sum", ONE, X]]),
        (r"\frac{1}{2}", ["quotient", ONE, TWO]),
        (r"\sqrt{x}", ["sqrt", X]),
        (r"\sqrt[3]{x}", ["sqrt", X, THREE]),
        ("sqrt2", ["sqrt", TWO]),
        (r"\sin 2x+1", ["sum", ["sin", ["product", TWO, X]], ONE]),
        (r"\sin^2(x)", ["power", ["sin", X], TWO]),
        (r"\log_2 x", ["log", X, TWO]),
        (r"\log_{3}(x)", ["log", X, THREE]),
        ("|x|", ["abs", X]),
        ("x!", ["factorial", X]),
        ("pi", ["name", "pi"]),
        (r"\infty", ["name", "oo"]),
        (r"\alpha_1", ["name", "alpha_1"]),
        ("x_{12}", ["name", "x_12"]),
        ("(1,2]", ["(]", ONE, TWO]),
        ("{1,2}", ["set", ONE, TWO]),
        (r"\{1\}", ["set", ONE]),
        ("1,2", ["list", ONE, TWO]),
        ("x=1", ["equation", X, ONE]),
        (r"[1,2]\cup(3,x)", ["union", ["[]", ONE, TWO], ["()", THREE, X]]),
        ("(1)(2)", ["product", ONE, TWO]),
    ],
)
def test_a_formula_is_read(text: str, tree: Tree) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    "text",
    [
        "",
        "(",
        ")",
        "1+",
        "()",
        "1)(2",
        "x^",
        "|x",
        "x<1",
        r"\frac{1}",
        r"\begin{matrix}",
        r"\input{x}",
        "x_{",
        "#",
        "1 ; 2",
        "(" * 200 + "1" + ")" * 200,
        "\0",
    ],
)
def test_what_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises(Unread):
        parse(text)
