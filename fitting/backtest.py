"""The backtest: every family is fitted to a quarter of the samples and judged on the whole."""

from dataclasses import dataclass, replace

import numpy as np

from ..analysis.counts import Counts, Ints
from ..analysis.coverage import credits
from ..analysis.curve import Curve, Floats, interval
from ..data.traces import UNTIL_SUCCESS
from .coverage import Forecast, forecast
from .curves import FAMILIES
from .fit import FittedFamily
from .tables import spread

SHARE = 4
"""The backtest fits on one in four samples and forecasts up to all of them."""
WORLDS = 100
LEAST = 1e-3
"""A forecast this near 0 or 1 is not held against a family more than that."""


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """Per family (F,): mean absolute error, and mean log score, in nats a problem.

    The score is that of "solved within k" at the k between a quarter of the log and all of it.
    `averaged` is the error of the averaged forecast. All are NaN where nothing can be held out.
    """

    mae: Floats
    log_score: Floats
    averaged: float
    possible: bool


def backtest(counts: Counts, seed: int) -> Backtest:
    """Fits every family to a random quarter of each problem's samples and scores it on the whole.

    With under 8 samples a problem, or sampling that stopped at success, there is nothing to hold
    out. The weights do not rest on this: over a factor of four in k the families differ by less
    than the noise of one log, and the whole log says more (docs/methods.md).
    """
    nothing = np.full(len(FAMILIES), np.nan)
    least = int(counts.n.min())
    if least < 2 * SHARE or counts.stop_rule == UNTIL_SUCCESS:
        return Backtest(nothing, nothing, np.nan, possible=False)
    part = thinned(counts, np.random.default_rng([seed, 2]))
    k = spread(least, 6, least // SHARE + 1)
    earned = credits(counts, k)
    whole = forecast(part, seed=seed, worlds=WORLDS)
    made, truth = whole.each(k)[:, 0], earned.mean(axis=0)
    chance = np.clip(made, LEAST, 1 - LEAST)[:, None]
    score = earned * np.log(chance) + (1 - earned) * np.log(1 - chance)
    ours = float(np.abs(whole.at(k).estimate - truth).mean())
    return Backtest(np.abs(made - truth).mean(axis=1), score.mean(axis=(1, 2)), ours, possible=True)


def thinned(counts: Counts, rng: np.random.Generator) -> Counts:
    """Returns the log with a random quarter of every problem's samples, at least one."""
    n = np.maximum(counts.n // SHARE, 1)
    c = rng.hypergeometric(counts.c, counts.n - counts.c, n)
    return replace(counts, n=n, c=c, drawn=None)


def families(whole: Forecast, tested: Backtest, k: Ints, mass: float) -> tuple[FittedFamily, ...]:
    """Returns each family with its parameters, its weight, its own forecast at k and its test."""
    each = whole.each(k)
    made = []
    for i, (family, theta) in enumerate(zip(FAMILIES, whole.thetas, strict=True)):
        parameters = {name: interval(of(theta), mass) for name, of in family.natural.items()}
        curve = Curve(k, each[i], whole.population, mass)
        told = float(whole.weight[i]), float(tested.mae[i]), float(tested.log_score[i])
        made.append(FittedFamily(family.name, parameters, *told, curve))
    return tuple(made)
