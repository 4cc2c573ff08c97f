"""least: how few problems reach a wanted precision, found from few simulated logs."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np
from scipy.special import ndtri

from ..analysis.curve import Floats

FEWEST, START = 5, 100
"""Problems: the fewest considered, and where the search begins."""
ROUNDS = 4
CLOSE = 0.2
"""The search ends where no more than about this share of the problems is to spare."""
APART = log(2)
"""Sizes nearer than this have slopes that are mostly noise."""
HOPELESS = 1.0
"""A log ratio of problems, at the most allowed, that a few simulated logs cannot be wrong by."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What simulated logs of one size came to: `values` (L,) a log, and whether each `held` (L,).

    Values are half-widths, or 1 where an interval excludes zero; `held` is whether the interval
    held the truth that the log was drawn from, NaN where that is not asked.
    """

    values: Floats
    held: Floats

    @property
    def mean(self) -> float:
        """The expected value."""
        return float(self.values.mean())

    @property
    def error(self) -> float:
        """The Monte Carlo standard error of the mean."""
        return float(self.values.std(ddof=1) / sqrt(len(self.values)))


Simulate = Callable[[int, int], Trial]
"""(problems, logs) -> Trial."""
Short = Callable[[float], float]
"""The mean of a trial -> log of how many times its problems are wanted, at errors of P^-1/2."""


def width_short(want: float) -> Short:
    """Returns how far a half-width is from the one wanted: log (width / want)^2."""
    return lambda mean: 2 * log(max(mean, 1e-9) / want)


def power_short(power: float, mass: float, logs: int) -> Short:
    """Returns how far a share of intervals that exclude zero is from the power wanted.

    The power of a difference d with standard error s sqrt(1 / P) is Phi(d sqrt(P) / s - z), so the
    problems wanted are those tried times ((z + z_power) / (z + z_share))^2.
    """
    z = ndtri((1 + mass) / 2)
    half = 0.5 / logs

    def short(mean: float) -> float:
        reached = z + ndtri(min(max(mean, half), 1 - half))
        return float(2 * log((z + ndtri(power)) / max(reached, 0.1)))

    return short


def least(
    simulate: Simulate, short: Short, most: int, logs: int, start: int = START
) -> tuple[int, Trial]:
    """Returns the fewest problems that suffice, and the trial of `logs` logs there.

    From `start` a quarter of the logs find the neighbourhood, then all of them settle it. Where
    `most` problems are not enough it returns those, with the quarter only when they leave no hope.
    """
    probes = max(logs // 4, 2)
    near = _approach(simulate, short, (log(min(start, most)), -1.0), most, probes)
    x, trial = near.tried[-1]
    if _problems(x) == most and short(trial.mean) > HOPELESS:
        return most, trial
    tried = _approach(simulate, short, (x, near.slope), most, logs).tried
    enough = [pair for pair in tried if short(pair[1].mean) <= 0]
    x, trial = min(enough, key=lambda pair: pair[0]) if enough else tried[-1]
    return _problems(x), trial


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """The sizes tried, in the logarithm of the problems, and the slope of what is short in it."""

    tried: list[tuple[float, Trial]]
    slope: float


def _approach(
    simulate: Simulate, short: Short, start: tuple[float, float], most: int, logs: int
) -> _Search:
    """Secant steps in the logarithm of the problems; at errors of P^-1/2 the slope is -1."""
    x, slope = start
    tried: list[tuple[float, Trial]] = []
    for _ in range(ROUNDS):
        trial = simulate(_problems(x), logs)
        y = short(trial.mean)
        if tried and abs(x - tried[-1][0]) > APART:
            rise = y - short(tried[-1][1].mean)
            slope = float(np.clip(rise / (x - tried[-1][0]), -1.2, -0.3))
        tried.append((x, trial))
        # A little to spare is aimed for, so that the next step rarely falls short again.
        step = float(np.clip(-(y + CLOSE / 2) / slope, -log(32), log(32)))
        ahead = float(np.clip(x + step, log(FEWEST), log(most)))
        if -CLOSE < y <= 0 or _problems(ahead) == _problems(x):
            break
        x = ahead
    return _Search(tried, slope)


def _problems(x: float) -> int:
    return round(exp(x))
