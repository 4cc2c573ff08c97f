"""Coverage beyond the log: every family forecasts in every world, and their weights mix them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ..analysis.again import rates_again
from ..analysis.counts import Counts, Ints
from ..analysis.coverage import credits
from ..analysis.curve import MASS, Curve, Floats, Population
from ..analysis.worlds import WORLDS, problem_worlds
from . import averaging
from .averaging import FLOOR
from .bayes import door
from .bayes.coverage import model
from .curves import BASELINE, FAMILIES, LAWS, MIXTURES, Mixture
from .posterior import posterior
from .rates import likelihood, solved
from .tables import Table, spread, table

HORIZON = 100
"""Forecasts reach this many times beyond the samples logged."""
FAN_POINTS = 61
FEWEST = 4
"""A law needs the curve at so many k."""


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """The averaged coverage curve: parameters of every family in every world, and who speaks where.

    `thetas` holds (1 + W, p) of each of FAMILIES: a mixture's posterior draws, their mean first; a
    law's fits to the worlds of the curve. `speaker` (W,) is the family whose curve stands for a
    world; row 0 of a curve is the median of them all by `weight` (F,), in which laws count more.
    `horizon` is the largest k it should be asked for, `evidence` (F,) is NaN for laws, and the
    baseline weighs nothing.
    """

    logged: Table
    thetas: tuple[Floats, ...]
    weight: Floats
    evidence: Floats
    left_out: Floats
    speaker: Ints
    horizon: int
    population: Population = "new"
    seed: int = 0
    diagnostics: Mapping[str, float] = field(default_factory=dict)

    def at(self, k: Ints, mass: float = MASS) -> Curve:
        """Returns the forecast at k."""
        each = self.each(k)
        drawn = each[self.speaker, np.arange(1, each.shape[1])]
        centre = averaging.median(each[:, 1:], self.weight)
        return Curve(k, np.vstack([centre, drawn]), self.population, mass)

    def each(self, k: Ints) -> Floats:
        """Returns every family's own forecast, (F, 1 + W, K), the median of its worlds first."""
        made = np.stack([self._own(i, k.astype(float)) for i in range(len(FAMILIES))])
        made[:, 0] = np.median(made[:, 1:], axis=1)
        return made

    def _own(self, i: int, k: Floats) -> Floats:
        family, theta = FAMILIES[i], self.thetas[i]
        if self.population == "these" and isinstance(family, Mixture):
            rng = np.random.default_rng([self.seed, 7, i])
            return _these(family.mass(theta), self.logged, rng) @ solved(k)
        return family.value(theta, k)

    def limits(self) -> Floats:
        """Returns the coverage as k grows without end in every world, (1 + W,)."""
        pairs = zip(FAMILIES, self.thetas, strict=True)
        each = np.stack([family.limit(theta) for family, theta in pairs])
        centre = averaging.median(each[:, 1:, None], self.weight)
        return np.concatenate([centre, each[self.speaker, np.arange(1, each.shape[1])]])

    def fan(self, mass: float = MASS) -> Curve:
        """Returns the forecast on a dense grid from 1 to the horizon."""
        return self.at(spread(self.horizon, FAN_POINTS), mass)


def forecast(
    counts: Counts, *, seed: int = 0, worlds: int = WORLDS, population: Population = "new"
) -> Forecast:
    """Fits all families to a group.

    Args:
        counts: one group's counts, of any n and either stop rule.
        seed: of the worlds and the mixing.
        worlds: how many besides the estimate.
        population: "new" problems like these, or "these" themselves.
    """
    weights = problem_worlds(counts.problems, seed, worlds)
    logged = table(counts, weights)
    rng = np.random.default_rng([seed, 3])
    mixed = [posterior(m.mass, m.prior, logged, rng, worlds) for m in MIXTURES]
    curve = _blurred(_curves(counts, logged, population, seed), rng)
    laws = [law.fit(curve) for law in (*LAWS, BASELINE)]
    evidence = np.array([p.evidence for p in mixed])
    misfits = _misfits(curve, laws)
    weight = np.append(averaging.weights(evidence, misfits), 0.0)
    voice = averaging.weights(evidence, misfits, averaging.LAW_VOICE)
    return Forecast(
        logged,
        (*(p.theta for p in mixed), *laws),
        weight,
        np.concatenate([evidence, np.full(len(laws), np.nan)]),
        np.stack([p.left_out for p in mixed]),
        averaging.speakers(voice, worlds, rng),
        HORIZON * int(counts.n.max()),
        population,
        seed,
    )


def _curves(counts: Counts, logged: Table, population: Population, seed: int) -> Table:
    """The log's curve in every world: of other problems, or of these with the log drawn again."""
    if population == "new":
        return logged
    errors = rates_again(counts, logged.k, credits, logged.worlds - 1, seed)
    again = logged.coverage[:1] - np.vstack([np.zeros_like(errors[:1]), errors])
    return replace(logged, coverage=np.maximum.accumulate(again, axis=1))


def _blurred(logged: Table, rng: np.random.Generator) -> Table:
    """Moves the curve of every world but the log by errors of FLOOR, in a line of log k.

    No law is exactly true; what it may miss within the log grows beyond it.
    """
    place = np.log(logged.k) / max(np.log(logged.k[-1]), 1.0)
    ends = FLOOR * rng.standard_normal((logged.worlds - 1, 2))
    error = ends[:, :1] * (1 - place) + ends[:, 1:] * place
    moved = np.clip(logged.coverage[1:] + error, 0.0, 1.0)
    return replace(logged, coverage=np.vstack([logged.coverage[:1], moved]))


def _misfits(curve: Table, laws: list[Floats]) -> Floats:
    """What the log holds against each law; all of it where there is no curve to fit."""
    if len(curve.k) < FEWEST or not curve.coverage[0, -1]:
        return np.full(len(LAWS), np.inf)
    k = curve.k.astype(float)
    pairs = zip(LAWS, laws, strict=False)
    return np.array([averaging.misfit(curve.coverage, law.value(t, k)) for law, t in pairs])


def _these(mass: Floats, logged: Table, rng: np.random.Generator) -> Floats:
    """Returns (W, J) the cells of these very problems, drawn from what the log says of each."""
    worlds, size = mass.shape
    total = np.zeros(worlds * size)
    times = logged.times
    for cells, often in zip(likelihood(logged.n, logged.c), times, strict=True):
        up_to = np.cumsum(mass * cells, axis=1)
        drawn = rng.random((worlds, often)) * up_to[:, -1:]
        cell = (up_to[:, None, :-1] < drawn[..., None]).sum(axis=2)
        flat = cell + size * np.arange(worlds)[:, None]
        total += np.bincount(flat.ravel(), minlength=worlds * size)
    return np.asarray(total.reshape(worlds, size) / times.sum())


def sampled(counts: Counts, averaged: Forecast, seed: int) -> Forecast:
    """Puts PyMC's posterior in place of the grid's beta-binomial; the others stay."""
    draws = door.sample(model(counts), ["log_a", "log_b"], seed)
    both = np.column_stack([draws.values["log_a"], draws.values["log_b"]])
    kept = np.random.default_rng([seed, 6]).choice(len(both), len(averaged.speaker))
    place = [family.name for family in FAMILIES].index("beta-binomial")
    thetas = list(averaged.thetas)
    thetas[place] = np.vstack([both.mean(axis=0), both[kept]])
    told = {"r_hat": draws.r_hat, "ess": draws.ess, "divergences": float(draws.divergences)}
    return replace(averaged, thetas=tuple(thetas), diagnostics=told)
