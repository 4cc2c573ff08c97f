"""Several models and verifiers on the same problems: rates that share what a task does to all.

A task's ease, standard normal, moves the logits of every model's solve rate and of every verifier's
TPR and FPR on every model's solutions; beside it each has a normal of its own. So what one model
shows of a task informs the others, and differences between models are paired.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from ..analysis.counts import Counts, Ints
from ..analysis.curve import Floats
from ..data.errors import InputError
from .importance import Prior, climb, importance, score, spread
from .logits import Cells, line
from .verifier import FALSE, SOLVE, TRUE, Crossed, Rates, Said, crossed, said

EASE = Cells(-4.0, 4.0, 0.4)
"""The task's ease."""
STEPS, ROUNDS, DRAWN, ENOUGH = 40, 16, 512, 300.0
TOGETHER = 4


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """One rate of one model: what the log says of it, and where its parameters lie.

    `level` is its own; `slope` in the ease and `sd` about it are shared by all models. The slope of
    solve rates is positive, a spread.
    """

    side: Said
    level: int
    slope: int
    sd: int
    positive: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Several:
    """Paired draws: `rates[m][v]` are those of model m under verifier v, on the same problems.

    `ease` (W, P) is the tasks'; `theta` (W, p) the shared parameters, `effective` how many
    independent draws of them there are.
    """

    rates: tuple[tuple[Rates, ...], ...]
    ease: Floats
    theta: Floats
    effective: float


class Target:
    """The log posterior of the shared parameters, given the verdicts of every model (m) and
    verifier (v), `logs[m][v]`."""

    def __init__(self, logs: Sequence[Sequence[Crossed]]) -> None:
        self.models, self.verifiers = len(logs), len(logs[0])
        mean, sd = [0.0] * self.models + [0.0, 0.0], [2.0] * self.models + [1.0, 1.0]
        self.data = [(of[0].n, of[0].right) for of in logs]
        self.leaves = [
            Leaf(said(SOLVE, of[0].n, of[0].right), m, self.models, self.models + 1, positive=True)
            for m, of in enumerate(logs)
        ]
        for v in range(self.verifiers):
            for cells, centre in ((FALSE, logit(0.1)), (TRUE, 0.0)):
                for m, of in enumerate(logs):
                    pair = _pair(of[v], cells)
                    self.data.append(pair)
                    at = len(mean), len(mean) + self.models, len(mean) + self.models + 1
                    self.leaves.append(Leaf(said(cells, *pair), at[0] + m, at[1], at[2]))
                mean += [centre] * self.models + [0.0, 0.0]
                sd += [2.0] * self.models + [1.0, 1.0]
        self.prior = Prior(np.array(mean), np.array(sd))

    def __call__(self, theta: Floats) -> Floats:
        """Returns the log posterior (T,), unnormalised."""
        return np.asarray(self.each(theta).sum(axis=1)) + self.prior.log_density(theta)

    def each(self, theta: Floats) -> Floats:
        """Returns (T, P) the log likelihood of each problem."""
        parts = [theta[i : i + TOGETHER] for i in range(0, len(theta), TOGETHER)]
        return np.concatenate([np.log(self.eases(p).sum(axis=1) + 1e-300) for p in parts])

    def eases(self, theta: Floats) -> Floats:
        """Returns (T, U, P) the chance of each ease together with all that was logged."""
        once = np.ones(1)
        total = EASE.normal(0 * once, once).T[None]
        for leaf in self.leaves:
            said = given(leaf, theta) @ leaf.side.likelihood.T
            total = total * said[:, :, leaf.side.of]
        return np.asarray(total)

    def guess(self) -> Floats:
        """Returns a first guess at the parameters, from smoothed shares."""
        theta = self.prior.mean.copy()
        theta[[self.models, self.models + 1]] = score(1.0)
        for leaf in self.leaves:
            centre = leaf.side.likelihood @ leaf.side.cells.centres
            theta[leaf.level] = (centre / leaf.side.likelihood.sum(axis=1))[leaf.side.of].mean()
        return theta


def _pair(log: Crossed, cells: Cells) -> tuple[Floats, Floats]:
    if cells is FALSE:
        return log.judged_wrong, log.false_accepts
    return log.judged_right, log.true_accepts


def given(leaf: Leaf, theta: Floats) -> Floats:
    """Returns (T, U, J) the mass of a rate's cells given the ease."""
    slope = theta[:, leaf.slope]
    return line(
        leaf.side.cells,
        np.broadcast_to(EASE.centres, (len(theta), len(EASE.centres))),
        theta[:, leaf.level],
        spread(slope) if leaf.positive else slope,
        spread(theta[:, leaf.sd]),
    )


def several(logs: Sequence[Sequence[Crossed]], *, worlds: int, rng: np.random.Generator) -> Several:
    """Draws the rates of every model and verifier on shared problems from one posterior.

    The fast twin of `bayes.several`; `effective` tells how far to trust it, and falls as models and
    verifiers are added.

    Args:
        logs: the verdicts crossed with the truth, one row a model, one column a verifier.
        worlds: how many draws.
        rng: of the draws.
    """
    target = Target(logs)
    once = np.ones(len(logs[0][0].n), dtype=np.int64)
    start = climb(target.each, once, target.prior, target.guess(), STEPS)
    found = importance(
        target, target.prior, rng, rounds=ROUNDS, drawn=DRAWN, start=start, enough=ENOUGH
    )
    theta = found.theta[rng.choice(len(found.share), worlds, p=found.share)]
    drawn = [_logits(target, one[None], rng) for one in theta]
    ease = np.stack([first for first, _ in drawn])
    rate = expit(np.stack([rest for _, rest in drawn]))
    return Several(sorted_rates(target, rate, theta, found.effective), ease, theta, found.effective)


def sorted_rates(
    target: Target, rate: Floats, theta: Floats, effective: float
) -> tuple[tuple[Rates, ...], ...]:
    """Returns the leaves' rates (W, leaves, P) sorted by model and verifier."""
    m = target.models
    return tuple(
        tuple(
            Rates(
                rate[:, i], rate[:, 2 * m + 2 * m * v + i], rate[:, m + 2 * m * v + i],
                theta, effective,
            )
            for v in range(target.verifiers)
        )
        for i in range(m)
    )  # fmt: skip


def _logits(target: Target, theta: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draws every task's ease (P,), and the logits (leaves, P), given the parameters (1, p)."""
    cell, ease = EASE.draw(target.eases(theta)[0].T, rng)
    rest = [
        leaf.side.cells.draw(given(leaf, theta)[0][cell] * leaf.side.likelihood[leaf.side.of], rng)[
            1
        ]
        for leaf in target.leaves
    ]
    return ease, np.stack(rest)


def together(groups: Sequence[Sequence[Counts]]) -> tuple[list[list[Crossed]], tuple[str, ...]]:
    """Returns the verdicts of every model (row) and verifier (column) on the problems they share.

    Raises:
        InputError: rows of different lengths, or no problem that all have.
    """
    if len({len(row) for row in groups}) != 1:
        raise InputError("every model needs the verdicts of the same verifiers; some have more")
    every = [counts for row in groups for counts in row]
    shared = tuple(p for p in every[0].problems if all(p in set(c.problems) for c in every))
    if not shared:
        raise InputError("these groups share no problem; a shared task effect needs some")
    return [[crossed(_only(c, shared)) for c in row] for row in groups], shared


def _only(counts: Counts, problems: tuple[str, ...]) -> Counts:
    place = {name: i for i, name in enumerate(counts.problems)}
    kept: Ints = np.array([place[name] for name in problems])
    return counts.only(kept)
