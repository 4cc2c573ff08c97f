"""What a log cannot tell about coverage, in words."""

from collections.abc import Iterator

import numpy as np

from ..analysis.counts import Counts
from ..analysis.curve import Curve
from ..analysis.draws import reach
from .averaging import FLOOR
from .backtest import Backtest
from .coverage import Forecast
from .curves import BASELINE, FAMILIES

FEW_PROBLEMS = 30
FEW_SAMPLES = 16
BEYOND = 2
"""Up to so many times the log a forecast is asked to explain nothing."""
OPEN = 0.1
"""A bracket, or families, this far apart cannot be called known."""


def doubts(
    counts: Counts, whole: Forecast, curves: tuple[Curve, Curve], tested: Backtest
) -> list[str]:
    """Returns what to doubt of a forecast; `curves` are its future and the bracket of that."""
    future, bracket = curves
    found = list(_of_log(counts))
    if len(future.k) and future.k[-1] > BEYOND * reach(counts):
        found += _of_reach(whole, future, bracket)
    if not tested.possible:
        found.append(
            "no samples can be held out to backtest the families on (there are too few, or sampling"
            " stopped at success)"
        )
    else:
        found += _of_backtest(tested)
    return found


def _of_log(counts: Counts) -> Iterator[str]:
    n, problems = reach(counts), len(counts)
    if problems < FEW_PROBLEMS:
        yield (
            f"only {problems} problems: intervals for new problems rest on them; log"
            f" {FEW_PROBLEMS - problems} more"
        )
    if n < FEW_SAMPLES:
        yield (
            f"the least sampled problem has n={n}: this log cannot tell how coverage grows beyond"
            f" that; log {FEW_SAMPLES} samples or more of each"
        )
    if not counts.c.any():
        yield "nothing was solved: this log cannot tell when the first success would come"
    if counts.c.all():
        yield "every problem was solved at least once: the log holds nothing on harder ones"


def _of_reach(whole: Forecast, future: Curve, bracket: Curve) -> Iterator[str]:
    """What is open at the farthest k asked for, whatever the families make of it."""
    k, low, high = future.k[-1], future.low[-1], future.high[-1]
    least, most = bracket.low[-1], bracket.high[-1]
    if most - least > OPEN:
        yield (
            f"at k={k:,} this log cannot tell: any coverage from {least:.2f} to {most:.2f} agrees"
            f" with it, and the forecast's {low:.2f} to {high:.2f} rests on what difficulty"
            " usually looks like"
        )
    each = whole.each(future.k[-1:])[:, 0, 0]
    heard = whole.weight > whole.weight.max() / 10
    apart = float(np.ptp(each[heard]))
    if apart > max(OPEN, float(high - low)):
        yield (
            f"at k={k:,} families that fit about as well put coverage between"
            f" {each[heard].min():.2f} and {each[heard].max():.2f}, farther apart than the band"
        )


def _of_backtest(tested: Backtest) -> Iterator[str]:
    ahead = tested.averaged - tested.mae[FAMILIES.index(BASELINE)]
    if ahead > FLOOR:
        yield (
            "fitted to a quarter of the samples, a straight line in log k forecast the rest of the"
            f" log better than the averaged families did (mean error less by {ahead:.3f})"
        )
