"""The first that is accepted: drawing until a verdict says yes, at most K samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from ..data.errors import InputError, nearest
from .counts import Counts, Ints
from .curve import Curve, Floats
from .estimate import Credit, How, estimate
from .exact import accept as exact
from .verification import logged_accepts, score_credit
from .voting import majority_credit

ABSTAIN = "abstain"


def accepted(
    counts: Counts,
    k: Sequence[int] | Ints | int,
    *,
    fallback: str = ABSTAIN,
    **how: Unpack[How],
) -> Curve:
    """Returns the accuracy of the first accepted of at most k samples; see `estimate`.

    `fallback` as in `accept_first`; to abstain counts as wrong.
    """
    return estimate(counts, k, lambda log, ks: accept_first(log, ks, fallback).right, **how)


@dataclass(frozen=True, slots=True, eq=False)
class Accepted:
    """Drawing until one verdict accepts, at most K samples; every array is (P, K).

    `right`, `wrong` and `abstain` add up to 1; `draws` is the expected number of samples drawn,
    `sample_tokens` what they take to write and `verdict_tokens` what one verdict on each takes,
    NaN where the log has no tokens. Prompts are not counted.
    """

    right: Floats
    wrong: Floats
    abstain: Floats
    draws: Floats
    sample_tokens: Floats
    verdict_tokens: Floats

    @property
    def tokens(self) -> Floats:
        """All expected tokens, (P, K)."""
        return self.sample_tokens + self.verdict_tokens


def accept_first(counts: Counts, caps: Ints, fallback: str = ABSTAIN) -> Accepted:
    """Returns accept-first at each cap, one verdict a sample, averaged over the logged verdicts.

    Exact over all subsets and orders of the log; a verdict that could not be read does not accept.
    NaN where K > n.

    Args:
        counts: one group's counts, with the verdicts of a verifier.
        caps: the most samples drawn, (K,).
        fallback: what is answered when none of the K was accepted: nothing (`abstain`), one of
            them (`random`), their plurality (`majority`) or the one of highest `score`
            (`best-scored`).

    Raises:
        InputError: an unknown fallback, or a log without what it or the verifier needs.
    """
    if fallback != ABSTAIN and fallback not in FALLBACKS:
        known = [ABSTAIN, *FALLBACKS]
        near = nearest(fallback, known)
        raise InputError(f"fallback must be one of {', '.join(known)}; got {fallback!r}{near}")
    accepts = logged_accepts(counts, "accept-first")
    each = [_one_verdict(counts, verdict == 1, caps, fallback) for verdict in accepts.T]
    return Accepted(*np.mean(each, axis=0))


def _one_verdict(counts: Counts, yes: NDArray[np.bool_], caps: Ints, fallback: str) -> list[Floats]:
    """The fields of Accepted where a sample is accepted if `yes` (N,) says so."""
    right = counts.drawn.right == 1  # type: ignore[union-attr]
    true, false = _total(counts, yes & right), _total(counts, yes & ~right)
    ends = exact.accept_first(counts.n, true, false, caps)
    written = exact.expected_tokens(ends, _mean_tokens(counts, yes), _mean_tokens(counts, ~yes))
    read = ends.draws * counts.verdict_tokens[:, None]
    if fallback != ABSTAIN:
        ends = exact.fall_back(ends, _rejected(counts, ~yes, caps, FALLBACKS[fallback]))
    return [ends.right, ends.wrong, ends.abstain, ends.draws, written, read]


def _rejected(counts: Counts, no: NDArray[np.bool_], caps: Ints, credit: Credit) -> Floats:
    """What any K of the rejected samples earn, (P, K); NaN where fewer than K are rejected."""
    left = _total(counts, no)
    earned = np.full((len(counts), len(caps)), np.nan)
    some = np.flatnonzero(left)
    if len(some):
        within = no[np.repeat(left > 0, counts.n)]
        rejected = counts.only(some).pick(np.flatnonzero(within), left[some])
        earned[some] = credit(rejected, caps)
    return earned


def _any_credit(counts: Counts, ks: Ints) -> Floats:
    """A sample drawn at random is right at the solve rate, however many it is drawn from."""
    return np.where(ks > counts.n[:, None], np.nan, counts.solve_rates[:, None])


def _scored_credit(counts: Counts, ks: Ints) -> Floats:
    """Best-of by a score that is there beside the one verdict: other verdicts were not paid for."""
    if counts.drawn is None or counts.drawn.score is None:
        raise InputError("fallback 'best-scored' needs a score; this log has none (column 'score')")
    return score_credit(counts, ks)


FALLBACKS: dict[str, Credit] = {
    "random": _any_credit,
    "majority": majority_credit,
    "best-scored": _scored_credit,
}
"""Ways of answering with the K samples drawn when none of them was accepted."""


def _mean_tokens(counts: Counts, among: NDArray[np.bool_]) -> Floats:
    """The mean output of each problem's samples `among` (N,) those logged, (P,); NaN without."""
    tokens = counts.drawn.tokens  # type: ignore[union-attr]
    if tokens is None:
        return np.full(len(counts), np.nan)
    known = among & np.isfinite(tokens)
    size = _total(counts, known)
    total = _total(counts, np.where(known, tokens, 0.0))
    return np.asarray(np.divide(total, size, out=np.full(len(counts), np.nan), where=size > 0))


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
    accepts = logged_accepts(counts, "crossing verdicts with the truth")
    right = counts.drawn.right[:, None] == 1  # type: ignore[union-attr]
    yes, read = accepts == 1, accepts >= 0
    cells = (yes & right, yes & ~right, read & right, read & ~right)
    return AcceptCells(*(_total(counts, cell) for cell in cells))


def same_tests(counts: Counts, excess: float = 2.0) -> bool:
    """Returns whether the verdicts at one place are the same test on every sample of a problem.

    Then some places accept far more than others: the variance of their shares among wrong samples
    is over `excess` times that of draws alone, problems pooled.
    """
    cells = accept_cells(counts)
    read, yes = cells.read_wrong.astype(float), cells.false_accepts.astype(float)
    total = read.sum(axis=1)
    mean = np.divide(yes.sum(axis=1), total, out=np.zeros(len(total)), where=total > 0)[:, None]
    expected = read * mean * (1 - mean)
    freedom = ((expected > 0).sum(axis=1) - 1).clip(0).sum()
    apart = np.divide(
        (yes - read * mean) ** 2, expected, out=np.zeros_like(yes), where=expected > 0
    )
    return bool(freedom > 0 and apart.sum() > excess * freedom)


def _total(counts: Counts, each: NDArray[np.bool_] | Floats) -> NDArray[Any]:
    """Sums over the samples of each problem, (N, ...) to (P, ...)."""
    wide = each.astype(np.int64) if each.dtype == np.bool_ else each
    return np.add.reduceat(wide, counts.drawn.start[:-1], axis=0)  # type: ignore[union-attr]
