"""Candidates are alike until the log tells them apart: differences shrunk by what all of them show.

Of many candidates the one that looks best owes some of that to luck. The differences between
candidates get a normal prior whose spread is learnt from all of them, summed over (Efron and Morris
1975, made Bayesian), so that P(above) means what it says.
"""

from dataclasses import replace

import numpy as np

from ...analysis.curve import Floats
from .standing import Standing

SPREAD = 0.1
"""The half-Cauchy scale of the spread between candidates, in the values' unit: accuracy."""
SURE = 1e-12
"""The share of the largest noise below which there is none."""
GRID = np.exp(np.linspace(-9.0, 3.0, 97))


def pool(standing: Standing, rng: np.random.Generator, *, scale: float = SPREAD) -> Standing:
    """Returns the standing with its worlds `pooled`."""
    worlds = pooled(standing.worlds, rng, scale=scale)
    said = f"{standing.assumption}, differences pooled"
    return replace(standing, assumption=said, worlds=worlds)


def pooled(worlds: Floats, rng: np.random.Generator, *, scale: float = SPREAD) -> Floats:
    """Returns worlds (1 + W, C) of the posterior; row 0 stays the log's own values.

    The log's values are taken as normal around the true ones, with the covariance of the worlds.

    Args:
        worlds: values in worlds of the problems drawn again; row 0 is the log.
        rng: of the draws.
        scale: of the spread between candidates, by its prior.
    """
    size = worlds.shape[1]
    contrasts = np.linalg.svd(np.eye(size) - 1 / size)[0][:, : size - 1]
    covariance = np.cov(worlds[1:].T)
    noise, axes = np.linalg.eigh(contrasts.T @ covariance @ contrasts)
    noise = np.where(noise > SURE * max(noise[-1], 0.0), noise, 0.0)  # of twins there is none
    basis = contrasts @ axes
    seen = worlds[0] @ basis
    spread = rng.choice(GRID, len(worlds) - 1, p=_shares(seen, noise, scale))[:, None] ** 2
    kept = spread / (spread + noise)
    normal = rng.standard_normal((len(worlds) - 1, size))
    true = kept * seen + np.sqrt(kept * noise) * normal[:, 1:]
    # The common level leans on how far the differences are off, as the worlds' covariance says.
    lean = np.where(noise > 0, covariance.mean(axis=0) @ basis, 0.0) / np.where(noise > 0, noise, 1)
    left = max(float(covariance.mean() - lean**2 @ noise), 0.0)
    level = worlds[0].mean() - (seen - true) @ lean + np.sqrt(left) * normal[:, 0]
    return np.vstack([worlds[:1], level[:, None] + true @ basis.T])


def _shares(seen: Floats, noise: Floats, scale: float) -> Floats:
    """The posterior (G,) of the spread between candidates, on GRID."""
    unsure = noise > 0  # twins say nothing of how far others are apart
    variance = GRID[:, None] ** 2 + noise[unsure]
    height = -0.5 * (np.log(variance) + seen[unsure] ** 2 / variance).sum(axis=1)
    height = height + np.log(GRID) - np.log1p((GRID / scale) ** 2)  # d spread is GRID d log
    share = np.exp(height - height.max())
    return np.asarray(share / share.sum())
