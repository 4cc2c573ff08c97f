"""What can be checked of an answer without solving the problem: a weak and a stronger check."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Check = Callable[[str, Sequence[int]], bool]
"""Whether an answer passes, given the numbers asked about; every right answer does."""


def _modulo(base: int, compute: Callable[[int, int], int]) -> Check:
    """Right in the remainder: with base 9, one wrong answer in nine passes by luck."""
    return lambda answer, numbers: (int(answer) - compute(numbers[0], numbers[1])) % base == 0


def _among(answer: str, numbers: Sequence[int]) -> bool:
    """For a maximum: one of the numbers, and larger than the smallest."""
    return int(answer) in numbers and int(answer) > min(numbers)


def _upper(answer: str, numbers: Sequence[int]) -> bool:
    """For a maximum: one of the numbers, and no smaller than half of them or more."""
    smaller = sum(number < int(answer) for number in numbers)
    return int(answer) in numbers and 2 * smaller >= len(numbers)


def _ascending(answer: str, _: Sequence[int]) -> bool:
    """For a sorted list: in order, whatever the numbers."""
    found = _listed(answer)
    return found == sorted(found)


def _ends(answer: str, numbers: Sequence[int]) -> bool:
    """For a sorted list: in order, from the smallest to the largest of the numbers."""
    found = _listed(answer)
    return _ascending(answer, numbers) and (found[0], found[-1]) == (min(numbers), max(numbers))


def _climbing(answer: str, numbers: Sequence[int]) -> bool:
    """For running sums: as many totals as terms to add, and in order, since terms are positive."""
    return len(_listed(answer)) == len(numbers) - 1 and _ascending(answer, numbers)


def _climbing_to(answer: str, numbers: Sequence[int]) -> bool:
    """For running sums: climbing, and the last total right in its remainder by nine."""
    return _climbing(answer, numbers) and (_listed(answer)[-1] - sum(numbers)) % 9 == 0


def _plausible(answer: str, numbers: Sequence[int]) -> bool:
    """For a story: not negative, and no more than all its numbers together."""
    return 0 <= int(answer) <= sum(numbers)


def _even_so(answer: str, numbers: Sequence[int]) -> bool:
    """For a story: plausible, and odd where its numbers together are, whatever their signs."""
    return _plausible(answer, numbers) and (int(answer) - sum(numbers)) % 2 == 0


def _listed(answer: str) -> list[int]:
    """The numbers of a list, and of `2 + 3 = 5, 5 + 4 = 9` the totals."""
    return [int(part.rpartition("=")[2]) for part in answer.split(",")]


WEAK: dict[str, Check] = {
    "add": _modulo(9, lambda a, b: a + b),
    "sub": _modulo(9, lambda a, b: a - b),
    "mul": _modulo(9, lambda a, b: a * b),
    "max": _among,
    "sort": _ascending,
    "sums": _climbing,
    "word": _plausible,
}

STRONG: dict[str, Check] = {
    # By nine and by ten: the last digit too.
    "add": _modulo(90, lambda a, b: a + b),
    "sub": _modulo(90, lambda a, b: a - b),
    "mul": _modulo(90, lambda a, b: a * b),
    "max": _upper,
    "sort": _ends,
    "sums": _climbing_to,
    "word": _even_so,
}
