"""A verifier's score: what every threshold on it accepts, and whether it means what it says."""

from dataclasses import dataclass, replace

import numpy as np

from ..data.errors import InputError
from .counts import Counts
from .curve import MASS, Floats, Interval, interval
from .draws import fixed
from .worlds import WORLDS, problem_worlds

MOST = 512
"""Thresholds looked at; more distinct scores are thinned to quantiles."""
BINS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Roc:
    """What a score accepts at each of J thresholds, strictest first, in worlds of the problems.

    `right` and `wrong` (1 + W, J) are the chances that a sample is right, or wrong, and scores at
    least the threshold: sample by sample within a problem, problem by problem alike. `base`
    (1 + W,) is the chance to be right. `unscored` is the share of samples without a score, which
    no threshold accepts.
    """

    thresholds: Floats
    right: Floats
    wrong: Floats
    base: Floats
    unscored: float
    mass: float

    @property
    def tpr(self) -> Floats:
        """The share of the right that is accepted, (1 + W, J)."""
        return self.right / self.base[:, None]

    @property
    def fpr(self) -> Floats:
        """The share of the wrong that is accepted, (1 + W, J)."""
        return self.wrong / (1 - self.base)[:, None]

    @property
    def auc(self) -> Interval:
        """The chance that a right sample outscores a wrong one, ties half, over problems mixed."""
        zero, one = np.zeros((len(self.base), 1)), np.ones((len(self.base), 1))
        f, t = np.hstack([zero, self.fpr, one]), np.hstack([zero, self.tpr, one])
        return interval(np.trapezoid(t, f, axis=1), self.mass)


def roc(counts: Counts, *, mass: float = MASS, worlds: int = WORLDS, seed: int = 0) -> Roc:
    """Returns the empirical ROC of the counted verifier's score, for new problems.

    Raises:
        InputError: the log has no scores, or is all right or all wrong.
    """
    score, right = _scores(counts, "a ROC"), counts.drawn.right  # type: ignore[union-attr]
    known = np.unique(score[np.isfinite(score)])
    if len(known) > MOST:
        known = np.unique(np.quantile(known, np.linspace(0, 1, MOST), method="nearest"))
    thresholds = known[::-1]
    if not 0 < right.mean() < 1:
        raise InputError("a ROC needs right and wrong samples; this log has only one kind")
    passed = np.nan_to_num(score, nan=-np.inf)[:, None] >= thresholds
    weights = problem_worlds(counts.problems, seed, worlds)
    each = [_means(counts, passed & (right == kind)[:, None]) for kind in (1, 0)]
    base = weights @ counts.solve_rates
    unscored = float(np.isnan(score).mean())
    return Roc(thresholds, weights @ each[0], weights @ each[1], base, unscored, mass)


def _scores(counts: Counts, what: str) -> Floats:
    """The scores that were logged, (N,), not shares of verdicts."""
    fixed(counts, what)
    if counts.drawn is None or counts.drawn.score is None or np.isnan(counts.drawn.score).all():
        raise InputError(f"{what} needs the scores of one verifier; none was counted")
    return counts.drawn.score


def _means(counts: Counts, each: Floats) -> Floats:
    """The mean over each problem's samples, (N, ...) to (P, ...)."""
    start = counts.drawn.start[:-1]  # type: ignore[union-attr]
    return np.add.reduceat(each.astype(np.float64), start, axis=0) / counts.n[:, None]


def at_least(counts: Counts, threshold: float) -> Counts:
    """Returns the same log judged by a threshold: a sample is accepted if it scores at least that.

    Accept-first, ceilings and rates then hold of the score as of any yes-or-no verifier. A sample
    without a score is not accepted.

    Raises:
        InputError: the log has no scores, or the threshold is not a number.
    """
    if np.isnan(threshold):
        raise InputError("a threshold must be a number; got nan")
    passed = np.nan_to_num(_scores(counts, "a threshold"), nan=-np.inf) >= threshold
    accepts = passed[:, None].astype(np.int8)
    drawn = replace(counts.drawn, accepts=accepts, sums=None)  # type: ignore[type-var]
    return replace(counts, verifier=f"{counts.verifier or 'score'} >= {threshold:g}", drawn=drawn)


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Mean score and share right of samples in bins of like score, (1 + W, B) each.

    `share` (B,) is how many samples fall into each bin; `error` their mean distance, weighed so:
    noise alone makes it positive, so it is too high in small logs.
    """

    score: Floats
    right: Floats
    share: Floats
    error: Interval


def calibration(
    counts: Counts, *, bins: int = BINS, mass: float = MASS, worlds: int = WORLDS, seed: int = 0
) -> Calibration:
    """Returns whether a score in [0, 1] is the chance to be right, for new problems.

    Bins hold equally many samples as far as ties allow; a problem weighs the same however many
    samples it has.

    Raises:
        InputError: the log has no scores, or some outside [0, 1], or bins < 1.
    """
    score = _scores(counts, "calibration")
    known = np.isfinite(score)
    if bins < 1:
        raise InputError(f"bins must satisfy bins >= 1; got bins={bins}")
    if (bad := score[known & ((score < 0) | (score > 1))]).size:
        raise InputError(f"calibration needs scores in [0, 1]; got score={bad[0]:g}")
    edges = np.unique(np.quantile(score[known], np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, np.nan_to_num(score), side="right")
    within = (place[:, None] == np.arange(len(edges) + 1)) & known[:, None]
    weights = problem_worlds(counts.problems, seed, worlds)
    right = counts.drawn.right  # type: ignore[union-attr]
    size, said, true = (
        weights @ _means(counts, within * each[:, None])
        for each in (np.ones(len(score)), np.nan_to_num(score), right)
    )
    held = np.flatnonzero(within.any(axis=0))
    size, said, true = size[:, held], said[:, held], true[:, held]
    error = np.abs(said - true).sum(axis=1) / size.sum(axis=1)
    share = within[:, held].mean(axis=0)
    return Calibration(said / size, true / size, share, interval(error, mass))
