"""Solve rates of all candidates at once: logits normal over problems, correlated by problem.

What makes a problem hard for one candidate makes it hard for others; the covariance says how much.
"""

import numpy as np
from numpy.linalg import cholesky, inv
from scipy.special import expit

from ...analysis.counts import Ints
from ...analysis.curve import Floats, Population
from ..whitened import r_hat, unmixed
from .outcomes import Tried, counts_table, named
from .standing import Standing, summary

CENTRE_SD = 2.0
"""Prior sd of a candidate's mean logit, around 0."""
FREE, SCALE = 3, 2.0
"""The covariance is inverse-Wishart with C + FREE degrees, of mean SCALE on the diagonal."""
CHAINS, WARM, KEPT, THIN = 16, 200, 128, 2
NODES = 31
MISFIT = 3.0
"""Posterior sds between the model's mean and the log's beyond which the model is doubted."""

Generator = np.random.Generator


def hierarchical(data: Tried, rng: Generator, *, population: Population = "new") -> Standing:
    """Ranks candidates by coverage@k under the logit-normal model, by Gibbs sampling.

    Only n and c are used, whatever the metric of `data`; its k are. For new problems the coverage
    is averaged over the normal of logits, for these over their own.
    """
    n, c = counts_table(data)
    k = np.asarray(data.k, dtype=float)
    centre, spread, these, worst = gibbs(n, c, rng, k)
    values = these if population == "these" else averaged(centre, spread, k)
    return Standing(
        assumption=f"{named(data)}, logits normal over problems",
        candidates=data.candidates,
        worlds=summary(values),
        population=population,
        doubts=tuple(_doubts(data, values, worst)),
    )


def _doubts(data: Tried, values: Floats, worst: float) -> list[str]:
    """Whether the draws mixed, and whether the model can show the log its own mean."""
    said = [*unmixed(worst)]
    if data.metric != "coverage":
        return said
    seen = data.earned.mean(axis=0)
    far = np.abs(seen - values.mean(axis=0)) / values.std(axis=0)
    if far.max() > MISFIT:
        i = int(far.argmax())
        said.append(
            f"normal logits do not fit: they put {data.candidates[i]} at"
            f" {values[:, i].mean():.3f} where the log has {seen[i]:.3f}; solve rates are too far"
            " from one bell, and this row should not be read"
        )
    return said


def averaged(centre: Floats, spread: Floats, k: Floats) -> Floats:
    """Returns (T, C) coverage@k over new problems: logits of mean and sd (T, C)."""
    at, weight = np.polynomial.hermite_e.hermegauss(NODES)
    logit = centre[..., None] + spread[..., None] * at
    return np.asarray(_covered(logit, k[:, None]) @ (weight / weight.sum()))


def _covered(logit: Floats, k: Floats) -> Floats:
    """The chance that one of k samples is right."""
    return np.asarray(-np.expm1(-k * np.logaddexp(0, logit)))


def gibbs(
    n: Ints, c: Ints, rng: Generator, k: Floats, *, chains: int = CHAINS, kept: int = KEPT
) -> tuple[Floats, Floats, Floats, float]:
    """Draws mean and sd of the logits, (T, C) each, and the mean coverage@k of these problems.

    Args:
        n: tried, (P, C).
        c: solved, (P, C).
        rng: of the draws.
        k: of the coverage, (C,).
        chains: side by side.
        kept: draws kept of each chain.

    Returns:
        Also the worst R-hat of means and log sds.
    """
    candidates = n.shape[1]
    first = np.log((c + 0.5) / (n - c + 0.5))
    x = first + 0.3 * rng.standard_normal((chains, *first.shape))
    centre = x.mean(axis=1)
    rows: list[tuple[Floats, Floats, Floats]] = []
    for step in range(WARM + kept * THIN):
        precision, spread = _covariance(x - centre[:, None], rng)
        centre = _centre(x, precision, rng)
        for j in rng.permutation(candidates):
            _refresh(x, j, (n[:, j], c[:, j]), centre, precision, rng)
        if step >= WARM and (step - WARM) % THIN == 0:
            rows.append((centre, spread, _covered(x, k).mean(axis=1)))
    means, spreads, these = (np.stack(part) for part in zip(*rows, strict=True))
    worst = r_hat(np.concatenate([means, np.log(spreads)], axis=2))
    flat = (-1, candidates)
    return means.reshape(flat), spreads.reshape(flat), these.reshape(flat), worst


def _covariance(away: Floats, rng: Generator) -> tuple[Floats, Floats]:
    """Draws the precision (N, C, C), by Bartlett's decomposition, and the sds (N, C)."""
    chains, size, candidates = away.shape
    degrees = candidates + FREE + size
    prior = SCALE * (FREE - 1) * np.eye(candidates)
    root = cholesky(inv(prior + away.transpose(0, 2, 1) @ away))
    lower = np.tril(rng.standard_normal((chains, candidates, candidates)), -1)
    place = np.arange(candidates)
    lower[:, place, place] = np.sqrt(rng.chisquare(degrees - place, (chains, candidates)))
    made = root @ lower
    precision = made @ made.transpose(0, 2, 1)
    return precision, np.sqrt(np.diagonal(inv(precision), axis1=1, axis2=2))


def _centre(x: Floats, precision: Floats, rng: Generator) -> Floats:
    """Draws the mean logits (N, C) given the logits and their precision."""
    size, candidates = x.shape[1:]
    posterior = size * precision + np.eye(candidates) / CENTRE_SD**2
    pull = (precision @ x.sum(axis=1)[..., None])[..., 0]
    covariance = inv(posterior)
    mean = (covariance @ pull[..., None])[..., 0]
    noise = rng.standard_normal((*mean.shape, 1))
    return np.asarray(mean + (cholesky(covariance) @ noise)[..., 0])


def _refresh(
    x: Floats, j: int, seen: tuple[Ints, Ints], centre: Floats, precision: Floats, rng: Generator
) -> None:
    """Draws candidate j's logits (N, P) given the others', in place.

    The proposal is the normal at the mode of each conditional, widened a little; Metropolis and
    Hastings make it exact.
    """
    n, c = seen
    inner = precision[:, j, j][:, None]
    away = x - centre[:, None]
    away[:, :, j] = 0.0
    mean = centre[:, [j]] - (away @ precision[:, j][..., None])[..., 0] / inner
    mode = mean
    for _ in range(6):
        rate = expit(mode)
        step = (c - n * rate - inner * (mode - mean)) / (n * rate * (1 - rate) + inner)
        mode = mode + np.clip(step, -2.0, 2.0)
    rate = expit(mode)
    spread = 1.1 / np.sqrt(n * rate * (1 - rate) + inner)
    old, new = x[:, :, j], mode + spread * rng.standard_normal(mode.shape)

    def height(logit: Floats) -> Floats:
        likelihood = c * logit - n * np.logaddexp(0, logit)
        away_sq = ((logit - mode) / spread) ** 2
        return np.asarray(likelihood - 0.5 * inner * (logit - mean) ** 2 + 0.5 * away_sq)

    taken = np.log(rng.random(mode.shape)) < height(new) - height(old)
    x[:, :, j] = np.where(taken, new, old)
