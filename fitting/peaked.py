"""Peaked curves: accuracy over token budgets that may rise, then fall; is the peak inside?"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import expit, log_expit, logit, stdtr

from ..analysis.counts import Ints
from ..analysis.curve import MASS, Curve, Floats, Interval
from ..analysis.worlds import WORLDS, problem_worlds
from ..data.errors import InputError
from .newton import maximise

ALPHA = 0.05
UNKNOWN = "cannot be determined from this log"
FEW_PROBLEMS = 30
WEAK = 1 / 5.0**2
"""The prior precision of logit coefficients on budgets scaled to -1..1: only against infinity."""
SCALES = 200
"""Scales s that the second form tries, evenly spaced in log s."""


class Form(NamedTuple):
    """A curve over x, as functions of its parameters theta (W, 3).

    `fit` takes x (B,), the accuracies and how many problems they average, (W, B) each; `value` and
    `slope` give (W, K) at x (K,), the slope along log x; `peak` (W,) is meant where one is inside.
    """

    fit: Callable[[Floats, Floats, Floats], Floats]
    value: Callable[[Floats, Floats], Floats]
    slope: Callable[[Floats, Floats], Floats]
    peak: Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Peaked:
    """What a log says of the shape of accuracy over x, and of its peak.

    `shape` is "rises", "falls", "peak inside" or that it cannot be determined; `p` is the p value
    that no peak is inside, and `inside` the share of worlds whose fitted peak is. `peaks` (W,) is
    0 where the curve falls from the least x on, infinite where it rises to the largest.
    """

    form: str
    x: Floats
    theta: Floats
    accuracy: Floats
    peaks: Floats
    shape: str
    p: float
    inside: float
    doubts: tuple[str, ...]

    def at(self, x: Ints, mass: float = MASS) -> Curve:
        """Returns the fitted accuracy at x (K,), for new problems."""
        k = np.atleast_1d(np.asarray(x))
        return Curve(k, FORMS[self.form].value(self.theta, k.astype(float)), "new", mass)

    def peak(self, mass: float = MASS) -> Interval:
        """Returns where the peak lies; the interval ends at 0 or infinity where it is open."""
        tails = [(1 - mass) / 2, (1 + mass) / 2]
        low, high = np.quantile(self.peaks[1:], tails, method="nearest")
        own = float(self.peaks[0])
        return Interval(own, min(float(low), own), max(float(high), own), mass)


def peaked(
    x: Floats,
    n: Ints,
    c: Ints,
    problems: Sequence[str] | None = None,
    *,
    form: str = "quadratic",
    seed: int = 0,
    worlds: int = WORLDS,
) -> Peaked:
    """Fits accuracy over budgets and tests whether its peak lies inside their range.

    A peak is inside where three things hold, and p is the largest of their p values: the fitted
    curve climbs at the least budget and falls at the largest (Sasabuchi 1980; Lind & Mehlum 2010),
    and some budget between beats both ends. The last assumes no form: a curve that only levels off
    bends a quadratic down at its end (Simonsohn 2018), and the slopes alone would see a peak.

    Args:
        x: budgets, positive and increasing, (B,).
        n: graded samples of each problem at each budget, (P, B); 0 where it was not tried.
        c: the right ones among them, (P, B).
        problems: their names, (P,).
        form: "quadratic": logit accuracy quadratic in log x (each problem counts alike), or
            "saturating": F (1 - exp(-x / s)) - d x by least squares (m1: Huang et al. 2025).
        seed: of the worlds.
        worlds: how many, besides the log.

    Raises:
        InputError: fewer than 3 budgets or 3 problems, or counts that cannot be.
    """
    x, n, c = tallied("budget", x, n, c)
    if form not in FORMS:
        raise InputError(f"form must be one of {', '.join(FORMS)}; got {form!r}")
    names = [str(i) for i in range(len(n))] if problems is None else problems
    weights = problem_worlds(names, seed, worlds)
    tried = weights @ (n > 0)
    accuracy = weights @ (c / np.maximum(n, 1)) / tried
    law = FORMS[form]
    theta = law.fit(x, accuracy, tried * len(n))
    ends = x[[0, -1]]
    slope, value = law.slope(theta, ends), law.value(theta, ends)
    inside = (slope[:, 0] > 0) & (slope[:, 1] < 0)
    outside = np.where(value[:, 1] >= value[:, 0], np.inf, 0.0)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        peaks = np.where(inside, law.peak(theta), outside)
    shape, p = _shape(slope, accuracy, len(n) - 1)
    doubts = tuple(_doubts(n, c, law.value(theta, x), accuracy))
    return Peaked(form, x, theta, accuracy, peaks, shape, p, float(inside[1:].mean()), doubts)


def tallied(what: str, x: Floats, n: Ints, c: Ints) -> tuple[Floats, Ints, Ints]:
    """Checks the counts (P, B) of problems tried at increasing x (B,), and returns them as arrays.

    Raises:
        InputError: fewer than 3 of x or of the problems, x that does not rise, impossible counts.
    """
    x, n, c = np.asarray(x, dtype=float), np.asarray(n), np.asarray(c)
    if x.ndim != 1 or len(x) < 3:
        raise InputError(f"a curve needs 3 {what}s or more; got {x.size}")
    if not (x[0] > 0 and (np.diff(x) > 0).all() and np.isfinite(x).all()):
        raise InputError(f"{what}s must be positive and increasing; got {x.tolist()}")
    if n.shape != c.shape or n.ndim != 2 or n.shape[1] != len(x) or len(n) < 3:
        raise InputError(
            f"n and c must be (problems >= 3, {what}s = {len(x)}); got {n.shape} and {c.shape}"
        )
    if not ((c >= 0) & (c <= n)).all():
        raise InputError("counts must satisfy 0 <= c <= n for every problem; some do not")
    if not (n > 0).any(axis=0).all():
        raise InputError(
            f"every {what} must be tried on some problem; {what} "
            f"{x[(n == 0).all(axis=0)][0]:g} was on none"
        )
    return x, n, c


def _fit_quadratic(x: Floats, accuracy: Floats, tried: Floats) -> Floats:
    """Coefficients of 1, log x and (log x)^2 by (quasi-)binomial likelihood, weakly held."""
    return logit_fit(x, accuracy, tried, 3)


def logit_fit(x: Floats, accuracy: Floats, tried: Floats, terms: int) -> Floats:
    """Returns (W, 3) the coefficients of 1, log x and (log x)^2 of logit accuracy, of 2 or 3 terms.

    By (quasi-)binomial likelihood of accuracies (W, B) over so many problems, weakly held.
    """
    log_x = np.log(x)
    middle, half = (log_x[0] + log_x[-1]) / 2, (log_x[-1] - log_x[0]) / 2
    basis = np.vander((log_x - middle) / half, terms, increasing=True)
    held = WEAK * np.eye(terms)

    def derivatives(theta: Floats, rows: slice) -> tuple[Floats, Floats, Floats]:
        y, size = accuracy[rows], tried[rows]
        eta = theta @ basis.T
        p = expit(eta)
        height = (size * (y * log_expit(eta) + (1 - y) * log_expit(-eta))).sum(axis=1)
        gradient = (size * (y - p)) @ basis - WEAK * theta
        hessian = -np.einsum("wb,bp,bq->wpq", size * p * (1 - p), basis, basis) - held
        return height - WEAK / 2 * (theta**2).sum(axis=1), gradient, hessian

    start = np.zeros(terms)
    start[0] = logit(np.clip(accuracy[0].mean(), 0.01, 0.99))
    found = maximise(derivatives, start, len(accuracy))
    b0, b1, b2 = np.pad(found, ((0, 0), (0, 3 - terms))).T
    bend = b2 / half**2
    tilt = b1 / half - 2 * bend * middle
    return np.stack([b0 - tilt * middle - bend * middle**2, tilt, bend], axis=1)


def _fit_saturating(x: Floats, accuracy: Floats, tried: Floats) -> Floats:  # noqa: ARG001
    """(F, s, d) by least squares: linear in F and d, so only s is searched, nothing is local."""
    scales = np.geomspace(x[0] / 10, x[-1], SCALES)
    bases = np.stack(
        [-np.expm1(-x / scales[:, None]), np.broadcast_to(-x / x[-1], (SCALES, len(x)))]
    )
    design = np.moveaxis(bases, 0, -1)
    best, (f, d) = nearest(design, accuracy)
    return np.stack([f, scales[best], d / x[-1]], axis=1)


def nearest(designs: Floats, accuracy: Floats) -> tuple[Ints, Floats]:
    """Returns which of the designs (S, B, q) is nearest each accuracy (W, B), by least squares.

    And its coefficients (q, W): what is linear needs no search, so nothing is a local minimum.
    """
    found = np.einsum("sqb,wb->swq", np.linalg.pinv(designs), accuracy)
    misfit = ((np.einsum("sbq,swq->swb", designs, found) - accuracy) ** 2).sum(axis=2)
    best = misfit.argmin(axis=0)
    return best, found[best, np.arange(len(accuracy))].T


def _rise(theta: Floats, x: Floats) -> tuple[Floats, ...]:
    """F, s and d as columns, and exp(-x / s)."""
    f, s, d = theta.T[:, :, None]
    return f, s, d, np.exp(-x / s)


def _value_saturating(theta: Floats, x: Floats) -> Floats:
    f, _, d, left = _rise(theta, x)
    return f * (1 - left) - d * x


def _slope_saturating(theta: Floats, x: Floats) -> Floats:
    f, s, d, left = _rise(theta, x)
    return x * (f / s * left - d)


FORMS = {
    "quadratic": Form(
        fit=_fit_quadratic,
        value=lambda theta, x: expit(theta @ np.vander(np.log(x), 3, increasing=True).T),
        slope=lambda theta, x: theta[:, 1:2] + 2 * theta[:, 2:] * np.log(x),
        peak=lambda theta: np.exp(-theta[:, 1] / (2 * theta[:, 2])),
    ),
    "saturating": Form(
        fit=_fit_saturating,
        value=_value_saturating,
        slope=_slope_saturating,
        peak=lambda theta: theta[:, 1] * np.log(theta[:, 0] / (theta[:, 1] * theta[:, 2])),
    ),
}


def _shape(slope: Floats, accuracy: Floats, freedom: int) -> tuple[str, float]:
    """Names the shape that the log establishes, and gives the p value of a peak inside."""
    t = slope[0] / np.maximum(slope[1:].std(axis=0, ddof=1), 1e-300)
    climbs, falls = stdtr(freedom, -t), stdtr(freedom, t)
    beaten = _between(accuracy)
    p = float(max(climbs[0], falls[1], beaten))
    if p <= ALPHA:
        return "peak inside", p
    monotone = {"rises": climbs.max(), "falls": falls.max()}
    found = [name for name, value in monotone.items() if value <= ALPHA < beaten]
    return (found[0] if found else UNKNOWN), p


def _between(accuracy: Floats) -> float:
    """The p value that no x between the ends beats both, by the largest of the studentised gains.

    Against the largest deviation over all of them in the worlds, whichever end is not beaten.
    """
    inner = accuracy[:, 1:-1]
    gain = np.stack([inner - accuracy[:, :1], inner - accuracy[:, -1:]], axis=1)
    spread = np.maximum(gain[1:].std(axis=0, ddof=1), 1e-12)
    seen = (gain[0] / spread).min(axis=0).max()
    chance = ((gain[1:] - gain[0]) / spread).max(axis=(1, 2))
    return float((1 + (chance >= seen).sum()) / len(accuracy))


def _doubts(n: Ints, c: Ints, fitted: Floats, accuracy: Floats) -> Iterator[str]:
    if len(n) < FEW_PROBLEMS:
        yield f"only {len(n)} problems: log {FEW_PROBLEMS - len(n)} more to judge the shape by"
    if (n == 0).any():
        yield "some problems miss some budgets: differences between budgets are partly of problems"
    if not c.any():
        yield "nothing was solved at any budget"
    residual = accuracy - fitted
    worst = np.abs(residual[0] / np.maximum(residual[1:].std(axis=0, ddof=1), 1e-3)).max()
    if worst > 4:
        yield (
            f"the form misses an accuracy by {worst:.1f} standard errors: where it peaks is the"
            " form's word, not the log's"
        )
