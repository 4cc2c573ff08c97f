"""The task scaling law over model size, from pass rates sampled until success or a cap."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr

from ..analysis.counts import Ints
from ..analysis.curve import MASS, Curve, Floats, Interval, interval
from ..analysis.worlds import WORLDS, problem_worlds
from ..data.errors import InputError
from .newton import maximise
from .peaked import tallied

ALPHA = 0.05
UNSOLVED = 0.2
"""Problems that no model solved, above which their laws are mostly the population's."""
WEAK = 1 / 5.0**2
"""The prior precision of the task-level coefficients: only against infinity."""
NODES = 25
"""Points of the grid along each of the two parameters of a problem."""
WIDEST = np.array([[-7.0, -1.0], [3.5, 2.5]])
"""Where a problem's log(-log PU) at the middle size and its alpha are first sought."""
LEAST_SPREAD = np.array([0.25, 0.15])
"""Grids reach as far as for problems that differ by this much, for worlds differ as well."""
STEPS = 20
"""Of the search for a population; more of them move the ends of a forecast by under 0.002."""
PRIOR = np.array([0.0, 0.3, -0.7, -1.6]), np.array([3.0, 1.0, 1.0, 1.0])
"""Mean and sd of normal priors of the population's two means and log sds: weak."""


@dataclass(frozen=True, slots=True, eq=False)
class TaskLaw:
    """PU(N) = exp(-c N^-alpha) in every world, the log's own in row 0, for new problems.

    `nodes` (W or 1, J, 2) holds log(-log PU) at the size `middle` and alpha; `shares` (W, J) how
    problems divide over them: one node for a law of the task, a grid for laws of problems.
    `curvature` is that of log(-log PU) in log N at the level of the task: positive (convex) is
    sub-scaling, negative (concave) super-scaling; `bend` says which, where the log can tell.
    """

    level: str
    sizes: Floats
    middle: float
    nodes: Floats
    shares: Floats
    curvature: Floats
    p: float
    doubts: tuple[str, ...]

    @property
    def alpha(self) -> Floats:
        """The exponent (W,), the mean over problems where laws are theirs."""
        return np.asarray((self.shares * self.nodes[..., 1]).sum(axis=1))

    @property
    def log_c(self) -> Floats:
        """The log of the factor c (W,), of the mean problem."""
        height = (self.shares * self.nodes[..., 0]).sum(axis=1)
        return np.asarray(height + self.alpha * np.log(self.middle))

    @property
    def bend(self) -> str:
        """What the curvature says."""
        if not self.p <= ALPHA:
            return "cannot be determined from this log"
        return "sub-scaling" if self.curvature[0] > 0 else "super-scaling"

    def intervals(self, mass: float = MASS) -> dict[str, Interval]:
        """Returns `alpha`, `log_c` and `curvature` with their intervals."""
        names = ("alpha", "log_c", "curvature")
        return {name: interval(getattr(self, name), mass) for name in names}

    def at(self, size: Ints, mass: float = MASS) -> Curve:
        """Returns the pass rate of models of the given sizes (K,), averaged over problems."""
        k = np.atleast_1d(np.asarray(size, dtype=np.int64))
        z = np.log(k.astype(float) / self.middle)
        log_rate = -np.exp(self.nodes[..., :1] - self.nodes[..., 1:] * z)
        return Curve(k, (self.shares[..., None] * np.exp(log_rate)).sum(axis=1), "new", mass)


def pass_rates(n: Ints, c: Ints, successes: int | None = None) -> Floats:
    """Returns unbiased pass rates: of a fixed n, or of sampling until r successes or a cap.

    (r - 1) / (n - 1) where the r-th success ended it and c / n where the cap did (Girshick,
    Mosteller & Savage 1946); NaN where n = 0. The likelihood's c / n is biased by the stop:
    1 / n has mean -p log(p) / (1 - p) at r = 1, where only "the first was right" is unbiased.

    Raises:
        InputError: sampling stopped at the first success, or with more successes than asked for.

    >>> pass_rates(np.array([9, 20]), np.array([2, 1]), successes=2)
    array([0.125, 0.05 ])
    """
    n, c = np.asarray(n), np.asarray(c)
    plain = np.where(n > 0, c / np.maximum(n, 1), np.nan)
    if successes is None:
        return plain
    if successes < 2:
        raise InputError(f"unbiased rates need a fixed n or successes >= 2; got {successes}")
    if (c > successes).any():
        raise InputError(f"sampling until {successes} successes holds no more; got c={c.max()}")
    return np.where(c == successes, (successes - 1) / np.maximum(n - 1, 1), plain)


def task_law(
    sizes: Floats,
    n: Ints,
    c: Ints,
    problems: Sequence[str] | None = None,
    *,
    level: str = "instance",
    successes: int | None = None,
    seed: int = 0,
    worlds: int = WORLDS,
) -> TaskLaw:
    """Fits how pass rates grow with model size (PassUntil: Hu et al. 2024).

    Every stop rule, a cap that was hit included, leaves a problem the likelihood p^c (1 - p)^(n -
    c). At the level "instance" each problem has its own law, drawn from a normal population that
    is found by maximum likelihood; their posterior laws are averaged. At the level "task" one law
    is fitted to the mean of unbiased pass rates. Valid where guessing scores nothing: the law
    tends to 0 as models shrink, and what guessing adds is read as skill.

    Args:
        sizes: of the models in parameters, increasing, (M,).
        n: samples drawn of each problem by each model, (P, M); 0 where it was not tried.
        c: the right ones among them, (P, M).
        problems: their names, (P,).
        level: "instance" or "task".
        successes: sampling stopped at so many (or at a cap); None where n was fixed beforehand.
        seed: of the worlds.
        worlds: how many, besides the log.

    Raises:
        InputError: fewer than 3 sizes or problems, impossible counts, or a task law at 1 success.
    """
    sizes, n, c = tallied("size", sizes, n, c)
    if level not in ("instance", "task"):
        raise InputError(f"level must be 'instance' or 'task'; got {level!r}")
    names = [str(i) for i in range(len(n))] if problems is None else problems
    weights = problem_worlds(names, seed, worlds)
    middle = float(np.exp(np.log(sizes).mean()))
    z = np.log(sizes / middle)
    bent = np.full((len(weights), 3), np.nan)
    if successes != 1 or level == "task":
        rates = pass_rates(n, c, successes)
        tried = weights @ (n > 0)
        means = weights @ np.nan_to_num(rates) / tried
        bent = _of_means(np.vander(z, 3, increasing=True), means, tried * len(n))
    if level == "task":
        theta = _of_means(np.vander(z, 2, increasing=True), means, tried * len(n))
        nodes, shares = (theta * [1, -1])[:, None, :], np.ones((len(weights), 1))
    else:
        nodes, shares = _of_problems(z, n, c, weights)
    curvature = 2 * bent[:, 2]
    t = curvature[0] / max(curvature[1:].std(ddof=1), 1e-300)
    p = 2 * float(stdtr(len(n) - 1, -abs(t)))
    law = TaskLaw(level, sizes, middle, nodes, shares, curvature, p, ())
    return replace(law, doubts=tuple(_doubts(law, n, c)))


def _of_means(basis: Floats, means: Floats, tried: Floats) -> Floats:
    """Coefficients (W, p) of log(-log PU) on the basis (M, p), by quasi-binomial likelihood."""
    size = basis.shape[1]

    def derivatives(theta: Floats, rows: slice) -> tuple[Floats, Floats, Floats]:
        y, weight = means[rows], tried[rows]
        hazard = np.exp(np.clip(theta @ basis.T, -30, 6))
        p, q = np.exp(-hazard), -np.expm1(-hazard)
        height = (weight * ((1 - y) * np.log(q) - y * hazard)).sum(axis=1)
        gradient = (weight * hazard * (p - y) / q) @ basis - WEAK * theta
        fisher = np.einsum("wm,mp,mq->wpq", weight * hazard**2 * p / q, basis, basis)
        hessian = -fisher - WEAK * np.eye(size)
        return height - WEAK / 2 * (theta**2).sum(axis=1), gradient, hessian

    return maximise(derivatives, np.zeros(size), len(means))


def _of_problems(z: Floats, n: Ints, c: Ints, weights: Floats) -> tuple[Floats, Floats]:
    """The grid (1, J, 2) of laws that problems may have, and how they share it, (W, J).

    The grid closes in on the log's own population before the worlds are fitted on it.
    """
    (low, high), theta = WIDEST, PRIOR[0][None]
    for rows in (slice(0, 1), slice(0, 1), slice(0, None)):
        nodes = np.stack(np.meshgrid(*np.linspace(low, high, NODES).T), axis=-1).reshape(-1, 2)
        hazard = np.exp(np.clip(nodes[:, :1] - nodes[:, 1:] * z, -30, 6))
        log = (n - c) @ np.log(-np.expm1(-hazard)).T - c @ hazard.T
        likelihood = np.exp(log - log.max(axis=1, keepdims=True))
        theta, shares = _population(likelihood, weights[rows], nodes, theta[0])
        reach = 4.5 * np.maximum(np.exp(theta[0, 2:]), LEAST_SPREAD)
        low, high = theta[0, :2] - reach, theta[0, :2] + reach
    return nodes[None], shares


def _population(
    likelihood: Floats, weights: Floats, nodes: Floats, start: Floats
) -> tuple[Floats, Floats]:
    """The means and log sds (W, 4) of a normal population on the nodes, by marginal likelihood.

    Beside them the problems' mean posterior over the nodes, (W, J), in which the normal shape
    counts only as far as a problem's own counts are silent. The Hessian is that of the scores.
    """

    def prior(theta: Floats) -> tuple[Floats, Floats]:
        mean, sd = theta.T[:2, :, None], np.exp(theta.T[2:, :, None])
        away = (nodes.T[:, None] - mean) / sd
        height = -0.5 * (away**2).sum(axis=0)
        share = np.exp(height - height.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        slope = np.concatenate([away / sd, away**2])
        return share, slope - (share * slope).sum(axis=2, keepdims=True)

    def derivatives(theta: Floats, rows: slice) -> tuple[Floats, Floats, Floats]:
        share, slope = prior(theta)
        chance = share @ likelihood.T + 1e-300
        score = (slope * share).reshape(-1, len(nodes)) @ likelihood.T
        score = score.reshape(4, *chance.shape) / chance
        weight, away = weights[rows] * len(likelihood), (theta - PRIOR[0]) / PRIOR[1]
        height = (weight * np.log(chance)).sum(axis=1) - 0.5 * (away**2).sum(axis=1)
        gradient = np.einsum("wi,pwi->wp", weight, score) - away / PRIOR[1]
        hessian = np.moveaxis(score * weight, 1, 0) @ score.transpose(1, 2, 0)
        return height, gradient, -hessian - np.diag(1 / PRIOR[1] ** 2)

    theta = maximise(derivatives, start, len(weights), STEPS)
    share, _ = prior(theta)
    return theta, share * ((weights / (share @ likelihood.T + 1e-300)) @ likelihood)


def _doubts(law: TaskLaw, n: Ints, c: Ints) -> Iterator[str]:
    unsolved = float((c == 0).all(axis=1).mean())
    if unsolved > UNSOLVED:
        yield (
            f"{unsolved:.0%} of the problems were solved by no model: when they will be is the"
            " population's word, not theirs"
        )
    if (n == 0).any():
        yield "some problems miss some models: differences between sizes are partly of problems"
    alpha = interval(law.alpha)
    if alpha.low <= 0 <= alpha.high:
        yield "alpha may be 0: this log cannot tell that larger models solve more"
    if law.level == "task" and law.p <= ALPHA:
        yield f"pass rates bend away from the law ({law.bend}, p = {law.p:.2g}): forecasts miss it"
