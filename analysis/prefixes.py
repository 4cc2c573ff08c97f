"""Prefixes: what is known after every sample of random orders, and what answering then is worth."""

from dataclasses import dataclass

import numpy as np

from ..data.policy import State
from .counts import VOID
from .curve import Floats
from .replay import Orders


@dataclass(frozen=True, slots=True, eq=False)
class Prefixes:
    """After 1, 2, ..., S samples of R orders of P problems; every array is (P, R, S).

    The fields of `State`, then the correctness of what would be submitted there: the `majority`,
    the sample of `best_right` score, the first `accepted_right`; what the log never held is None.
    """

    drawn: Floats
    lead: Floats
    second: Floats
    run: Floats
    accepted: Floats
    best: Floats
    mean: Floats
    sd: Floats
    majority: Floats | None
    best_right: Floats | None
    accepted_right: Floats | None

    def state(self, **more: Floats | float) -> State:
        """Returns the states, with a `round` or a `quota` where the policy has one."""
        told = (self.drawn, self.lead, self.second, self.run, self.accepted)
        return State(*told, self.best, self.mean, self.sd, **more)

    def worth(self, answer: str) -> Floats | None:
        """Returns the correctness of what is submitted by such an answer."""
        ways = {"majority": self.majority, "best": self.best_right, "accepted": self.accepted_right}
        return ways[answer]


def prefixes(orders: Orders) -> Prefixes:
    """Goes through the orders once, sample by sample."""
    shape = orders.right.shape
    none = np.zeros(shape)
    lead, second, run, majority = none, none, none, None
    if orders.answer is not None:
        lead, second, majority = _votes(orders)
        run = _runs(orders)
    accepted, accepted_right = none, None
    if orders.yes is not None:
        yes = orders.yes[..., 0]
        accepted = np.cumsum(yes, axis=-1).astype(float)
        first = np.minimum(yes.argmax(axis=-1), shape[-1] - 1)[..., None]
        right = np.take_along_axis(orders.right, first, axis=-1)
        accepted_right = np.where(accepted > 0, right, 0.0)
    best, mean, sd, best_right = np.full(shape, -np.inf), none, none, None
    score = scored(orders)
    if score is not None:
        best, mean, sd, best_right = _scores(score, orders.right)
    drawn = np.broadcast_to(np.arange(1.0, shape[-1] + 1), shape)
    return Prefixes(
        drawn, lead, second, run, accepted, best, mean, sd, majority, best_right, accepted_right
    )


def scored(orders: Orders) -> Floats | None:
    """Returns (P, R, S) scores: the log's, else the share of several verdicts that accept."""
    if orders.score is not None:
        return orders.score
    if orders.yes is None or orders.yes.shape[-1] < 2:
        return None
    return np.asarray(orders.yes.mean(axis=-1))


def _votes(orders: Orders) -> tuple[Floats, Floats, Floats]:
    """The votes for the first two answers, and how far the first is right, ties broken evenly."""
    answer, worth = np.asarray(orders.answer), orders.worth
    problems, repeats, size = answer.shape
    votes = np.zeros((problems, repeats, worth.shape[1] + 1))  # the last for those without answer
    lead, second, right = (np.empty(answer.shape) for _ in range(3))
    rows, columns = np.ogrid[:problems, :repeats]
    places = np.where(answer == VOID, worth.shape[1], answer)
    for t in range(size):
        votes[rows, columns, places[..., t]] += 1
        cast = votes[..., :-1]
        lead[..., t] = cast.max(axis=-1)
        top = (cast == lead[..., t, None]) & (cast > 0)
        tied = top.sum(axis=-1)
        below = np.where(top, 0.0, cast).max(axis=-1)
        second[..., t] = np.where(tied > 1, lead[..., t], below)
        right[..., t] = np.einsum("pra,pa->pr", top, worth) / np.maximum(tied, 1)
    return lead, second, right


def _runs(orders: Orders) -> Floats:
    """How many samples on end gave the last answer; 0 after one that gave none."""
    answer = np.asarray(orders.answer)
    run = np.empty(answer.shape)
    run[..., 0] = answer[..., 0] != VOID
    for t in range(1, answer.shape[-1]):
        same = answer[..., t] == answer[..., t - 1]
        run[..., t] = np.where(same, run[..., t - 1], 0.0) + 1
        run[answer[..., t] == VOID, t] = 0.0
    return run


def _scores(score: Floats, right: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """The best, the mean and the deviation of the scores, and how far the best is right."""
    known = np.isfinite(score)
    value = np.where(known, score, 0.0)
    n = np.cumsum(known, axis=-1)
    mean = np.cumsum(value, axis=-1) / np.maximum(n, 1)
    centred = np.where(known, score - value.mean(), 0.0)  # sums of squares far from 0 cancel
    total, square = np.cumsum(centred, axis=-1), np.cumsum(centred**2, axis=-1)
    variance = np.maximum(square - total**2 / np.maximum(n, 1), 0.0) / np.maximum(n - 1, 1)
    best = np.maximum.accumulate(np.where(known, score, -np.inf), axis=-1)
    won, tied = np.empty(score.shape), np.zeros(score.shape[:-1])
    held = tied.copy()
    for t in range(score.shape[-1]):
        now, before = score[..., t], best[..., t - 1] if t else np.full(tied.shape, -np.inf)
        fresh, equal = now > before, (now == before)
        held = np.where(fresh, right[..., t], held + equal * right[..., t])
        tied = np.where(fresh, 1.0, tied + equal)
        won[..., t] = held / np.maximum(tied, 1)
    return best, mean, np.sqrt(variance), won
