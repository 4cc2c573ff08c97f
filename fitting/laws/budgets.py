"""Accuracy over budgets of any kind: thinking tokens, forced continuations, rounds or steps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ...analysis.counts import Ints
from ...analysis.curve import MASS, Curve, Floats, Interval, interval
from ...analysis.worlds import WORLDS, problem_worlds
from ...data.errors import InputError
from ..averaging import median, misfit, speakers
from ..crossing import SURE, crossing, ends
from ..peaked import ALPHA, FEW_PROBLEMS, UNKNOWN, peaked, tallied
from .budget_families import FAMILIES, PEAKED
from .budget_weights import TRAINED, ahead, weights

LEVEL = 0.01
"""A curve whose last doubling surely gains no more than this, in accuracy, has levelled off."""
EPSILON = {"marginal": 0.001, "residual": 0.02}
"""Accuracy gained by one more unit of cost; accuracy still missing to the best there is."""
UNITS = 100
"""A unit of cost, where none is told, is this part of the largest budget."""
POINTS = 200
"""Budgets, even in logs, at which saturation is looked for."""
APART = 0.1
"""Families this far apart on a forecast cannot be called agreed."""
MAYBE = 0.5
"""A p value of a peak that is worth a word though it establishes none."""
MISFIT = 12.0
"""A chi-squared, of 2 degrees of freedom, that chance does not explain."""


class Saturations(NamedTuple):
    """The budget from which more stops paying, by both definitions; NaN and open where unknown.

    `marginal`: from there on a unit of cost gains at most epsilon, up to the largest budget.
    `residual`: there accuracy is within epsilon of the best that the curve ever reaches.
    """

    marginal: Interval
    residual: Interval


@dataclass(frozen=True, slots=True, eq=False)
class BudgetCurve:
    """What a log says of accuracy over budgets `x` (B,), averaged over families of curves.

    `accuracy` (W, B) is the log's own; `weight` (F,) what each of FAMILIES weighs, and `scores`
    (F, H) their log scores at the H budgets that were held out, each forecast from those below it.
    `shape` is "peak inside", "rises, then levels off", "rises", "falls", or that it cannot be
    determined; `p_peak` is the p value that no peak is inside. `peaks` (W,) is 0 where the curve
    only falls, infinite where it only rises.
    """

    x: Floats
    shift: float
    accuracy: Floats
    weight: Floats
    scores: Floats
    thetas: tuple[Floats, ...]
    speaker: Ints
    shape: str
    p_peak: float
    peaks: Floats
    doubts: tuple[str, ...]

    def at(self, x: ArrayLike, mass: float = MASS) -> Curve:
        """Returns the accuracy at x (K,), for new problems; a forecast beyond the log's budgets."""
        k = np.atleast_1d(np.asarray(x))
        return Curve(k, self._worlds(k.astype(float), self.weight, self.speaker), "new", mass)

    def slope(self, x: float, mass: float = MASS) -> Interval:
        """Returns the accuracy that a doubling of the budget x gains; its null is 0.

        With a shift a doubling is that of x + shift. The flat family has no voice here: it is the
        null that the interval is held against.
        """
        weight = self.weight * np.array([family.name != "flat" for family in FAMILIES])
        weight = weight / weight.sum()
        speaker = speakers(weight, len(self.peaks) - 1, np.random.default_rng(0))
        ends = np.array([x, 2 * x + self.shift])
        value = self._worlds(ends, weight, speaker)
        return interval(value[:, 1] - value[:, 0], mass)

    def peak(self, mass: float = MASS) -> Interval:
        """Returns where the peak lies; the interval ends at 0 or infinity where it is open."""
        tails = [(1 - mass) / 2, (1 + mass) / 2]
        low, high = np.quantile(self.peaks[1:], tails, method="nearest")
        own = float(self.peaks[0])
        return Interval(own, min(float(low), own), max(float(high), own), mass)

    def saturation(
        self,
        *,
        marginal: float = EPSILON["marginal"],
        residual: float = EPSILON["residual"],
        unit: float | None = None,
        mass: float = MASS,
    ) -> Saturations:
        """Returns the budgets from which more stops paying, within the budgets of the log.

        Args:
            marginal: the accuracy that a unit of cost has to gain.
            residual: the accuracy that may be missing to the best.
            unit: of cost, in units of x; a hundredth of the largest budget where None.
            mass: of the intervals.
        """
        moved = np.geomspace(self.x[0] + self.shift, self.x[-1] + self.shift, POINTS)
        x = moved - self.shift
        x[0], x[-1] = self.x[0], self.x[-1]
        value = self._worlds(x, self.weight, self.speaker)
        each = marginal / (self.x[-1] / UNITS if unit is None else unit)
        gain = np.stack([_best(x[i:], value[:, i:]) for i in range(len(x) - 1)], axis=1)
        stops = np.minimum.accumulate(gain, axis=1)
        # `crossing` is straight in log(1 + k): taking 1 away makes it so in log x, in any unit.
        k, back = moved - 1, 1 - self.shift
        settled = crossing(k[:-1], -stops, np.full(len(value), -each)) + back
        limits = np.stack([f.limit(t) for f, t in zip(FAMILIES, self.thetas, strict=True)])
        rest = limits[self.speaker, np.arange(1, len(value))]
        best = np.concatenate([median(limits[:, :1, None], self.weight), rest])
        reached = back + crossing(k, np.maximum.accumulate(value, axis=1), best - residual)
        return Saturations(self._point(settled, mass), self._point(reached, mass))

    def _worlds(self, x: Floats, weight: Floats, speaker: Ints) -> Floats:
        """Accuracies (W, K): the families' mean in row 0, one family's own in each of the rest."""
        each = np.stack(
            [f.value(t, x + self.shift) for f, t in zip(FAMILIES, self.thetas, strict=True)]
        )
        rest = each[speaker, np.arange(1, each.shape[1])]
        return np.vstack([weight @ each[:, 0], rest])

    def _point(self, at: Floats, mass: float) -> Interval:
        """A budget (W,), NaN beyond the log's; not given where too few worlds place it."""
        low, high = ends(at, np.full(len(at), self.x[-1]), mass)
        unknown = not np.isfinite(at[0]) or np.isfinite(at[1:]).mean() < SURE
        return Interval(np.nan if unknown else float(at[0]), low, high, mass)


def budget_curve(
    x: ArrayLike,
    n: Ints,
    c: Ints,
    problems: Sequence[str] | None = None,
    *,
    shift: float = 0.0,
    seed: int = 0,
    worlds: int = WORLDS,
) -> BudgetCurve:
    """Fits families of curves to accuracy over budgets, and averages what they say.

    Each family is weighed by its log score on the next larger budget, fitted to the smaller ones,
    and by whether it misfits the whole; the flat one is among them. A peak inside is told only
    where the test of `peaked` finds it with both of its forms.

    Args:
        x: budgets, increasing, (B,); tokens, forced continuations, rounds or steps.
        n: graded samples of each problem at each budget, (P, B); 0 where it was not tried.
        c: the right ones among them, (P, B).
        problems: their names, (P,).
        shift: added to x before the logarithm, such as 1 where x counts continuations from 0.
        seed: of the worlds.
        worlds: how many, besides the log.

    Raises:
        InputError: fewer than 3 budgets or 3 problems, counts that cannot be, x + shift <= 0.
    """
    moved, n, c = tallied("budget", _shifted(x, shift), n, c)
    names = [str(i) for i in range(len(n))] if problems is None else list(problems)
    redrawn = problem_worlds(names, seed, worlds)
    tried = redrawn @ (n > 0)
    accuracy = redrawn @ (c / np.maximum(n, 1)) / tried
    size = tried * len(n)
    thetas = tuple(family.fit(moved, accuracy, size) for family in FAMILIES)
    scores = ahead(moved, accuracy, size)
    weight = weights(moved, accuracy, thetas, scores)
    speaker = speakers(weight, worlds, np.random.default_rng([seed, 7]))
    tests = [peaked(moved, n, c, names, form=f, seed=seed, worlds=worlds) for f in PEAKED]
    voice = weight[[[f.name for f in FAMILIES].index(form) for form in PEAKED]]
    chosen = speakers(voice / voice.sum(), worlds, np.random.default_rng([seed, 8]))
    chosen = np.concatenate([[voice.argmax()], chosen])
    peaks = np.stack([test.peaks for test in tests])[chosen, np.arange(worlds + 1)]
    peaks = np.where(peaks > 0, np.maximum(peaks - shift, 0.0), peaks)
    p = max(test.p for test in tests)
    told = BudgetCurve(
        moved - shift, shift, accuracy, weight, scores, thetas, speaker, UNKNOWN, p, peaks, ()
    )
    told = replace(told, shape=_shape(told))
    return replace(told, doubts=tuple(_doubts(told, n)))


def _shifted(x: ArrayLike, shift: float) -> Floats:
    if not (np.isfinite(shift) and shift >= 0):
        raise InputError(f"shift must satisfy shift >= 0; got {shift:g}")
    given = np.asarray(x, dtype=float)
    if shift == 0 and given.size and given.flat[0] == 0:
        raise InputError("budgets must be positive; got 0 (with shift=1 they may begin at 0)")
    return np.asarray(given + shift)


def _shape(told: BudgetCurve) -> str:
    """The shape that the log establishes."""
    if told.p_peak <= ALPHA:
        return "peak inside"
    straight = told.thetas[[f.name for f in FAMILIES].index("log-linear")][:, 1]
    trend = interval(straight, 1 - ALPHA)
    if trend.low > 0:
        last = told.slope((told.x[-1] - told.shift) / 2)
        level = last.high <= LEVEL and last.low >= -LEVEL
        return "rises, then levels off" if level else "rises"
    return "falls" if trend.high < 0 else UNKNOWN


def _doubts(told: BudgetCurve, n: Ints) -> Iterator[str]:
    if len(n) < FEW_PROBLEMS:
        yield f"only {len(n)} problems: log {FEW_PROBLEMS - len(n)} more to judge the shape by"
    if (n == 0).any():
        yield "some problems miss some budgets: differences between budgets are partly of problems"
    if not told.scores.size:
        yield (
            f"only {len(told.x)} budgets: none can be held out to weigh the families by; log"
            f" {TRAINED + 1} or more"
        )
    each = np.stack(
        [
            f.value(t[:1], 2 * told.x[-1:] + 2 * told.shift)[0, 0]
            for f, t in zip(FAMILIES, told.thetas, strict=True)
        ]
    )
    heard = each[told.weight > told.weight.max() / 10]
    if np.ptp(heard) > APART:
        yield (
            f"at twice the largest budget, families that fit about as well put accuracy between"
            f" {heard.min():.2f} and {heard.max():.2f}"
        )
    if told.shape != "peak inside" and told.p_peak <= MAYBE:
        yield (
            f"whether accuracy falls again after a peak cannot be determined from this log"
            f" (p = {told.p_peak:.2g})"
        )
    if (worst := _misfit(told)) > MISFIT:
        yield f"every family misses the log's accuracies (chi-squared {worst:.0f} at the best)"


def _misfit(told: BudgetCurve) -> float:
    x = told.x + told.shift
    pairs = zip(FAMILIES, told.thetas, strict=True)
    return min(misfit(told.accuracy, f.value(theta, x)) for f, theta in pairs)


def _best(x: Floats, value: Floats) -> Floats:
    """The most that budgets after the first of these gain, each unit of x, (W,)."""
    return np.asarray(((value[:, 1:] - value[:, :1]) / (x[1:] - x[0])).max(axis=1))
