"""One-line Python functions to be written by the model: a reference, a weak test, a domain."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

Value = bool | int | float | str | list["Value"]
Inputs = list[Value]

WORDS = ("ant", "bee", "Cat", "dog", "eel", "owl", "level", "noon", "a", "Aria", "otter", "io")


@dataclass(frozen=True, slots=True)
class Program:
    """A function the model must complete.

    `domains` names the kind of each parameter, `weak` is the input of its one weak unit test.
    """

    name: str
    domains: dict[str, str]
    text: str
    reference: str
    weak: Inputs
    level: str

    @property
    def header(self) -> str:
        """The text up to the expression that the model must write."""
        parameters = ", ".join(self.domains)
        return f'def {self.name}({parameters}):\n    """{self.text}"""\n    return'

    def inputs(self, count: int, rng: random.Random) -> list[Inputs]:
        """Random inputs from the function's domain."""
        return [[DOMAINS[kind](rng) for kind in self.domains.values()] for _ in range(count)]


def _whole(rng: random.Random) -> Value:
    return rng.randint(-12, 12)


def _natural(rng: random.Random) -> Value:
    return rng.choice((rng.randint(1, 9), rng.randint(1, 30), rng.randint(10, 4000)))


def _small(rng: random.Random) -> Value:
    return rng.randint(0, 12)


def _divisor(rng: random.Random) -> Value:
    return rng.randint(1, 9)


def _numbers(rng: random.Random, least: int = 0) -> Value:
    return [rng.randint(-6, 9) for _ in range(rng.randint(least, 7))]


def _some(rng: random.Random) -> Value:
    return _numbers(rng, 1)


def _odd(rng: random.Random) -> Value:
    return [rng.randint(-6, 9) for _ in range(rng.choice((1, 3, 5, 7)))]


def _distinct(rng: random.Random) -> Value:
    return list(rng.sample(range(-20, 21), rng.randint(2, 7)))


def _text(rng: random.Random) -> Value:
    gaps = (" ", " ", "  ")
    words = [rng.choice(WORDS) for _ in range(rng.randint(0, 4))]
    return "".join(word + rng.choice(gaps) for word in words).rstrip()


def _phrase(rng: random.Random) -> Value:
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 4)))


def _word(rng: random.Random) -> Value:
    made = "".join(rng.choice("abcAe") for _ in range(rng.randint(1, 6)))
    return rng.choice((rng.choice(WORDS), made, made + made[::-1]))


DOMAINS: dict[str, Callable[[random.Random], Value]] = {
    "whole": _whole,
    "natural": _natural,
    "small": _small,
    "divisor": _divisor,
    "numbers": _numbers,
    "some": _some,
    "odd": _odd,
    "distinct": _distinct,
    "text": _text,
    "phrase": _phrase,
    "word": _word,
}


def _easy(name: str, domains: dict[str, str], text: str, reference: str, *weak: Value) -> Program:
    return Program(name, domains, text, reference, list(weak), "easy")


def _medium(name: str, domains: dict[str, str], text: str, reference: str, *weak: Value) -> Program:
    return Program(name, domains, text, reference, list(weak), "medium")


def _hard(name: str, domains: dict[str, str], text: str, reference: str, *weak: Value) -> Program:
    return Program(name, domains, text, reference, list(weak), "hard")


_N, _LIST, _SOME, _S = {"n": "whole"}, {"xs": "numbers"}, {"xs": "some"}, {"s": "text"}
_AB = {"a": "whole", "b": "whole"}

# Shown in every prompt, and there to be called by what the model writes.
SHOTS: tuple[Program, ...] = (
    _easy("is_even", _N, "Return True if n is even, otherwise False.", "n % 2 == 0", 2),
    _easy("triple", {"x": "whole"}, "Return x multiplied by three.", "3 * x", 0),
)

# The levels follow success rates seen in a trial of the same functions on other random streams.
PROGRAMS: tuple[Program, ...] = (
    _easy("add", _AB, "Return the sum of a and b.", "a + b", 2, 2),
    _easy("multiply", _AB, "Return the product of a and b.", "a * b", 2, 2),
    _easy("square", _N, "Return the square of n.", "n * n", 2),
    _easy("is_odd", _N, "Return True if n is odd, otherwise False.", "n % 2 == 1", 3),
    _easy("size", _LIST, "Return the number of elements in the list xs.", "len(xs)", [1, 2]),
    _easy("first", _SOME, "Return the first element of the list xs.", "xs[0]", [7]),
    _easy("largest", _SOME, "Return the largest number in the list xs.", "max(xs)", [1, 2, 3]),
    _easy("smallest", _SOME, "Return the smallest number in the list xs.", "min(xs)", [1, 2]),
    _easy("average", _SOME, "Return the mean of the list xs.", "sum(xs) / len(xs)", [2, 2]),
    _easy(
        "is_palindrome",
        {"s": "word"},
        "Return True if the string s reads the same backwards.",
        "s == s[::-1]",
        "aba",
    ),
    _medium("is_negative", _N, "Return True if n is less than zero.", "n < 0", -1),
    _medium("last", _SOME, "Return the last element of the list xs.", "xs[-1]", [1, 2]),
    _medium("total", _LIST, "Return the sum of the numbers in the list xs.", "sum(xs)", [1, 2]),
    _medium("backwards", _S, "Return the string s reversed.", "s[::-1]", "aa"),
    _medium("distance", _AB, "Return the absolute difference of a and b.", "abs(a - b)", 5, 2),
    _medium(
        "doubled",
        _LIST,
        "Return a list with every number of xs multiplied by two.",
        "[2 * x for x in xs]",
        [2],
    ),
    _medium(
        "evens",
        _LIST,
        "Return a list of the even numbers in xs.",
        "[x for x in xs if x % 2 == 0]",
        [2, 4],
    ),
    _medium("digits", {"n": "natural"}, "Return the number of digits of n.", "len(str(n))", 5),
    _medium(
        "fahrenheit",
        {"c": "whole"},
        "Convert c degrees Celsius to degrees Fahrenheit.",
        "c * 9 / 5 + 32",
        0,
    ),
    _medium(
        "middle",
        {"xs": "odd"},
        "Return the middle element of the list xs, whose length is odd.",
        "xs[len(xs) // 2]",
        [5],
    ),
    _hard("shout", _S, "Return the string s in upper case.", "s.upper()", "ab"),
    _hard(
        "divides",
        {"a": "divisor", "b": "small"},
        "Return True if a divides b without remainder.",
        "b % a == 0",
        3,
        6,
    ),
    _hard(
        "positives",
        _LIST,
        "Return a list of the numbers in xs that are greater than zero.",
        "[x for x in xs if x > 0]",
        [1, 2],
    ),
    _hard("word_count", _S, "Return the number of words in s.", "len(s.split())", "one two"),
    _hard("squeeze", _S, "Return s with all spaces removed.", "s.replace(' ', '')", "ab"),
    _hard(
        "second_largest",
        {"xs": "distinct"},
        "Return the second largest number in the list xs.",
        "sorted(xs)[-2]",
        [1, 2],
    ),
    _hard(
        "vowels",
        _S,
        "Return the number of vowels in the string s, in either case.",
        "sum(c in 'aeiou' for c in s.lower())",
        "aei",
    ),
    _hard(
        "digit_sum",
        {"n": "natural"},
        "Return the sum of the decimal digits of n.",
        "sum(int(d) for d in str(n))",
        7,
    ),
    _hard(
        "triangle",
        {"n": "natural"},
        "Return the sum of the whole numbers from 1 to n.",
        "n * (n + 1) // 2",
        1,
    ),
    _hard(
        "clamp",
        {"x": "whole", "low": "small", "high": "natural"},
        "Return low if x is below low, otherwise high if x is above high, otherwise x.",
        "low if x < low else high if x > high else x",
        5,
        0,
        10,
    ),
    _hard(
        "initials",
        {"s": "phrase"},
        "Return the first letters of the words of s, joined.",
        "''.join(w[0] for w in s.split())",
        "ab",
    ),
    _hard("alternate", _LIST, "Return every second element of xs.", "xs[::2]", [1]),
    _hard(
        "rotated",
        _SOME,
        "Return xs with its first element moved to the end.",
        "xs[1:] + xs[:1]",
        [1, 1],
    ),
    _hard(
        "ascending",
        _LIST,
        "Return True if the list xs never decreases.",
        "xs == sorted(xs)",
        [1, 2, 3],
    ),
    _hard(
        "repeats",
        _LIST,
        "Return True if some element of xs occurs more than once.",
        "len(xs) != len(set(xs))",
        [1, 1],
    ),
    _hard(
        "shared",
        {"xs": "numbers", "ys": "numbers"},
        "Return the sorted list of the distinct elements found in both xs and ys.",
        "sorted(set(xs) & set(ys))",
        [1],
        [1],
    ),
)
