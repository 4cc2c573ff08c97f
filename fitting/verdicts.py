"""Repeated verdicts: how often a problem's right and wrong solutions are accepted, time and again.

Verdicts on one solution agree with each other more than with those on the next, so a class of
solutions accepts with a beta-binomial of its own in every problem: a mean and an intra-solution
correlation. The logits of a problem's solve rate, of the mean among its wrong solutions and of that
among its right ones are a chain of normals about lines.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit, logit

from ..analysis.counts import Counts, Ints
from ..analysis.curve import Floats
from ..analysis.verification import verdict_sums
from .importance import Prior, climb, importance, spread
from .logits import Cells, line

SOLVE, ACCEPT, AGREE = Cells(-12.0, 8.0, 0.4), Cells(-9.6, 8.8, 0.4), Cells(-9.0, 4.0, 1.0)
"""The logits of the solve rate, of a class's mean rate of acceptance, of its correlation."""

PRIOR = Prior(
    np.array([0.0, 0.0, logit(0.2), 0.0, 0.0, 0.0, 0.5, 0.0, -1.5, 0.0, -1.5, 0.0]),
    np.array([2.0, 1.0, 2.0, 0.5, 1.0, 2.0, 0.5, 1.0, 2.0, 1.0, 2.0, 1.0]),
)
"""Of the mean logit of the solve rate and its spread; of the wrong solutions' mean at the mean
problem, its slope in the solve rate's logit, its spread; of the right ones' at the mean of the
wrong, its slope in that, its spread; of the wrong and of the right ones' correlation and its
spread. Spreads are half-normal, written as the standard normal score of their place in it."""

NODES = 6
"""Within a cell of the mean rate, which many verdicts know far better than the cell is wide."""
STEPS, ROUNDS, DRAWN = 60, 8, 512
TOGETHER = 4


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """Posterior draws of each problem's solve rate and, among its wrong and its right solutions,
    of the mean rate of acceptance and the intra-solution correlation, each (W, P).

    `theta` (W, 12) are the parameters behind them; `effective` is how many independent draws of
    them the posterior rests on.
    """

    solve: Floats
    wrong: tuple[Floats, Floats]
    right: tuple[Floats, Floats]
    theta: Floats
    effective: float


@dataclass(frozen=True, slots=True, eq=False)
class Repeated:
    """The verdicts on N solutions: of problem `of`, `right` 1 or 0, `yes` accept of `read`.

    `problems` is how many problems there are. All arrays are (N,).
    """

    problems: int
    of: Ints
    right: Ints
    yes: Ints
    read: Ints

    def solved(self) -> tuple[Floats, Floats]:
        """Returns how many solutions of each problem there are, and how many are right, (P,)."""
        tried = np.bincount(self.of, minlength=self.problems).astype(float)
        solved = np.bincount(self.of, self.right.astype(float), minlength=self.problems)
        return tried, np.asarray(solved, dtype=np.float64)

    def more(self, kind: int) -> Floats:
        """Returns (3, P, M): the right or wrong solutions with more than j yes, no, or either."""
        kept = self.right == kind
        size = self.problems, int(self.read.max(initial=1))
        each = (self.yes, self.read - self.yes, self.read)
        return np.stack([_more_than(self.of[kept], held[kept], size) for held in each])


def repeated(counts: Counts) -> Repeated:
    """Returns the verdicts of a log: all there are, as many as each solution has.

    Raises:
        InputError: the log has no verdicts, or stopped at success.
    """
    yes, read = verdict_sums(counts, "fitting repeated verdicts")
    right = counts.drawn.right.astype(np.int64)  # type: ignore[union-attr]
    return Repeated(len(counts), np.repeat(np.arange(len(counts)), counts.n), right, yes, read)


def _more_than(of: Ints, each: Ints, shape: tuple[int, int]) -> Floats:
    """How many of each problem's solutions have more than j, (P, M) for j = 0..M-1."""
    held = np.zeros((shape[0], shape[1] + 1))
    np.add.at(held, (of, each), 1.0)
    return np.asarray(held[:, :0:-1].cumsum(axis=1)[:, ::-1])


def _said(more: Floats) -> Floats:
    """The likelihood (P, J, NODES, R) of one class, up to a factor a problem, from (3, P, M).

    log B(a + k, b + V - k) - log B(a, b) is a sum of logs of a + j, b + j and a + b + j, so
    counting solutions with more than j of each kind says it all.
    """
    nodes, weight = np.polynomial.legendre.leggauss(NODES)
    mean = (ACCEPT.centres[:, None] + ACCEPT.step / 2 * nodes)[..., None]
    strength = -AGREE.centres
    shapes = (log_expit(mean) + strength, log_expit(-mean) + strength, strength + 0 * mean)
    j = np.arange(more.shape[2])[:, None, None, None]
    yes, no, read = (
        np.tensordot(held, np.log(np.exp(shape) + j), 1)
        for held, shape in zip(more, shapes, strict=True)
    )
    log = yes + no - read + np.log(weight / 2)[:, None]
    return np.asarray(np.exp(log - log.max(axis=(1, 2, 3), keepdims=True)))


class Target:
    """The log posterior of the shared parameters given one log."""

    prior = PRIOR

    def __init__(self, log: Repeated) -> None:
        self.solve = SOLVE.likelihood(*log.solved())
        self.said = [_said(log.more(kind)) for kind in (0, 1)]
        self.shared = [each.sum(axis=2) for each in self.said]

    def __call__(self, theta: Floats) -> Floats:
        """Returns the log posterior (T,), unnormalised."""
        return np.asarray(self.each(theta).sum(axis=1)) + self.prior.log_density(theta)

    def each(self, theta: Floats) -> Floats:
        """Returns (T, P) the log likelihood of each problem, up to a constant of its own."""
        parts = [theta[i : i + TOGETHER] for i in range(0, len(theta), TOGETHER)]
        return np.concatenate([np.log(self.messages(part)[0] + 1e-300) for part in parts])

    def messages(self, theta: Floats) -> tuple[Floats, ...]:
        """Returns what the log says of each problem, (T, P), and of the cells of its logits.

        Of the solve rate's and of the wrong solutions' mean, (T, P, J), as all that hangs on them
        says it; the mass of the cells of the wrong mean given the solve rate, and of the right
        mean given the wrong, (T, J, J'); and of each class's correlation, (T, R) each.
        """
        at = theta.T
        far, near = SOLVE.centres - theta[:, :1], ACCEPT.centres - theta[:, 2:3]
        wrong = line(ACCEPT, far, at[2], at[3], spread(at[4]))
        right = line(ACCEPT, near, at[5], at[6], spread(at[7]))
        agree = [AGREE.normal(at[i], spread(at[i + 1])) for i in (8, 10)]
        of_wrong, of_right = (
            np.einsum("pjr,tr->tpj", said, mass, optimize=True)
            for said, mass in zip(self.shared, agree, strict=True)
        )
        of_wrong = of_wrong * (of_right @ right.transpose(0, 2, 1))
        of_solve = self.solve * (of_wrong @ wrong.transpose(0, 2, 1))
        total = np.einsum("tpj,tj->tp", of_solve, SOLVE.normal(theta[:, 0], spread(theta[:, 1])))
        return total, of_solve, of_wrong, wrong, right, *agree


def verdicts(log: Repeated, *, worlds: int, rng: np.random.Generator) -> Verdicts:
    """Draws each problem's solve rate and verdict rates from the hierarchical posterior.

    A class without a solution in the log, as the right ones of a problem never solved, is known
    from the other problems alone.

    Args:
        log: the verdicts.
        worlds: how many draws.
        rng: of the draws.
    """
    target = Target(log)
    once = np.ones(log.problems, dtype=np.int64)
    start = climb(target.each, once, target.prior, target.prior.mean, STEPS)
    found = importance(target, target.prior, rng, rounds=ROUNDS, drawn=DRAWN, start=start)
    theta = found.theta[rng.choice(len(found.share), worlds, p=found.share)]
    drawn = np.stack([_drawn(target, one[None], rng) for one in theta])
    solve, wrong, wrong_agree, right, right_agree = expit(drawn.transpose(1, 0, 2))
    return Verdicts(solve, (wrong, wrong_agree), (right, right_agree), theta, found.effective)


def _drawn(target: Target, theta: Floats, rng: np.random.Generator) -> Floats:
    """Draws the logits (5, P) of every problem given the parameters (1, 12)."""
    _, of_solve, of_wrong, wrong, right, *agree = (part[0] for part in target.messages(theta))
    cell, solve = SOLVE.draw(of_solve * SOLVE.normal(theta[0, :1], spread(theta[0, 1:2])), rng)
    at_wrong, _ = ACCEPT.draw(wrong[cell] * of_wrong, rng)
    at_right, _ = ACCEPT.draw(right[at_wrong] * (target.shared[1] @ agree[1]), rng)
    rows = np.arange(len(solve))
    fine = [
        _within(said[rows, at], at, mass, rng)
        for said, at, mass in zip(target.said, (at_wrong, at_right), agree, strict=True)
    ]
    return np.stack([solve, *fine[0], *fine[1]])


def _within(
    said: Floats, cell: Ints, agree: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draws a mean within its cell, and a correlation, from the likelihood (P, NODES, R) there."""
    weight = (said * agree).reshape(len(said), -1)
    total = weight.cumsum(axis=1)
    picked = (total < (rng.random(len(said)) * total[:, -1])[:, None]).sum(axis=1)
    node, place = np.divmod(np.minimum(picked, weight.shape[1] - 1), len(agree))
    nodes = np.polynomial.legendre.leggauss(NODES)[0]
    mean = ACCEPT.centres[cell] + ACCEPT.step / 2 * nodes[node]
    jitter = AGREE.step * (rng.random(len(said)) - 0.5)
    return mean, AGREE.centres[place] + jitter
