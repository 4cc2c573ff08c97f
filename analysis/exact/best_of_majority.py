"""Best-of-Majority: of the answers with a large enough share of the votes, the best rewarded."""

from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Literal

import numpy as np

from .hypergeometric import CELLS, check_draws
from .kernels import Floats, Ints
from .ties import top_credit
from .tilt import Complexes, Tilt, binomial, over_draws

Empty = Literal["plurality", "relax"]
"""Where no answer passes: the most frequent one, ties broken evenly, or by reward."""


def gate(alpha: float, k: int) -> int:
    """Returns the fewest of k votes, at least 1, that are a share of alpha or more.

    >>> gate(0.1, 30), gate(0.11, 30), gate(0.0, 30)
    (3, 4, 1)
    """
    # alpha k may exceed the whole number it stands for by its rounding.
    return max(ceil(alpha * k * (1 - 1e-12)), 1)


def best_of_majority(
    answer: Ints, score: Floats, right: Floats, k: Ints, alpha: float, empty: Empty = "plurality"
) -> Floats:
    """Returns (K,) the expected correctness of Best-of-Majority, an answer worth its best score.

    The mean over all draws of k of the n samples: of the answers with `gate` votes or more, the
    one whose best drawn score is largest (Di et al. 2025, one submission), ties between answers
    broken evenly; the error is below 1e-9. With j of its n_a samples drawn, of which u score less
    than level l, an answer stays below l with weight sum_{j<g} C(n_a, j) z^j + sum_{j>=g} C(u, j)
    z^j: a product over answers. Where none passes, the same with j = m votes exactly, for each
    m < g. NaN where k > n.

    Args:
        answer: the class of each sample, 0..A-1, or -1 where it has none and never wins, (n,).
        score: of each sample, higher is better, (n,); a missing one, NaN, is below all others.
        right: how far each class is correct, in [0, 1], (A,).
        k: samples drawn, (K,).
        alpha: the share of the votes that passes.
        empty: who wins where no answer passes.

    Raises:
        ValueError: some k < 1.

    >>> answer, score = np.array([0, 0, 0, 1]), np.array([0.5, 0.55, 0.6, 0.99])
    >>> best_of_majority(answer, score, np.array([1.0, 0.0]), np.array([1, 2, 4]), 0.5)
    array([0.75, 0.5 , 1.  ])
    """
    k = np.asarray(k, dtype=np.int64)
    check_draws(k)
    _, level = np.unique(np.where(np.isfinite(score), score, -np.inf), return_inverse=True)
    rewarded = _ladder(answer, level, right)
    alike = _ladder(answer, np.zeros_like(level), right)
    out = np.full(len(k), np.nan)
    for column in np.flatnonzero(k <= len(answer)):
        votes = gate(alpha, int(k[column]))
        short = rewarded if empty == "relax" else alike
        mean = partial(_elected, rewarded, short, votes)
        out[column] = over_draws(len(answer), k[column : column + 1], mean)[0]
    return out


@dataclass(frozen=True, slots=True, eq=False)
class _Ladder:
    """How many samples of each answer score less than level l, `under` (A, L + 1); `n` in all."""

    under: Ints
    right: Floats
    n: int

    @property
    def votes(self) -> Ints:
        return np.asarray(self.under[:, -1])


def _ladder(answer: Ints, level: Ints, right: Floats) -> _Ladder:
    valid = answer >= 0
    steps = np.zeros((len(right), int(level.max(initial=0)) + 2), dtype=np.int64)
    np.add.at(steps, (answer[valid], level[valid] + 1), 1)
    return _Ladder(steps.cumsum(axis=1), np.asarray(right, dtype=np.float64), len(answer))


def _elected(rewarded: _Ladder, short: _Ladder, gate: int, tilt: Tilt) -> Complexes:
    """The mean credit over a tilt's coins, (T,): some answer has `gate` votes, or the most, m."""
    most = int(rewarded.votes.max(initial=0))
    chance = binomial(np.arange(most + 1), tilt.chance)
    total = _best(rewarded, chance, range(gate, most + 1), tilt)
    for votes in range(1, min(gate, most + 1)):
        total = total + _best(short, chance, range(votes, votes + 1), tilt)
    return total


def _best(ladder: _Ladder, chance: Floats, window: range, tilt: Tilt) -> Complexes:
    """The mean credit (T,) of the best of the answers whose votes lie in the window, none above."""
    able = ladder.votes >= max(window.start, 1)
    total = np.zeros(tilt.nodes // 2 + 1, dtype=np.complex128)
    if not able.any() or not len(window):
        return total
    under, votes, right = ladder.under[able], ladder.votes[able], ladder.right[able]
    turns = tilt.turns(np.arange(window.stop))
    fewer = (chance[:, : window.start] @ turns[: window.start])[votes]
    within = chance[:, window.start :][:, : len(window)] @ turns[window.start :]
    step = max(CELLS // (len(votes) * len(total)), 1)
    for first in range(0, under.shape[1] - 1, step):
        rung = under[:, first : first + step + 1]
        # The samples at this level and above are not drawn.
        none = (1 - tilt.chance) ** (votes[:, None] - rung)
        upto = fewer[:, None] + none[:, :, None] * within[rung]
        rivals = np.maximum((np.diff(rung, axis=1) > 0).sum(axis=0) - 1, 0)
        alone = np.ones(len(votes), dtype=np.int64)
        below, at = upto[:, :-1], np.diff(upto, axis=1)
        total += top_credit(below, at, alone, right, tilt=tilt, rivals=rivals)
    idle = ladder.n - int(votes.sum())
    return np.asarray(
        total * (1 - tilt.chance + tilt.chance * tilt.turns(np.array([1]))[0]) ** idle
    )
