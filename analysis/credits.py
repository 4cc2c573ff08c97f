"""Credits: what each problem earns, in the mean over all subsets, under a way of answering."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..data.errors import InputError
from ..data.traces import UNTIL_SUCCESS
from .counts import VOID, Counts, Ints
from .coverage import draws
from .curve import MASS, Curve, Floats
from .verification import accept_first as accept_first_kernel
from .verification import best_of as best_of_kernel
from .verification import best_of_verdicts
from .voting import majority as majority_kernel
from .voting import majority_limit
from .worlds import WORLDS, problem_worlds


def majority(
    counts: Counts,
    k: Sequence[int] | Ints | int,
    *,
    mass: float = MASS,
    worlds: int = WORLDS,
    seed: int = 0,
) -> Curve:
    """Returns the accuracy of plurality voting over k samples, ties broken evenly.

    The interval is for new problems: the bootstrap over problems carries the noise of their
    answers with it.

    Raises:
        InputError: the log has no answers to vote with.
    """
    ks = draws(k)
    return _curve(counts, ks, majority_credit(counts, ks), mass, worlds, seed)


def best_of(
    counts: Counts,
    k: Sequence[int] | Ints | int,
    *,
    mass: float = MASS,
    worlds: int = WORLDS,
    seed: int = 0,
) -> Curve:
    """Returns the accuracy of the best-scored of k samples, ties broken evenly.

    The score is the verifier's score where it gave one, the share of its accepting verdicts
    otherwise, and the samples' own `score` where no verifier was counted.

    Raises:
        InputError: the log has neither.
    """
    ks = draws(k)
    return _curve(counts, ks, score_credit(counts, ks), mass, worlds, seed)


def _curve(counts: Counts, ks: Ints, credit: Floats, mass: float, worlds: int, seed: int) -> Curve:
    """Means over problems in every world; NaN, with a reason, once some problem has too few."""
    weights = problem_worlds(counts.problems, seed, worlds)
    short = np.isnan(credit).sum(axis=0)
    values = np.minimum(weights @ np.nan_to_num(credit), 1.0)
    values[:, short > 0] = np.nan
    reason = None
    if short.any():
        reason = f"k must satisfy k <= n (smallest n={counts.n.min()}); got k={ks.max()}"
    return Curve(ks, values, "new", mass, reason)


def majority_credit(counts: Counts, ks: Ints) -> Floats:
    """Returns (P, K) expected correctness of plurality voting."""
    ballots = [majority_kernel(b.votes, b.right, b.void, ks) for b in _ballots(counts)]
    return np.stack(ballots)


def majority_limits(counts: Counts) -> Floats:
    """Returns (P,) the correctness of voting as k grows: is the most frequent answer right."""
    return np.asarray([majority_limit(b.votes, b.right, b.void) for b in _ballots(counts)])


@dataclass(frozen=True, slots=True)
class _Ballot:
    """One problem's votes by answer class, the share of each class that is right, and the void."""

    votes: Ints
    right: Floats
    void: int


def _ballots(counts: Counts) -> Iterator[_Ballot]:
    if counts.drawn is None or counts.drawn.answer is None:
        raise InputError("majority voting needs answers; this log has none (column 'answer')")
    _fixed(counts, "majority voting")
    for i in range(len(counts)):
        rows = counts.rows(i)
        answer, right = counts.drawn.answer[rows], counts.drawn.right[rows]
        valid = answer != VOID
        _, klass = np.unique(answer[valid], return_inverse=True)
        votes = np.bincount(klass).astype(np.int64)
        share = np.bincount(klass, weights=right[valid], minlength=len(votes)) / votes
        yield _Ballot(votes, share, int((~valid).sum()))


def score_credit(counts: Counts, ks: Ints) -> Floats:
    """Returns (P, K) expected correctness of the best-scored of k samples."""
    drawn = counts.drawn
    if drawn is None or (drawn.score is None and drawn.accepts is None):
        raise InputError("best-of needs a score: a column 'score', or the verdicts of one verifier")
    _fixed(counts, "best-of")
    out = []
    for i in range(len(counts)):
        rows = counts.rows(i)
        score = drawn.score[rows] if drawn.score is not None else yes_share(counts, i)
        out.append(best_of_kernel(score, drawn.right[rows], ks))
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
        best_of_verdicts(
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
        accept_first_kernel(counts.n, cells.true_accepts[:, v], cells.false_accepts[:, v], caps)
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
    _fixed(counts, "accept-first")
    return counts.drawn.accepts


def _fixed(counts: Counts, what: str) -> None:
    """Subsets of a log that stopped at its first success are no samples of k draws."""
    if counts.stop_rule == UNTIL_SUCCESS:
        raise InputError(
            f"{what} needs a log whose stop rule ignores the outcomes; this one stops at success"
        )
