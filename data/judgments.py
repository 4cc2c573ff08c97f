"""Judgments: what judges said of candidates, item by item, as pairs, as levels or as orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .traces import Source

Ints = NDArray[np.int64]

LEFT, TIE, RIGHT = 1, 0, -1
MISSING = -9
"""Stands where a verdict, or its gold, is not there."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where judgments came from, what was said of them on reading, and what each id stands for."""

    items: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Battles of two candidates: ids (N,) of the item, the judge, the left and the right one.

    `winner` (N,) is LEFT, TIE or RIGHT, MISSING where the judge said nothing that could be read;
    `gold` is the same by the truth. Arrays are read-only.

    Raises:
        InputError: a candidate meets itself, an id or a winner that is none, lengths that differ.
    """

    candidates: tuple[str, ...]
    left: Ints
    right: Ints
    winner: Ints
    item: Ints | None = None
    judge: Ints | None = None
    gold: Ints | None = None
    origin: Origin = Origin()

    def __post_init__(self) -> None:
        _settle(self, ("left", "right"), ("winner", "gold"), len(self.candidates))
        if len(self.left) and int((alone := self.left == self.right).sum()):
            raise InputError(
                f"a candidate cannot meet itself; got {self.candidates[self.left[alone][0]]!r}"
                f" on both sides of row {int(alone.argmax()) + 1}"
            )
        for name in ("winner", "gold"):
            said = getattr(self, name)
            if said is not None and not np.isin(said, (LEFT, TIE, RIGHT, MISSING)).all():
                raise InputError(f"{name} must be 1 (left), 0 (tie) or -1 (right)")


@dataclass(frozen=True, slots=True, eq=False)
class Grades:
    """Levels that judges gave to candidates: ids (N,) of the item, the judge and the candidate.

    `level` (N,) counts from 0 up to M - 1, MISSING where nothing could be read; `gold` is the true
    one. `values` (M,) is what each level is worth. Arrays are read-only.

    Raises:
        InputError: a level outside 0..M-1, an id that is none, lengths that differ.
    """

    candidates: tuple[str, ...]
    candidate: Ints
    level: Ints
    values: tuple[float, ...]
    item: Ints | None = None
    judge: Ints | None = None
    gold: Ints | None = None
    origin: Origin = Origin()

    def __post_init__(self) -> None:
        _settle(self, ("candidate",), ("level", "gold"), len(self.candidates))
        if len(self.values) < 2:
            raise InputError(f"levels to rank by must be at least 2; got {len(self.values)}")
        for name in ("level", "gold"):
            said = getattr(self, name)
            if said is not None and not ((said == MISSING) | _within(said, self.levels)).all():
                raise InputError(f"{name} must satisfy 0 <= {name} <= {self.levels - 1}")

    @property
    def levels(self) -> int:
        """The number of levels, M."""
        return len(self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """Orders of several candidates: a row (N,) for each place of a candidate in a list.

    `list_` (N,) says which list, `rank` (N,) the place in it: 1 is the best, equal ranks are a tie.
    `item` and `judge` are of the lists, (L,). `whole` says that a candidate who is not in a list
    came behind all that are; otherwise it was not looked at. Arrays are read-only.

    Raises:
        InputError: a candidate twice in a list, an id that is none, lengths that differ.
    """

    candidates: tuple[str, ...]
    list_: Ints
    candidate: Ints
    rank: Ints
    item: Ints | None = None
    judge: Ints | None = None
    whole: bool = False
    origin: Origin = Origin()

    def __post_init__(self) -> None:
        for name in ("list_", "candidate", "rank", "item", "judge"):
            if (values := getattr(self, name)) is not None:
                object.__setattr__(self, name, _frozen(values))
        if not len(self.list_) == len(self.candidate) == len(self.rank):
            raise InputError("lists, candidates and ranks must have one length")
        if not _within(self.candidate, len(self.candidates)).all():
            raise InputError(f"ids of candidates must lie in 0..{len(self.candidates) - 1}")
        place = self.list_ * len(self.candidates) + self.candidate
        found, where, times = np.unique(place, return_index=True, return_counts=True)
        if len(found) < len(place):
            row = int(where[times > 1][0])
            name = self.candidates[self.candidate[row]]
            raise InputError(f"a candidate must stand once in a list; got {name!r} twice in one")


Judgments = Pairs | Grades | Orders


def ids(names: Sequence[str]) -> tuple[tuple[str, ...], Ints]:
    """Returns the distinct names in order of first appearance, and the id (N,) of each."""
    place: Mapping[str, int] = MappingProxyType({n: i for i, n in enumerate(dict.fromkeys(names))})
    return tuple(place), np.asarray([place[name] for name in names], dtype=np.int64)


def _settle(
    judged: Pairs | Grades, whose: Sequence[str], said: Sequence[str], candidates: int
) -> None:
    """Makes the arrays whole numbers of one length, read-only, and checks the candidates' ids."""
    size = len(getattr(judged, whose[0]))
    for name in (*whose, *said, "item", "judge"):
        values = getattr(judged, name)
        if values is None:
            continue
        array = _frozen(values)
        if array.shape != (size,):
            raise InputError(f"{name} must have {size} entries as {whose[0]} has; got {len(array)}")
        if name in whose and size and not (array.min() >= 0 and array.max() < candidates):
            raise InputError(f"{name} must be an id of 0..{candidates - 1}; some are not")
        if name in ("item", "judge") and size and array.min() < 0:
            raise InputError(f"{name} must be an id >= 0; got {int(array.min())}")
        object.__setattr__(judged, name, array)


def _frozen(values: Ints) -> Ints:
    array = np.asarray(values, dtype=np.int64)
    array = array.view() if array is values else array
    array.setflags(write=False)
    return array


def _within(values: Ints, size: int) -> NDArray[np.bool_]:
    return np.asarray((values >= 0) & (values < size))
