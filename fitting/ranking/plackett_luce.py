"""Plackett-Luce with ties: strengths from orders of several candidates, as a posterior.

The best of those compared is chosen, then the best of the rest, and so on. Candidates that tie are
chosen at once: of a choice set every subset of t <= D is an alternative, and weighs delta_t times
the t-th root of its members' product (Davidson-Luce; Firth, Kosmidis and Turner 2019), delta_1 = 1.
"""

from dataclasses import dataclass

import numpy as np

from ...analysis.curve import Floats
from ...data.judgments import Orders
from ..whitened import CHAINS, unmixed, walk
from .choices import Choices, Sets, Tally, apart, choices
from .standing import Standing, summary
from .strengths import log_prior

DRAWS = 2048
TIE_SPREAD = 1.0
"""Prior sd of each log delta, around 0: one subset that ties is worth one that does not."""
FAR = 300.0
"""Log deltas beyond this, where no draw ever stays, would overflow."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """The log posterior of theta (p,): the C strengths, then log delta_2 to log delta_D."""

    found: Choices
    tally: Tally

    @property
    def size(self) -> int:
        """The number of parameters, p."""
        return self.found.size + self.found.largest - 1

    def density(self, theta: Floats) -> tuple[Floats, Floats]:
        """Returns the log posterior (T,) of theta (T, p), and its gradient (T, p).

        Row i counts the lists as world i of the tally does, where that has more worlds than one.
        """
        c = self.found.size
        said, slope = self.likelihood(theta)
        prior, pull = log_prior(theta[:, :c])
        away = theta[:, c:] / TIE_SPREAD
        slope = slope + np.concatenate([pull, -away / TIE_SPREAD], axis=1)
        return said + prior - 0.5 * (away**2).sum(axis=1), slope

    def likelihood(self, theta: Floats) -> tuple[Floats, Floats]:
        """Returns the log likelihood (T,) of theta (T, p), and its gradient (T, p).

        Numerators are linear in theta, so only the denominators, one for each set, take work.
        """
        f, t = self.found, self.tally
        level = theta[:, : f.size].T
        level = level - level.max(axis=0)  # only differences count, and exp(level) is at most 1
        tie = np.vstack([np.zeros((1, len(theta))), theta[:, f.size :].T])
        delta = np.exp(np.minimum(tie, FAR))
        roots = [np.exp(level / s) for s in range(1, f.largest + 1)]
        value = (t.won * level).sum(axis=0) + (t.tied * tie).sum(axis=0)
        won, tied = np.zeros_like(level) + t.won, np.zeros_like(tie) + t.tied
        for sets in f.blocks:
            off, pulled, ties = _denominators(sets, roots, delta, t.times[sets.place])
            value, won, tied = value - off, won - pulled, tied - ties
        return value, np.concatenate([won, tied[1:]]).T


def _denominators(
    sets: Sets, roots: list[Floats], delta: Floats, times: Floats
) -> tuple[Floats, Floats, Floats]:
    """Their logs summed, (T,), and the slopes of it in log strengths (C, T) and log deltas (D, T).

    What is left of a set without member i sums to e_s - x_i (what is left of degree s - 1), written
    out as a polynomial in x_i. It cancels only where x_i is nearly all there is, and the slope is
    then off by a few delta roundings: 1e-11 at a delta ten prior sds out.
    """
    sums = [symmetric(x, sets, s) for s, x in enumerate(roots, start=1)]
    each = [d * e[-1] for d, e in zip(delta, sums, strict=True)]
    total = np.maximum(sum(each), 1e-300)
    share = times / total
    pulled = np.zeros_like(roots[0])
    for d, x, e in zip(delta, roots, sums, strict=True):
        power = d * x / (len(e) - 1)
        for left in e[-2::-1]:
            pulled += power * (sets.members.T @ (share * left))
            power = -power * x
    ties = np.stack([(share * part).sum(axis=0) for part in each])
    return (times * np.log(total)).sum(axis=0), pulled, ties


def symmetric(x: Floats, sets: Sets, size: int) -> list[Floats]:
    """Returns the elementary symmetric polynomials of degree 0 to `size`, (S, T) each.

    They are sums, over all subsets of a set, of the products of their members' x (C, T), which are
    positive; the recurrence takes in the members of all sets one by one, and never cancels.
    """
    shape = (len(sets.ids), x.shape[1])
    if size == 1:
        return [np.ones(shape), np.asarray(sets.members @ x)]
    e = [np.ones(shape), *(np.zeros(shape) for _ in range(size))]
    for column in sets.ids.T:
        alive = int((column < len(x)).sum())
        member = x[column[:alive]]
        for s in range(size, 0, -1):
            e[s][:alive] += member * e[s - 1][:alive]
    return e


def plackett_luce(
    orders: Orders, rng: np.random.Generator, *, draws: int = DRAWS, ties: int | None = None
) -> Standing:
    """Ranks candidates by their strengths, in logits, centred on their mean.

    Lists count as independent, and the order of those not listed as unknown.

    Args:
        orders: the lists.
        rng: of the draws.
        draws: of the posterior, rounded up to whole steps of all chains.
        ties: how many may tie; the most that did, when None.

    Raises:
        InputError: no two candidates were compared, or more tied than may.
    """
    found = choices(orders, ties)
    model = Model(found, found.tally())
    kept = max(4, -(-draws // CHAINS))
    walked = walk(model.density, np.zeros(model.size), rng, kept=kept)
    theta = summary(walked.theta)
    strengths, deltas = theta[:, : found.size], np.exp(theta[:, found.size :])
    return Standing(
        assumption=_said(found, orders.whole),
        candidates=found.candidates,
        worlds=strengths - strengths.mean(axis=1, keepdims=True),
        more={f"tie of {t}": delta for t, delta in enumerate(deltas.T, start=2)},
        doubts=(*unmixed(walked.r_hat), *apart(found)),
    )


def _said(found: Choices, whole: bool) -> str:
    ties = f"Davidson-Luce ties of up to {found.largest}" if found.largest > 1 else "no ties"
    rest = ["the unlisted behind the listed"] if whole else []
    return ", ".join(["Plackett-Luce", ties, *rest, "lists independent"])
