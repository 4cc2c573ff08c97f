"""Metrics: how each way of answering grows with k for new problems, and what its samples take."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..analysis.counts import Counts
from ..analysis.curve import MASS, Curve, Floats
from ..analysis.draws import reach
from ..analysis.estimate import Credit
from ..analysis.verification import score_credit, scored
from ..analysis.voting import majority_credit, majority_limits, votable
from ..analysis.worlds import WORLDS, problem_worlds
from ..data.traces import UNTIL_SUCCESS
from .coverage import FAN_POINTS, Forecast
from .tables import spread

FEWEST = 4
"""Selection is not called settled in a log of fewer samples: two votes never beat one."""


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """A curve for new problems, its limits and the mean tokens of a sample, each over worlds (W,).

    No saturation is claimed beyond `horizon` samples. `tokens` is None where none was logged.
    """

    name: str
    curve: Curve
    limits: Floats
    horizon: int
    tokens: Floats | None


def metrics(
    by_verifier: Sequence[Counts], forecast: Forecast, mass: float = MASS, seed: int = 0
) -> list[Metric]:
    """Returns coverage, as forecast, and within the log majority and best-of by each verifier.

    Args:
        by_verifier: one group's counts, once for each of its verifiers.
        forecast: of the coverage of these counts.
        mass: of every interval.
        seed: of the worlds of problems.
    """
    plain, fan = by_verifier[0], forecast.fan(mass)
    spent = tokens(plain, seed, worlds=len(fan.worlds) - 1)
    found = [Metric("coverage", fan, forecast.limits(), forecast.horizon, spent)]
    if votable(plain):
        found.append(_within(plain, "majority", majority_credit, mass, seed))
    found += [
        _within(counts, f"best-of by {counts.verifier or 'score'}", score_credit, mass, seed)
        for counts in by_verifier
        if counts.stop_rule != UNTIL_SUCCESS and scored(counts)
    ]
    return found


def _within(counts: Counts, name: str, credit: Credit, mass: float, seed: int) -> Metric:
    """Votes tend to what the log's leaders earn; best-of has its value at the log's end as limit.

    Only the first half of the log is looked at for saturation: at k = n a draw without replacement
    is the whole log, so the curve meets its limit whatever the truth is.
    """
    last = reach(counts)
    weights = problem_worlds(counts.problems, seed)
    k = spread(last, FAN_POINTS)
    worlds = np.minimum(weights @ credit(counts, k), 1.0)
    limits = weights @ majority_limits(counts) if name == "majority" else worlds[:, -1]
    spent = tokens(counts, seed, judged=name != "majority")
    half = last // 2 if last >= FEWEST else 0
    return Metric(name, Curve(k, worlds, "new", mass), limits, half, spent)


def tokens(
    counts: Counts, seed: int = 0, *, judged: bool = False, worlds: int = WORLDS
) -> Floats | None:
    """Returns (1 + W,) the mean tokens of a sample in the worlds of the problems, None without any.

    Generated tokens, prompts not counted, over the problems that have them logged. If `judged`, all
    the verdicts on the sample are added: none for a verifier without tokens, such as a test.
    """
    weights = problem_worlds(counts.problems, seed, worlds)
    solving = _mean(weights, counts.output_tokens)
    verdict = _mean(weights, counts.verdict_tokens)
    if solving is None or not judged or verdict is None:
        return solving
    accepts = None if counts.drawn is None else counts.drawn.accepts
    return solving + verdict * (1 if accepts is None else accepts.shape[1])


def _mean(weights: Floats, logged: Floats) -> Floats | None:
    """The mean over the problems that have the cost logged, (W,)."""
    known = np.isfinite(logged)
    if not known.any():
        return None
    return np.asarray(weights[:, known] @ logged[known] / weights[:, known].sum(axis=1))
