"""The horizontal shift: how many times one model's samples another needs for equal coverage."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..analysis.counts import Counts
from ..analysis.coverage import credits
from ..analysis.curve import MASS, Curve, Floats, Interval, Json
from ..analysis.draws import reach
from ..analysis.worlds import WORLDS, problem_worlds
from ..data.errors import InputError
from .coverage import FAN_POINTS, forecast
from .crossing import SURE, crossing
from .exponent import SharedExponent, shared_exponent
from .tables import spread

LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True, slots=True, eq=False)
class Shift:
    """The factor k_b / k_a by which b's samples outnumber a's at equal coverage, at L levels.

    `factors` are the estimates with their intervals for new problems: NaN where this log cannot
    tell, and `reasons` says why; an end that is 0 or infinite is open. `sources` says whether both
    curves were read in the log or one was forecast. `shared` has the one factor of all levels.
    """

    a: str
    b: str
    levels: tuple[float, ...]
    factors: tuple[Interval, ...]
    sources: tuple[str, ...]
    reasons: tuple[str | None, ...]
    shared: SharedExponent

    def json(self) -> Json:
        """Returns one object a level, and the common exponent with its factor."""
        rows = zip(self.levels, self.factors, self.sources, self.reasons, strict=True)
        return {
            "a": self.a,
            "b": self.b,
            "levels": [
                {
                    "accuracy": level,
                    **factor.json(),
                    "open_below": factor.low == 0,
                    "open_above": factor.high == np.inf,
                    "source": source,
                    "reason": reason,
                }
                for level, factor, source, reason in rows
            ],
            "shared": self.shared.json(),
        }


def shift(
    a: Counts,
    b: Counts,
    levels: Sequence[float] = LEVELS,
    *,
    seed: int = 0,
    mass: float = MASS,
    worlds: int = WORLDS,
) -> Shift:
    """Returns the factor exp(log k_b - log k_a) at each level of coverage (Brown et al. 2024).

    Within the logs both curves are empirical and share the worlds of their problems, so what makes
    the problems of both hard cancels. Where a curve has to be followed beyond its log it is
    forecast, and the worlds of forecasts are taken as independent: the interval is then too wide
    for models tried on the same problems, never too narrow.

    Args:
        a: the counts of one group.
        b: those of the other, on the same problems or others.
        levels: coverages, each strictly between 0 and 1.
        seed: of the worlds.
        mass: of every interval.
        worlds: how many besides the estimate.

    Raises:
        InputError: no level, or one outside 0 and 1.
    """
    if not len(levels) or not all(0 < level < 1 for level in levels):
        raise InputError(f"levels must lie strictly between 0 and 1; got {[*levels]}")
    inside = together(a, b, seed=seed, mass=mass, worlds=worlds)
    ours, theirs = _found(a, inside[0], levels, seed), _found(b, inside[1], levels, seed + 1)
    rows = [_factor(*pair, mass) for pair in zip(ours, theirs, strict=True)]
    return Shift(
        a.group.name,
        b.group.name,
        tuple(levels),
        tuple(factor for factor, _, _ in rows),
        tuple(source for _, source, _ in rows),
        tuple(reason for _, _, reason in rows),
        shared_exponent(inside),
    )


def together(
    a: Counts, b: Counts, *, seed: int = 0, mass: float = MASS, worlds: int = WORLDS
) -> tuple[Curve, Curve]:
    """Returns both coverage curves within their logs, in worlds of all problems of either.

    A problem that both share has one weight in both; problems of one group alone are independent.
    """
    names = sorted({*a.problems, *b.problems})
    place = {name: i for i, name in enumerate(names)}
    weights = problem_worlds(names, seed, worlds)
    made = []
    for counts in (a, b):
        own = weights[:, [place[name] for name in counts.problems]]
        k = spread(reach(counts), FAN_POINTS)
        values = (own / own.sum(axis=1, keepdims=True)) @ credits(counts, k)
        made.append(Curve(k, values, "new", mass))
    return made[0], made[1]


@dataclass(frozen=True, slots=True, eq=False)
class _Reached:
    """The k at which a model reaches a level lies from `least` to `most` in each world, (W,)."""

    name: str
    level: float
    least: Floats
    most: Floats
    first: float
    horizon: int
    source: str

    @property
    def known(self) -> Floats:
        """Whether it is one number, (W,)."""
        return np.asarray(self.least == self.most, dtype=float)

    @property
    def reason(self) -> str | None:
        """Why too few worlds know it, None where enough do."""
        share = self.known[1:].mean()
        if share >= SURE and self.known[0]:
            return None
        if self.first >= self.level:
            return f"one sample of {self.name} already reaches {self.level:g}"
        return (
            f"{self.name} reaches {self.level:g} within {self.horizon:,} samples in {share:.0%} of"
            " the worlds"
        )


def _found(counts: Counts, inside: Curve, levels: Sequence[float], seed: int) -> list[_Reached]:
    """Where a model reaches each level: in its log if nearly every world does, else beyond it."""
    name, beyond = counts.group.name, None
    made = []
    for level in levels:
        curve, source = inside, "log"
        if min((curve.worlds[1:, -1] >= level).mean(), curve.estimate[-1] >= level) < SURE:
            if beyond is None:
                beyond = forecast(counts, seed=seed, worlds=len(inside.worlds) - 1).fan()
            curve, source = beyond, "forecast"
        made.append(_reached(name, level, curve, source))
    return made


def _reached(name: str, level: float, curve: Curve, source: str) -> _Reached:
    rising = np.maximum.accumulate(curve.worlds, axis=1)
    at = crossing(curve.k.astype(float), rising, np.full(len(rising), level))
    at_once, never = rising[:, 0] >= level, np.isnan(at)
    least = np.where(at_once, 0.0, np.where(never, curve.k[-1], at))
    most = np.where(never, np.inf, at)
    return _Reached(name, level, least, most, rising[0, 0], int(curve.k[-1]), source)


def _factor(a: _Reached, b: _Reached, mass: float) -> tuple[Interval, str, str | None]:
    """The factor with its interval, where its curves were read, and why there is none."""
    with np.errstate(divide="ignore"):
        least, most = b.least / a.most, b.most / a.least
    low = np.quantile(least[1:], (1 - mass) / 2, method="nearest")
    high = np.quantile(most[1:], (1 + mass) / 2, method="nearest")
    source = "log" if (a.source, b.source) == ("log", "log") else "forecast"
    why = "; ".join(filter(None, [a.reason, b.reason]))
    if why:
        why = f"cannot be determined from this log: {why}"
        return Interval(np.nan, float(low), float(high), mass, "new"), source, why
    ends = float(np.fmin(low, least[0])), float(np.fmax(high, least[0]))
    return Interval(float(least[0]), *ends, mass, "new"), source, None
