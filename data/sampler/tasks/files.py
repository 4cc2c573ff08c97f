"""The user's own tasks: a JSONL file, one problem a line, checked before anything is drawn."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ...errors import InputError, nearest
from ..graders import GOLDS
from .problem import Problem

GRADERS = ("exact", "numeric", "choice", "math", "tests")
NAMES = ("problem", "name", "id")
LONGEST_LINE = 2**22
LARGEST_FILE = 2**29
MOST_TOKENS = 2**20

Row = dict[str, Any]


class Flaw(Exception):
    """What is wrong with a line, and what was got."""


def read_tasks(path: str | Path) -> list[Problem]:
    """Reads the problems of a JSONL file, in its order.

    A line is an object with a `prompt` and a `gold` answer or `tests`. A name (`problem`, `name` or
    `id`) is its own, or the number of its line. Blank lines do not count.

    Raises:
        InputError: the file or a line of it is not as it must be; it says which, and why.
    """
    where = ascii(str(path))
    problems: dict[str, Problem] = {}
    lines: dict[str, int] = {}
    for number, line in _lines(Path(path), where):
        try:
            problem = _problem(_object(line), number)
            if problem.name in lines:
                raise Flaw(
                    f"a name must be its own; {_shown(problem.name)} is that of line "
                    f"{lines[problem.name]} too"
                )
        except Flaw as flaw:
            raise InputError(f"{where}, line {number}: {flaw}") from None
        problems[problem.name], lines[problem.name] = problem, number
    if not problems:
        raise InputError(f"{where}: a file of tasks holds at least one problem; got none")
    return list(problems.values())


def _lines(path: Path, where: str) -> Iterator[tuple[int, str]]:
    """The lines that hold something, and their numbers from 1."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            if size > LARGEST_FILE:
                raise InputError(
                    f"{where}: a file of tasks holds at most {LARGEST_FILE} bytes; got {size}"
                )
            number = 0
            while line := file.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    raise InputError(
                        f"{where}, line {number}: a line holds at most {LONGEST_LINE} bytes"
                    )
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                if text.strip():
                    yield number, text
    except UnicodeDecodeError as error:
        raise InputError(f"{where}, line {number}: must be UTF-8; {error.reason}") from error
    except OSError as error:
        raise InputError(f"{where}: cannot be read; {error.strerror}") from error


def _object(line: str) -> Row:
    try:
        row = json.loads(line, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Flaw(f"must be one JSON object; {error}") from None
    if not isinstance(row, dict):
        raise Flaw(f"must be one JSON object; got {_shown(row)}")
    return row


def _once(pairs: list[tuple[str, Any]]) -> Row:
    row = dict(pairs)
    if len(row) < len(pairs):
        keys = [key for key, _ in pairs]
        raise Flaw(f"a key may stand once; got {_shown(max(keys, key=keys.count))} twice")
    return row


def _problem(row: Row, number: int) -> Problem:
    for key in row:
        if key not in FIELDS:
            known = list(FIELDS)
            raise Flaw(f"no key {_shown(key)} ({', '.join(known)}){nearest(key, known)}")
    read: Row = {key: _read(key, value) for key, value in row.items() if value is not None}
    names = [str(read.pop(key)) for key in NAMES if key in read]
    if len(names) > 1:
        raise Flaw(f"a problem has one name; got {_shown(names[0])} and {_shown(names[1])}")
    if "prompt" not in read:
        raise Flaw("a problem needs a `prompt`; got none")
    grader = read.setdefault("grader", "tests" if "tests" in read else "exact")
    needed = "tests" if grader == "tests" else "gold"
    if needed not in read:
        raise Flaw(f"the grader {grader!r} needs `{needed}`; got none")
    if "steps" in read and "step" not in read:
        raise Flaw("`steps` need the text that ends a `step`; got none")
    if grader in GOLDS and GOLDS[grader][1](read["gold"]) is None:
        raise Flaw(
            f"a `gold` of the grader {grader!r} must be {GOLDS[grader][0]}; "
            f"got {_shown(read['gold'])}"
        )
    return Problem(name=names[0] if names else str(number), **read)


def _read(key: str, value: object) -> object:
    try:
        return FIELDS[key](value)
    except Flaw as flaw:
        raise Flaw(f"`{key}` must be {flaw}; got {_shown(value)}") from None


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise Flaw("a text that is not empty")
    return value


def _word(value: object) -> str:
    """A text, or a number written as JSON writes it."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        raise Flaw("a text that is not empty, or a number")
    return value if isinstance(value, str) else json.dumps(value)


def _texts(value: object) -> tuple[str, ...]:
    several = [value] if isinstance(value, str) else value
    if not isinstance(several, list) or not several or not all(several):
        raise Flaw("a text, or a list of texts, none of them empty")
    if not all(isinstance(text, str) for text in several):
        raise Flaw("a text, or a list of texts")
    return tuple(several)


def _statements(value: object) -> tuple[str, ...]:
    found = _texts(value)
    for text in found:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise Flaw(f"Python statements ({str(error).splitlines()[0]})") from None
    return found


def _grader(value: object) -> str:
    if value not in GRADERS:
        raise Flaw(f"one of {', '.join(GRADERS)}{nearest(str(value), list(GRADERS))}")
    return str(value)


def _tokens(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_TOKENS:
        raise Flaw(f"a whole number from 1 to {MOST_TOKENS}")
    return value


def _yes(value: object) -> bool:
    if not isinstance(value, bool):
        raise Flaw("true or false")
    return value


def _shown(value: object) -> str:
    return ascii(value)[:80]


FIELDS: dict[str, Callable[[object], object]] = {
    "prompt": _text,
    **dict.fromkeys(NAMES, _word),
    "gold": _word,
    "tests": _statements,
    "weak_tests": _statements,
    "grader": _grader,
    "level": _word,
    "benchmark": _word,
    "max_tokens": _tokens,
    "stop": _texts,
    "step": _text,
    "steps": _texts,
    "chat": _yes,
}
"""The keys of a line, and what reads each."""
