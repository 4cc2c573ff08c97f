"""What a ROC lets resampling reach: thresholds, best-of, and the slope at the origin both tend to.

With a base rate pi, F and T the shares of wrong and right accepted, G = pi T + (1 - pi) F: drawing
until a score passes is right pi T / G of the time in 1 / G draws, and the best of N is right
Int N (1 - G)^(N-1) pi dT. Both tend to pi T'(0) / (pi T'(0) + 1 - pi) (Dorner et al. 2025), which
no log of few samples can see: it lies where next to nothing is accepted.
"""

from dataclasses import dataclass

import numpy as np

from ..analysis.curve import Floats, Interval, interval
from ..analysis.roc import Roc
from ..data.errors import InputError

FEWEST = 5
"""Wrong samples accepted, of the whole log, below which a share of right ones is not read off."""


def at_threshold(fpr: Floats, tpr: Floats, base: float) -> tuple[Floats, Floats]:
    """Returns the accuracy of the first that passes, and the expected draws, at points of a ROC.

    >>> accuracy, draws = at_threshold(np.array([0.1]), np.array([0.5]), 0.3)
    >>> float(accuracy[0].round(4)), float(draws[0].round(4))
    (0.6818, 4.5455)
    """
    _check(base)
    right, wrong = base * tpr, (1 - base) * fpr
    accepts = right + wrong
    return right / accepts, 1 / accepts


def best_of(fpr: Floats, tpr: Floats, base: float, solutions: Floats) -> Floats:
    """Returns (N,) the accuracy of the best scored of N independent samples.

    Exact for a ROC of straight lines through its points (J,), which rise from (0, 0) to (1, 1);
    along a line samples are alike, a tie included.

    >>> best_of(np.array([0.0, 1.0]), np.array([0.0, 1.0]), 0.3, np.array([1.0, 9.0]))
    array([0.3, 0.3])
    """
    _check(base)
    right, wrong = base * np.diff(tpr), (1 - base) * np.diff(fpr)
    step = right + wrong
    falls = min(right.min(), wrong.min()) < -1e-12
    if falls or min(fpr[0], tpr[0]) < 0 or max(fpr[-1], tpr[-1]) > 1 + 1e-12:
        raise InputError("a ROC must rise from (0, 0) to (1, 1); this one does not")
    above = 1 - np.concatenate([[0.0], step.cumsum()])
    share = np.divide(right, step, out=np.zeros_like(step), where=step > 0)
    powers = np.maximum(above, 0.0)[:, None] ** solutions
    return np.asarray(-np.diff(powers, axis=0).T @ share)


def limit(slope: float, base: float) -> float:
    """Returns what both tend to where the ROC leaves the origin with this slope.

    >>> limit(7.0, 0.3), limit(float("inf"), 0.3)
    (0.75, 1.0)
    """
    _check(base)
    if slope < 0:
        raise InputError(f"a slope must satisfy slope >= 0; got {slope:g}")
    return 1.0 if np.isinf(slope) else base * slope / (base * slope + 1 - base)


def _check(base: float) -> None:
    if not 0 < base < 1:
        raise InputError(f"the base rate must lie strictly between 0 and 1; got {base:g}")


@dataclass(frozen=True, slots=True)
class Origin:
    """What a log says of a ROC's slope at the origin, as the ceiling it sets on resampling.

    `seen` is the share right of what passes the strictest `threshold` that at least FEWEST wrong
    samples pass, `share` of all samples: the ceiling if the ROC were straight from there down.
    `worst` and `best` are 0, or `seen`'s lower end where a higher score never means a lower chance
    to be right (`proper`), and 1: what lies below that threshold is not in the log.
    """

    seen: Interval
    slope: Interval
    threshold: float
    share: float
    worst: float
    best: float
    doubt: str


def origin(drawn: Roc, samples: int, *, proper: bool = True) -> Origin:
    """Returns the ceiling of a score, as far as a log of so many samples can see it.

    Args:
        drawn: the empirical ROC.
        samples: how many samples it was made of.
        proper: whether to believe that a higher score never means a lower chance to be right.

    Raises:
        InputError: fewer than FEWEST wrong samples in the log.
    """
    enough = np.flatnonzero(drawn.wrong[0] * samples >= FEWEST - 0.5)
    if not len(enough):
        raise InputError(
            f"the slope at the origin needs at least {FEWEST} wrong samples with a score;"
            f" got {round(drawn.wrong[0].max() * samples)}"
        )
    j = int(enough[0])
    passed = drawn.right[:, j] + drawn.wrong[:, j]
    with np.errstate(divide="ignore", invalid="ignore"):
        seen = interval(drawn.right[:, j] / passed, drawn.mass)
        slope = interval(drawn.tpr[:, j] / drawn.fpr[:, j], drawn.mass)
    share = float(passed[0])
    doubt = (
        f"the ceiling of a score is the slope of its ROC at the origin, and this log sees no"
        f" farther than the {share:.1%} of samples that score {drawn.thresholds[j]:g} or more,"
        f" {seen.estimate:.2f} of them right: it may lie anywhere from"
        f" {seen.low if proper else 0.0:.2f} to 1"
    )
    worst = seen.low if proper else 0.0
    return Origin(seen, slope, float(drawn.thresholds[j]), share, worst, 1.0, doubt)
