"""Weighted voting: how often the answer that k samples give the most weight, or verdicts, wins."""

from collections.abc import Sequence
from functools import partial
from typing import Unpack

import numpy as np

from ..data.errors import InputError
from .again import samples_again
from .counts import Counts, Ints
from .curve import Curve, Floats
from .draws import fixed
from .estimate import Credit, How, estimate
from .exact.orders import lattice, sampled_majority
from .exact.weighted import weighted_majority, weighted_verdicts
from .verification import judged_alike, scores

LARGEST = 2**24
"""Samples times their total weight, in steps, beyond which orders are cheaper than exactness."""

PERMUTATIONS = 4096
"""How many orders value weights without a lattice: a standard error below 0.005 a problem."""

ORDERS_AGAIN = 256
"""How many orders value a problem whose samples are drawn again, which is noisier than they are."""


def weighted(counts: Counts, k: Sequence[int] | Ints | int, **how: Unpack[How]) -> Curve:
    """Returns the accuracy of the answer with the largest sum of scores among k; see `estimate`.

    Best-of-N weighted, or PRM-Vote. The score is that of `best_of`: the verifier's where it gave
    one, the share of its accepting verdicts otherwise, and the samples' own `score` where no
    verifier was counted. A sample without a score adds nothing, as an unread verdict does, but
    its answer is still one of those drawn.

    Raises:
        InputError: the log has no answers, no score, or scores that are not finite and >= 0.
    """
    seed = how.get("seed", 0)
    return estimate(counts, k, partial(weighted_credit, seed=seed), again=_again, **how)


def weighable(counts: Counts) -> bool:
    """Returns whether the log has answers, and scores that can be added up by answer."""
    try:
        _scores(counts)
    except InputError:
        return False
    return True


def weighted_credit(counts: Counts, ks: Ints, seed: int = 0) -> Floats:
    """Returns (P, K) expected correctness of the answer with the largest sum of scores.

    Exact where a problem's scores lie on a lattice (see `lattice`), as shares of verdicts do; the
    mean over PERMUTATIONS random orders otherwise.
    """
    return _valued(counts, ks, PERMUTATIONS, np.random.default_rng([seed, 4]), exact=True)


def weighted_grid(counts: Counts, solutions: Ints, verdicts: Ints) -> Floats:
    """Returns (P, S, V): the answer of S solutions with the most accepting verdicts, V on each.

    Both the solutions and the verdicts are drawn without replacement from those logged.

    Raises:
        InputError: the log has no answers, or no yes-or-no verdicts.
    """
    drawn = counts.drawn
    if drawn is None or drawn.answer is None or drawn.accepts is None:
        raise InputError("the weighted grid needs answers, and the verdicts of one verifier")
    fixed(counts, "weighted voting")
    judged = judged_alike(counts, "weighted voting")
    grid = [
        weighted_verdicts(
            yes, width, drawn.answer[rows], right, solutions=solutions, votes=verdicts
        )
        for rows, (yes, width, right) in zip(
            map(counts.rows, range(len(counts))), judged, strict=True
        )
    ]
    return np.stack(grid)


def _again(counts: Counts, ks: Ints, _credit: Credit, worlds: int, seed: int) -> Floats:
    """Draws the log again, each time valued by a few orders: their noise is small beside its."""
    rng = np.random.default_rng([seed, 3])
    credit = partial(_valued, permutations=ORDERS_AGAIN, rng=rng, exact=False)
    return samples_again(counts, ks, credit, worlds, seed)


def _valued(
    counts: Counts, ks: Ints, permutations: int, rng: np.random.Generator, *, exact: bool
) -> Floats:
    """Returns (P, K) credits, on a lattice exactly if told so, else by random orders."""
    score = _scores(counts)
    out = []
    for rows in map(counts.rows, range(len(counts))):
        answer, right = counts.drawn.answer[rows], counts.drawn.right[rows]  # type: ignore[union-attr,index]
        whole = lattice(score[rows]) if exact else None
        if whole is not None and len(whole) * whole.sum() <= LARGEST:
            out.append(weighted_majority(whole, answer, right, ks))
            continue
        orders = sampled_majority(
            score[rows], answer, right, ks, permutations=permutations, rng=rng
        )
        # A regression may leave the range of what it estimates by a little of its error.
        out.append(np.clip(orders.mean, 0.0, 1.0))
    return np.stack(out)


def _scores(counts: Counts) -> Floats:
    """Returns (N,) the score of every sample, 0 where it has none."""
    if counts.drawn is None or counts.drawn.answer is None:
        raise InputError("weighted voting needs answers; this log has none (column 'answer')")
    score = scores(counts, "weighted voting")
    bad = score[(score < 0) | np.isinf(score)]
    if len(bad):
        raise InputError(
            "weighted voting adds scores up, so they must satisfy 0 <= score < inf;"
            f" got score={bad[0]:g}"
        )
    return np.nan_to_num(score)
