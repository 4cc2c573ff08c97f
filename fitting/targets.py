"""Targets: the fewest samples, or tokens, with which a metric reaches an accuracy."""

from collections.abc import Sequence

import numpy as np

from ..analysis.curve import Floats, Interval
from .crossing import ends, first_reaching
from .fit import Target
from .metrics import Metric


def targets(accuracies: Sequence[float], found: Sequence[Metric]) -> list[Target]:
    """Returns the targets of every metric, in samples and, where tokens are logged, in tokens."""
    return [
        each for accuracy in accuracies for metric in found for each in target(accuracy, metric)
    ]


def target(accuracy: float, metric: Metric) -> list[Target]:
    """Returns the smallest k at which the metric reaches an accuracy, and the same in tokens.

    In tokens, k times what a sample takes in the mean over problems. Beyond its last k, 100 times
    the log for coverage and the log's end for what chooses among samples, a curve is not followed:
    there the estimate is NaN, and the interval is open above where too many worlds go on.
    """
    curve = metric.curve
    rising = np.maximum.accumulate(curve.worlds, axis=1)
    at = first_reaching(curve.k.astype(float), rising, np.full(len(rising), accuracy))
    made = [_target(accuracy, metric, at, np.ones(len(at)), "samples")]
    if metric.tokens is not None:
        made.append(_target(accuracy, metric, at, metric.tokens, "tokens"))
    return made


def _target(accuracy: float, metric: Metric, at: Floats, each: Floats, unit: str) -> Target:
    """The target where a sample takes `each` (W,) of the unit."""
    curve = metric.curve
    low, high = ends(at * each, curve.k[-1] * each, curve.mass)
    k = Interval(float(at[0] * each[0]), low, high, curve.mass, curve.population)
    return Target(accuracy, metric.name, k, unit)
