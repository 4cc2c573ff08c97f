"""Coverage beyond the log: every family forecasts in every world, and their weights mix them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ..analysis.counts import Counts, Ints
from ..analysis.curve import MASS, Curve, Floats, interval
from ..analysis.worlds import WORLDS, problem_worlds
from .averaging import Backtest, backtest
from .bayes import door
from .bayes.coverage import model
from .curves import FAMILIES, Family
from .fit import FittedFamily
from .tables import spread, table

HORIZON = 100
"""Forecasts reach this many times beyond the samples logged."""
FAN_POINTS = 61


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """The averaged coverage curve: parameters of every family in every world, and who speaks where.

    `speaker` (W,) is the family whose curve stands for a world; the first row is their weighted
    mean. `horizon` is the largest k it should be asked for.
    """

    thetas: tuple[Floats, ...]
    weight: Floats
    speaker: Ints
    tested: Backtest
    horizon: int
    diagnostics: Mapping[str, float] = field(default_factory=dict)

    def at(self, k: Ints, mass: float = MASS) -> Curve:
        """Returns the forecast for new problems at k."""
        each = self.each(k)
        worlds = each[self.speaker, np.arange(each.shape[1])]
        worlds[0] = np.tensordot(self.weight, each[:, 0], axes=1)
        return Curve(k, worlds, "new", mass)

    def each(self, k: Ints) -> Floats:
        """Returns every family's own forecast, (F, W, K)."""
        pairs = zip(FAMILIES, self.thetas, strict=True)
        return np.stack([family.value(theta, k.astype(float)) for family, theta in pairs])

    def limits(self) -> Floats:
        """Returns the coverage as k grows without end in every world, (W,)."""
        pairs = zip(FAMILIES, self.thetas, strict=True)
        each = np.stack([family.limit(theta) for family, theta in pairs])
        worlds = each[self.speaker, np.arange(each.shape[1])]
        worlds[0] = self.weight @ each[:, 0]
        return worlds

    def fan(self, mass: float = MASS) -> Curve:
        """Returns the forecast on a dense grid from 1 to the horizon."""
        return self.at(spread(self.horizon, FAN_POINTS), mass)

    def families(self, k: Ints, mass: float = MASS) -> tuple[FittedFamily, ...]:
        """Returns each family with its parameters, its weight and its own forecast at k."""
        each = self.each(k)
        return tuple(
            self._fitted(i, family, Curve(k, each[i], "new", mass))
            for i, family in enumerate(FAMILIES)
        )

    def _fitted(self, i: int, family: Family, curve: Curve) -> FittedFamily:
        theta = self.thetas[i]
        return FittedFamily(
            family.name,
            {name: interval(of(theta), curve.mass) for name, of in family.natural.items()},
            float(self.weight[i]),
            float(self.tested.mae[i]),
            float(self.tested.log_score[i]),
            curve,
        )


def forecast(
    counts: Counts, *, seed: int = 0, worlds: int = WORLDS, tested: Backtest | None = None
) -> Forecast:
    """Fits all families to a group in every world of its problems.

    Args:
        counts: one group's counts, of any n and either stop rule.
        seed: of the worlds, the backtest, and the mixing.
        worlds: how many besides the log.
        tested: the weights to use, when the group is too small to earn its own.
    """
    weights = problem_worlds(counts.problems, seed, worlds)
    logged = table(counts, weights)
    tested = tested or backtest(counts, seed)
    rng = np.random.default_rng([seed, 3])
    speaker = rng.choice(len(FAMILIES), size=worlds + 1, p=tested.weight)
    thetas = tuple(family.fit(logged) for family in FAMILIES)
    return Forecast(thetas, tested.weight, speaker, tested, HORIZON * int(counts.n.max()))


def sampled(counts: Counts, averaged: Forecast, seed: int) -> Forecast:
    """Puts PyMC's posterior in place of the bootstrapped beta-binomial; the others stay."""
    draws = door.sample(model(counts), ["log_a", "log_b"], seed)
    both = np.column_stack([draws.values["log_a"], draws.values["log_b"]])
    kept = np.random.default_rng([seed, 6]).choice(len(both), len(averaged.speaker) - 1)
    place = [family.name for family in FAMILIES].index("beta-binomial")
    thetas = list(averaged.thetas)
    thetas[place] = np.vstack([both.mean(axis=0), both[kept]])
    told = {"r_hat": draws.r_hat, "ess": draws.ess, "divergences": float(draws.divergences)}
    return replace(averaged, thetas=tuple(thetas), diagnostics=told)
