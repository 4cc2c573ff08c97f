"""fit: every group of a log gets its curves, forecasts, saturation points and ceilings."""

from collections.abc import Sequence

import numpy as np

from ..analysis.counts import Counts, Ints, count
from ..analysis.coverage import coverage
from ..analysis.curve import MASS, Curve
from ..analysis.draws import default_draws, draws, reach
from ..analysis.limits import majority_limit
from ..analysis.verification import best_of, scored
from ..analysis.voting import majority, votable
from ..analysis.ways import ways
from ..data.doubts import doubts
from ..data.errors import InputError
from ..data.traces import UNTIL_SUCCESS, Trace
from . import saturation, verification
from .coverage import Forecast, forecast, sampled
from .fit import Ceiling, Fit, GroupFit, Saturation

FEW_PROBLEMS = 30
FEW_SAMPLES = 16
SMALL_LEVEL = 8
FAR = 5
"""Beyond so many times the log, a band is only as good as the families are."""


def fit(
    log: Trace | Counts,
    *,
    at: Sequence[int] | None = None,
    mass: float = MASS,
    targets: Sequence[float] = (),
    seed: int = 0,
    bayes: bool = False,
) -> Fit:
    """Fits every group of a trace, or one group's counts.

    Args:
        log: a trace, or the counts of one group.
        at: the k to report; 1, 3, 10, 30, ... up to n, then 10 n and 100 n when None.
        mass: of every interval, strictly between 0 and 1.
        targets: coverages to find the k for.
        seed: of the worlds.
        bayes: sample the beta-binomial posterior with PyMC instead of bootstrapping its mode.

    Raises:
        InputError: mass or a target out of range, some k < 1, nothing graded.
    """
    _check(mass, targets)
    parts = [[log]] if isinstance(log, Counts) else _counted(log)
    sources = log.sources if isinstance(log, Counts) else log.header.sources
    told = [()] if isinstance(log, Counts) else _told(log)
    groups = [
        _group(c, at, mass, targets, seed, each, bayes=bayes)
        for c, each in zip(parts, told, strict=True)
    ]
    return Fit(tuple(groups), sources, seed, mass)


def _check(mass: float, targets: Sequence[float]) -> None:
    for name, values in (("mass", [mass]), ("target", targets)):
        for value in values:
            if not 0 < value < 1:
                raise InputError(f"{name} must lie strictly between 0 and 1; got {value:g}")


def _counted(trace: Trace) -> list[list[Counts]]:
    """Counts each group once for every verifier; the first is used for all that needs none."""
    return [[count(part, v) for v in _verifiers(part)] for _, part in trace.groups()]


def _told(trace: Trace) -> list[tuple[str, ...]]:
    """What is to be doubted about the data of each group; of one group the header knows it."""
    groups = trace.groups()
    return [trace.header.doubts] if len(groups) == 1 else [doubts(part) for _, part in groups]


def _verifiers(trace: Trace) -> list[str | None]:
    return [*trace.verifiers] or [None]


def _group(
    by_verifier: list[Counts],
    at: Sequence[int] | None,
    mass: float,
    targets: Sequence[float],
    seed: int,
    told: Sequence[str],
    *,
    bayes: bool,
) -> GroupFit:
    counts = by_verifier[0]
    inside, beyond = _grids(counts, at)
    plain = forecast(counts, seed=seed)
    whole = sampled(counts, plain, seed) if bayes else plain
    future, fan = whole.at(beyond, mass), whole.fan(mass)
    ceilings, unheard = _ceilings(by_verifier, inside, mass, seed)
    points, small = _saturation(counts, whole, seed, mass)
    shown = _coverage(counts, inside, mass, seed)
    found = [*told, *unheard, *small, *_doubts(counts, whole, future), shown.reason]
    return GroupFit(
        group=counts.group,
        settings={},
        problems=len(counts),
        samples=int(counts.n.sum()),
        stop_rule=counts.stop_rule,
        coverage=shown,
        majority=_majority(counts, inside, mass, seed),
        best_of=_best_of(by_verifier, inside, mass, seed),
        forecast=future,
        fan=fan,
        families=whole.families(beyond, mass),
        saturation=tuple(points),
        targets=tuple(saturation.target(t, fan) for t in targets),
        ceilings=tuple(ceilings),
        solve_rates=counts.solve_rates,
        doubts=tuple(dict.fromkeys(filter(None, found))),
        diagnostics=whole.diagnostics,
        ways=ways(by_verifier, default_draws(reach(counts)), seed=seed),
        majority_limit=majority_limit(counts, mass=mass, seed=seed) if votable(counts) else None,
    )


def _coverage(counts: Counts, k: Ints, mass: float, seed: int) -> Curve:
    """Coverage within the log; empty when every k asked for lies beyond it."""
    if not len(k):
        return Curve(k, np.empty((1, 0)), "these", mass)
    return coverage(counts, k, mass=mass, seed=seed)


def _ceilings(
    by_verifier: list[Counts], caps: Ints, mass: float, seed: int
) -> tuple[list[Ceiling], list[str]]:
    """The ceilings of every verifier that says yes or no, and what to doubt about them."""
    made: list[Ceiling] = []
    found: list[str] = []
    for counts in by_verifier:
        fixed = counts.stop_rule != UNTIL_SUCCESS
        if fixed and counts.drawn is not None and counts.drawn.accepts is not None:
            asked = caps if len(caps) else None
            made += verification.ceilings(counts, k=asked, seed=seed, mass=mass)
            found += verification.doubts(counts)
    return made, found


def _grids(counts: Counts, at: Sequence[int] | None) -> tuple[Ints, Ints]:
    """The k within the log and the k beyond it."""
    last = reach(counts)
    if at is None:
        top = int(counts.n.max())
        return default_draws(last), np.asarray([10 * top, 100 * top])
    ks = draws(at)
    return ks[ks <= last], ks[ks > last]


def _majority(counts: Counts, k: Ints, mass: float, seed: int) -> Curve | None:
    return majority(counts, k, mass=mass, seed=seed) if votable(counts) and len(k) else None


def _best_of(by_verifier: list[Counts], k: Ints, mass: float, seed: int) -> dict[str, Curve]:
    """Best-of-k by each verifier's verdicts or scores, or by the samples' own score."""
    return {
        counts.verifier or "score": best_of(counts, k, mass=mass, seed=seed)
        for counts in by_verifier
        if len(k) and counts.stop_rule != UNTIL_SUCCESS and scored(counts)
    }


def _saturation(
    counts: Counts, whole: Forecast, seed: int, mass: float
) -> tuple[list[Saturation], list[str]]:
    """Saturation of all problems together, and of each logged level that is large enough."""
    points = saturation.coverage_points("all", whole, mass)
    if votable(counts):
        points += saturation.majority_points(counts, "all", seed, mass)
    small = []
    for level in dict.fromkeys(counts.levels or ()):
        kept = np.flatnonzero(np.asarray(counts.levels) == level)
        if len(kept) < SMALL_LEVEL:
            small.append(level)
            continue
        part = counts.only(kept)
        own = forecast(part, seed=seed, tested=whole.tested)
        points += saturation.coverage_points(level, own, mass)
        if votable(part):
            points += saturation.majority_points(part, level, seed, mass)
    line = (
        f"levels with under {SMALL_LEVEL} problems have no curve of their own: {', '.join(small)}"
    )
    return points, [line] if small else []


def _doubts(counts: Counts, whole: Forecast, future: Curve) -> list[str]:
    n, problems = reach(counts), len(counts)
    found = []
    if problems < FEW_PROBLEMS:
        found.append(
            f"only {problems} problems: intervals for new problems rest on them; log"
            f" {FEW_PROBLEMS - problems} more"
        )
    if n < FEW_SAMPLES:
        found.append(
            f"the least sampled problem has n={n}: this log cannot tell how coverage grows beyond"
            f" that; log {FEW_SAMPLES} samples or more of each"
        )
    if not counts.c.any():
        found.append("nothing was solved: this log cannot tell when the first success would come")
    if counts.c.all():
        found.append("every problem was solved at least once: the log holds nothing on harder ones")
    if len(future.k) and future.k[-1] > 2 * n:
        found += _disagreement(whole, future)
    if len(future.k) and future.k[-1] > FAR * n:
        found.append(
            f"a forecast more than {FAR} times beyond the log rests on the families alone: in"
            " simulated worlds whose difficulty none of them describes its 90% band missed the"
            " truth in half or all of the logs (docs/methods.md)"
        )
    if not whole.tested.possible:
        found.append(
            "no samples can be held out to backtest the families on (there are too few, or sampling"
            " stopped at success): they weigh the same"
        )
    return found


def _disagreement(whole: Forecast, future: Curve) -> list[str]:
    """Families that tell different stories at the farthest k asked for."""
    each = whole.each(future.k[-1:])[:, 0, 0]
    apart = float(each.max() - each.min())
    wide = float(future.high[-1] - future.low[-1])
    if apart < 0.1 and wide < 0.3:
        return []
    return [
        f"at k={future.k[-1]:,} the families put coverage between {each.min():.2f} and"
        f" {each.max():.2f} and the band is {wide:.2f} wide: this log cannot tell more closely"
    ]
