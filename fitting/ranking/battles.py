"""Battles reduced to what a model of pairs needs: how often each outcome came between which two."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from ...analysis.curve import Floats
from ...analysis.exact.battles import tally
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
    counts = np.zeros((judges, size, size, 3), dtype=np.int64)
    for j in range(judges):  # one pass each: battles may be millions
        his = slice(None) if judge is None else judge == j
        tally(pairs.left[his], pairs.right[his], pairs.winner[his], counts[j])
    if not ties:
        counts[..., 1] = 0
    if not order:
        counts = _folded(counts)
    kinds = counts.reshape(-1, 3)
    found = np.flatnonzero(kinds.any(axis=1))
    if not len(found):
        raise InputError("ranking needs at least one battle whose winner is known; got none")
    again = pairs.item is not None and int(np.bincount(pairs.item).max(initial=0)) > 1
    item, place = _clusters(pairs, order, ties, judge, found) if again else (None, None)
    return Battles(
        candidates=pairs.candidates,
        left=found // size % size,
        right=found % size,
        judge=found // (size * size),
        times=kinds[found].astype(float),
        judges=judges,
        item=item,
        place=place,
    )


def _folded(counts: Ints) -> Ints:
    """A pair's two orders (J, C, C, 3) made one, the candidate with the lower id on the left."""
    both = counts + counts.transpose(0, 2, 1, 3)[..., ::-1]
    return np.asarray(both * np.triu(np.ones(both.shape[1:3], dtype=np.int64), 1)[:, :, None])


def _clusters(
    pairs: Pairs, order: bool, ties: bool, judge: Ints | None, found: Ints
) -> tuple[Ints, Ints]:
    """For each battle that counts its item, and which outcome of which kind it was."""
    size = len(pairs.candidates)
    kept = (pairs.winner != MISSING) & (ties | (pairs.winner != TIE))
    left, right, winner = (x[kept] for x in (pairs.left, pairs.right, pairs.winner))
    if not order:
        turned = left > right
        left, right = np.where(turned, right, left), np.where(turned, left, right)
        winner = np.where(turned, -winner, winner)
    kind = left * size + right + (0 if judge is None else judge[kept] * (size * size))
    item = np.empty(0, dtype=np.int64) if pairs.item is None else pairs.item[kept]
    return item, np.asarray(3 * np.searchsorted(found, kind) + 1 - winner)


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
