"""fit: every group of a log gets its curves, forecasts, saturation points and ceilings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..analysis.counts import Counts, Ints, count, count_accepted
from ..analysis.coverage import coverage
from ..analysis.curve import MASS, Curve
from ..analysis.draws import default_draws, draws, reach
from ..analysis.limits import majority_limit
from ..analysis.verification import best_of, scored
from ..analysis.voting import majority, votable
from ..analysis.ways import ways
from ..data.doubts import doubts
from ..data.errors import InputError
from ..data.labels import labels_follow
from ..data.traces import UNTIL_SUCCESS, Trace
from . import saturation, verification
from .backtest import backtest, families
from .bracket import bracket
from .coverage import Forecast, forecast, sampled
from .doubts import doubts as about
from .fit import Ceiling, Fit, GroupFit, Saturation
from .metrics import Metric, metrics
from .targets import targets as reached
from .verified import repeats, verified

SMALL_LEVEL = 8


@dataclass(frozen=True, slots=True)
class _Wish:
    """What was asked of every group."""

    at: Sequence[int] | None
    mass: float
    targets: Sequence[float]
    seed: int
    penalty: float
    bayes: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One group: counted once for every verifier, the first used for all that needs none.

    `judged` are the counts that a verifier's ceiling is made of: where the truth was looked up for
    accepted samples alone, of those. `told` is what to doubt about its data.
    """

    counts: list[Counts]
    judged: list[Counts]
    told: Sequence[str] = ()


def fit(
    log: Trace | Counts,
    *,
    at: Sequence[int] | None = None,
    mass: float = MASS,
    targets: Sequence[float] = (),
    penalty: float = verification.PENALTY,
    seed: int = 0,
    bayes: bool = False,
) -> Fit:
    """Fits every group of a trace, or one group's counts.

    Args:
        log: a trace, or the counts of one group.
        at: the k to report; 1, 3, 10, 30, ... up to n, then 10 n and 100 n when None.
        mass: of every interval, strictly between 0 and 1.
        targets: accuracies to find the k and the tokens for.
        penalty: what a wrong answer loses where a right one earns 1, for the caps worth using.
        seed: of the worlds.
        bayes: sample with PyMC what the grids do else: the beta-binomial, and verifiers' rates.

    Raises:
        InputError: mass, a target or the penalty out of range, some k < 1, nothing graded.
    """
    _check(mass, targets)
    wish = _Wish(at, mass, targets, seed, penalty, bayes)
    parts = [_Part([log], [log])] if isinstance(log, Counts) else _parts(log)
    sources = log.sources if isinstance(log, Counts) else log.header.sources
    return Fit(tuple(_group(part, wish) for part in parts), sources, seed, mass)


def _check(mass: float, targets: Sequence[float]) -> None:
    for name, values in (("mass", [mass]), ("target", targets)):
        for value in values:
            if not 0 < value < 1:
                raise InputError(f"{name} must lie strictly between 0 and 1; got {value:g}")


def _parts(trace: Trace) -> list[_Part]:
    """Counts each group; what is to be doubted about the data of a single one its header knows."""
    groups = [part for _, part in trace.groups()]
    told = [trace.header.doubts] if len(groups) == 1 else [doubts(part) for part in groups]
    return [_part(part, each) for part, each in zip(groups, told, strict=True)]


def _part(trace: Trace, told: Sequence[str]) -> _Part:
    verifiers = _verifiers(trace)
    counts = [count(trace, v) for v in verifiers]
    judged = [
        count_accepted(trace, v) if labels_follow(trace, v) else counted
        for v, counted in zip(verifiers, counts, strict=True)
    ]
    return _Part(counts, judged, told)


def _verifiers(trace: Trace) -> list[str | None]:
    return [*trace.verifiers] or [None]


def _group(part: _Part, wish: _Wish) -> GroupFit:
    by_verifier, mass, seed = part.counts, wish.mass, wish.seed
    counts = by_verifier[0]
    inside, beyond = _grids(counts, wish.at)
    plain = forecast(counts, seed=seed)
    whole = sampled(counts, plain, seed) if wish.bayes else plain
    future, fan = whole.at(beyond, mass), whole.fan(mass)
    tested, left_open = backtest(counts, seed), _bracket(whole, beyond, mass)
    ceilings, unheard = _ceilings(part.judged, inside, wish)
    measured = metrics(by_verifier, whole, mass, seed)
    points, small = _saturation(by_verifier, measured, seed, mass)
    shown = _coverage(counts, inside, mass, seed)
    doubted = about(counts, whole, (future, left_open), tested)
    found = [*part.told, *unheard, *small, *doubted, shown.reason]
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
        families=families(whole, tested, beyond, mass),
        saturation=tuple(points),
        targets=tuple(reached(wish.targets, measured)),
        ceilings=tuple(ceilings),
        solve_rates=counts.solve_rates,
        doubts=tuple(dict.fromkeys(filter(None, found))),
        diagnostics=whole.diagnostics,
        ways=ways(by_verifier, default_draws(reach(counts)), seed=seed),
        majority_limit=majority_limit(counts, mass=mass, seed=seed) if votable(counts) else None,
        bracket=left_open,
        verified=tuple(verified(c, mass=mass, seed=seed) for c in by_verifier if repeats(c)),
    )


def _coverage(counts: Counts, k: Ints, mass: float, seed: int) -> Curve:
    """Coverage within the log; empty when every k asked for lies beyond it."""
    if not len(k):
        return Curve(k, np.empty((1, 0)), "these", mass)
    return coverage(counts, k, mass=mass, seed=seed)


def _ceilings(judged: list[Counts], caps: Ints, wish: _Wish) -> tuple[list[Ceiling], list[str]]:
    """The ceilings of every verifier that says yes or no, and what to doubt about them."""
    made: list[Ceiling] = []
    found: list[str] = []
    for counts in judged:
        fixed = counts.stop_rule != UNTIL_SUCCESS
        if fixed and counts.drawn is not None and counts.drawn.accepts is not None:
            own = verification.ceilings(
                counts,
                k=caps[caps <= counts.n.min()] if len(caps) else None,
                seed=wish.seed,
                mass=wish.mass,
                penalty=wish.penalty,
                bayes=wish.bayes,
            )
            made += own
            found += verification.doubts(own[0], counts)
    return made, found


def _grids(counts: Counts, at: Sequence[int] | None) -> tuple[Ints, Ints]:
    """The k within the log and the k beyond it."""
    last = reach(counts)
    if at is None:
        top = int(counts.n.max())
        return default_draws(last), np.asarray([10 * top, 100 * top])
    ks = draws(at)
    return ks[ks <= last], ks[ks > last]


def _bracket(whole: Forecast, k: Ints, mass: float) -> Curve:
    """What any distribution of difficulty that agrees with the log may come to at k."""
    logged = whole.logged
    low, high = bracket(logged.n, logged.c, logged.weights[0], k, mass)
    return Curve(k, np.stack([whole.at(k).estimate, low, high]), "new", 1.0)


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
    by_verifier: list[Counts], whole: Sequence[Metric], seed: int, mass: float
) -> tuple[list[Saturation], list[str]]:
    """Saturation of all problems together, and of each logged level that is large enough."""
    points = [p for metric in whole for p in saturation.points("all", metric, mass)]
    levels = by_verifier[0].levels or ()
    small = []
    for level in dict.fromkeys(levels):
        kept = np.flatnonzero(np.asarray(levels) == level)
        if len(kept) < SMALL_LEVEL:
            small.append(level)
            continue
        parts = [counts.only(kept) for counts in by_verifier]
        own = metrics(parts, forecast(parts[0], seed=seed), mass, seed)
        points += [p for metric in own for p in saturation.points(level, metric, mass)]
    line = (
        f"levels with under {SMALL_LEVEL} problems have no curve of their own: {', '.join(small)}"
    )
    return points, [line] if small else []
