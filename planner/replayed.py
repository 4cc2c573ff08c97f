"""Policies replayed: carried out on random orders of a log's samples, problem by problem."""

from dataclasses import dataclass

import numpy as np

from ..analysis.counts import Counts
from ..analysis.curve import Floats
from ..analysis.prefixes import Prefixes, prefixes
from ..analysis.replay import Orders, orders
from ..data.errors import InputError
from ..data.policy import DRAW, GIVE_UP, Policy, decide
from ..data.traces import UNTIL_SUCCESS
from .costs import Prices, solution_cost, verdict_cost

CELLS = 1_000_000
FEWEST_ORDERS, MOST_ORDERS = 8, 48
FEWEST_PROBLEMS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """What a policy did in R orders of P problems, (P, R) each; `judged` a verdict or more each."""

    right: Floats
    drawn: Floats
    abstained: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """A log to replay: its prefixes, and what a sample and its verdicts cost on each problem."""

    counts: Counts
    orders: Orders
    prefixes: Prefixes
    solve: Floats
    judge: Floats

    @property
    def size(self) -> int:
        """The samples of each problem that a replay may use."""
        return int(self.orders.right.shape[2])

    def verdicts(self, policy: Policy) -> int:
        """Returns how many verdicts a policy asks for on each sample."""
        drawn = self.counts.drawn
        if policy.answer == "majority" or self.counts.verifier is None or drawn is None:
            return 0
        many = policy.answer == "best" and drawn.score is None and self.orders.yes is not None
        return int(self.orders.accepted.shape[-1]) if many else 1

    def cost(self, policy: Policy) -> Floats:
        """Returns (P,) what each draw of a policy costs."""
        return self.solve + self.verdicts(policy) * self.judge


def replay(log: Log, policy: Policy, quota: Floats | float = np.inf) -> Replay:
    """Carries a policy out on every problem of every order by itself, to the end of the log.

    A policy that would go on where the log ends answers with what it has, as at its cap.
    """
    action = decide(policy, log.prefixes.state(quota=quota))
    stops = action != DRAW
    stops[..., -1] = True
    at = stops.argmax(axis=-1)[..., None]
    ended = np.take_along_axis(action, at, axis=-1)[..., 0]
    worth = log.prefixes.worth(policy.answer)
    assert worth is not None
    right = np.take_along_axis(worth, at, axis=-1)[..., 0]
    given_up = (ended == GIVE_UP) | ((ended == DRAW) & (policy.answer == "accepted"))
    return Replay(np.where(given_up, 0.0, right), at[..., 0] + 1.0, given_up.astype(float))


def eliminate(log: Log, policy: Policy, budget: float, rng: np.random.Generator) -> Replay:
    """Draws round by round on every open problem until the budget of all is spent."""
    shape = log.orders.right.shape[:2]
    alone = replay(log, policy)
    served = np.zeros(shape)
    cost, purse = log.cost(policy), np.full(shape[1], budget * shape[0])
    for turn in range(1, log.size + 1):
        wants = alone.drawn >= turn
        order = rng.permuted(np.tile(np.arange(shape[0])[:, None], (1, shape[1])), axis=0)
        asked = np.take_along_axis(wants * cost[:, None], order, axis=0)
        paid = np.cumsum(asked, axis=0) <= purse * (1 + 1e-12)
        got = np.empty(shape, dtype=bool)
        np.put_along_axis(got, order, paid, axis=0)
        got &= wants
        served += got
        purse -= (got * cost[:, None]).sum(axis=0)
        if not got.any():
            break
    done = served >= alone.drawn
    right = np.where(done, alone.right, 0.0)
    return Replay(right, served, np.where(done, alone.abstained, 1.0))


def roll(log: Log, policy: Policy, rng: np.random.Generator) -> Replay:
    """Goes through the problems in turn; each may use its quota and what those before left over."""
    problems, repeats = log.orders.right.shape[:2]
    alone = replay(log, policy)
    turn = rng.permuted(np.tile(np.arange(problems)[:, None], (1, repeats)), axis=0)
    left, columns = np.zeros(repeats), np.arange(repeats)
    drawn, done = np.zeros((problems, repeats)), np.zeros((problems, repeats), dtype=bool)
    for rows in turn:
        left += policy.settings["quota"]
        wanted = alone.drawn[rows, columns]
        drawn[rows, columns] = np.minimum(wanted, np.floor(left + 1e-9))
        done[rows, columns] = wanted <= left + 1e-9
        left -= drawn[rows, columns]
    right = np.where(done, alone.right, 0.0)
    return Replay(right, drawn, np.where(done, alone.abstained, 1.0))


def opened(counts: Counts, price: Prices, budget: float, unit: str, seed: int) -> Log:
    """Draws the orders of a log and goes through them.

    Raises:
        InputError: the log kept only counts, or stopped at success, or has too few problems; a
            budget below one sample.
    """
    if counts.drawn is None:
        raise InputError("policies need the samples; this log kept only counts (n, c)")
    if counts.stop_rule == UNTIL_SUCCESS:
        raise InputError(
            "policies cannot be replayed on a log that stopped at success:"
            " what would have come next was not drawn"
        )
    if len(counts) < FEWEST_PROBLEMS:
        raise InputError(
            f"policies need at least {FEWEST_PROBLEMS} problems, to choose settings on some and"
            f" value them on others; got {len(counts)}"
        )
    size = min(int(counts.n.min()), max(CELLS // (FEWEST_ORDERS * len(counts)), 2))
    times = int(np.clip(CELLS // (len(counts) * size), FEWEST_ORDERS, MOST_ORDERS))
    made = orders(counts, size, np.random.default_rng([seed, 8]), times)
    solve, judge = solution_cost(counts, price), verdict_cost(counts, price)
    if not (np.isfinite(budget) and budget >= solve.mean() * (1 - 1e-9)):
        raise InputError(
            f"budget must be at least {solve.mean():.4g} {unit} per problem, one sample of each;"
            f" got {budget:g}"
        )
    return Log(counts, made, prefixes(made), solve, judge)


def run(log: Log, policy: Policy, budget: float, seed: int) -> Replay:
    """Carries a policy out, all problems together where their budget is."""
    rng = np.random.default_rng([seed, 9])
    if policy.kind == "elimination":
        return eliminate(log, policy, budget, rng)
    if policy.kind == "rolling-quota":
        return roll(log, policy, rng)
    return replay(log, policy)
