"""Quasi-likelihood of a family of surfaces, and worlds from leaving each task out in turn.

A binomial GLM whose link may have parameters of its own. Tasks, not rows, are independent: the
likelihood counts as much as the scatter of their scores says (McCullagh & Nelder 1989, ch. 9), and
the worlds have the variance of the jackknife over tasks (CR3: Bell & McCaffrey 2002), which holds
where the usual cluster-robust covariance is too small because tasks are few.
"""

from dataclasses import dataclass

import numpy as np

from ...analysis.curve import Floats
from ..newton import LONGEST_STEP, maximise
from .families import EDGE, Form, Rows

STEPS, NEAR = 40, 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A family fitted: `theta` (p,), and (G, p) by how much each task left out would move it.

    `held` (p, p) is a square root of the part of the covariance that the prior makes, `freedom` how
    many tasks are left beyond the parameters that the log determines, `scatter` what the variance
    of a row is over a binomial one.
    """

    form: Form
    theta: Floats
    moves: Floats
    held: Floats
    freedom: float
    scatter: float

    def worlds(self, weights: Floats, rng: np.random.Generator) -> Floats:
        """Returns by how much the parameters move in every world, (W, p); in the log's own by 0.

        Tasks weigh as in the worlds that other estimates share; few tasks tell their own variance
        badly, so deviations are Student's, not normal.

        Args:
            weights: of the tasks, (W, G), as `problem_worlds` makes them.
            rng: of the rest.
        """
        size, tasks = weights.shape
        away = -(tasks - 1) * (weights - 1 / tasks) @ self.moves
        away[1:] += rng.standard_normal((size - 1, len(self.theta))) @ self.held.T
        away[1:] *= np.sqrt(self.freedom / rng.chisquare(self.freedom, size - 1))[:, None]
        return np.asarray(away)


def fitted(form: Form, rows: Rows, tasks: int, start: Floats | None = None) -> Fitted:
    """Fits a family by penalised quasi-likelihood.

    First with one design effect for all parameters; then the scores are weighed by what their own
    scatter between tasks says each direction is worth (Godambe's information), so that the prior
    does not shrink slopes, which tasks agree on, for the sake of the level, on which they differ.
    """
    mean, sd = form.prior
    prior = np.diag(sd**-2.0)
    first = _mode(form, rows, mean if start is None else start)
    info, score = _by_task(form, rows, first, tasks)
    weigh = info.sum(axis=0) @ np.linalg.inv(_meat(info, score, prior, rows.whole))
    theta = _root(form, rows, first, weigh)
    info, score = _by_task(form, rows, theta, tasks)
    gain = weigh @ info
    whole = gain.sum(axis=0) + prior
    spent = float(np.trace(np.linalg.solve(whole, gain.sum(axis=0))))
    freedom = max((np.abs(score).sum(axis=1) > 0).sum() - spent, 1.0)
    moves = -np.linalg.solve(whole - gain, (score @ weigh.T)[..., None])[..., 0]
    held = np.linalg.inv(whole) / sd
    return Fitted(form, theta, moves, held, freedom, _scatter(form, rows, theta, spent))


def _meat(info: Floats, score: Floats, prior: Floats, whole: bool) -> Floats:
    """The variance of the scores (p, p): as seen between tasks, and, as far as those are few, one
    design effect for all directions."""
    size, bread = len(prior), info.sum(axis=0)
    inverse = np.linalg.inv(bread + prior)
    spent = float(np.trace(inverse @ bread))
    tasks = (np.abs(score).sum(axis=1) > 0).sum()
    seen = score.T @ score * tasks / max(tasks - spent, 1.0)
    heat = float(np.trace(inverse @ seen) / max(np.trace(inverse @ bread), 1e-12))
    heat = max(heat, 1.0 if whole else 1e-6)
    return np.asarray((tasks * seen + size * heat * bread) / (tasks + size) + 1e-9 * np.eye(size))


def _root(form: Form, rows: Rows, theta: Floats, weigh: Floats) -> Floats:
    """Where weighed scores and the prior's pull cancel, by damped Newton steps."""
    mean, sd = form.prior
    prior = np.diag(sd**-2.0)

    def pull(theta: Floats) -> tuple[Floats, Floats]:
        score, info = _whole(form, rows, theta)
        return weigh @ score - prior @ (theta - mean), weigh @ info + prior

    force, stiff = pull(theta)
    scale = 1.0
    for _ in range(STEPS):
        step = np.linalg.solve(stiff, force)
        length = np.abs(step).max()
        step *= scale * min(1.0, LONGEST_STEP / max(length, 1e-300))
        if np.abs(step).max() < NEAR:
            break
        found = pull(theta + step)
        better = np.linalg.norm(np.linalg.solve(stiff, found[0])) < np.linalg.norm(
            np.linalg.solve(stiff, force)
        )
        if better:
            theta, (force, stiff) = theta + step, found
        scale = 1.0 if better else scale / 4
    return theta


def _whole(form: Form, rows: Rows, theta: Floats) -> tuple[Floats, Floats]:
    """The score (p,) and the information (p, p) of all rows."""
    tried, right = rows.totals()
    p, slopes = form.slopes(theta, rows.x, rows.z)
    p = np.clip(p, EDGE, 1 - EDGE)
    weight = 1 / (p * (1 - p))
    return slopes.T @ ((right - tried * p) * weight), (slopes.T * (tried * weight)) @ slopes


def _mode(form: Form, rows: Rows, start: Floats) -> Floats:
    tried, right = rows.totals()
    mean, sd = form.prior

    def derivatives(theta: Floats, _: slice) -> tuple[Floats, Floats, Floats]:
        p = np.clip(form.mean(theta, rows.x, rows.z)[0], EDGE, 1 - EDGE)
        score, info = _whole(form, rows, theta[0])
        each = right * np.log(p) + (tried - right) * np.log1p(-p)
        away = (theta[0] - mean) / sd
        height = each.sum() - 0.5 * (away**2).sum()
        gradient, hessian = score - away / sd, -info - np.diag(sd**-2.0)
        return np.array([height]), gradient[None], hessian[None]

    return np.asarray(maximise(derivatives, start, 1)[0])


def _by_task(form: Form, rows: Rows, theta: Floats, tasks: int) -> tuple[Floats, Floats]:
    """The information (G, p, p) and the score (G, p) of every task."""
    p, slopes = (part[rows.design] for part in form.slopes(theta, rows.x, rows.z))
    p = np.clip(p, EDGE, 1 - EDGE)
    pull = (rows.c - rows.n * p) / (p * (1 - p))
    weight = rows.n / (p * (1 - p))
    size = len(theta)
    score, info = np.zeros((tasks, size)), np.zeros((tasks, size, size))
    for i in range(size):
        score[:, i] = np.bincount(rows.task, pull * slopes[:, i], tasks)
        for j in range(i, size):
            both = np.bincount(rows.task, weight * slopes[:, i] * slopes[:, j], tasks)
            info[:, i, j] = info[:, j, i] = both
    return info, score


def _scatter(form: Form, rows: Rows, theta: Floats, spent: float) -> float:
    """Pearson's chi-squared per degree of freedom of the rows."""
    p = np.clip(form.mean(theta[None], rows.x, rows.z)[0], EDGE, 1 - EDGE)[rows.design]
    chi = ((rows.c - rows.n * p) ** 2 / (rows.n * p * (1 - p))).sum()
    return float(chi / max(len(rows.n) - spent, 1.0))
