"""How wide the interval of a coverage becomes: logs of Beta solve rates, read as `fit` reads."""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln

from ..analysis.counts import Counts, Ints
from ..analysis.coverage import coverage
from ..analysis.curve import Curve, Floats
from ..data.traces import FIXED, Group
from ..fitting.coverage import forecast
from ..fitting.curves import FAMILIES
from .least import Simulate, Trial
from .wanted import Want

WORLDS = 100
"""Worlds in the forecast from a simulated log; that from a real one has 400."""


@dataclass(frozen=True, slots=True, eq=False)
class Difficulty:
    """How hard the problems may be: solve rates are Beta(a, b), one pair in each world, (W,)."""

    a: Floats
    b: Floats


def difficulty(pilot: Counts, seed: int) -> Difficulty:
    """Returns the worlds of the beta-binomial family that `fit` finds in a pilot log."""
    place = [family.name for family in FAMILIES].index("beta-binomial")
    worlds = forecast(pilot, seed=seed).thetas[place][1:]
    natural = FAMILIES[place].natural
    return Difficulty(natural["a"](worlds), natural["b"](worlds))


def width_of(hard: Difficulty, want: Want, samples: int, *, mass: float, seed: int) -> Simulate:
    """Returns the trial of logs with so many samples of each problem, for every size.

    The i-th log comes from the same world and the same stream of problems at every size, so that
    differences between sizes are hardly noise.
    """

    def one(problems: int, i: int) -> tuple[float, float]:
        world = i % len(hard.a)
        a, b = float(hard.a[world]), float(hard.b[world])
        rate = np.random.default_rng([seed, 11, i]).beta(a, b, problems)
        solved = np.random.default_rng([seed, 12, i, samples]).binomial(samples, rate)
        curve = _curve(tally(samples, solved), want, mass, seed + i)
        low, high = float(curve.low[0]), float(curve.high[0])
        truth = -np.expm1(betaln(a, b + want.k) - betaln(a, b))
        return (high - low) / 2, float(low <= truth <= high)

    def simulate(problems: int, logs: int) -> Trial:
        return Trial(*np.asarray([one(problems, i) for i in range(logs)]).T)

    return simulate


def _curve(counts: Counts, want: Want, mass: float, seed: int) -> Curve:
    k = np.asarray([want.k])
    if want.quantity == "forecast":
        return forecast(counts, seed=seed, worlds=WORLDS).at(k, mass)
    return coverage(counts, k, population="new", mass=mass, seed=seed)


def tally(samples: int, solved: Ints) -> Counts:
    """Returns the counts of a log with `solved` (P,) of `samples` right."""
    size = len(solved)
    unknown = [np.full(size, np.nan) for _ in range(4)]
    return Counts(
        group=Group(),
        problems=tuple(map(str, range(size))),
        levels=None,
        n=np.full(size, samples),
        c=solved,
        stop_rule=FIXED,
        verifier=None,
        drawn=None,
        prompt_tokens=unknown[0],
        output_tokens=unknown[1],
        seconds=unknown[2],
        verdict_tokens=unknown[3],
        sources=(),
    )
