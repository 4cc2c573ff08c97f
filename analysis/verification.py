"""Choosing by score or verdicts: best-of-k, and the grid of S solutions by V verdicts each."""

from collections.abc import Iterator, Sequence
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
    score = scores(counts, "best-of")
    start, right = counts.drawn.start, counts.drawn.right  # type: ignore[union-attr]
    credit = np.full((len(counts), len(ks)), np.nan)
    for n in np.unique(counts.n):
        same = np.flatnonzero(counts.n == n)
        rows = start[same][:, None] + np.arange(n)
        credit[same] = exact.best_of(score[rows], right[rows], ks)
    return credit


def scored(counts: Counts) -> bool:
    """Returns whether the log has something to choose samples by."""
    drawn = counts.drawn
    return drawn is not None and (drawn.score is not None or drawn.accepts is not None)


def scores(counts: Counts, what: str) -> Floats:
    """Returns (N,) what each sample is chosen by, as `best_of` says; NaN where it has none.

    Raises:
        InputError: the log has no scores, or stopped at success: `what` cannot be said of it.
    """
    drawn = counts.drawn
    if drawn is None or not scored(counts):
        raise InputError(f"{what} needs a score: a column 'score', or the verdicts of one verifier")
    fixed(counts, what)
    if drawn.score is not None:
        return drawn.score
    accepts = np.asarray(drawn.accepts)
    read, yes = (accepts >= 0).sum(axis=1), (accepts == 1).sum(axis=1)
    return np.where(read > 0, yes / np.maximum(read, 1), np.nan)


def verdict_grid(counts: Counts, solutions: Ints, verdicts: Ints) -> Floats:
    """Returns (P, S, V): best-of-S by the number of accepting verdicts out of V each.

    Both the solutions and the verdicts are drawn without replacement from those logged.
    """
    grid = [
        exact.best_of_verdicts(yes, width, right, solutions, verdicts)
        for yes, width, right in judged_alike(counts, "best-of by verdicts")
    ]
    return np.stack(grid)


def judged_alike(counts: Counts, what: str) -> Iterator[tuple[Ints, int, Floats]]:
    """Yields each problem's accepting verdicts (n,), how many each sample has, and the truth (n,).

    All verdicts where the problem's samples have equally many, else as many as every sample of the
    log has. A verdict that could not be read does not accept.

    Raises:
        InputError: as `logged_accepts` does.
    """
    accepts = logged_accepts(counts, what)
    sums, right = counts.drawn.sums, counts.drawn.right  # type: ignore[union-attr]
    for rows in map(counts.rows, range(len(counts))):
        if sums is not None and len(np.unique(sums[rows, 2])) == 1:
            yield sums[rows, 0], int(sums[rows.start, 2]), right[rows]
        else:
            yield (accepts[rows] == 1).sum(axis=1), accepts.shape[1], right[rows]


def every_verdict(counts: Counts, solutions: Ints) -> Floats:
    """Returns (P, S): best-of-S by the share of accepting verdicts among all logged on each.

    Unlike in `verdict_grid`, solutions and problems may have as many verdicts as they like.
    """
    yes, read = verdict_sums(counts, "best-of by all verdicts")
    share = np.where(read > 0, yes / np.maximum(read, 1), np.nan)
    right = counts.drawn.right  # type: ignore[union-attr]
    rows = map(counts.rows, range(len(counts)))
    return np.stack([exact.best_of(share[r], right[r], solutions) for r in rows])


def grid_tokens(counts: Counts, solutions: Ints, verdicts: Ints) -> Floats:
    """Returns (P, S, V) the tokens that S solutions with V verdicts each are expected to take.

    Generated tokens, S (output of a solution + V x those of a verdict), prompts not counted. V = 0
    is what S answers without a verifier take: a vote, or best-of by a score that came with them.
    NaN where a problem's log has no tokens of a kind that is drawn. The mean over all draws is that
    of the samples drawn from, so a cost exists for any S and V.
    """
    judged = np.where(verdicts > 0, verdicts * counts.verdict_tokens[:, None], 0.0)
    each = counts.output_tokens[:, None] + judged
    return np.asarray(solutions[:, None] * each[:, None, :])


def logged_accepts(counts: Counts, what: str) -> NDArray[np.int8]:
    """Returns the verdicts (N, M) of the counted verifier: 1 yes, 0 no, -1 missing or unread.

    Raises:
        InputError: there are none, or the log stopped at success: `what` cannot be said of it.
    """
    if counts.drawn is None or counts.drawn.accepts is None:
        raise InputError(f"{what} needs the yes-or-no verdicts of one verifier; none was counted")
    fixed(counts, what)
    return counts.drawn.accepts


def verdict_sums(counts: Counts, what: str) -> tuple[Ints, Ints]:
    """Returns the accepting and the read verdicts of each sample, (N,) each, of all there are.

    Raises:
        InputError: as `logged_accepts` does.
    """
    accepts = logged_accepts(counts, what)
    sums = counts.drawn.sums  # type: ignore[union-attr]
    if sums is not None:
        return sums[:, 0], sums[:, 1]
    return (accepts == 1).sum(axis=1), (accepts >= 0).sum(axis=1)
