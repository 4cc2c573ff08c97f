"""Perplexity consistency with reasoning pruning (RPC): answers weighed by how likely their text."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from .hypergeometric import Floats, Ints

WEIGHTS = 0.2, 0.8
"""Bounds on the weight of a component."""

SHAPES = 0.01, 100.0
"""Bounds on the shape of one. Without the upper, repeated values have no largest likelihood."""

SPLITS = 0.25, 0.5, 0.75
"""The quantiles that divide the values into two components at the start of a climb."""

FEWEST = 5
"""The distinct values, as many as the mixture has parameters, below which nothing is pruned."""

STEPS, SHORT, ROUNDS, GAIN = 6, 2, 40, 1e-6
"""A climb goes on for SHORT or ROUNDS of STEPS, while a round gains as much in log-likelihood."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """Two Weibulls, that of the higher mean first: `weight` (2, B), `shape` (2, B), `scale` (2, B).

    The density is sum_j weight_j (s_j / l_j) (x / l_j)^(s_j - 1) exp(-(x / l_j)^s_j); `loss` (B,)
    is minus its log-likelihood.
    """

    weight: Floats
    shape: Floats
    scale: Floats
    loss: Floats


def weibull_mixture(logs: Floats) -> Mixture:
    """Returns the two-Weibull mixture of largest likelihood for each row of exp(logs).

    Expectation-maximisation in log space, from the best of three short climbs: no power overflows.
    Weights are held to 0.2..0.8 and shapes to 0.01..100. A numerical gradient of the same
    likelihood in plain space meets overflow and can stop far short of its optimum.

    Args:
        logs: the logs of the values, (B, n), NaN where missing.

    >>> fit = weibull_mixture(np.array([[-0.1, -0.12, -0.15, -0.09, -0.5, -0.55, -0.6, -0.7]]))
    >>> fit.weight[:, 0].round(2).tolist(), fit.scale[:, 0].round(2).tolist()
    ([0.5, 0.5], [0.9, 0.58])
    """
    known = np.isfinite(logs)
    top = np.where(known, logs, -np.inf).max(axis=1)
    y = np.where(known, logs - top[:, None], 0.0)
    climbs = [_climb(y, known, _split(y, known, share), SHORT) for share in SPLITS]
    first, rows = np.argmin([loss for _, loss in climbs], axis=0), np.arange(len(y))
    start = np.stack([at for at, _ in climbs])[first, :, :, rows].transpose(1, 2, 0)
    (weight, shape, log_scale), loss = _climb(y, known, start, ROUNDS)
    mean = log_scale + gammaln(1 + 1 / shape)
    order = np.where(mean[0] >= mean[1], [[0], [1]], [[1], [0]])
    sides = np.stack([weight, shape, np.exp(log_scale + top)])
    weight, shape, scale = np.take_along_axis(sides, order[None], axis=1)
    # The densities of x and of x / top differ by the factor top at every value.
    return Mixture(weight, shape, scale, loss + known.sum(axis=1) * top)


def _split(y: Floats, known: Mask, share: float) -> Floats:
    """Starts (3, 2, B) with one component for each side of a quantile of each row."""
    cut = np.nanquantile(np.where(known, y, np.nan), share, axis=1, keepdims=True)
    belongs = np.where(y > cut, [[[0.9]], [[0.1]]], [[[0.1]], [[0.9]]])
    shape = np.full((2, len(y)), 5.0)
    return _maximised(y, np.where(known, belongs, 0.0), shape, np.exp(shape[:, :, None] * y))


def _climb(y: Floats, known: Mask, start: Floats, rounds: int) -> tuple[Floats, Floats]:
    """Climbs for some rounds of STEPS: the parameters (3, 2, B) and the loss (B,).

    A row that gains less than GAIN in a round rests. `y` (B, n) are logs below the row's largest.
    """
    best, loss = start.copy(), np.full(len(y), np.inf)
    live = np.arange(len(y))
    for _ in range(rounds):
        at, seen, inside = best[..., live], y[live], known[live]
        for _ in range(STEPS):
            settled = at
            joint, rise = _joint(seen, *at)
            total = np.logaddexp(*joint)
            at = _maximised(seen, inside * np.exp(joint - total), at[1], rise)
        now = -np.where(inside, total, 0.0).sum(axis=1)
        gain, best[..., live], loss[live] = loss[live] - now, settled, now
        live = live[gain > GAIN]
        if not len(live):
            break
    return best, loss


def _maximised(y: Floats, share: Floats, shape: Floats, rise: Floats) -> Floats:
    """Weights and scales that maximise the expected likelihood, after a Newton step of the shapes.

    The shape s solves sum r x^s log x / sum r x^s - 1/s = sum r log x / sum r, which increases
    in s; `share` (2, B, n) are the r and `rise` the x^s at the shapes given.
    """
    share = share + 1e-300
    size = share.sum(axis=2)
    power = share * rise
    total = power.sum(axis=2)
    mean = (power * y).sum(axis=2) / total
    spread = np.maximum((power * y * y).sum(axis=2) / total - mean**2, 0.0)
    excess = mean - 1 / shape - (share * y).sum(axis=2) / size
    step = np.clip(excess / (shape * spread + 1 / shape), -1.0, 1.0)
    shape = np.clip(shape * np.exp(-step), *SHAPES)
    moment = (share * np.exp(shape[:, :, None] * y)).sum(axis=2) / size
    weight = np.clip(size / size.sum(axis=0), *WEIGHTS)
    return np.stack([weight, shape, np.log(moment) / shape])


def _joint(y: Floats, weight: Floats, shape: Floats, log_scale: Floats) -> tuple[Floats, Floats]:
    """The log of each component's weighted density at exp(y), and exp(shape y); both (2, B, n)."""
    rise = np.exp(shape[:, :, None] * y)
    # exp(700) is as impossible as more of it, and a double holds it.
    fall = rise * np.exp(np.minimum(-shape * log_scale, 700.0))[:, :, None]
    front = np.log(weight * shape) - shape * log_scale
    return front[:, :, None] + (shape - 1)[:, :, None] * y - fall, rise


def surviving(logs: Floats) -> Mask:
    """Returns which paths reasoning pruning keeps, (B, n), from their mean log-probabilities.

    A mixture is fitted to each row, and `kept` drops from it (Zhou et al. 2025). Nothing is dropped
    from a row of fewer than five distinct values, to which no mixture can be fitted.
    """
    keep = np.ones(logs.shape, dtype=np.bool_)
    many = distinct(logs) >= FEWEST
    if many.any():
        keep[many] = kept(logs[many], weibull_mixture(logs[many]))
    return keep


def distinct(logs: Floats) -> Ints:
    """Returns how many distinct values each row of (B, n) has, (B,), the missing not counted."""
    ordered = np.sort(np.where(np.isfinite(logs), logs, np.inf), axis=1)
    new = np.isfinite(ordered)
    new[:, 1:] &= ordered[:, 1:] > ordered[:, :-1]
    return np.asarray(new.sum(axis=1))


def kept(logs: Floats, mixture: Mixture) -> Mask:
    """Returns which paths (B, n) a mixture keeps; one fit may serve all rows.

    A path is dropped where it more likely belongs to the lower component and p = exp(logs) is below
    the row's mean; so the likeliest always stays. A missing path is never dropped.
    """
    inside = np.isfinite(logs)
    p = np.exp(np.where(inside, logs, -np.inf))
    top = np.where(inside, logs, -np.inf).max(axis=1)
    top = np.where(np.isfinite(top), top, 0.0)
    y = np.where(inside, logs - top[:, None], 0.0)
    (high, low), _ = _joint(y, mixture.weight, mixture.shape, np.log(mixture.scale) - top)
    mean = p.sum(axis=1, keepdims=True) / np.maximum(inside.sum(axis=1, keepdims=True), 1)
    return np.asarray(~((high < low) & (p < mean) & inside))


def consistency(logs: Floats, keep: Mask, text: Ints, answer: Ints, answers: int) -> Floats:
    """Returns (B, A) the perplexity consistency of each answer: the sum of p over its completions.

    Equal completions that give the same answer count once; p = exp(logs), of kept paths only.

    Args:
        logs: mean log-probabilities of the paths, (B, n); a missing one, NaN, adds nothing.
        keep: the paths that were not pruned, (B, n).
        text: the number of each path's completion, 0..X-1, (B, n).
        answer: the class of each completion, 0..A-1, (X,).
        answers: A.

    >>> logs, text = np.log([[0.5, 0.5, 0.25]]), np.array([[0, 0, 1]])
    >>> consistency(logs, np.isfinite(logs), text, np.array([1, 0]), 2).tolist()
    [[0.25, 0.5]]
    """
    p = np.exp(np.where(keep & np.isfinite(logs), logs, -np.inf))
    value = np.zeros((len(logs), len(answer)))
    np.maximum.at(value, (np.arange(len(logs))[:, None], text), p)
    return np.asarray(value @ (answer[:, None] == np.arange(answers)))
