"""Orders taken apart into choices: who was taken, one or several at once, from which set."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from ...analysis.curve import Floats
from ...data.errors import InputError
from ...data.judgments import Ints, Orders

BLOCK = 256
"""Sets looked at together: what is worked out of them stays in the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """What lists say, in W worlds of weights: the sufficient statistic.

    `won` (C, W) is what the choices gave each candidate, 1 / t to each of t that tie; `tied` (D, W)
    counts choices of t at once, `times` (S, W) choices from each set.
    """

    won: Floats
    tied: Floats
    times: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Sets:
    """Some of the choice sets: their members as ids (S, A), and as zeros and ones (S, C).

    The larger sets stand first, and ids are C where there are no more. `place` is where these sets
    stand among all.
    """

    ids: Ints
    members: Any
    place: slice


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """Lists taken apart into choices from S distinct sets of two candidates or more.

    A choice is of one list (N,), from one set (N,), and `chosen` (N, C) are those it took. D, the
    `largest`, is how many may tie.
    """

    candidates: tuple[str, ...]
    blocks: tuple[Sets, ...]
    list_: Ints
    set_: Ints
    chosen: Any
    lists: int
    largest: int

    @property
    def size(self) -> int:
        """The number of candidates, C."""
        return len(self.candidates)

    def tally(self, weights: Floats | None = None) -> Tally:
        """Adds the choices up, each as often as its list counts: `weights` (L,) or (W, L), or 1.

        Raises:
            InputError: not one weight for each list.
        """
        each = np.ones(self.lists) if weights is None else np.asarray(weights, dtype=float)
        if each.shape[-1] != self.lists:
            raise InputError(f"each of {self.lists} lists needs a weight; got {each.shape[-1]}")
        weight = np.atleast_2d(each).T[self.list_]
        ties = self.chosen.sum(axis=1)
        by_size = _marks(np.rint(ties).astype(np.int64) - 1, self.largest)
        return Tally(
            won=np.asarray(self.chosen.T @ (weight / ties[:, None])),
            tied=np.asarray(by_size.T @ weight),
            times=np.asarray(_marks(self.set_, self.blocks[-1].place.stop).T @ weight),
        )


def choices(orders: Orders, ties: int | None = None) -> Choices:
    """Takes lists apart into choices; a list of one candidate says nothing.

    Args:
        orders: the lists.
        ties: how many may tie, D; the most that did, when None.

    Raises:
        InputError: no two candidates were compared, or more tied than may.
    """
    list_, among, chosen = _stages(orders)
    if not len(list_):
        raise InputError("ranking needs at least one list that compares two candidates; got none")
    most = int(chosen.sum(axis=1).max())
    if ties is not None and ties < most:
        raise InputError(f"ties must be at least the largest tie seen, {most}; got {ties}")
    _, first, set_ = np.unique(
        np.packbits(among, axis=1), axis=0, return_index=True, return_inverse=True
    )
    found = among[first]
    order = np.argsort(-found.sum(axis=1), kind="stable")
    return Choices(
        candidates=orders.candidates,
        blocks=tuple(_blocks(found[order])),
        list_=list_,
        set_=np.argsort(order)[set_.ravel()],
        chosen=csr_array(chosen.astype(float)),
        lists=int(orders.list_.max()) + 1 if orders.item is None else len(orders.item),
        largest=most if ties is None else ties,
    )


def _stages(orders: Orders) -> tuple[Ints, NDArray[np.bool_], NDArray[np.bool_]]:
    """The list (N,) of each choice, the set it was made from and those it took, (N, C) each."""
    lists, row = np.unique(orders.list_, return_inverse=True)
    rank = np.unique(orders.rank, return_inverse=True)[1].astype(np.int32)
    rank = rank.reshape(-1) + np.int32(1)
    unlisted = rank.max(initial=0) + 1 if orders.whole else 0
    place = np.full((len(lists), len(orders.candidates)), unlisted, dtype=np.int32)
    place[row, orders.candidate] = rank
    stage = np.unique(np.column_stack([row, rank]), axis=0)
    seen, at = place[stage[:, 0]], stage[:, 1:]
    among = seen >= at
    open_ = among.sum(axis=1) > 1  # who is left alone is chosen for certain
    return lists[stage[open_, 0]], among[open_], (seen == at)[open_]


def _blocks(found: NDArray[np.bool_]) -> Iterator[Sets]:
    """The sets (S, C) as members and ids, by blocks."""
    for start in range(0, len(found), BLOCK):
        block = found[start : start + BLOCK]
        sizes = block.sum(axis=1)
        ids = np.full((len(block), int(sizes.max())), block.shape[1], dtype=np.int64)
        ids[np.arange(ids.shape[1]) < sizes[:, None]] = np.nonzero(block)[1]
        yield Sets(ids, csr_array(block.astype(float)), slice(start, start + len(block)))


def _marks(where: Ints, size: int) -> Any:
    """Ones (N, size) at each `where` (N,)."""
    rows = np.arange(len(where))
    return csr_array((np.ones(len(where)), (rows, where)), shape=(len(where), size))


def apart(found: Choices) -> list[str]:
    """Returns the doubts that someone was never compared, or that lists do not link all others."""
    links = sum(sets.members.T @ sets.members for sets in found.blocks)
    part = connected_components(links, directed=False)[1]
    compared = links.diagonal() > 0
    doubts = []
    if never := [n for n, met in zip(found.candidates, compared, strict=True) if not met]:
        doubts.append(f"never compared: {_few(never)}; where they rank, only the prior says")
    parts = [[found.candidates[i] for i in np.flatnonzero(part == p)] for p in set(part[compared])]
    if len(parts) > 1:
        doubts.append(
            f"no list links {_few(min(parts, key=len))} with the others ({len(parts)} parts):"
            " between the parts only the prior speaks"
        )
    return doubts


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")
