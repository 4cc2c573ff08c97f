"""Weighted voting by random orders of the samples: for weights that lie on no lattice."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import verification, voting
from .hypergeometric import Floats, Ints

FINEST = 128
"""The most steps that a weight of 1 may have on a lattice."""

CHUNK = 2**16
"""How many numbers one step of the orders works on."""


def lattice(weight: Floats, finest: int = FINEST) -> Ints | None:
    """Returns the weights as whole multiples of a common unit; None where they have none.

    The unit is a multiple of 1/m for the smallest m <= `finest` that fits.

    >>> lattice(np.array([0.25, 1.0, 0.5])), lattice(np.array([0.1, 0.7310586]))
    (array([1, 4, 2]), None)
    """
    steps = np.multiply.outer(np.arange(1, finest + 1), weight)
    whole = np.rint(steps)
    fits = (np.abs(steps - whole) <= 1e-9).all(axis=1)
    if not fits.any() or whole[fits.argmax()].max(initial=0) > finest:
        return None
    found = whole[fits.argmax()].astype(np.int64)
    return np.asarray(found // max(np.gcd.reduce(found), 1), dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """A mean over random orders at each k, and its Monte Carlo standard error, both (K,).

    An error of 0 says that all orders agreed once regressed, not that no other could differ.
    """

    mean: Floats
    error: Floats


def sampled_majority(
    weight: Floats, answer: Ints, right: Floats, k: Ints, *, permutations: int,
    rng: np.random.Generator,
) -> Sampled:  # fmt: skip
    """Returns what `exact.weighted.weighted_majority` would, for any weights, by random orders.

    One order of the n samples serves every k, from both of its ends. Plurality voting and best-of
    over the same draws have exact means: regressing on them takes out what they explain, with the
    coefficients of one half of the orders used in the other, which keeps the mean unbiased.

    Args:
        weight: of each sample, finite and >= 0, (n,).
        answer: class of each sample's answer; a negative one is void and never wins, (n,).
        right: whether each sample is right, (n,); an answer is as right as its samples on average.
        k: samples drawn, (K,).
        permutations: how many random orders, an even number >= 8.
        rng: draws them.
    """
    n = len(weight)
    ks = np.unique(k[k <= n])
    mean, error = np.full((2, len(k)), np.nan)
    if len(ks):
        ballot = _Ballot.of(weight, answer, right)
        earned = np.concatenate(list(_orders(ballot, ks, permutations, rng)), axis=2)
        adjusted = _regressed(earned, _known(ballot, ks))
        place = np.searchsorted(ks, k[k <= n])
        mean[k <= n] = adjusted.mean(axis=1)[place]
        error[k <= n] = (adjusted.std(axis=1, ddof=1) / np.sqrt(permutations))[place]
    return Sampled(mean, error)


@dataclass(frozen=True, slots=True, eq=False)
class _Ballot:
    """One problem's samples (n,): weight, answer 0..A-1 or A if void, and each answer's `right`.

    `right` (A+1,) ends with the 0 of the void; `rank` (n,) goes down the weights, the void last.
    """

    weight: Floats
    answer: Ints
    right: Floats
    rank: Ints

    @classmethod
    def of(cls, weight: Floats, answer: Ints, right: Floats) -> "_Ballot":
        valid = answer >= 0
        names, name = np.unique(answer[valid], return_inverse=True)
        share = np.bincount(name, weights=right[valid]) / np.bincount(name)
        placed = np.full(len(answer), len(names), dtype=np.int64)
        placed[valid] = name
        order = np.argsort(np.where(valid, -weight, np.inf), kind="stable")
        # argsort of an order is the ranking.
        return cls(weight, placed, np.append(share, 0.0), np.argsort(order))


def _known(ballot: _Ballot, ks: Ints) -> Floats:
    """The exact means (2, K) of plurality voting and of best-of, equal weights in a fixed order."""
    votes = np.bincount(ballot.answer, minlength=len(ballot.right))
    plurality = voting.majority(votes[:-1], ballot.right[:-1], int(votes[-1]), ks)
    best = verification.best_of(-ballot.rank.astype(np.float64), ballot.right[ballot.answer], ks)
    return np.stack([plurality, best])


def _orders(
    ballot: _Ballot, ks: Ints, permutations: int, rng: np.random.Generator
) -> Iterator[Floats]:
    """Yields the credits (3, K, R) of random orders: weighted, plurality, best-of."""
    n = len(ballot.weight)
    rows = max(CHUNK // (len(ks) * len(ballot.right) + n), 1)
    for start in range(0, permutations, rows):
        order = np.tile(np.arange(n), (min(rows, permutations - start), 1))
        rng.permuted(order, axis=1, out=order)
        ends = order[:, : ks[-1]], order[:, ::-1][:, : ks[-1]]
        yield sum(_read(ballot, ks, end) for end in ends) / 2  # type: ignore[misc]


def _read(ballot: _Ballot, ks: Ints, order: Ints) -> Floats:
    """The credits (3, K, R) of the first k samples of each order (R, n)."""
    shape = len(ks), len(ballot.right), len(order)
    step = np.searchsorted(ks, np.arange(order.shape[1]), side="right")
    cell = (step * shape[1] + ballot.answer[order]) * shape[2] + np.arange(shape[2])[:, None]
    size = shape[0] * shape[1] * shape[2]
    votes = np.bincount(cell.ravel(), minlength=size).reshape(shape)[:, :-1]
    total = np.bincount(cell.ravel(), ballot.weight[order].ravel(), size).reshape(shape)[:, :-1]
    votes, total = votes.cumsum(axis=0), total.cumsum(axis=0)
    total[votes == 0] = -1.0
    # Sums of the same weights in another order may differ in their last digits, and still tie.
    lead = total.max(axis=1, initial=0.0) * (1 - 1e-12)
    most = votes.max(axis=1, initial=1)
    best = np.minimum.accumulate(ballot.rank[order], axis=1)[:, ks - 1]
    ranked = ballot.right[ballot.answer][np.argsort(ballot.rank)][best]
    return np.stack(
        [
            _shared(total >= lead[:, None], ballot.right),
            _shared(votes == most[:, None], ballot.right),
            ranked.T,
        ]
    )


def _shared(top: NDArray[np.bool_], right: Floats) -> Floats:
    """The credit (K, R) of the top answers (K, A, R), evenly shared; 0 where there is none."""
    earned = np.zeros(top[:, 0].shape)
    for a in np.flatnonzero(right):
        earned += right[a] * top[:, a]
    return np.asarray(earned / np.maximum(top.sum(axis=1, dtype=np.int32), 1))


def _regressed(earned: Floats, known: Floats) -> Floats:
    """The first of (3, K, R) credits less what the others, of known means (2, K), explain."""
    explaining = earned[1:] - known[:, :, None]
    half = np.arange(earned.shape[2]) % 2
    out = np.empty(earned.shape[1:])
    for mine in (half == 0, half == 1):
        spread = earned[:, :, ~mine] - earned[:, :, ~mine].mean(axis=2, keepdims=True)
        moments = np.einsum("ckr,dkr->kcd", spread, spread)
        inverse = np.linalg.pinv(moments[:, 1:, 1:], hermitian=True, rcond=1e-9)
        slope = np.einsum("kcd,kd->ck", inverse, moments[:, 0, 1:])
        out[:, mine] = earned[0][:, mine] - np.einsum("ck,ckr->kr", slope, explaining[:, :, mine])
    return out
