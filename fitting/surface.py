"""The accuracy surface over S solutions and V verdicts on each: exact in the log, fitted beyond."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ..analysis.counts import Counts, Ints
from ..analysis.curve import MASS, Floats, Json, Population, number, quantiles
from ..analysis.verification import every_verdict, logged_accepts, verdict_grid
from ..analysis.weighted import weighted_grid
from ..analysis.worlds import problem_worlds
from ..data.errors import InputError
from .redrawn import redrawn
from .verdicts import Verdicts, repeated, verdicts
from .voted import voted

Way = Literal["best-of", "weighted"]

WORLDS = 100
EVERY = 0
"""Stands in `verdicts` for all that were logged, as they are: no new ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Accuracy by S `solutions` (S,) and V `verdicts` (V,) on each, in worlds (1 + W, S, V).

    V = 0 (EVERY) is the verdicts that were logged, all of them. Row 0 is exact where `exact` (S, V)
    says so, over all draws from the log, and the model's mean elsewhere.
    """

    solutions: Ints
    verdicts: Ints
    worlds: Floats
    exact: NDArray[np.bool_]
    population: Population
    mass: float
    drawn: Verdicts

    @property
    def estimate(self) -> Floats:
        """The estimate, (S, V)."""
        return np.asarray(self.worlds[0])

    @property
    def ends(self) -> tuple[Floats, Floats]:
        """The ends of the interval, (S, V) each."""
        flat = self.worlds.reshape(len(self.worlds), -1)
        low, high = quantiles(flat, self.mass)
        return low.reshape(self.estimate.shape), high.reshape(self.estimate.shape)

    def falls(self, column: int) -> tuple[int, float]:
        """Returns the S of the highest estimate at one V, and the chance that the last S is lower.

        Where a wrong solution can score above the right ones, more solutions find it.
        """
        peak = int(np.nanargmax(self.estimate[:, column]))
        below = self.worlds[1:, -1, column] < self.worlds[1:, peak, column]
        return int(self.solutions[peak]), float(below.mean())

    def json(self) -> list[Json]:
        """Returns one object for each S and V."""
        low, high = self.ends
        return [
            {
                "solutions": int(s),
                "verdicts": None if v == EVERY else int(v),
                "estimate": number(self.estimate[i, j]),
                "low": number(low[i, j]),
                "high": number(high[i, j]),
                "mass": self.mass,
                "for": self.population,
                "exact": bool(self.exact[i, j]),
            }
            for i, s in enumerate(self.solutions)
            for j, v in enumerate(self.verdicts)
        ]


def surface(
    counts: Counts,
    solutions: Sequence[int] | Ints,
    verdicts_each: Sequence[int] | Ints,
    *,
    way: Way = "best-of",
    population: Population = "new",
    mass: float = MASS,
    worlds: int = WORLDS,
    seed: int = 0,
) -> Surface:
    """Returns the accuracy of choosing among S solutions by accepting verdicts out of V on each.

    Beyond the log by the generative model of repeated verdicts: correlated within a solution, so
    that their gain in V saturates, and different from problem to problem, so that the gain in S may
    turn. The model gives the worlds everywhere. Solutions judged by the logged verdicts alone (the
    same tests) it can only resample; there the worlds are moved to where the log is exact.

    Args:
        counts: one group's counts, with the verdicts of a verifier.
        solutions: S, each >= 1.
        verdicts_each: V, each >= 1; or EVERY, for `best-of`.
        way: `best-of` takes the most accepted solution, `weighted` the answer whose solutions have
            the most accepting verdicts together.
        population: `these` problems or `new` ones like them.
        mass: of the central interval.
        worlds: how many to draw beside the log.
        seed: of the draws.

    Raises:
        InputError: no verdicts, fewer than 2 on every solution, no answers to weigh, an unknown
            way, or some S or V out of bounds.
    """
    s, v = np.asarray(solutions, dtype=np.int64), np.asarray(verdicts_each, dtype=np.int64)
    if way not in get_args(Way):
        raise InputError(f"way must be one of {', '.join(get_args(Way))}; got {way!r}")
    _check(counts, s, v, 0 if way == "best-of" else 1)
    rng = np.random.default_rng([seed, 21])
    log = repeated(counts)
    drawn = verdicts(log, worlds=worlds, rng=rng)
    if way == "weighted":
        exact, believed = weighted_grid(counts, s, v), voted(counts, log, drawn, s, v, rng)
    else:
        wanted = [None if each == EVERY else float(each) for each in v]
        exact, believed = _exact(counts, s, v), redrawn(log, drawn, s, wanted, rng)
    off = _held(exact - believed.mean(axis=0)) * (v == EVERY)
    rows = np.clip(_mean(counts, believed + off, population, seed), 0.0, 1.0)
    known = np.asarray(np.isfinite(exact).all(axis=0))
    first = np.where(known, exact.mean(axis=0), (believed.mean(axis=0) + off).mean(axis=0))
    both = np.concatenate([np.clip(first, 0.0, 1.0)[None], rows])
    return Surface(s, v, both, known, population, mass, drawn)


def _held(off: Floats) -> Floats:
    """Returns (P, S, V) what the model is off by in the log, its last S and V held on to beyond."""
    off = off.copy()
    for axis in (1, 2):
        each = np.moveaxis(off, axis, 0)
        for i in range(1, len(each)):
            each[i] = np.where(np.isnan(each[i]), each[i - 1], each[i])
    return np.nan_to_num(off)


def _check(counts: Counts, solutions: Ints, verdicts_each: Ints, fewest: int) -> None:
    logged_accepts(counts, "the surface over solutions and verdicts")
    read = repeated(counts).read.max(initial=0)
    if read < 2:
        raise InputError(
            "how far verdicts on one solution agree needs at least 2 verdicts on a solution;"
            f" {counts.verifier} has {read}"
        )
    for name, given, least in (("S", solutions, 1), ("V", verdicts_each, fewest)):
        if given.ndim != 1 or not len(given) or given.min() < least:
            raise InputError(f"{name} must be a list of whole numbers >= {least}; got {given}")


def _mean(counts: Counts, each: Floats, population: Population, seed: int) -> Floats:
    """The mean over problems (W, S, V) of what each earns, (W, P, S, V)."""
    if population == "these":
        return np.asarray(each.mean(axis=1))
    weights = problem_worlds(counts.problems, seed, len(each))[1:]
    return np.asarray(np.einsum("wp,wpsv->wsv", weights, each))


def _exact(counts: Counts, solutions: Ints, verdicts_each: Ints) -> Floats:
    """The exact grid of each problem (P, S, V), NaN beyond the log."""
    grid = np.full((len(counts), len(solutions), len(verdicts_each)), np.nan)
    some = np.flatnonzero(verdicts_each != EVERY)
    grid[:, :, some] = verdict_grid(counts, solutions, verdicts_each[some])
    every = np.flatnonzero(verdicts_each == EVERY)
    if len(every):
        grid[:, :, every] = every_verdict(counts, solutions)[:, :, None]
    return grid
