"""Tasks: problems generated here, and problems read from a file."""

from __future__ import annotations

from ...errors import InputError, nearest
from . import generated
from .problem import Problem

BUNDLED = "bundled"
MOST = 4
"""How many times as many problems of a kind as usual can be asked for; some kinds end there."""


def load(source: str, seed: int) -> list[Problem]:
    """Returns the problems that `source` names.

    That is `bundled`, the generated set of a seed; or some of it, by families and levels, as in
    `bundled:add,sums` or `bundled:easy`, or both (`bundled:add,easy` are its easy ones); with
    `bundled*2` there are twice as many of each kind, the first half as without;
    or the path of a JSONL file (`files.read_tasks`). Another seed makes fresh problems of the same
    kinds, but for the family `code`, whose functions are always the same.

    Raises:
        InputError: no such family or level, or a file that cannot be read as tasks.
    """
    name, colon, chosen = source.partition(":")
    name, star, times = name.partition("*")
    if name == BUNDLED:
        problems = generated.problems(seed, times=_times(times) if star else 1)
        return _chosen(problems, chosen.split(",") if colon else [])
    from .files import read_tasks  # graders need this package's problems first

    return read_tasks(source)


def _times(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= MOST):
        raise InputError(f"bundled*N takes a whole number of 1 to {MOST}; got {text!a}")
    return int(text)


def _chosen(problems: list[Problem], words: list[str]) -> list[Problem]:
    families = list(dict.fromkeys(problem.family or "" for problem in problems))
    levels = list(dict.fromkeys(problem.level or "" for problem in problems))
    for word in words:
        if word not in families and word not in levels:
            known = [*families, *levels]
            raise InputError(
                f"no bundled family or level {word!a} ({', '.join(known)}){nearest(word, known)}"
            )
    wanted = [set(words) & set(known) or set(known) for known in (families, levels)]
    return [p for p in problems if p.family in wanted[0] and p.level in wanted[1]]
