"""Generated tasks of graded difficulty: raw few-shot prompts whose answers can be checked."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass

from .programs import PROGRAMS, SHOTS, Program

MAX_TOKENS = {"add": 8, "sub": 8, "mul": 8, "max": 6, "sort": 20, "word": 40, "code": 32}


@dataclass(frozen=True, slots=True)
class Problem:
    """One task: its level is set by how it was made, before anything is sampled.

    `operands` are the numbers asked about, `gold` the answer (for code, a reference expression).
    """

    name: str
    family: str
    level: str
    prompt: str
    gold: str
    operands: tuple[int, ...] = ()
    program: Program | None = None

    @property
    def max_tokens(self) -> int:
        """How long a completion may be."""
        return MAX_TOKENS[self.family]


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
)


def problems(seed: int, kinds: tuple[Kind, ...] = KINDS) -> list[Problem]:
    """The task set of a seed; each kind has its own stream, so adding a kind moves no other."""
    made = [problem for kind in kinds for problem in _generated(kind, seed)]
    return made + [_program(program) for program in PROGRAMS]


def digest(tasks: list[Problem]) -> str:
    """A fingerprint of a task set: names, prompts, levels, answers."""
    words = json.dumps([asdict(task) for task in tasks], sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()


def _generated(kind: Kind, seed: int) -> list[Problem]:
    """Problems of one kind, no two of them alike."""
    rng = random.Random(f"{seed} {kind.family} {kind.size}")
    made: dict[str, Problem] = {}
    while len(made) < kind.count:
        prompt, gold, operands = MAKERS[kind.family](kind.size, rng)
        name = f"{kind.family}-{kind.size}-{len(made)}"
        problem = Problem(name, kind.family, kind.level, prompt, gold, tuple(operands))
        made.setdefault(prompt, problem)
    return list(made.values())


def _program(program: Program) -> Problem:
    shots = "".join(f"{shot.header} {shot.reference}\n\n" for shot in SHOTS)
    prompt = shots + program.header
    name = f"code-{program.name}"
    return Problem(name, "code", program.level, prompt, program.reference, (), program)


Made = tuple[str, str, list[int]]


def _with_digits(count: int, rng: random.Random) -> int:
    return rng.randint(2 if count == 1 else 10 ** (count - 1), 10**count - 1)


def _add(size: int, rng: random.Random) -> Made:
    a, b = _with_digits(size, rng), _with_digits(size, rng)
    return f"Compute.\n7 + 12 = 19\n34 + 25 = 59\n{a} + {b} =", str(a + b), [a, b]


def _sub(size: int, rng: random.Random) -> Made:
    b, a = sorted((_with_digits(size, rng), _with_digits(size, rng)))
    return f"Compute.\n15 - 8 = 7\n64 - 31 = 33\n{a} - {b} =", str(a - b), [a, b]


def _mul(size: int, rng: random.Random) -> Made:
    """Size 1 is 1 x 1 digits, 2 is 2 x 1, 3 is 2 x 2."""
    a, b = _with_digits(min(size, 2), rng), _with_digits(max(size - 1, 1), rng)
    return f"Compute.\n6 * 4 = 24\n15 * 3 = 45\n{a} * {b} =", str(a * b), [a, b]


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))


def _shots(size: int, order: Callable[[list[int]], list[int]]) -> list[list[int]]:
    """Four lists to show, the same for every problem of a size, each arranged by `order`."""
    rng = random.Random(size)
    return [order(rng.sample(range(1, 31), size)) for _ in range(4)]


def _unsorted(numbers: list[int]) -> list[int]:
    """A shown list must not look sorted already, or the model learns to copy."""
    return numbers if numbers != sorted(numbers) else numbers[::-1]


def _max(size: int, rng: random.Random) -> Made:
    places = itertools.cycle(range(size))

    def order(numbers: list[int]) -> list[int]:
        rest = [number for number in numbers if number != max(numbers)]
        rest.insert(next(places), max(numbers))
        return rest

    lines = [f"max({_listed(shot)}) = {max(shot)}" for shot in _shots(size, order)]
    asked = rng.sample(range(1, 31), size)
    return "\n".join([*lines, f"max({_listed(asked)}) ="]), str(max(asked)), asked


def _sort(size: int, rng: random.Random) -> Made:
    lines = [
        f"sorted([{_listed(shot)}]) == [{_listed(sorted(shot))}]"
        for shot in _shots(size, _unsorted)
    ]
    asked = rng.sample(range(1, 31), size)
    prompt = "\n".join([*lines, f"sorted([{_listed(asked)}]) == ["])
    return prompt, _listed(sorted(asked)), asked


WORD_SHOTS = {
    1: (
        "Q: Max has 4 pens and gets 3 more. How many pens does Max have now?\n"
        "A: 4 + 3 = 7. The answer is 7.\n"
        "Q: Kim has 9 cards and gets 6 more. How many cards does Kim have now?\n"
        "A: 9 + 6 = 15. The answer is 15.\n"
    ),
    2: (
        "Q: Max has 4 pens, buys 3 more and then loses 2. How many pens does Max have now?\n"
        "A: 4 + 3 = 7. 7 - 2 = 5. The answer is 5.\n"
        "Q: Kim has 9 cards, buys 6 more and then loses 5. How many cards does Kim have now?\n"
        "A: 9 + 6 = 15. 15 - 5 = 10. The answer is 10.\n"
    ),
}


def _word(size: int, rng: random.Random) -> Made:
    """Size is the number of steps."""
    who, what = rng.choice(("Tom", "Anna", "Ben", "Mia")), rng.choice(("books", "coins", "eggs"))
    has, more = rng.randint(5, 30), rng.randint(2, 12)
    less = rng.randint(2, has + more - 1)
    if size == 1:
        story, gold, numbers = f" and gets {more} more.", has + more, [has, more]
    else:
        story = f", buys {more} more and then loses {less}."
        gold, numbers = has + more - less, [has, more, less]
    asked = f"Q: {who} has {has} {what}{story} How many {what} does {who} have now?\nA:"
    return WORD_SHOTS[size] + asked, str(gold), numbers


MAKERS: dict[str, Callable[[int, random.Random], Made]] = {
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "max": _max,
    "sort": _sort,
    "word": _word,
}
