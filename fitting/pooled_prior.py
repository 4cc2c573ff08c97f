"""What old logs say of a new one's parameters: the robust meta-analytic-predictive prior.

Neuenschwander et al. 2010; with a vague part for a new log unlike the old, Schmidli et al. 2014.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc

from ..analysis.curve import Floats
from .importance import Prior, covariance

VAGUE = 0.1
"""The share of the prior that knows nothing of the old logs."""
SPREADS = 128
"""How many spreads between logs are tried, a power of 2."""
NEGLIGIBLE = 1e-4
"""A component of less weight is dropped."""


@dataclass(frozen=True, slots=True, eq=False)
class PooledPrior(Prior):
    """A mixture of normals: weight (C,), centre (C, p), root (C, p, p) with root root' the spread.

    Component 0 is the prior without old logs. `mean` and `sd` are those of the whole.
    """

    weight: Floats
    centre: Floats
    root: Floats

    def each(self, theta: Floats) -> Floats:
        """Returns (C, T): the log of each component's weight times its density."""
        away = (theta[None] - self.centre[:, None]).transpose(0, 2, 1)
        white = np.linalg.inv(self.root) @ away
        size = 0.5 * theta.shape[1] * np.log(2 * np.pi) + np.linalg.slogdet(self.root)[1]
        log = np.log(self.weight) - size
        return np.asarray(log[:, None] - 0.5 * (white**2).sum(axis=1))

    def log_density(self, theta: Floats) -> Floats:
        """Returns (T,), normalised."""
        return np.asarray(np.logaddexp.reduce(self.each(theta)))

    def place(self, normal: Floats, rng: np.random.Generator) -> Floats:
        """Returns draws (T, p) made of standard normals."""
        of = rng.choice(len(self.weight), len(normal), p=self.weight)
        return np.asarray(self.centre[of] + np.einsum("tij,tj->ti", self.root[of], normal))

    def unlike(self, theta: Floats) -> float:
        """Returns the chance that the new log is unlike the old, by posterior draws (T, p)."""
        return float(np.exp(self.each(theta)[0] - self.log_density(theta)).mean())


def pooled_prior(prior: Prior, old: Sequence[Floats], seed: int) -> PooledPrior:
    """Returns the prior of a new log's parameters, given posterior draws (T, p) of old logs'.

    In units of the prior, parameter j of a log is N(u_j, r_j^2) and u_j ~ N(0, 1 - r_j^2), with r_j
    uniform on (0, 1): whatever r, each log alone has the prior itself, and r^2 is the share of its
    variance that lies between logs like these. An old log counts by the normal shape of its
    likelihood: its posterior less the prior. The integral over r is a sum of quasi-random points.
    """
    size = len(prior.mean)
    spread = qmc.Sobol(size, rng=np.random.default_rng([seed, 31])).random(SPREADS)
    spread = np.clip(spread, 0.02, 0.995)
    said = [_likelihood((draws - prior.mean) / prior.sd) for draws in old]
    log_weight, centre, spreads = _predictive(spread**2, said)
    weight = np.exp(log_weight - log_weight.max())
    weight *= (1 - VAGUE) / weight.sum()
    kept = weight > NEGLIGIBLE
    weight = np.append(VAGUE, weight[kept])
    weight /= weight.sum()
    centre = prior.mean + prior.sd * np.vstack([np.zeros(size), centre[kept]])
    root = np.linalg.cholesky(np.concatenate([np.eye(size)[None], spreads[kept]]))
    root = prior.sd[:, None] * root
    mean = weight @ centre
    within = np.einsum("c,cij,cij->i", weight, root, root)
    sd = np.sqrt(within + np.diag(covariance(centre - mean, weight)))
    return PooledPrior(mean, sd, weight, centre, root)


def _likelihood(draws: Floats) -> tuple[Floats, Floats]:
    """The normal likelihood exp(-x'Ax / 2 + b'x) that makes N(0, 1) the posterior of draws (T, p).

    Directions in which the posterior is no narrower than the prior say nothing.
    """
    precision, axes = np.linalg.eigh(np.linalg.inv(np.atleast_2d(np.cov(draws.T))))
    told = precision > 1
    along = precision * (axes.T @ draws.mean(axis=0)) * told
    return (axes * np.where(told, precision - 1, 0.0)) @ axes.T, axes @ along


def _predictive(
    between: Floats, said: Sequence[tuple[Floats, Floats]]
) -> tuple[Floats, Floats, Floats]:
    """Returns the log weight (C,), mean (C, p) and covariance (C, p, p) of a new log's parameters.

    Args:
        between: the variances of logs about their mean, (C, p).
        said: A (p, p) and b (p,) of each old log.
    """
    eye = np.eye(between.shape[1])
    apart = between[:, :, None] * eye
    precision = (1 / (1 - between))[:, :, None] * eye
    pull = np.zeros_like(between)
    log = 0.5 * np.linalg.slogdet(precision)[1]
    for a, b in said:
        inner = np.linalg.inv(eye / between[:, :, None] + a)
        precision = precision + a - a @ inner @ a
        pull = pull + (inner @ b) / between
        log = log - 0.5 * np.linalg.slogdet(eye + a @ apart)[1] + 0.5 * (inner @ b) @ b
    mean = np.linalg.solve(precision, pull[..., None])[..., 0]
    log = log - 0.5 * np.linalg.slogdet(precision)[1] + 0.5 * (pull * mean).sum(axis=1)
    covariance = np.linalg.inv(precision) + apart
    return np.asarray(log), np.asarray(mean, dtype=float), np.asarray(covariance)
