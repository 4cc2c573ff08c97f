"""A ranking posterior of a million battles against a point fit of the same, and against NUTS."""

import importlib

import numpy as np
from apportion.analysis.curve import Floats
from apportion.data.judgments import Pairs
from apportion.fitting.bayes.battles import nuts
from apportion.fitting.ranking.battles import battles
from apportion.fitting.ranking.bradley_terry import bradley_terry
from apportion.fitting.ranking.standing import rank_probabilities, ranks
from scipy.special import expit

from .ratio import Ratio, measure

MODELS, BATTLES = 100, 1_000_000


def arena(models: int, size: int, seed: int = 0) -> Pairs:
    """Battles without ties between models of random strength, given as ids."""
    rng = np.random.default_rng(seed)
    strength = rng.standard_normal(models)
    left = rng.integers(0, models, size)
    right = (left + rng.integers(1, models, size)) % models
    won = rng.random(size) < expit(strength[left] - strength[right])
    names = tuple(f"m{i}" for i in range(models))
    return Pairs(names, left, right, np.where(won, 1, -1))


def posterior(pairs: Pairs) -> Floats:
    """The posterior of strengths and the distribution of ranks (C, C)."""
    made = bradley_terry(pairs, np.random.default_rng(0), tie="none")
    return rank_probabilities(ranks(made.worlds))


def against_evalica() -> Ratio:
    """Posterior and ranks of 100 models by a million battles against evalica's point fit.

    evalica gets ids too: its compiled function is called with what its indexing of names returns.
    """
    inside, outside = (importlib.import_module(n) for n in ("evalica._brzo", "evalica"))
    winner, pairs = outside.Winner, arena(MODELS, BATTLES)
    names = [[pairs.candidates[i] for i in side] for side in (pairs.left, pairs.right)]
    left, right, index = outside.indexing(*names)
    winners = [winner.X if w == 1 else winner.Y for w in pairs.winner.tolist()]
    weights = np.ones(BATTLES)

    def theirs() -> Floats:
        return np.asarray(
            inside.bradley_terry(
                xs=left, ys=right, winners=winners, weights=weights, total=MODELS,
                win_weight=1.0, tie_weight=0.5, tolerance=1e-6, limit=100,
            )[0]
        )  # fmt: skip

    logs = np.log(theirs())[[index.get_loc(name) for name in pairs.candidates]]
    ours = bradley_terry(pairs, np.random.default_rng(0), tie="none").worlds[0]
    error = float(np.abs(ours - (logs - logs.mean())).max())
    name = "ranks of 100 models by 1,000,000 battles: evalica's point fit of ids"
    return measure(name, lambda: posterior(pairs), theirs, error=error, runs=5)


def against_nuts() -> Ratio:
    """The same posterior against NUTS by PyMC, on counts of battles; total variation of the ranks.

    Both start from ids; NUTS is handed the counts that ours makes of them.
    """
    pairs = arena(MODELS, BATTLES)
    found = battles(pairs, order=False)
    drawn = nuts(found, seed=0, draws=500)
    other = rank_probabilities(ranks(np.vstack([drawn.mean(axis=0), drawn])))
    apart = float(0.5 * np.abs(posterior(pairs) - other).sum(axis=1).max())
    name = "ranks of 100 models by 1,000,000 battles: NUTS by PyMC on counts"
    return measure(
        name, lambda: posterior(pairs), lambda: nuts(found, seed=1, draws=500), error=apart, runs=1
    )
