"""A formula's text to a tree, by a parser that knows what a formula may hold and evaluates nothing.

A tree is a list: its head, then its parts. ["number", "1.5"], ["name", "x"], and operations on
trees: "sum", "product", "power", "quotient", "negative", and those of FUNCTIONS. Several formulas
together are "list" and "set" (in any order), "union", or "(]" and the like (in this order).
"""

from __future__ import annotations

import re
from typing import Any

Tree = list[Any]

DEEPEST = 40
TOKEN = re.compile(r"\s+|[0-9]+(?:\.[0-9]*)?|\.[0-9]+|\\[a-zA-Z]+|\\.|.", re.DOTALL)
FUNCTIONS = (
    *("sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh"),
    *("tanh", "exp", "ln", "log", "sqrt", "abs"),
)
CONSTANTS = {"pi": "pi", "infty": "oo", "infinity": "oo", "oo": "oo", "inf": "oo"}
GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "theta", "lambda", "mu", "nu", "rho"),
    *("sigma", "tau", "phi", "omega"),
)
WORDS = sorted((*FUNCTIONS, *CONSTANTS, *GREEK, "frac", "binom"), key=len, reverse=True)
SIGNS = {"cdot": "*", "times": "*", "div": "/", "cup": "cup"}
CLOSING = {"(": ")", "[": "]", "{": "}"}


class Unread(Exception):
    """The text is no formula that this parser knows."""


def parse(text: str) -> Tree:
    """Returns the tree of an answer: one formula, an equation, or several together.

    >>> parse("[0,1)")
    ['[)', ['number', '0'], ['number', '1']]
    """
    return _answer(_tokens(text))


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    for token in TOKEN.findall(text):
        if token.startswith("\\") and token[1:].isalpha():
            word = SIGNS.get(token[1:], token[1:])
            if word not in (*WORDS, *SIGNS.values()):
                raise Unread(token)
            tokens.append(word)
        elif not token.isspace():
            tokens.append(token.lstrip("\\") if token in (r"\{", r"\}", r"\|") else token)
    return _worded(tokens)


def _worded(tokens: list[str]) -> list[str]:
    """Letters that spell a known word are that word."""
    joined: list[str] = []
    at = 0
    while at < len(tokens):
        rest = "".join(t if len(t) == 1 else " " for t in tokens[at : at + 8])
        word = next((word for word in WORDS if rest.startswith(word)), tokens[at])
        joined.append(word)
        at += len(word) if word != tokens[at] else 1
    return joined


def _answer(tokens: list[str]) -> Tree:
    if not tokens:
        raise Unread("nothing")
    for between, head in (("cup", "union"), (",", "list"), ("=", "equation")):
        parts = _split(tokens, between)
        if len(parts) > 1:
            return [head, *map(_answer, parts)]
    first, last = tokens[0], tokens[-1]
    if first in CLOSING and last in CLOSING.values() and _together(tokens[1:-1]):
        inside = _split(tokens[1:-1], ",")
        if first == "{" or len(inside) > 1:
            return ["set" if first == "{" else first + last, *map(_answer, inside)]
    reader = Reader(tokens)
    tree = reader.sum()
    if reader.rest():
        raise Unread(reader.rest())
    return tree


def _together(tokens: list[str]) -> bool:
    """Whether every bracket that closes here was opened here."""
    depth = 0
    for token in tokens:
        depth += (token in CLOSING) - (token in CLOSING.values())
        if depth < 0:
            return False
    return True


def _split(tokens: list[str], between: str) -> list[list[str]]:
    """The parts between tokens that stand outside all brackets."""
    parts: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token in CLOSING) - (token in CLOSING.values())
        if token == between and not depth:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


class Reader:
    """Reads one formula from left to right."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.at, self.depth = tokens, 0, 0

    def rest(self) -> str:
        """The next token, or an empty text at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        """Returns the next token, which must be the wanted one."""
        token = self.rest()
        if not token or (wanted and token != wanted):
            raise Unread(f"{token!r} for {wanted!r}")
        self.at += 1
        return token

    def sum(self) -> Tree:
        """Terms, added and subtracted."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unread("too deep")
        terms = [self.product()]
        while self.rest() in ("+", "-"):
            minus = self.take() == "-"
            terms.append(["negative", self.product()] if minus else self.product())
        self.depth -= 1
        return ["sum", *terms] if len(terms) > 1 else terms[0]

    def product(self) -> Tree:
        """Factors, multiplied with or without a sign, and divided."""
        tree = self.signed()
        while (token := self.rest()) and token not in ("+", "-", ")", "]", "}", "|", ","):
            if token in ("*", "/"):
                self.take()
                right = self.signed()
                tree = ["quotient", tree, right] if token == "/" else ["product", tree, right]
            else:
                tree = ["product", tree, self.power()]
        return tree

    def signed(self) -> Tree:
        """A factor with its signs."""
        minus = False
        while self.rest() in ("+", "-"):
            minus ^= self.take() == "-"
        tree = self.power()
        return ["negative", tree] if minus else tree

    def power(self) -> Tree:
        """An atom, its factorials, and its exponent."""
        tree = self.atom()
        while self.rest() == "!":
            self.take()
            tree = ["factorial", tree]
        if self.rest() == "^":
            self.take()
            tree = ["power", tree, self.signed()]
        return tree

    def atom(self) -> Tree:
        """A number, a name, a group, or a function of something."""
        token = self.take()
        if token[0].isdecimal() or token[0] == ".":
            return ["number", token]
        if token in CLOSING or token == "|":
            return self.group(token)
        if token in ("frac", "binom"):
            return ["quotient" if token == "frac" else "binom", self.braced(), self.braced()]
        if token in FUNCTIONS:
            return self.applied(token)
        if token in CONSTANTS:
            return ["name", CONSTANTS[token]]
        if token in GREEK or (len(token) == 1 and token.isalpha()):
            return ["name", token + self.index()]
        raise Unread(token)

    def group(self, opening: str) -> Tree:
        """What stands in brackets, the first of which is taken already."""
        tree = self.sum()
        self.take(CLOSING.get(opening, "|"))
        return ["abs", tree] if opening == "|" else tree

    def braced(self) -> Tree:
        """A group in braces."""
        return self.group(self.take("{"))

    def index(self) -> str:
        """What follows an underscore: a token, or all in braces."""
        if self.rest() != "_":
            return ""
        self.take()
        if self.rest() != "{":
            return "_" + self.take()
        words: list[str] = []
        while words[-1:] != ["}"]:
            words.append(self.take())
        return "_" + "".join(words[1:-1])

    def applied(self, function: str) -> Tree:
        """A function with its base or root or exponent, and what it is applied to."""
        base: Tree | None = None
        power: Tree | None = None
        if function == "sqrt" and self.rest() == "[":
            base = self.group(self.take())
        if function == "log" and self.rest() == "_":
            self.take()
            base = self.braced() if self.rest() == "{" else self.digit()
        if self.rest() == "^":
            self.take()
            power = self.atom()
        tree = [function, self.argument(), *([base] if base else [])]
        return ["power", tree, power] if power else tree

    def digit(self) -> Tree:
        """The first digit of what follows: without braces, LaTeX takes no more."""
        token = self.take()
        if token[1:]:
            self.at -= 1
            self.tokens[self.at] = token[1:]
        return ["number", token[0]] if token[0].isdecimal() else ["name", token[0]]

    def argument(self) -> Tree:
        """A group, or all that is multiplied without a sign."""
        if self.rest() in CLOSING or self.rest() == "|":
            return self.group(self.take())
        tree = self.power()
        while (token := self.rest()) and (token[0].isalnum() and token not in FUNCTIONS):
            tree = ["product", tree, self.power()]
        return tree
