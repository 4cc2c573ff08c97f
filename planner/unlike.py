"""Problems unlike those that a plan was made on: how far, in what, and by more than chance?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..analysis.counts import Counts
from ..analysis.curve import Floats, Json
from ..analysis.profile import Profile, profile
from ..analysis.transport import Distance, between, between_rates

ALARM = 0.05
"""The p value, times the features compared, below which a difference is told."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing that both logs have, its distance between them, and its unit."""

    name: str
    unit: str
    distance: Distance


@dataclass(frozen=True, slots=True)
class Unlike:
    """How the problems of two logs differ; `told` are the features that differ by more than chance.

    A feature is told where its p value is at most ALARM over how many are compared (Bonferroni).
    """

    features: tuple[Feature, ...]
    told: tuple[Feature, ...]

    @property
    def doubts(self) -> tuple[str, ...]:
        """One sentence for each feature that differs."""
        return tuple(map(_sentence, self.told))

    def json(self) -> Json:
        """Returns the distances as data."""
        rows = [
            {"feature": f.name, "unit": f.unit, "distance": f.distance.distance,
             "shift": f.distance.shift, "usual": f.distance.usual, "p": f.distance.p,
             "differs": f in self.told}
            for f in self.features
        ]  # fmt: skip
        return {"features": rows, "doubts": list(self.doubts)}


def unlike(old: Counts | Profile, new: Counts | Profile, *, seed: int = 0) -> Unlike:
    """Sets the problems of a log against those of the log that a plan was made on.

    Compared are solve rates, with every problem thinned to the fewest samples that any has; the
    logarithm of output tokens; and the share of each logged level; whatever both logs have. The
    distance is 1-Wasserstein, judged against random splits of the pooled problems.

    Args:
        old: the counts that a plan was made on, or the profile that it keeps of them.
        new: those of the problems it is to be used for.
        seed: of thinning and of permutations.
    """
    first, second = (x if isinstance(x, Profile) else profile(x) for x in (old, new))
    found = tuple(_features(first, second, seed))
    return Unlike(found, tuple(f for f in found if f.distance.p <= ALARM / len(found)))


def applied(plan: Profile | None, logs: Sequence[Counts], seed: int) -> list[str]:
    """Says how the problems of a log differ from those that a plan was made on; a plan that keeps
    no profile, or of a model that the log does not have, says nothing."""
    same = [each for each in logs if plan is not None and each.group == plan.group]
    if plan is None or not same:
        return []
    told = unlike(plan, same[0], seed=seed).doubts
    return [f"problems unlike those the plan was made on: {doubt}" for doubt in told]


def _features(old: Profile, new: Profile, seed: int) -> Iterator[Feature]:
    if not (old.sequential or new.sequential):
        rates = between_rates((old.n, old.c), (new.n, new.c), seed)
        yield Feature("solve rate", "solve rate", rates)
    sides = [_log_tokens(each) for each in (old, new)]
    if min(map(len, sides)) > 1:
        yield Feature("output tokens", "log tokens", between(sides[0], sides[1], seed))
    if old.levels is not None and new.levels is not None:
        for level in sorted({*old.levels, *new.levels}):
            held = [np.asarray([x == level for x in each], dtype=float)
                    for each in (old.levels, new.levels)]  # fmt: skip
            yield Feature(f"level {level}", "share", between(held[0], held[1], seed))


def _log_tokens(side: Profile) -> Floats:
    """The log of each problem's mean output tokens, of those that have them."""
    told = side.tokens[np.nan_to_num(side.tokens) > 0]
    return np.asarray(np.log(told))


def _sentence(feature: Feature) -> str:
    far = feature.distance
    if feature.name == "solve rate":
        kind = "harder" if far.shift < 0 else "easier"
        what = f"the new problems are {kind} (solve rate {far.shift:+.2f} on average)"
        if abs(far.shift) < far.distance / 2:
            what = "the new problems are of other difficulty, some harder and some easier"
        moved = f"{far.distance:.2f} in transport"
    elif feature.name == "output tokens":
        times = np.exp(far.shift)
        what = f"the new problems take {times:.2g} times the tokens"
        moved = f"{far.distance:.2f} in transport of log tokens"
    else:
        what = f"{feature.name} has another share of the new problems ({far.shift:+.0%})"
        moved = f"{far.distance:.2f} in transport"
    return f"{what}: {moved}, where random splits of all problems stay below {far.usual:.2f}"
