"""Simulation-based calibration (Talts et al. 2018) of every posterior and what follows from it."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from apportion.analysis.counts import Ints
from apportion.analysis.curve import Curve, Floats
from apportion.fitting import saturation
from apportion.fitting.bayes import door
from apportion.fitting.bayes.coverage import model
from apportion.fitting.coverage import FAN_POINTS, HORIZON
from apportion.fitting.curves import MIXTURES, Mixture
from apportion.fitting.posterior import posterior
from apportion.fitting.rates import CENTRES, STEP
from apportion.fitting.tables import Table, spread
from scipy.special import expit
from scipy.stats import chisquare

from .forecasts import tallied

SIZE = (40, 16)
DRAWS = 99
BINS = 20
FAMILYWISE = 0.01
SIMULATIONS, SAMPLED, REDUCED = 500, 100, (20, 8)
"""How many logs for each family, and of what size for PyMC, which takes seconds each."""


def simulated(
    family: Mixture, size: tuple[int, int], rng: np.random.Generator
) -> tuple[Floats, Table]:
    """Draws parameters (1, p) from the prior, and a log of `size` problems x samples from them."""
    theta = family.prior.draw(rng, 1)
    mass = family.mass(theta)[0]
    cell = rng.choice(len(mass), size[0], p=mass / mass.sum())
    rate = expit(CENTRES[cell] + STEP * (rng.random(size[0]) - 0.5))
    c, times = np.unique(rng.binomial(size[1], rate), return_counts=True)
    return theta, Table(
        np.full(len(c), size[1]), c, times[None].astype(float), c[:0], np.empty((1, 0))
    )


def quantities(family: Mixture, theta: Floats, samples: int) -> dict[str, Floats]:
    """What is ranked, each (T,): parameters, the forecast, the marginal saturation point."""
    k = spread(HORIZON * samples, FAN_POINTS)
    curve = Curve(k, family.value(theta, k.astype(float)))
    far = family.value(theta, np.array([10.0, 100.0]) * samples)
    point = saturation.marginal(curve)
    named = {name: of(theta) for name, of in family.natural.items()}
    return named | {
        "coverage, 10 n": far[:, 0],
        "coverage, 100 n": far[:, 1],
        "marginal saturation": np.where(np.isfinite(point), point, np.inf),
    }


def ranked(each: dict[str, Floats], rng: np.random.Generator) -> dict[str, int]:
    """The rank of the first value among the others, ties broken at random."""
    ranks = {}
    for name, values in each.items():
        below, level = (values[1:] < values[0]).sum(), (values[1:] == values[0]).sum()
        ranks[name] = int(below + rng.integers(level + 1))
    return ranks


def grid(place: int, seed: int, size: tuple[int, int] = SIZE) -> dict[str, int]:
    """Ranks of one simulated log under one mixture."""
    family, rng = MIXTURES[place], np.random.default_rng([seed, place, 5])
    theta, log = simulated(family, size, rng)
    drawn = posterior(family.mass, family.prior, log, rng, DRAWS).theta[1:]
    return ranked(quantities(family, np.vstack([theta, drawn]), size[1]), rng)


def nuts(seed: int, size: tuple[int, int] = REDUCED) -> dict[str, int]:
    """The same under PyMC's beta-binomial, its draws thinned to be nearly independent."""
    family, rng = MIXTURES[0], np.random.default_rng([seed, 6])
    theta, log = simulated(family, size, rng)
    draws = door.sample(
        model(tallied(np.repeat(log.n, log.times), np.repeat(log.c, log.times))),
        ["log_a", "log_b"],
        seed,
        draws=500,
    )
    both = np.column_stack([draws.values["log_a"], draws.values["log_b"]])
    thin = both[np.linspace(0, len(both) - 1, DRAWS).astype(int)]
    return ranked(quantities(family, np.vstack([theta, thin]), size[1]), rng)


def p_values(rows: Iterable[dict[str, int]], bins: int = BINS) -> dict[str, float]:
    """The chi-squared p value of uniform ranks for each quantity."""
    rows = list(rows)
    return {name: _uniform(np.array([row[name] for row in rows]), bins) for name in rows[0]}


def _uniform(ranks: Ints, bins: int) -> float:
    counted = np.bincount(ranks * bins // (DRAWS + 1), minlength=bins)
    return float(chisquare(counted).pvalue)


def table(share: Callable[..., Any]) -> dict[str, Any]:
    """All p values, and whether any is below the familywise level (Bonferroni)."""
    found = {
        family.name: p_values(share(grid, [(i, seed) for seed in range(SIMULATIONS)]))
        for i, family in enumerate(MIXTURES)
    }
    found["beta-binomial, by PyMC"] = p_values(share(nuts, [(s,) for s in range(SAMPLED)]), bins=10)
    every = [p for row in found.values() for p in row.values()]
    level = FAMILYWISE / len(every)
    verdict = (
        f"the least of {len(every)} is {min(every):.2g}, where familywise 99% allows {level:.2g}"
    )
    sizes = f"{SIMULATIONS} logs of {SIZE[0]} x {SIZE[1]} a family"
    reduced = f"{SAMPLED} of {REDUCED[0]} x {REDUCED[1]} for PyMC"
    return {"logs": f"{sizes}, {reduced}", "verdict": verdict, "p": found}
