"""Plurality voting (maj@k): how often the most frequent of k answers is right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Unpack

import numpy as np

from ..data.errors import InputError
from .counts import VOID, Counts, Ints
from .curve import Curve, Floats
from .draws import fixed
from .estimate import How, estimate
from .exact import voting as exact


def majority(counts: Counts, k: Sequence[int] | Ints | int, **how: Unpack[How]) -> Curve:
    """Returns the accuracy of plurality voting over k samples, ties broken evenly; see `estimate`.

    Raises:
        InputError: the log has no answers to vote with.
    """
    return estimate(counts, k, majority_credit, **how)


def majority_credit(counts: Counts, ks: Ints) -> Floats:
    """Returns (P, K) expected correctness of plurality voting."""
    ballots = [exact.majority(b.votes, b.right, b.void, ks) for b in _ballots(counts)]
    return np.stack(ballots)


def majority_limits(counts: Counts) -> Floats:
    """Returns (P,) the correctness of voting as k grows: is the most frequent answer right."""
    return np.asarray([exact.majority_limit(b.votes, b.right, b.void) for b in _ballots(counts)])


@dataclass(frozen=True, slots=True)
class _Ballot:
    """One problem's votes by answer class, the share of each class that is right, and the void."""

    votes: Ints
    right: Floats
    void: int


def _ballots(counts: Counts) -> Iterator[_Ballot]:
    if counts.drawn is None or counts.drawn.answer is None:
        raise InputError("majority voting needs answers; this log has none (column 'answer')")
    fixed(counts, "majority voting")
    for i in range(len(counts)):
        rows = counts.rows(i)
        answer, right = counts.drawn.answer[rows], counts.drawn.right[rows]
        valid = answer != VOID
        _, klass = np.unique(answer[valid], return_inverse=True)
        votes = np.bincount(klass).astype(np.int64)
        share = np.bincount(klass, weights=right[valid], minlength=len(votes)) / votes
        yield _Ballot(votes, share, int((~valid).sum()))
