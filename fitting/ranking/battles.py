"""Battles reduced to what a model of pairs needs: how often each outcome came between which two."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from ...analysis.curve import Floats
from ...data.errors import InputError
from ...data.judgments import MISSING, TIE, Ints, Pairs


@dataclass(frozen=True, slots=True, eq=False)
class Battles:
    """E kinds of battle: ids (E,) of left, right and judge, and `times` (E, 3): left, tie, right.

    Where some item was judged more than once, `item` (N,) and `place` (N,) say for each battle
    whose it was and which outcome of which kind, 3 e + outcome; they are None otherwise.
    """

    candidates: tuple[str, ...]
    left: Ints
    right: Ints
    judge: Ints
    times: Floats
    judges: int
    item: Ints | None = None
    place: Ints | None = None

    @property
    def size(self) -> int:
        """The number of candidates, C."""
        return len(self.candidates)

    @property
    def clustered(self) -> bool:
        """Whether some item was judged more than once, so that battles are not independent."""
        return self.item is not None

    def weighted(self, weights: Floats) -> Floats:
        """Returns (W, E, 3): the times in worlds in which item i counts `weights` (W, I) times."""
        if self.item is None or self.place is None:
            raise InputError("items can be drawn again only where one has more than one battle")
        shape = (weights.shape[1], self.times.size)
        each = csr_array((np.ones(len(self.place)), (self.item, self.place)), shape=shape)
        return np.asarray((each.T @ weights.T).T).reshape(len(weights), *self.times.shape)


def battles(pairs: Pairs, *, order: bool, ties: bool = True, judged: bool = False) -> Battles:
    """Counts battles by pair, and by judge where `judged`; those without a winner are left out.

    Where the `order` does not matter, both orders of a pair are one kind; without `ties`, ties are
    left out too.

    Raises:
        InputError: no battle is left.
    """
    size = len(pairs.candidates)
    judge = pairs.judge if judged else None
    judges = 1 if judge is None else int(judge.max(initial=0)) + 1
    cell = pairs.left * (3 * size) + (1 - pairs.winner)  # one pass each: battles may be millions
    cell += 3 * pairs.right
    if judge is not None:
        cell += judge * (3 * size * size)
    kept = _kept(pairs, ties)
    if kept is not None:
        cell = cell[kept]
    if not len(cell):
        raise InputError("ranking needs at least one battle whose winner is known; got none")
    kinds = judges * size * size
    counts = np.bincount(cell, minlength=3 * kinds).reshape(kinds, 3)
    fold = np.arange(3 * kinds)
    if not order:
        fold = _folded(judges, size)
        counts = np.bincount(fold, counts.ravel(), 3 * kinds).reshape(kinds, 3)
    found = np.flatnonzero(counts.any(axis=1))
    item = pairs.item if pairs.item is None or kept is None else pairs.item[kept]
    again = item is not None and int(np.bincount(item).max()) > 1
    return Battles(
        candidates=pairs.candidates,
        left=found // size % size,
        right=found % size,
        judge=found // (size * size),
        times=counts[found].astype(float),
        judges=judges,
        item=item if again else None,
        place=_places(fold[cell], found, kinds) if again else None,
    )


def _kept(pairs: Pairs, ties: bool) -> Ints | None:
    """Which battles count; None where all do."""
    if not ties:
        return np.flatnonzero((pairs.winner != TIE) & (pairs.winner != MISSING))
    if len(pairs.winner) and pairs.winner.min() > MISSING:
        return None
    return np.flatnonzero(pairs.winner != MISSING)


def _folded(judges: int, size: int) -> Ints:
    """Where each cell (judge, left, right, outcome) goes when a pair's two orders are one kind."""
    judge, left, right, outcome = np.indices((judges, size, size, 3))
    turned = left > right
    first, second = np.where(turned, right, left), np.where(turned, left, right)
    outcome = np.where(turned, 2 - outcome, outcome)
    return np.asarray(((judge * size + first) * size + second) * 3 + outcome).ravel()


def _places(cell: Ints, found: Ints, kinds: int) -> Ints:
    where = np.zeros(kinds, dtype=np.int64)
    where[found] = np.arange(len(found))
    return np.asarray(3 * where[cell // 3] + cell % 3)


def apart(found: Battles) -> list[list[str]]:
    """Returns the groups of candidates that no chain of battles links."""
    links = csr_array(
        (np.ones(len(found.left)), (found.left, found.right)), shape=(found.size,) * 2
    )
    parts, part = connected_components(links, directed=False)
    return [[found.candidates[i] for i in np.flatnonzero(part == p)] for p in range(parts)]


def onto(values: Floats, where: Ints, size: int) -> Floats:
    """Returns (T, size): values (T, E) added up where they belong (E,)."""
    rows = size * np.arange(len(values))[:, None]
    flat = np.bincount((rows + where).ravel(), values.ravel(), len(values) * size)
    return np.asarray(flat.reshape(-1, size), dtype=float)
