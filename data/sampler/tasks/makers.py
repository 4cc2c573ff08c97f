"""How a problem of each family is made: its prompt, its answer, its numbers, its steps."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Made:
    """A prompt, the right answer, the numbers asked about, and the steps of a right solution."""

    prompt: str
    gold: str
    operands: list[int]
    steps: tuple[str, ...] = ()


def _with_digits(count: int, rng: random.Random) -> int:
    return rng.randint(2 if count == 1 else 10 ** (count - 1), 10**count - 1)


def _add(size: int, rng: random.Random) -> Made:
    a, b = _with_digits(size, rng), _with_digits(size, rng)
    return Made(f"Compute.\n7 + 12 = 19\n34 + 25 = 59\n{a} + {b} =", str(a + b), [a, b])


def _sub(size: int, rng: random.Random) -> Made:
    b, a = sorted((_with_digits(size, rng), _with_digits(size, rng)))
    return Made(f"Compute.\n15 - 8 = 7\n64 - 31 = 33\n{a} - {b} =", str(a - b), [a, b])


def _mul(size: int, rng: random.Random) -> Made:
    """Size 1 is 1 x 1 digits, 2 is 2 x 1, 3 is 2 x 2."""
    a, b = _with_digits(min(size, 2), rng), _with_digits(max(size - 1, 1), rng)
    return Made(f"Compute.\n6 * 4 = 24\n15 * 3 = 45\n{a} * {b} =", str(a * b), [a, b])


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
    return Made("\n".join([*lines, f"max({_listed(asked)}) ="]), str(max(asked)), asked)


def _sort(size: int, rng: random.Random) -> Made:
    lines = [
        f"sorted([{_listed(shot)}]) == [{_listed(sorted(shot))}]"
        for shot in _shots(size, _unsorted)
    ]
    asked = rng.sample(range(1, 31), size)
    prompt = "\n".join([*lines, f"sorted([{_listed(asked)}]) == ["])
    gold = _listed(sorted(asked))
    return Made(prompt, gold, asked, tuple(f"{gold}]".split(", ")))


def _chain(numbers: list[int]) -> tuple[str, ...]:
    totals = itertools.accumulate(numbers)
    return tuple(f"{t} + {n} = {t + n}" for t, n in zip(totals, numbers[1:], strict=False))


def _sums(size: int, rng: random.Random) -> Made:
    """Size is the number of terms."""
    shown = random.Random(size)
    asked, *shots = [[r.randint(1, 9) for _ in range(size)] for r in (rng, *[shown] * 4)]
    lines = [f"{' + '.join(map(str, shot))}: {', '.join(_chain(shot))}" for shot in shots]
    prompt = "\n".join([*lines, f"{' + '.join(map(str, asked))}:"])
    steps = _chain(asked)
    return Made(prompt, ", ".join(steps), asked, steps)


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
    numbers, steps = [has, more], [f"{has} + {more} = {has + more}"]
    story, gold = f" and gets {more} more.", has + more
    if size == 2:
        story, gold = f", buys {more} more and then loses {less}.", has + more - less
        numbers, steps = [*numbers, less], [*steps, f"{has + more} - {less} = {gold}"]
    asked = f"Q: {who} has {has} {what}{story} How many {what} does {who} have now?\nA:"
    return Made(WORD_SHOTS[size] + asked, str(gold), numbers, (*steps, f"The answer is {gold}"))


MAKERS: dict[str, Callable[[int, random.Random], Made]] = {
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "max": _max,
    "sort": _sort,
    "sums": _sums,
    "word": _word,
}
