"""A first look at the bytes of a JSONL file: what a fast parser would silently lose."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_PIECE = 1 << 18
_COLON, _QUOTE, _BLANK, _BACKSLASH = b':" \\'
_NULL = re.compile(rb'(?<!\\)" ?:[ \t]*null')
_LONE_SURROGATE = re.compile(
    rb"\\u[dD](?:[89abAB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..\\u[dD])[c-fC-F])"
)


@dataclass(frozen=True, slots=True)
class Survey:
    """How many keys all lines state, and whether an escape names half a character.

    A key ends in a quote and a colon, `":`, or has one blank between them. Text that looks like a
    key gives a number that fits no table, so that the file is then read with more care.
    """

    keys: int
    surrogates: bool


def survey(path: Path) -> Survey:
    """Counts the keys of a file and looks for lone surrogates, which polars reads as NUL."""
    keys, surrogates = 0, False
    for piece in _lines(path):
        text = np.frombuffer(piece, dtype=np.uint8)
        quote, colon = text == _QUOTE, text == _COLON
        if (text == _BACKSLASH).any():
            surrogates = surrogates or _LONE_SURROGATE.search(piece) is not None
            quote[1:] &= text[:-1] != _BACKSLASH
        spaced = quote[:-2] & colon[2:] & (text[1:-1] == _BLANK)
        ends = quote[:-1] & colon[1:]
        keys += int(np.count_nonzero(ends) + np.count_nonzero(spaced))
    return Survey(keys, surrogates)


def count_nulls(path: Path) -> int:
    """Counts the keys whose value is null."""
    return sum(len(_NULL.findall(piece)) for piece in _lines(path))


def _lines(path: Path) -> Iterator[bytes]:
    """Yields a file in pieces that end with a line."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece + file.readline()
