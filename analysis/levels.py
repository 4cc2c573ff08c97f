"""Levels: which problems are alike in difficulty, told before or made from other samples."""

from dataclasses import dataclass

import numpy as np

from ..data.errors import InputError
from .counts import Counts, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """A level for each problem: `of` (P,) indexes `names`; `rule` says how it is known."""

    names: tuple[str, ...]
    of: Ints
    rule: str

    def members(self, level: int) -> Ints:
        """Returns the places of a level's problems."""
        return np.flatnonzero(self.of == level)


def one_level(problems: int) -> Levels:
    """Treats all problems alike."""
    return Levels(("all",), np.zeros(problems, dtype=np.int64), "one level for all problems")


def given(counts: Counts) -> Levels:
    """Takes the levels that the log names, the most often solved first.

    Raises:
        InputError: some problem has none.
    """
    if counts.levels is None:
        raise InputError("levels 'given' need a level for every problem; some have none")
    told = np.asarray(counts.levels, dtype=object)
    rates = {level: counts.solve_rates[told == level].mean() for level in dict.fromkeys(told)}
    names = tuple(sorted(rates, key=lambda level: -rates[level]))
    of = np.asarray([names.index(level) for level in counts.levels], dtype=np.int64)
    return Levels(names, of, "given in the log")


def by_solve_rate(counts: Counts, bins: int = 3) -> Levels:
    """Cuts the problems into equal parts by the share of their samples that is right.

    This needs gold answers: it cannot be done on a new problem, only on a log. Use it on samples
    other than those that are to be valued.
    """
    order = np.argsort(np.argsort(counts.solve_rates, kind="stable"), kind="stable")
    of = bins - 1 - order * bins // len(counts)
    names = {2: ("easy", "hard"), 3: ("easy", "medium", "hard")}.get(bins)
    named = names or tuple(f"level {i + 1}" for i in range(bins))
    return Levels(named, of.astype(np.int64), "solve rate on other samples (needs gold answers)")


def halves(counts: Counts, rng: np.random.Generator) -> tuple[Counts, Counts]:
    """Splits every problem's samples at random into two logs of n / 2 each.

    Raises:
        InputError: the log kept only counts, or some problem has a single sample.
    """
    if counts.drawn is None or counts.n.min() < 2:
        raise InputError("splitting a log in halves needs at least two samples of every problem")
    first, second = [], []
    for i in range(len(counts)):
        rows = counts.rows(i)
        mixed = rows.start + rng.permutation(rows.stop - rows.start)
        middle = len(mixed) // 2
        first.append(np.sort(mixed[:middle]))
        second.append(np.sort(mixed[middle:]))
    return _part(counts, first), _part(counts, second)


def _part(counts: Counts, rows: list[Ints]) -> Counts:
    sizes = np.asarray([len(r) for r in rows], dtype=np.int64)
    return counts.pick(np.concatenate(rows), sizes)
