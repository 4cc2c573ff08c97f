"""Worlds: the problems drawn again, as weights shared by everything that is estimated."""

from collections.abc import Sequence

import numpy as np

from .curve import Floats

WORLDS = 400


def problem_worlds(problems: Sequence[str], seed: int, worlds: int = WORLDS) -> Floats:
    """Returns (1 + worlds, P) weights of the Bayesian bootstrap over problems; rows sum to 1.

    Row 0 weighs every problem alike: the log itself. The weights follow the names, so two groups
    that share their problems share their worlds, whatever the order of their rows. The Gamma
    shape (P - 2) / P, not 1, makes the variance of a mean the unbiased s^2 / P (Rubin 1981 with
    shape 1 gives s^2 (P - 1) / (P (P + 1)), too small when problems are few).
    """
    size = len(problems)
    rng = np.random.default_rng([seed, size])
    gamma = rng.standard_gamma(max(size - 2, 1) / size, size=(worlds, size))
    order = np.argsort(np.argsort(np.asarray(problems, dtype=object).astype(str), kind="stable"))
    redrawn = np.maximum(gamma, 1e-300)[:, order]
    log = np.full((1, size), 1 / size)
    return np.vstack([log, redrawn / redrawn.sum(axis=1, keepdims=True)])
