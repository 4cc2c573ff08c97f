"""Each problem's rates with every family of difficulty in play: worlds differ in which one speaks.

`verifier` knows logit-normal difficulty alone. Far beyond the log what a plan is worth hangs on the
tail of the difficulty, on which families differ, so here the solve rate comes from all of them by
their evidence, and the verifier's rates from its lines in the logit of that solve rate.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from ..analysis.counts import Counts, Ints
from ..analysis.curve import Floats
from ..analysis.worlds import problem_worlds
from .averaging import speakers
from .curves import MIXTURES
from .importance import spread
from .posterior import Posterior, posterior
from .rates import CENTRES, STEP, likelihood
from .tables import table
from .verifier import Target, crossed
from .verifier import posterior as verifier_posterior


@dataclass(frozen=True, slots=True, eq=False)
class Mixed:
    """Draws of each problem's logit solve rate (W, P), and the family (W,) that each world follows.

    `weight` (F,) is what each of MIXTURES weighs.
    """

    logit: Floats
    speaker: Ints
    weight: Floats

    @property
    def solve(self) -> Floats:
        """The solve rates, (W, P)."""
        return np.asarray(expit(self.logit))


def mixed(counts: Counts, *, worlds: int, rng: np.random.Generator, select: bool = False) -> Mixed:
    """Draws each problem's solve rate from families of difficulty, weighed by their evidence.

    Args:
        counts: one group's counts, of any n and either stop rule.
        worlds: how many draws.
        rng: of the draws.
        select: whether the family of most evidence speaks alone. It is what not to do, and there
            to be compared with.
    """
    logged = table(counts, problem_worlds(counts.problems, 0, 1))
    found = [posterior(m.mass, m.prior, logged, rng, worlds) for m in MIXTURES]
    weight = _weights(np.array([each.evidence for each in found]), select)
    speaker = speakers(weight, worlds, rng)
    pairs, of = np.unique(np.stack([counts.n, counts.c]), axis=1, return_inverse=True)
    cells = likelihood(*pairs)
    logit = np.empty((worlds, len(counts)))
    for world, family in enumerate(speaker):
        mass = MIXTURES[family].mass(_theta(found[family], world))[0]
        logit[world] = _drawn(mass * cells, of.ravel(), rng)
    return Mixed(logit, speaker, weight)


def _weights(evidence: Floats, select: bool) -> Floats:
    weight = np.exp(evidence - evidence.max())
    if select:
        weight = np.equal(weight, 1.0).astype(float)
    return np.asarray(weight / weight.sum())


def _theta(found: Posterior, world: int) -> Floats:
    return found.theta[1 + world : 2 + world]


def _drawn(mass: Floats, of: Ints, rng: np.random.Generator) -> Floats:
    """A logit for each problem, from the unnormalised cells (D, J) of its pair `of` (P,)."""
    total = mass.cumsum(axis=1)
    level = rng.random(len(of)) * total[of, -1]
    cell = np.minimum((total[of] < level[:, None]).sum(axis=1), mass.shape[1] - 1)
    return np.asarray(CENTRES[cell] + STEP * (rng.random(len(of)) - 0.5))


def accepting(counts: Counts, known: Mixed, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draws the chances that a sample is accepted and right, and accepted and wrong, (W, P) each.

    Raises:
        InputError: the log has no verdicts, or stopped at success.
    """
    target = Target(crossed(counts), complete=False)
    found = verifier_posterior(crossed(counts), rng=rng).found
    theta = found.theta[rng.choice(len(found.share), len(known.logit), p=found.share)]
    false, true = np.empty_like(known.logit), np.empty_like(known.logit)
    for world, (own, logit) in enumerate(zip(theta, known.logit, strict=True)):
        for place, out in enumerate((false, true)):
            out[world] = _rate(target, place, own, logit, rng)
    solve = known.solve
    return solve * true, (1 - solve) * false


def _rate(
    target: Target, place: int, theta: Floats, logit: Floats, rng: np.random.Generator
) -> Floats:
    """A side's rate for each problem (P,), given the logits of the solve rates and the lines."""
    side, (level, slope, tight) = target.sides[place], theta[2 + 3 * place : 5 + 3 * place]
    # The lines were fitted within the cells of the solve rate's logit; farther out they are held.
    away = np.clip(logit, -16.0, 9.6) - theta[0]
    mass = side.cells.normal(level + slope * away, np.asarray(spread(tight)))
    _, drawn = side.cells.draw(mass * side.likelihood[side.of], rng)
    return np.asarray(expit(drawn))
