"""Simulation-based calibration of the simplex model of judges, and its coverage where it is wrong.

Worlds are drawn from the prior, judges by rejection: rows that do not rise are drawn again. The
ranks are uniform if draws and prior agree. `coverage` draws the judges' own maps for each
candidate instead of their collapse, and the posterior must hold the truth there too.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from apportion.analysis.curve import Floats
from apportion.data.judgments import Ints
from apportion.fitting.ranking.collapse import likelihood, moments
from apportion.fitting.ranking.rising import rises
from apportion.fitting.ranking.simplex import Drawn, Judging, Posterior, drawn, relatives
from apportion.fitting.ranking.standing import rank_sets, ranks, summary
from apportion.fitting.ranking.tables import Tables

from .sbc import DRAWS, ranked


@dataclass(frozen=True, slots=True)
class World:
    """How many judges, candidates and levels, verdicts without gold and with, what kappa."""

    size: tuple[int, int, int]
    verdicts: int
    gold: int = 0
    kappa: float = math.inf
    kin: bool = False

    @property
    def judging(self) -> Judging:
        """What the model takes for granted, here with right."""
        return Judging(self.kappa)


WORLDS = {
    "two levels, constant": World((1, 3, 2), 12),
    "three levels, constant": World((1, 2, 3), 12),
    "three levels, gold": World((2, 2, 3), 20, gold=8, kappa=10.0),
    "three levels, own family": World((2, 2, 3), 20, gold=4, kappa=5.0, kin=True),
}


def judges(world: World, rng: np.random.Generator) -> Floats:
    """Draws judges (J, M, M) whose verdicts rise from the prior."""
    levels = world.size[2]
    alpha = world.judging.eta * world.judging.near(levels)
    found: list[Floats] = []
    while len(found) < world.size[0]:
        tried = np.stack([rng.dirichlet(row, 256) for row in alpha], axis=1)
        found += list(tried[rises(tried)])
    return np.array(found[: world.size[0]])


def simulate(
    world: World, rng: np.random.Generator, *, exact: bool = False
) -> tuple[Drawn, Tables]:
    """Draws the truth, one draw of it, and the tables; `exact` mixes theta itself."""
    j, k, m = world.size
    pi = rng.dirichlet(np.ones(m), k)
    psi = judges(world, rng)
    tilt = rng.standard_normal(1) if world.kin else np.zeros(1)
    truth = rng.multinomial(world.gold, pi)
    empty = _tables(np.zeros(world.size, int), np.zeros((*world.size, m), int), truth)
    kin = related(empty, world)
    heard = Posterior(empty, world.judging, kin).tilted(psi[..., None], tilt)[..., 0]
    heard = np.broadcast_to(heard, (j, k, m, m))
    if math.isinf(world.kappa):
        gold = rng.multinomial(truth, heard)
        gamma = np.einsum("km,jkms->jks", pi, heard)
    else:
        theta = _dirichlet(world.kappa * heard, rng)
        gold = rng.multinomial(truth, theta)
        gamma = np.einsum("km,jkms->jks", pi, theta)
        if not exact:
            gamma = _collapsed(pi, world.kappa * heard + gold, rng)
    counts = rng.multinomial(world.verdicts, gamma / gamma.sum(axis=-1, keepdims=True))
    return Drawn(pi[None], psi[None], tilt, 1.0), _tables(counts, gold, truth)


def related(seen: Tables, world: World) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Says that the first judge and the first candidate are of one family, where any are."""
    return relatives(seen, {"judge 0": "own", "candidate 0": "own"} if world.kin else {})


def quantities(seen: Tables, world: World, found: Drawn) -> dict[str, Floats]:
    """What is ranked, each (T,)."""
    worth = found.pi @ np.asarray(seen.values)
    model = Posterior(seen, world.judging, related(seen, world))
    pi, psi = np.moveaxis(found.pi, 0, -1), model.tilted(np.moveaxis(found.psi, 0, -1), found.tilt)
    named = {
        "pi, lowest": found.pi[:, 0, 0],
        "pi, highest": found.pi[:, -1, -1],
        "value": worth[:, 0],
        "rank": (worth > worth[:, :1]).sum(axis=1).astype(float),
        "psi, lowest": found.psi[:, 0, 0, 0],
        "psi, highest": found.psi[:, -1, -1, -1],
        "psi, one up": found.psi[:, 0, 0, 1],
        "log likelihood": likelihood(pi, psi, model.counts, model.gold, world.kappa)[0],
    }
    return named | ({"self-preference": found.tilt} if world.kin else {})


def simulated(name: str, seed: int) -> dict[str, int]:
    """Ranks of one simulated log."""
    world, rng = WORLDS[name], np.random.default_rng([seed, list(WORLDS).index(name), 7])
    truth, seen = simulate(world, rng)
    found = drawn(seen, world.judging, related(seen, world), rng)
    few = rng.choice(len(found.tilt), DRAWS, replace=False)
    each = [quantities(seen, world, d) for d in (truth, _few(found, few))]
    return ranked({key: np.concatenate([one[key] for one in each]) for key in each[0]}, rng)


QUANTITIES: dict[str, Callable[[int], dict[str, int]]] = {
    f"simplex, {name}": partial(simulated, name) for name in WORLDS
}


def covered(world: World, seed: int, mass: float = 0.95) -> dict[str, float]:
    """The shares of candidates whose value and whose rank lie within; the widths of both."""
    rng = np.random.default_rng([seed, 8])
    truth, seen = simulate(world, rng, exact=True)
    found = drawn(seen, world.judging, related(seen, world), rng)
    worth, true = (d.pi @ np.asarray(seen.values) for d in (found, truth))
    low, high = np.quantile(worth, [(1 - mass) / 2, (1 + mass) / 2], axis=0)
    first, last = rank_sets(ranks(summary(worth), rng), mass)
    place = ranks(true)[0]
    return {
        "value": float(((low <= true[0]) & (true[0] <= high)).mean()),
        "rank": float(((first <= place) & (place <= last)).mean()),
        "width": float((high - low).mean()),
        "ranks": float((last - first + 1).mean()),
        "r-hat": found.r_hat,
    }


def _few(found: Drawn, which: Ints) -> Drawn:
    return Drawn(found.pi[which], found.psi[which], found.tilt[which], found.r_hat)


def _tables(counts: Ints, gold: Ints, truth: Ints) -> Tables:
    j, k, m = counts.shape
    names = (tuple(f"candidate {i}" for i in range(k)), tuple(f"judge {i}" for i in range(j)))
    return Tables(*names, tuple(map(float, range(m))), counts, gold, truth)


def _dirichlet(alpha: Floats, rng: np.random.Generator) -> Floats:
    drawn = rng.standard_gamma(alpha) + 1e-300
    return np.asarray(drawn / drawn.sum(axis=-1, keepdims=True))


def _collapsed(pi: Floats, alpha: Floats, rng: np.random.Generator) -> Floats:
    total = alpha.sum(axis=-1, keepdims=True)[..., None]
    _, _, gamma, size = moments(pi[..., None], alpha[..., None], total)
    return _dirichlet((size[:, :, None] * gamma)[..., 0], rng)
