"""Weighted voting: how often the answer with the most weight among k samples is right."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from .hypergeometric import check_draws
from .kernels import Floats, Ints
from .ties import TINY, product, square, tie_integral
from .tilt import Complexes, Tilt, binomial, over_draws
from .verdicts import check_verdicts, shown

CELLS = 2**13
"""How many numbers one step works on: few levels at a time, so that few answers can reach them."""

BLOCKS = 32
"""How many steps all levels may take, whatever their size."""

NOISE = 1e-17
"""Chances smaller than this are rounding errors of the Fourier transform."""


def weighted_majority(weight: Ints, answer: Ints, right: Floats, k: Ints) -> Floats:
    """Returns (K,) the expected correctness of the answer with the most weight among k samples.

    The mean over all C(n, k) draws, ties broken evenly. An answer that was drawn with no weight
    beats those that were not drawn, so that without any weight the answers drawn are equals. With
    total weights w_a(j) of j samples of answer a, all C(n_a, j) choices alike, and n_0 void,
    C(n, k) mean = sum_s [z^k] (1+z)^n_0 Int_0^1 sum_a right_a t_a prod_{b != a} (f_b + u t_b) du,
    t_a = sum_{j>0} C(n_a, j) P(w_a(j) = s) z^j, f_a = 1 + sum_{j>0} C(n_a, j) P(w_a(j) < s) z^j.
    NaN where k > n. Its error is below 1e-10.

    Args:
        weight: of each sample, whole numbers >= 0 of any unit, (n,).
        answer: class of each sample's answer; a negative one is void and never wins, (n,).
        right: whether each sample is right, (n,); an answer is as right as its samples on average.
        k: samples drawn, (K,).

    Raises:
        ValueError: some k < 1, or some weight < 0.

    >>> weight, answer = np.array([3, 1, 1, 0, 9]), np.array([0, 1, 1, 2, -1])
    >>> weighted_majority(weight, answer, np.array([1.0, 0, 0, 0, 0]), np.array([1, 2, 5, 6]))
    array([0.2, 0.4, 1. , nan])
    """
    weight = np.asarray(weight, dtype=np.int64)
    if weight.min(initial=0) < 0:
        raise ValueError(f"weight must satisfy weight >= 0; got weight={weight.min()}")
    check_draws(k)
    value, kind = np.unique(weight, return_inverse=True)
    law = np.eye(value.max(initial=0) + 1)[value]
    return over_draws(len(weight), k, partial(_winner, _Answers.of(kind, law, answer, right)))


def weighted_verdicts(
    accepts: Ints, verdicts: int, answer: Ints, right: Floats, *, solutions: Ints, votes: Ints
) -> Floats:
    """Returns (S, V) the expected correctness of the most accepted answer, V verdicts a solution.

    `weighted_majority` of S solutions, each weighing as many as accept it of V verdicts: the mean
    over the draws of S of the n solutions and, for each, of V of its M logged verdicts. NaN where
    S > n or V > M. Its error is below 1e-10.

    Args:
        accepts: accepting verdicts of each solution, 0..M, (n,).
        verdicts: M, the verdicts logged for every solution.
        answer: class of each solution's answer; a negative one is void and never wins, (n,).
        right: whether each solution is right, (n,); an answer is as right as they on average.
        solutions: S, solutions drawn, (S,).
        votes: V, verdicts drawn for each, (V,).

    Raises:
        ValueError: some S < 1 or V < 1, or some accepts outside 0..M.

    >>> accepts, answer, right = np.array([2, 1, 1]), np.array([0, 1, 1]), np.array([1.0, 0, 0])
    >>> drawn = {"solutions": np.array([1, 3]), "votes": np.array([1, 2, 3])}
    >>> weighted_verdicts(accepts, 2, answer, right, **drawn)
    array([[0.33333333, 0.33333333,        nan],
           [0.5       , 0.5       ,        nan]])
    """
    accepts, solutions, votes = (np.asarray(x, dtype=np.int64) for x in (accepts, solutions, votes))
    check_verdicts(accepts, verdicts, solutions, votes)
    value, kind = np.unique(accepts, return_inverse=True)
    grid = np.full((len(solutions), len(votes)), np.nan)
    for column in np.flatnonzero(votes <= verdicts):
        answers = _Answers.of(kind, shown(value, verdicts, int(votes[column])), answer, right)
        grid[:, column] = over_draws(len(accepts), solutions, partial(_winner, answers))
    return grid


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    """The answers of one problem; those whose samples weigh alike are one kind, of D.

    A kind has `size` (D,) answers of `count` (D,) samples each, whose rightness adds up to `credit`
    (D,). The total of j of its samples is level l with chance `at[d][j, l]`, and less with
    `below[d][j, l]`; none at all (j = 0) is less than any level, and `at` none.
    """

    count: Ints
    size: Ints
    credit: Floats
    at: Sequence[Floats]
    below: Sequence[Floats]

    @classmethod
    def of(cls, kind: Ints, law: Floats, answer: Ints, right: Floats) -> "_Answers":
        """From each sample's kind of weight (n,), their laws (X, W+1), answer and rightness."""
        voting = answer >= 0
        _, name = np.unique(answer[voting], return_inverse=True)
        votes = np.bincount(name)
        share = np.bincount(name, weights=right[voting], minlength=len(votes)) / votes
        held = np.zeros((len(votes), len(law)), dtype=np.int64)
        np.add.at(held, (name, kind[voting]), 1)
        held, alike, size = np.unique(held, axis=0, return_inverse=True, return_counts=True)
        credit = np.bincount(alike.ravel(), weights=share, minlength=len(held))
        at = [_totals(np.repeat(law, row, axis=0)) for row in held]
        levels = max((a.shape[1] for a in at), default=0)
        at = [np.pad(a, ((0, 0), (0, levels - a.shape[1]))) for a in at]
        below = [np.minimum(a.cumsum(axis=1) - a, 1.0) for a in at]
        for a, b in zip(at, below, strict=True):
            a[0], b[0] = 0.0, 1.0
        return cls(held.sum(axis=1), size.astype(np.int64), credit.astype(np.float64), at, below)


def _totals(law: Floats) -> Floats:
    """The laws (m+1, L+1) of the sum of j of m independent weights, all choices of j alike.

    Weights follow the rows of `law` (m, W+1). The mean over the choices of j of i is that over the
    choices that leave the i-th out, with chance 1 - j/i, or hold it: sums of positive terms.
    """
    most = int((law > 0).cumsum(axis=1).argmax(axis=1).sum())
    length = next_fast_len(most + 1, real=True)
    each = rfft(law, length)
    mean = np.zeros((len(law) + 1, each.shape[1]), dtype=np.complex128)
    mean[0] = 1.0
    for i, wave in enumerate(each, start=1):
        held = (np.arange(1, i + 1) / i)[:, None]
        mean[1 : i + 1] += held * (mean[:i] * wave - mean[1 : i + 1])
    chance = irfft(mean, length)[:, : most + 1]
    chance[chance < NOISE] = 0.0
    return np.asarray(chance / chance.sum(axis=1, keepdims=True))


def _winner(answers: _Answers, tilt: Tilt) -> Complexes:
    """The winner's mean credit over a tilt's coins, (T,), a block of winning levels at a time."""
    total = np.zeros(tilt.nodes // 2 + 1, dtype=np.complex128)
    coins = binomial(answers.count, tilt.chance)
    turns = tilt.turns(np.arange(coins.shape[1]))
    heads = [(c[:, None] * turns)[: n + 1] for c, n in zip(coins, answers.count, strict=True)]
    at, below = (_mixed(coins, laws) for laws in (answers.at, answers.below))
    start, end = _levels(at, at + below, answers, tilt.floor)
    while start < end:
        # An answer that all but never gets this much weight is as good as void.
        able = np.flatnonzero(at[:, start:].sum(axis=1) > 1e-3 * tilt.floor)
        step = max(CELLS // (len(total) * max(len(able), 1)), at.shape[1] // BLOCKS, 1)
        stop = min(start + step, end)
        won = _tied(answers, able, slice(start, stop), heads, tilt)
        idle = tilt.n - int(answers.count[able] @ answers.size[able])
        total += won * (1 - tilt.chance + tilt.chance * tilt.turns(np.array([1]))[0]) ** idle
        start = stop
    return total


def _mixed(coins: Floats, laws: Sequence[Floats]) -> Floats:
    """The chances (D, L) of each level over all numbers of heads."""
    mixed = [c[: len(law)] @ law for c, law in zip(coins, laws, strict=True)]
    return np.stack(mixed) if mixed else np.zeros((0, 0))


def _levels(at: Floats, upto: Floats, answers: _Answers, floor: float) -> tuple[int, int]:
    """The range of winning levels that can matter, by what they come to at angle 0."""
    share = answers.credit @ (at / (upto + TINY))
    with np.errstate(divide="ignore"):
        most = np.exp(answers.size @ np.log(np.minimum(upto, 1.0))) * share
    matters = np.flatnonzero(most > floor)
    return (int(matters[0]), int(matters[-1]) + 1) if len(matters) else (0, 0)


def _tied(
    answers: _Answers, able: Ints, levels: slice, heads: Sequence[Complexes], tilt: Tilt
) -> Complexes:
    """Returns (T,) the mean credit of winning at any of the levels, among the answers able to."""
    at, below = (_over(laws, able, levels, heads) for laws in (answers.at, answers.below))
    size, credit = answers.size[able], answers.credit[able]
    # |below + u at| is convex in u, so its ends bound what the integral can come to.
    peak = np.maximum(square(below), square(below + at)) + TINY**2
    share = np.einsum("d,dlt->lt", credit, np.sqrt(square(at) / peak))
    level, angle = np.nonzero(np.sqrt(product(peak, size)) * share > tilt.floor)
    won = np.zeros(peak.shape[1:], dtype=np.complex128)
    # Exact for the others that may tie: fewer than the answers, and than the samples drawn.
    nodes = (min(int(size.sum()), int(tilt.k[-1])) - 1) // 2 + 1
    step = max(CELLS // (len(size) * nodes), 1)
    for i in range(0, len(level), step):
        cell = level[i : i + step], angle[i : i + step]
        won[cell] = tie_integral(below[:, *cell], at[:, *cell], size, credit, nodes)
    return np.asarray(won.sum(axis=0))


def _over(
    laws: Sequence[Floats], able: Ints, levels: slice, heads: Sequence[Complexes]
) -> Complexes:
    """The weights (D, L, T) of levels over all numbers of heads."""
    waves = np.empty((len(able), levels.stop - levels.start, heads[0].shape[1]), np.complex128)
    for row, d in zip(waves, able, strict=True):
        np.matmul(laws[d][:, levels].T, heads[d].view(np.float64), out=row.view(np.float64))
    return waves
