"""Bayes@N: the mean and sd of a weighted score over fixed questions, in closed form."""

import numpy as np
from scipy.special import betaln

from ...analysis.counts import Ints
from ...analysis.curve import Floats
from ...data.errors import InputError


def bayes_at_n(outcomes: Ints, weights: Floats, prior: Ints | None = None) -> tuple[float, float]:
    """Returns posterior mean and sd of the mean weight, for these questions (Hariri et al. 2026).

    Each question's outcomes have shares under a uniform Dirichlet prior, which `prior` outcomes, of
    an earlier run, update first.

    Args:
        outcomes: the category of each of N outcomes of M questions, (M, N), 0..C.
        weights: what a category is worth, (C + 1,).
        prior: categories of D earlier outcomes, (M, D).

    Raises:
        InputError: a category without a weight, or tables of other shapes.

    >>> rubric = np.array([0, 0.5, 1])
    >>> mean, sd = bayes_at_n(np.array([[0, 1, 2, 2, 1], [1, 1, 0, 2, 2]]), rubric)
    >>> f"{mean:.4f} {sd:.6f}"
    '0.5625 0.091998'
    """
    outcomes, size = np.atleast_2d(outcomes), len(weights)
    earlier = np.empty((len(outcomes), 0), dtype=np.int64) if prior is None else np.asarray(prior)
    if earlier.shape[0] != len(outcomes):
        raise InputError(
            f"the prior's outcomes need the same {len(outcomes)} questions; got {len(earlier)}"
        )
    every = np.concatenate([outcomes, earlier], axis=1)
    if every.size and not (every.min() >= 0 and every.max() < size):
        raise InputError(f"outcomes must be categories 0..{size - 1}; got {every.max()}")
    seen = 1 + (every[:, :, None] == np.arange(size)).sum(axis=1)
    total = every.shape[1] + size
    gain = weights - weights[0]
    share = seen / total
    mean = weights[0] + (share @ gain).mean()
    within = share @ gain**2 - (share @ gain) ** 2
    return float(mean), float(np.sqrt(within.sum() / (len(seen) ** 2 * (total + 1))))


def bayes_pass_at_k(outcomes: Ints, k: int) -> tuple[float, float]:
    """Returns posterior mean and sd of pass@k over these questions, under uniform priors.

    >>> mean, sd = bayes_pass_at_k(np.array([[0, 1, 1, 0, 1], [1, 1, 0, 1, 1]]), 2)
    >>> f"{mean:.6f} {sd:.6f}"
    '0.839286 0.097263'
    """
    if k < 1:
        raise InputError(f"k must satisfy k >= 1; got k={k}")
    outcomes = np.atleast_2d(outcomes)
    if not np.isin(outcomes, (0, 1)).all():
        raise InputError("outcomes must be 0 or 1")
    right = 1 + outcomes.sum(axis=1)
    wrong = 1 + outcomes.shape[1] - outcomes.sum(axis=1)
    missed = np.exp(betaln(right, wrong + k) - betaln(right, wrong))
    twice = np.exp(betaln(right, wrong + 2 * k) - betaln(right, wrong))
    variance = (twice - missed**2).sum() / len(outcomes) ** 2
    return float(1 - missed.mean()), float(np.sqrt(variance))
