"""A verifier's rates the wrong way: baselines that say what the hierarchy is for."""

import numpy as np

from ..analysis.curve import Floats
from .importance import climb
from .verifier import Crossed, Rates, Target, guess, latent

HALF = 0.5
"""Of a Beta prior: Jeffreys."""


def independent(
    log: Crossed,
    *,
    worlds: int,
    rng: np.random.Generator,
    complete: bool = False,
    prior: float = HALF,
) -> Rates:
    """Draws every rate of every problem from a Beta posterior of its own.

    A baseline: a problem where nothing was accepted has the ceiling that `prior` makes up, so the
    mean over problems is biased, and more sure of it the more problems there are.

    Args:
        log: the verdicts crossed with the truth.
        worlds: how many draws.
        rng: of the draws.
        complete: whether the verifier is known to accept all that is right.
        prior: both parameters of the Beta; Jeffreys' half, or 1 for the uniform.
    """

    def drawn(n: Floats, c: Floats) -> Floats:
        return rng.beta(prior + c, prior + n - c, (worlds, len(n)))

    solve = drawn(log.n, log.right)
    return Rates(
        solve,
        np.ones_like(solve) if complete else drawn(log.judged_right, log.true_accepts),
        drawn(log.judged_wrong, log.false_accepts),
        np.empty((worlds, 0)),
        float(worlds),
    )


def plug_in(
    log: Crossed, *, worlds: int, rng: np.random.Generator, complete: bool = False
) -> Rates:
    """Draws every problem's rates given the most likely parameters, as if those were known.

    A baseline, empirical Bayes: what the parameters might be instead is left out of the intervals.
    """
    target = Target(log, complete=complete)
    mode, _ = climb(target.each, target.kinds[1], target.prior, guess(log, target), steps=40)
    return latent(target, np.tile(mode, (worlds, 1)), rng, float("inf"))
