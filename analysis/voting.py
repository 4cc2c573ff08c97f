"""Plurality voting (maj@k): how often the most frequent of k answers is right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Unpack

import numpy as np

from ..data.traces import UNTIL_SUCCESS
from .answers import answers
from .counts import VOID, Counts, Ints
from .curve import Curve, Floats
from .estimate import How, estimate
from .exact import voting as exact


def majority(counts: Counts, k: Sequence[int] | Ints | int, **how: Unpack[How]) -> Curve:
    """Returns the accuracy of plurality voting over k samples, ties broken evenly; see `estimate`.

    Raises:
        InputError: the log has no answers to vote with.
    """
    return estimate(counts, k, majority_credit, **how)


def votable(counts: Counts) -> bool:
    """Returns whether the log has answers to vote with, in samples that any subset could be."""
    drawn = counts.drawn
    return (
        counts.stop_rule != UNTIL_SUCCESS
        and drawn is not None
        and drawn.answer is not None
        and bool((drawn.answer != VOID).any())
    )


def majority_credit(counts: Counts, ks: Ints) -> Floats:
    """Returns (P, K) expected correctness of plurality voting."""
    cast = list(ballots(counts))
    unlike = {b.key: b for b in cast}
    known = {key: exact.majority(b.votes, b.right, b.void, ks) for key, b in unlike.items()}
    return np.stack([known[b.key] for b in cast])


def majority_limits(counts: Counts) -> Floats:
    """Returns (P,) the correctness of voting as k grows: is the most frequent answer right."""
    return np.asarray([exact.majority_limit(b.votes, b.right, b.void) for b in ballots(counts)])


@dataclass(frozen=True, slots=True)
class Ballot:
    """One problem's votes by answer class, the share of each class that is right, and the void."""

    votes: Ints
    right: Floats
    void: int

    @property
    def key(self) -> bytes:
        """The same for ballots that differ in their order alone."""
        order = np.lexsort((self.right, self.votes))
        return np.array([self.void, *self.votes[order], *self.right[order]]).tobytes()


def ballots(counts: Counts) -> Iterator[Ballot]:
    """Yields the ballot of each problem.

    Raises:
        InputError: the log has no answers, or stopped at success.
    """
    for each in answers(counts, "majority voting"):
        valid = each.answer[each.answer != VOID]
        votes = np.bincount(valid, minlength=len(each.right)).astype(np.int64)
        yield Ballot(votes, each.right, len(each.answer) - len(valid))
