"""Generated tasks of graded difficulty: raw few-shot prompts whose answers can be checked."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import asdict, dataclass
from typing import Any

from .makers import MAKERS, Made
from .problem import Problem
from .programs import PROGRAMS, SHOTS, Program


@dataclass(frozen=True, slots=True)
class Family:
    """What problems of one make have in common: how long an answer may be, and how it is read.

    `step` ends a step of its solutions, where they have steps.
    """

    max_tokens: int
    grader: str
    step: str | None = None


FAMILIES: dict[str, Family] = {
    "add": Family(8, "number"),
    "sub": Family(8, "number"),
    "mul": Family(8, "number"),
    "max": Family(6, "number"),
    "sort": Family(20, "list", ","),
    "sums": Family(60, "chain", ","),
    "word": Family(40, "stated", "."),
    "code": Family(32, "expression"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """How many problems of one family and size to make, and the level they belong to."""

    family: str
    size: int
    level: str
    count: int


# The levels follow success rates seen on other problems of the same kinds (another seed).
KINDS: tuple[Kind, ...] = (
    Kind("add", 1, "easy", 7),
    Kind("mul", 1, "easy", 7),
    Kind("word", 1, "easy", 5),
    Kind("add", 2, "medium", 5),
    Kind("sub", 1, "medium", 4),
    Kind("max", 3, "medium", 4),
    Kind("max", 4, "medium", 3),
    Kind("sort", 2, "medium", 4),
    Kind("add", 3, "hard", 4),
    Kind("sub", 2, "hard", 2),
    Kind("mul", 2, "hard", 4),
    Kind("mul", 3, "hard", 1),
    Kind("sort", 3, "hard", 4),
    Kind("word", 2, "hard", 3),
    Kind("sums", 3, "medium", 7),
    Kind("sums", 4, "hard", 5),
    Kind("sums", 5, "hard", 2),
)


def problems(seed: int, kinds: tuple[Kind, ...] = KINDS, *, times: int = 1) -> list[Problem]:
    """Returns the task set of a seed; each kind has its own stream, so none moves another.

    There are `times` as many problems of each kind; the first are the same whatever it is.

    Another seed makes fresh problems of the same kinds, whose names are the same; the functions of
    the family `code` do not depend on it.
    """
    made = [problem for kind in kinds for problem in _generated(kind, seed, times)]
    return made + [_program(program) for program in PROGRAMS]


def digest(tasks: list[Problem]) -> str:
    """A fingerprint of a task set: names, prompts, levels, answers."""
    words = json.dumps([asdict(task) for task in tasks], sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()


def _generated(kind: Kind, seed: int, times: int) -> list[Problem]:
    """Problems of one kind, no two of them alike."""
    rng = random.Random(f"{seed} {kind.family} {kind.size}")
    made: dict[str, Made] = {}
    while len(made) < times * kind.count:
        each = MAKERS[kind.family](kind.size, rng)
        made.setdefault(each.prompt, each)
    return [
        _problem(
            kind.family,
            name=f"{kind.family}-{kind.size}-{at}",
            level=kind.level,
            prompt=each.prompt,
            gold=each.gold,
            operands=tuple(each.operands),
            steps=each.steps,
        )
        for at, each in enumerate(made.values())
    ]


def _program(program: Program) -> Problem:
    shots = "".join(f"{shot.header} {shot.reference}\n\n" for shot in SHOTS)
    return _problem(
        "code",
        name=f"code-{program.name}",
        level=program.level,
        prompt=shots + program.header,
        gold=program.reference,
        program=program,
    )


def _problem(family: str, **known: Any) -> Problem:
    its = FAMILIES[family]
    return Problem(
        family=family,
        grader=its.grader,
        max_tokens=its.max_tokens,
        stop=("\n",),
        step=its.step,
        **known,
    )
