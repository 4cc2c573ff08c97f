"""Solutions drawn again: what each problem's right and wrong ones would score, in every world.

A class of solutions is a Dirichlet process about its beta-binomial: the solutions of the log, each
with the rate that its verdicts leave open, and a pseudo-solution of the fitted kind. So the log's
own odd shapes (programs that all fail, wrong ones that pass just what right ones pass) are kept,
and the fitted kind speaks where the log is silent.
"""

from dataclasses import dataclass

import numpy as np

from ..analysis.counts import Ints
from ..analysis.curve import Floats
from .chosen import accepted, best_of
from .verdicts import Repeated, Verdicts

LOUDNESS = np.array([1.0, 3.0, 10.0, 30.0, 100.0, 1000.0])
"""How many logged solutions the fitted kind may count as."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """One class of one problem: components with `weight` (W, U), whose rate is beta(a, b), (W, U).

    The last is the fitted kind; the others have `yes` (U - 1,) of `most` accepting verdicts.
    """

    weight: Floats
    a: Floats
    b: Floats
    yes: Ints
    most: int

    def scores(self, verdicts: float | None) -> Floats:
        """Returns (W, L) the chances of so many of V new accepting verdicts; see `accepted`.

        None stands for the logged verdicts themselves, no new ones.
        """
        if verdicts is None:
            return self._as_logged()
        both = self.a + self.b
        each = accepted(self.a / both, 1 / (both + 1), verdicts)
        return np.asarray(np.einsum("wu,wul->wl", self.weight, each))

    def _as_logged(self) -> Floats:
        """Where the same tests judge all, new noise is wrong: logged solutions speak alone."""
        if not len(self.yes):
            both = self.a[:, -1] + self.b[:, -1]
            return accepted(self.a[:, -1] / both, 1 / (both + 1), self.most)
        out = np.zeros((len(self.weight), self.most + 1))
        logged = self.weight[:, :-1]
        out[:, self.yes] = logged / logged.sum(axis=1, keepdims=True)
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One class of one problem in the log: `times` (U,) with `yes` of `most` accepting verdicts."""

    yes: Ints
    times: Ints
    most: int


def seen(log: Repeated, problem: int, right: int) -> Seen:
    """Returns a class of one problem; unlike numbers of verdicts are brought to the largest."""
    mine = log.of == problem
    most = int(log.read[mine].max(initial=1))
    kept = mine & (log.right == right) & (log.read > 0)
    share = np.rint(log.yes[kept] / log.read[kept] * most).astype(np.int64)
    return Seen(*np.unique(share, return_counts=True), most)


def kind(
    mine: Seen, mean: Floats, agree: Floats, strength: Floats, rng: np.random.Generator
) -> Kind:
    """Draws a class of one problem in every world, from its mean and correlation there, (W,)."""
    a, b = (mean * (1 / agree - 1))[:, None], ((1 - mean) * (1 / agree - 1))[:, None]
    shape = np.column_stack([np.broadcast_to(mine.times, (len(a), len(mine.times))), strength])
    gamma = rng.standard_gamma(shape)
    return Kind(
        gamma / gamma.sum(axis=1, keepdims=True),
        a + np.append(mine.yes, 0),
        b + np.append(mine.most - mine.yes, 0),
        mine.yes,
        mine.most,
    )


def loudness(each: list[Seen], mean: Floats, agree: Floats) -> Floats:
    """Returns the chance of each LOUDNESS, by how it predicts every solution from the others.

    Leave-one-out predictive densities at the posterior means (P,) of a class, as weights.
    """
    log = np.zeros(len(LOUDNESS))
    for mine, m, r in zip(each, mean, agree, strict=True):
        if mine.times.sum() < 2:
            continue
        a, b = m * (1 / r - 1), (1 - m) * (1 / r - 1)
        fitted = accepted(np.array(m), np.array(r), mine.most)[mine.yes]
        size = a + b + mine.most
        others = accepted((a + mine.yes) / size, np.full(len(mine.yes), 1 / (size + 1)), mine.most)
        near = others[:, mine.yes]
        rest = mine.times @ near - near.diagonal()
        total = LOUDNESS[:, None] * fitted + rest
        log += (np.log(total / (LOUDNESS[:, None] + mine.times.sum() - 1))) @ mine.times
    weight = np.exp(log - log.max())
    return np.asarray(weight / weight.sum())


def loud(log: Repeated, drawn: Verdicts, worlds: int, rng: np.random.Generator) -> list[Floats]:
    """Draws how loudly the fitted kind speaks in every world, for the wrong and the right, (W,)."""
    return [
        rng.choice(
            LOUDNESS,
            worlds,
            p=loudness(
                [seen(log, i, kind) for i in range(log.problems)],
                mean.mean(axis=0),
                agree.mean(axis=0),
            ),
        )
        for kind, (mean, agree) in enumerate((drawn.wrong, drawn.right))
    ]


def redrawn(
    log: Repeated,
    drawn: Verdicts,
    solutions: Ints,
    verdicts: list[float | None],
    rng: np.random.Generator,
) -> Floats:
    """Returns (W, P, S, V) what best-of-S by V verdicts earns on each problem in every world.

    Args:
        log: the verdicts.
        drawn: what they leave to believe.
        solutions: S, (S,).
        verdicts: V; infinity is the solution's own rate, None all that are logged, as they are.
        rng: of the draws.
    """
    out = np.empty((len(drawn.solve), log.problems, len(solutions), len(verdicts)))
    classes = [[seen(log, i, each) for i in range(log.problems)] for each in (0, 1)]
    rates = drawn.wrong, drawn.right
    strength = loud(log, drawn, len(out), rng)
    for i in range(log.problems):
        wrong, right = (
            kind(each[i], mean[:, i], agree[:, i], own, rng)
            for each, (mean, agree), own in zip(classes, rates, strength, strict=True)
        )
        for j, v in enumerate(verdicts):
            scores = right.scores(v), wrong.scores(v)
            out[:, i, :, j] = best_of(drawn.solve[:, i], *scores, solutions.astype(float))
    return out
