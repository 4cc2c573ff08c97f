"""Tables: verdicts on levels, counted by judge and candidate, with gold and without."""

from dataclasses import dataclass

import numpy as np

from ...data.errors import InputError
from ...data.judgments import MISSING, Grades, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Counts (J, K, M) of verdicts whose truth is not known, and gold (J, K, M, M) where it is.

    `gold` counts verdicts by true level (third axis) and by what the judge said (last). `truth`
    (K, M) counts the true levels that speak of the candidate; it is 0 where the items with gold
    were chosen by their level. `shared` says that judges saw the same items, None that the log
    does not tell.
    """

    candidates: tuple[str, ...]
    judges: tuple[str, ...]
    values: tuple[float, ...]
    counts: Ints
    gold: Ints
    truth: Ints
    shared: bool | None = False

    def __post_init__(self) -> None:
        levels = len(self.values)
        shape = (len(self.judges), len(self.candidates), levels)
        for name, wanted in (("counts", shape), ("gold", (*shape, levels)), ("truth", shape[1:])):
            if (got := getattr(self, name)).shape != wanted:
                raise InputError(f"{name} must have shape {wanted}; got {got.shape}")

    @property
    def levels(self) -> int:
        """The number of levels, M."""
        return len(self.values)

    @property
    def known(self) -> bool:
        """Whether any verdict has its truth beside it."""
        return bool(self.gold.any())

    @property
    def said(self) -> Ints:
        """Every verdict, its truth known or not, (J, K, M)."""
        return np.asarray(self.counts + self.gold.sum(axis=2))


def tables(grades: Grades, *, at_random: bool = True) -> Tables:
    """Counts the verdicts that can be read.

    Args:
        grades: a row for each verdict.
        at_random: whether the items with gold are such as the others, so that their true levels
            speak of the candidates too; not so where they were chosen by level.
    """
    read = grades.level != MISSING
    none = np.zeros(len(read), dtype=np.int64)
    judge = (none if grades.judge is None else grades.judge)[read]
    item = (none if grades.item is None else grades.item)[read]
    gold = (none + MISSING if grades.gold is None else grades.gold)[read]
    candidate, level = grades.candidate[read], grades.level[read]
    names = _judges(grades)
    size, open_ = (len(names), len(grades.candidates), grades.levels), gold == MISSING
    counts = _count(size, judge[open_], candidate[open_], level[open_])
    sure = ~open_
    placed = (judge[sure], candidate[sure], gold[sure], level[sure])
    truth = _truth(size, item[sure], *placed[:3])
    return Tables(
        grades.candidates,
        names,
        grades.values,
        counts,
        _count((*size, size[2]), *placed),
        truth if at_random else np.zeros_like(truth),
        _shared(None if grades.item is None else item, judge, candidate),
    )


def _judges(grades: Grades) -> tuple[str, ...]:
    seen = 1 if grades.judge is None or not len(grades.judge) else int(grades.judge.max()) + 1
    named = grades.origin.judges
    return named + tuple(f"judge {i + 1}" for i in range(len(named), seen))


def _count(size: tuple[int, ...], *ids: Ints) -> Ints:
    cell = np.ravel_multi_index(ids, size)
    return np.bincount(cell, minlength=int(np.prod(size))).reshape(size)


def _truth(size: tuple[int, ...], item: Ints, judge: Ints, candidate: Ints, gold: Ints) -> Ints:
    """True levels (K, M): what several judges saw of one item is counted once."""
    found, item = np.unique(item, return_inverse=True)
    each = _count((len(found), *size), item, judge, candidate, gold)
    return np.asarray(each.max(axis=1).sum(axis=0))


def _shared(item: Ints | None, judge: Ints, candidate: Ints) -> bool | None:
    if len(judges := np.unique(judge)) < 2:
        return False
    if item is None:
        return None
    place = np.unique(np.column_stack([item, candidate, judge]), axis=0)[:, :2]
    return bool(len(judges) > 1 and len(np.unique(place, axis=0)) < len(place))
