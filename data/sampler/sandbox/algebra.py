"""Whether two formulas are equal, found out by sympy: one process for each pair, locked.

Numbers are compared at 50 digits, and formulas with letters at three points of positive numbers,
at 50 digits too; so two formulas that agree there are called equal. Nothing here evaluates text:
sympy gets trees.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from . import cell, seccomp
from .formula import FUNCTIONS, Tree, Unread, parse
from .lock import WIDE, lock

CPU_SECONDS = 3
WALL_SECONDS = 15.0
MEMORY = 2**30
DIGITS, CLOSE = 50, 40  # digits computed, and those that must agree
POINTS = 3
PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71)


def main(*folders: str) -> None:
    """Compare one pair after another; `folders` are where sympy is."""
    sys.path.extend(folders)
    import sympy

    del sys.path[-len(folders) :]
    warm(sympy)
    means = seccomp.reach()
    os.write(1, b"ready\n")
    while (pair := cell.read_block()) is not None:
        os.write(1, json.dumps(_apart(sympy, json.loads(pair), means)).encode() + b"\n")


def warm(sympy: Any) -> None:
    """Compare a few formulas while what sympy imports late can still be opened."""
    functions = "+".join(f"{name}(x)" for name in FUNCTIONS)
    for text in (functions, r"\frac{\pi^2}{3}+\sqrt[3]{2}+5!+e^{i}+\binom{5}{2}", "oo", "2^{-1/2}"):
        for other in (text, f"{text}+1"):
            equal(sympy, text, other)


def _apart(sympy: Any, pair: list[str], means: Any) -> bool | None:
    """The comparison in a process of its own: None where it ran out of time or memory."""
    hears, tell = os.pipe()

    def work() -> None:
        cell.deafen()
        lock(CPU_SECONDS, WIDE, MEMORY, means)
        os.write(tell, json.dumps(equal(sympy, *pair)).encode())

    child = cell.fork((tell,), work)
    os.close(tell)
    said = cell.hear(hears, WALL_SECONDS)
    cell.bury(child)
    return bool(json.loads(said)) if said and said != "null" else None


def equal(sympy: Any, one: str, other: str) -> bool | None:
    """Whether two formulas are equal; False where one is no formula, None where nothing is sure."""
    try:
        trees = parse(one), parse(other)
    except (Unread, RecursionError):
        return False
    try:
        return _alike(sympy, *trees)
    except RecursionError:  # sympy's own, on a number too large for it
        return None


def _alike(sympy: Any, one: Tree, other: Tree) -> bool | None:
    heads = one[0], other[0]
    several = [head in ("list", "set", "union", "equation") or head[0] in "([" for head in heads]
    if not any(several):
        return _same(sympy, build(sympy, one), build(sympy, other))
    if heads[0] != heads[1] or len(one) != len(other):
        return False
    if heads[0][0] in "([":
        return _all(_alike(sympy, a, b) for a, b in zip(one[1:], other[1:], strict=True))
    return _matched(sympy, one[1:], other[1:])


def _all(said: Any) -> bool | None:
    answers = list(said)
    return False if False in answers else None if None in answers else True


def _matched(sympy: Any, ones: list[Tree], others: list[Tree]) -> bool | None:
    """Whether each has a match of its own, in any order; of several the first will do."""
    left, unsure = list(others), False
    for one in ones:
        answers = [_alike(sympy, one, other) for other in left]
        if True in answers:
            del left[answers.index(True)]
        elif None in answers:
            unsure = True
        else:
            return False
    return None if unsure else True


def build(sympy: Any, tree: Tree) -> Any:
    """Returns sympy's form of a tree."""
    head, *parts = tree
    if head == "number":
        return sympy.Rational(parts[0])
    if head == "name":
        known = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "oo": sympy.oo}
        return known.get(parts[0]) or sympy.Symbol(parts[0], positive=True)
    return _operations(sympy)[head](*(build(sympy, part) for part in parts))


def _operations(sympy: Any) -> dict[str, Callable[..., Any]]:
    inverse = {"arcsin": sympy.asin, "arccos": sympy.acos, "arctan": sympy.atan}
    return {
        **{name: getattr(sympy, name) for name in FUNCTIONS if name[:3] not in ("arc", "abs")},
        **inverse,
        "abs": sympy.Abs,
        "sqrt": lambda x, n=2: x ** (1 / sympy.Rational(n)),
        "sum": sympy.Add,
        "product": sympy.Mul,
        "quotient": lambda a, b: a / b,
        "power": lambda a, b: a**b,
        "negative": lambda a: -a,
        "factorial": sympy.factorial,
        "binom": sympy.binomial,
    }


def _same(sympy: Any, one: Any, other: Any) -> bool | None:
    if one == other:
        return True
    if not all(side.is_finite is not False for side in (one, other)):
        return False
    letters = sorted((one - other).free_symbols | one.free_symbols, key=str)
    agreed = 0
    for at in range(POINTS if letters else 1):
        primes = itertools.cycle(PRIMES[at:])
        place = {letter: sympy.Rational(next(primes), 7 + 4 * at) for letter in letters}
        answer = _close(sympy, one.subs(place), other.subs(place))
        if answer is False:
            return False
        agreed += answer is True
    return True if agreed > (1 if letters else 0) else None


def _close(sympy: Any, one: Any, other: Any) -> bool | None:
    """Whether two numbers agree in their first digits; None where one has no value."""
    a, b, gap = (sympy.N(number, DIGITS) for number in (one, other, one - other))
    if not all(value.is_number and value.is_finite for value in (a, b, gap)):
        return None
    scale = max(abs(a), abs(b), sympy.Float(1))
    return bool(abs(gap) < scale * sympy.Float(10) ** -CLOSE)
