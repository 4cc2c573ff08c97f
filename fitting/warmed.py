"""A new log's forecast, warmed by old logs of other benchmarks: partial pooling over logs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..analysis.counts import Counts
from ..analysis.curve import Floats, Population
from ..analysis.worlds import WORLDS
from ..data.errors import InputError
from . import averaging
from .coverage import Forecast, forecast
from .curves import LAWS, MIXTURES
from .pooled_prior import pooled_prior
from .posterior import posterior

SIDES = {2: (21, 61)}
"""Grids fine enough for a prior with a narrow and a wide part; more parameters are drawn."""
FEW = 3
"""Old logs below which how much logs differ is hardly known."""


@dataclass(frozen=True, slots=True, eq=False)
class Warmed:
    """The forecast of a new log, and the chance that it is `unlike` the old ones.

    `plain` is the forecast of the new log alone.
    """

    forecast: Forecast
    plain: Forecast
    logs: int
    unlike: float
    doubts: tuple[str, ...]


def warmed(
    new: Counts,
    old: Sequence[Counts],
    *,
    seed: int = 0,
    worlds: int = WORLDS,
    population: Population = "new",
) -> Warmed:
    """Forecasts the coverage of a log by what it says and what logs like it have said.

    Each family's parameters are those of one log out of a population of logs; see `pooled_prior`.
    Which family is right is pooled too: beside one vote that is equal for all, each old log gives
    one, divided as its own evidence says. Laws of the curve have no likelihood and are left out.

    Args:
        new: one group's counts.
        old: counts of other logs that this one might as well have been one of.
        seed: of all draws.
        worlds: how many besides the estimate.
        population: as in `forecast`.

    Raises:
        InputError: no old log, or one that is the new log itself.
    """
    if not old:
        raise InputError("warming a forecast needs an old log; got none")
    if any(same_log(new, each) for each in old):
        raise InputError("an old log is the new log itself, which would count twice")
    plain = forecast(new, seed=seed, worlds=worlds, population=population)
    known = [forecast(each, seed=seed + 1 + i) for i, each in enumerate(old)]
    priors = [
        pooled_prior(m.prior, [each.thetas[i][1:] for each in known], seed)
        for i, m in enumerate(MIXTURES)
    ]
    rng = np.random.default_rng([seed, 37])
    made = [
        posterior(m.mass, prior, plain.logged, rng, worlds, sides=SIDES)
        for m, prior in zip(MIXTURES, priors, strict=True)
    ]
    evidence = np.array([p.evidence for p in made])
    weight = _shares(evidence + np.log(_votes(known)))
    whole = replace(
        plain,
        thetas=(*(p.theta for p in made), *plain.thetas[len(made) :]),
        weight=np.append(weight, np.zeros(len(LAWS) + 1)),
        evidence=np.append(evidence, plain.evidence[len(made) :]),
        left_out=np.stack([p.left_out for p in made]),
        speaker=averaging.speakers(weight, worlds, rng),
    )
    unlike = float(weight @ [q.unlike(p.theta[1:]) for q, p in zip(priors, made, strict=True)])
    return Warmed(whole, plain, len(old), unlike, _doubts(len(old), unlike))


def same_log(new: Counts, old: Counts) -> bool:
    """Tells whether two logs are one: the same problems of one model, with the same counts."""
    if new.group != old.group or new.problems != old.problems:
        return False
    return bool((new.n == old.n).all() and (new.c == old.c).all())


def _votes(known: Sequence[Forecast]) -> Floats:
    """How probable each family is before the new log, (M,)."""
    size = len(MIXTURES)
    votes = [_shares(each.evidence[:size]) for each in known]
    return np.asarray(np.mean([np.full(size, 1 / size), *votes], axis=0))


def _shares(log_weight: Floats) -> Floats:
    raw = np.exp(log_weight - log_weight.max())
    return np.asarray(raw / raw.sum())


def _doubts(logs: int, unlike: float) -> tuple[str, ...]:
    made = []
    if logs < FEW:
        said = "one old log does" if logs == 1 else f"{logs} old logs do"
        made.append(
            f"{said} not show how much logs differ: how far the forecast leans on"
            f" {'it' if logs == 1 else 'them'} is mostly the prior's choice"
        )
    if unlike > 0.5:
        made.append(
            f"the new log looks unlike the old ones (with chance {unlike:.0%}): little of them is"
            " used"
        )
    return tuple(made)
