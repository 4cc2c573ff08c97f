"""Length-filtered voting: a plurality over the shortest m of k samples, by output tokens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Unpack

import numpy as np

from ..data.errors import InputError
from .answers import answers
from .counts import Counts, Ints
from .curve import Curve, Floats
from .estimate import How, estimate
from .exact.lengths import shortest_majority
from .subsets import DRAWS, Sampled, orders

SHARE = 0.5


def shortest(
    counts: Counts,
    k: Sequence[int] | Ints | int,
    *,
    m: int | None = None,
    share: float = SHARE,
    draws: int = DRAWS,
    **how: Unpack[How],
) -> Curve:
    """Returns the accuracy of plurality voting over the shortest of k samples; see `estimate`.

    Right answers of reasoning models tend to be the shorter ones (Wang et al. 2025, arXiv
    2504.14047). Samples of equal length come in random order; one of unknown length counts as
    longer than all others.

    Args:
        counts: one group's counts.
        k: the numbers of samples drawn.
        m: how many vote, all where k <= m; `share` of k, rounded up, where m is None.
        share: of the k, in (0, 1].
        draws: a problem where samples of equal length gave different answers is averaged over so
            many random draws, the others exactly; `shortest_sampled` gives the standard error.
        how: the interval.

    Raises:
        InputError: the log has no answers or no lengths, m < 1, or share outside (0, 1].
    """
    seed = how.get("seed", 0)
    credit = partial(shortest_credit, m=m, share=share, draws=draws, seed=seed)
    return estimate(counts, k, credit, **how)


def shortest_credit(
    counts: Counts,
    ks: Ints,
    *,
    m: int | None = None,
    share: float = SHARE,
    draws: int = DRAWS,
    seed: int = 0,
) -> Floats:
    """Returns (P, K) expected correctness of voting over the shortest."""
    return shortest_sampled(counts, ks, m=m, share=share, draws=draws, seed=seed).credit


def shortest_sampled(
    counts: Counts,
    ks: Ints,
    *,
    m: int | None = None,
    share: float = SHARE,
    draws: int = DRAWS,
    seed: int = 0,
) -> Sampled:
    """Returns the credit and its standard error, 0 where it is exact."""
    if draws < 2:
        raise InputError(f"draws must satisfy draws >= 2; got draws={draws}")
    voters = _voters(ks, m, share)
    credit = np.full((len(counts), len(ks)), np.nan)
    error = np.where(ks <= counts.n[:, None], 0.0, np.nan)
    for i, line in enumerate(_lines(counts)):
        rough = line.mixed & (voters < ks) & (ks <= counts.n[i])
        for size in np.unique(voters[~rough]):
            at = ~rough & (voters == size)
            credit[i, at] = shortest_majority(line.answer, line.right, ks[at], int(size))
        shuffled = orders(len(line.answer), draws, np.random.default_rng([seed, 5, i]))
        for column in np.flatnonzero(rough):
            earned = _earned(line, shuffled[:, : ks[column]], int(voters[column]))
            credit[i, column] = earned.mean()
            error[i, column] = earned.std(ddof=1) / np.sqrt(draws)
    return Sampled(credit, error)


def _voters(ks: Ints, m: int | None, share: float) -> Ints:
    """How many of each k vote, (K,)."""
    if m is not None and m < 1:
        raise InputError(f"m must satisfy m >= 1; got m={m}")
    if not 0 < share <= 1:
        raise InputError(f"share must satisfy 0 < share <= 1; got share={share}")
    if m is not None:
        return np.asarray(np.minimum(ks, m))
    # share k may exceed the whole number it stands for by its rounding.
    return np.asarray(np.maximum(np.ceil(share * ks * (1 - 1e-12)), 1), dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """One problem's samples, the shortest first: answer class and length rank (n,), `right` (A,).

    `mixed` where samples of equal length gave different answers, so that their order matters.
    """

    answer: Ints
    rank: Ints
    right: Floats
    mixed: bool


def _lines(counts: Counts) -> Iterator[_Line]:
    ballots = answers(counts, "length-filtered voting")
    if counts.drawn is None or counts.drawn.tokens is None:
        raise InputError(
            "length-filtered voting needs lengths; this log has none (column 'output_tokens')"
        )
    for i, ballot in enumerate(ballots):
        tokens = counts.drawn.tokens[counts.rows(i)]
        _, rank = np.unique(np.where(np.isnan(tokens), np.inf, tokens), return_inverse=True)
        order = np.lexsort((ballot.answer, rank))
        answer, rank = ballot.answer[order], rank[order]
        mixed = bool(((np.diff(rank) == 0) & (np.diff(answer) != 0)).any())
        yield _Line(answer, rank, ballot.right, mixed)


def _earned(line: _Line, rows: Ints, voters: int) -> Floats:
    """Returns (D,) the correctness of the vote of each draw, equal lengths in the order drawn."""
    first = np.argsort(line.rank[rows], axis=1, kind="stable")[:, :voters]
    answer = line.answer[np.take_along_axis(rows, first, axis=1)]
    size = len(line.right)
    cell = np.arange(len(rows))[:, None] * size + answer
    votes = np.bincount(cell[answer >= 0], minlength=len(rows) * size).reshape(len(rows), size)
    won = votes == votes.max(axis=1, initial=1, keepdims=True)
    return np.asarray((won @ line.right) / np.maximum(won.sum(axis=1), 1))
