"""Policies compared under one budget: each replayed on random orders of a log's samples.

A replay is valid because samples of a problem are exchangeable and every decision looks only at
samples drawn before it. Settings are chosen on four fifths of the problems and valued on the rest;
the tables behind them (a posterior of rejections, a bank of wrong scores) come from all problems.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..analysis.counts import Counts, Ints, count
from ..analysis.curve import MASS, Floats, Interval, Json, interval
from ..analysis.prefixes import scored
from ..analysis.worlds import problem_worlds
from ..data.errors import InputError
from ..data.policy import Policy
from ..data.traces import Trace
from .costs import doubts, prices
from .menu import sizes
from .promise import FOLDS
from .replayed import Log, opened, run
from .stopping import (
    accept_first,
    adaptive_consistency,
    beacon,
    conformal,
    early_stopping,
    elimination,
    fixed,
    posterior,
    rolling_quota,
)

CONFIDENCES = (0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
WINDOWS = (2, 3, 4, 5, 6, 8)
RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
COSTS = (0.003, 0.01, 0.03, 0.1, 0.3)
"""Of a sample in BEACON, in standard deviations of the scores."""
PRICES = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05)
"""Of a draw in the posterior rule, in right answers."""
FEW_SCORES = 10
FINE = 32
"""Up to here every number of samples is tried, where it is the only setting."""


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A policy under the budget: what it answers, what it costs, and how it stands to the first.

    `better` is the share of worlds in which its accuracy exceeds that of fixed numbers of samples.
    """

    policy: Policy
    accuracy: Interval
    cost: Interval
    samples: float
    abstained: float
    better: float

    def json(self) -> Json:
        """Returns the policy and its intervals."""
        return {
            "name": self.policy.kind,
            "policy": self.policy.json(),
            "accuracy": self.accuracy.json(),
            "cost": self.cost.json(),
            "samples": self.samples,
            "abstained": self.abstained,
            "better_than_fixed": self.better,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Every policy that the log can replay, at one budget; a fixed number of samples is first."""

    budget: float
    unit: str
    verifier: str | None
    policies: tuple[Compared, ...]
    left_out: tuple[tuple[str, str], ...]
    doubts: tuple[str, ...]

    @property
    def best(self) -> Compared:
        """The policy of highest accuracy; of equals the cheapest."""
        return max(self.policies, key=lambda p: (p.accuracy.estimate, -p.cost.estimate))

    def json(self) -> Json:
        """Returns the table as data."""
        return {
            "budget": {"amount": self.budget, "unit": self.unit, "per": "problem, expected"},
            "verifier": self.verifier,
            "policies": [each.json() for each in self.policies],
            "left_out": [{"name": name, "reason": reason} for name, reason in self.left_out],
            "doubts": list(self.doubts),
        }


def policies(
    log: Trace | Counts,
    budget: float,
    unit: str | None = None,
    *,
    verifier: str | None = None,
    price_file: Path | None = None,
    seed: int = 0,
    mass: float = MASS,
) -> Comparison:
    """Compares stopping rules under one budget.

    Args:
        log: a trace of one group, or its counts.
        budget: the expected spend per problem, in `unit` (see `plan`).
        unit: as in `plan`.
        verifier: whose verdicts to use; the only one when None.
        price_file: TOML prices.
        seed: of the orders, folds and worlds.
        mass: of every interval.

    Raises:
        InputError: the log stopped at success or kept only counts (what came after a stop was not
            seen), too few problems, a budget that buys no sample, or a price of a problem.
    """
    counts = log if isinstance(log, Counts) else count(log, verifier)
    unit, price = prices(unit, [counts], price_file)
    if price.of(counts.group.model).problem:
        raise InputError(
            "policies pay by the draw: their prices may have no problem or pretraining_tokens"
        )
    made = opened(counts, price, budget, unit, seed)
    found, left_out = [], []
    for name, tried in _families(made, budget):
        if isinstance(tried, str):
            left_out.append((name, tried))
            continue
        chosen = _crossed(made, tried, budget, seed)
        if chosen is None:
            left_out.append((name, "none of its settings keeps to the budget"))
        else:
            found.append(chosen)
    worlds = problem_worlds(counts.problems, seed)
    told = tuple(_compare(found, worlds, mass))
    said = [*(() if isinstance(log, Counts) else log.header.doubts), *doubts(counts, unit, price)]
    score = scored(made.orders)
    if score is not None and len(np.unique(score)) < FEW_SCORES:
        said.append("the scores have few values: BEACON takes them as normal, a poor model here")
    if made.size < int(counts.n.min()):
        said.append(f"replays are cut at {made.size} samples of a problem")
    return Comparison(
        budget, unit, counts.verifier, told, tuple(left_out), tuple(dict.fromkeys(said))
    )


Tried = Sequence[Policy] | str
"""The settings of a kind of policy, or why the log cannot replay it."""


def _families(log: Log, budget: float) -> Iterator[tuple[str, Tried]]:
    """Yields every kind of policy with settings to choose from, fixed numbers of samples first."""
    ladder, seen = sizes(log.size).tolist(), log.prefixes
    caps = sorted({*range(1, min(log.size, FINE) + 1), *ladder})
    ways = [way for way in ("majority", "best") if seen.worth(way) is not None] or []
    yield "fixed", [fixed(s, way) for way in ways for s in caps] or "the log has no answers"
    judged = seen.accepted_right is not None
    no_verdicts = "the log has no yes-or-no verdicts"
    yield "accept-first", [accept_first(s) for s in caps] if judged else no_verdicts
    yield "elimination", [elimination(log.size)] if judged else no_verdicts
    yield "rolling-quota", [_quota(log, budget)] if judged else no_verdicts
    yield "posterior", _posteriors(log) if judged else no_verdicts
    voted = seen.majority is not None
    no_answers = "the log has no answers to vote with"
    limits = [s for s in ladder if s >= 3]
    yield (
        "adaptive-consistency",
        [adaptive_consistency(c, s) for s in limits for c in CONFIDENCES] if voted else no_answers,
    )
    yield (
        "early-stopping",
        [early_stopping(w, s) for s in limits for w in WINDOWS if w <= s] if voted else no_answers,
    )
    score = scored(log.orders)
    no_scores = "the log has no scores, and fewer than two verdicts on each sample"
    if score is None:
        yield from (("beacon", no_scores), ("conformal", no_scores))
        return
    spread = float(np.nanstd(np.where(np.isfinite(score), score, np.nan)))
    yield "beacon", [beacon(c * spread, s) for s in limits for c in COSTS]
    yield "conformal", _conformal(log, limits) or "too few problems have wrong samples"


def _quota(log: Log, budget: float) -> Policy:
    made = rolling_quota(1.0)
    return rolling_quota(budget / float(log.cost(made).mean()))


def _posteriors(log: Log) -> list[Policy]:
    """Rules from how often samples of each problem were accepted, right and wrong."""
    yes = np.asarray(log.orders.yes)[..., 0]
    right = (yes * log.orders.right).mean(axis=(1, 2))[None]
    wrong = yes.mean(axis=(1, 2))[None] - right
    made = [posterior(right, np.maximum(wrong, 0.0), price, log.size) for price in PRICES]
    return list({each.settings["stop"]: each for each in made}.values())


def _conformal(log: Log, limits: list[int]) -> list[Policy]:
    """Thresholds from the score of one wrong sample of every problem that has one."""
    score, wrong = np.asarray(scored(log.orders))[:, 0], log.orders.right[:, 0] < 1
    wrong &= np.isfinite(score)
    has = wrong.any(axis=1)
    first = wrong.argmax(axis=1)
    bank = score[np.arange(len(score)), first][has]
    rates = [rate for rate in RATES if rate * (has.sum() + 1) >= 1]
    return [conformal(bank, rate, cap) for cap in limits for rate in rates]


@dataclass(frozen=True, slots=True, eq=False)
class _Chosen:
    """The policy that all problems choose, and each problem's means where it had no say, (P,)."""

    policy: Policy
    right: Floats
    cost: Floats
    drawn: Floats
    abstained: Floats


def _crossed(log: Log, tried: Sequence[Policy], budget: float, seed: int) -> _Chosen | None:
    """Chooses the best setting within the budget on the other folds; None if none is."""
    made = [run(log, each, budget, seed) for each in tried]
    right = np.stack([each.right.mean(axis=1) for each in made])
    drawn = np.stack([each.drawn.mean(axis=1) for each in made])
    given_up = np.stack([each.abstained.mean(axis=1) for each in made])
    cost = drawn * np.stack([log.cost(each) for each in tried])

    def best(problems: Ints) -> int | None:
        within = cost[:, problems].mean(axis=1) <= budget * (1 + 1e-9)
        if not within.any():
            return None
        return int(np.where(within, right[:, problems].mean(axis=1), -1.0).argmax())

    every = np.arange(right.shape[1])
    whole = best(every)
    if whole is None:
        return None
    dealt = np.random.default_rng([seed, 10]).permutation(len(every)) % FOLDS
    place = np.empty(len(every), dtype=np.int64)
    for fold in range(FOLDS):
        chosen = best(every[dealt != fold])
        place[dealt == fold] = whole if chosen is None else chosen
    return _Chosen(
        tried[whole], right[place, every], cost[place, every], drawn[place, every],
        given_up[place, every],
    )  # fmt: skip


def _compare(found: Sequence[_Chosen], worlds: Floats, mass: float) -> Iterator[Compared]:
    for each in found:
        right = worlds @ each.right
        first = worlds @ found[0].right
        ahead = float((right[1:] > first[1:] + 1e-12).mean())
        yield Compared(
            each.policy,
            interval(right, mass),
            interval(worlds @ each.cost, mass),
            float(each.drawn.mean()),
            float(each.abstained.mean()),
            ahead if each is not found[0] else 0.0,
        )
