"""Choosing by verdict or score: best-of, the S x V grid, and the first that is accepted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from ..data.errors import InputError
from .counts import Counts, Ints
from .curve import Curve, Floats
from .draws import fixed
from .estimate import How, estimate
from .exact import verification as exact


def best_of(counts: Counts, k: Sequence[int] | Ints | int, **how: Unpack[How]) -> Curve:
    """Returns the accuracy of the best-scored of k samples, ties broken evenly; see `estimate`.

    The score is the verifier's score where it gave one, the share of its accepting verdicts
    otherwise, and the samples' own `score` where no verifier was counted.

    Raises:
        InputError: the log has neither.
    """
    return estimate(counts, k, score_credit, **how)


def score_credit(counts: Counts, ks: Ints) -> Floats:
    """Returns (P, K) expected correctness of the best-scored of k samples."""
    drawn = counts.drawn
    if drawn is None or (drawn.score is None and drawn.accepts is None):
        raise InputError("best-of needs a score: a column 'score', or the verdicts of one verifier")
    fixed(counts, "best-of")
    out = []
    for i in range(len(counts)):
        rows = counts.rows(i)
        score = drawn.score[rows] if drawn.score is not None else yes_share(counts, i)
        out.append(exact.best_of(score, drawn.right[rows], ks))
    return np.stack(out)


def yes_share(counts: Counts, problem: int) -> Floats:
    """Returns (n,) the share of accepting verdicts of each sample; NaN where none was read."""
    accepts = counts.drawn.accepts[counts.rows(problem)]  # type: ignore[union-attr,index]
    read = (accepts >= 0).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.where(read > 0, (accepts == 1).sum(axis=1) / np.maximum(read, 1), np.nan)


def verdict_grid(counts: Counts, solutions: Ints, verdicts: Ints) -> Floats:
    """Returns (P, S, V): best-of-S by the number of accepting verdicts out of V each.

    Both the solutions and the verdicts are drawn without replacement from those logged.
    """
    accepts = _accepts(counts)
    grid = [
        exact.best_of_verdicts(
            (accepts[rows] == 1).sum(axis=1),
            accepts.shape[1],
            counts.drawn.right[rows],  # type: ignore[union-attr]
            solutions,
            verdicts,
        )
        for rows in map(counts.rows, range(len(counts)))
    ]
    return np.stack(grid)


@dataclass(frozen=True, slots=True, eq=False)
class Accepted:
    """Drawing until one verdict accepts, at most K samples; every array is (P, K).

    `right`, `wrong` and `abstain` add up to 1; `draws` is the expected number of samples drawn.
    """

    right: Floats
    wrong: Floats
    abstain: Floats
    draws: Floats


def accept_first(counts: Counts, caps: Ints) -> Accepted:
    """Returns accept-first at each cap, one verdict a sample, averaged over the logged verdicts.

    Exact over all subsets and orders of the log; a verdict that could not be read does not accept.
    """
    accepts = _accepts(counts)
    cells = accept_cells(counts)
    each = [
        exact.accept_first(counts.n, cells.true_accepts[:, v], cells.false_accepts[:, v], caps)
        for v in range(accepts.shape[1])
    ]
    names = ("right", "wrong", "abstain", "draws")
    return Accepted(**{f: np.mean([getattr(e, f) for e in each], axis=0) for f in names})


@dataclass(frozen=True, slots=True, eq=False)
class AcceptCells:
    """Accepting verdicts among right and among wrong samples, (P, M), by the verdict's place.

    `read_right` and `read_wrong` (P, M) count the verdicts that could be read at all.
    """

    true_accepts: Ints
    false_accepts: Ints
    read_right: Ints
    read_wrong: Ints


def accept_cells(counts: Counts) -> AcceptCells:
    """Returns the verdicts crossed with the truth."""
    accepts = _accepts(counts)
    right = counts.drawn.right[:, None] == 1  # type: ignore[union-attr]
    start = counts.drawn.start[:-1]  # type: ignore[union-attr]

    def total(mask: NDArray[np.bool_]) -> Ints:
        return np.add.reduceat(mask.astype(np.int64), start, axis=0)

    yes, read = accepts == 1, accepts >= 0
    cells = (yes & right, yes & ~right, read & right, read & ~right)
    return AcceptCells(*map(total, cells))


def _accepts(counts: Counts) -> NDArray[np.int8]:
    if counts.drawn is None or counts.drawn.accepts is None:
        raise InputError("this needs the yes-or-no verdicts of one verifier; none was counted")
    fixed(counts, "accept-first")
    return counts.drawn.accepts
