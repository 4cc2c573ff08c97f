"""Ways: all ways of answering that a log can speak for, what each takes, how often it is right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..data.traces import UNTIL_SUCCESS
from .accept import ABSTAIN, accept_first
from .counts import Counts, Ints
from .coverage import credits
from .curve import MASS, Floats, Interval, Json, interval, number
from .draws import draws
from .frontier import Frontier, Point, frontier
from .lengths import shortest_credit
from .perplexity import rpc_credit
from .verification import score_credit, scored
from .voting import majority_credit, votable
from .weighted import weighable, weighted_credit
from .worlds import WORLDS, problem_worlds


@dataclass(frozen=True, slots=True)
class Way:
    """A way of answering a problem: at most `k` samples, and a verifier to choose among them."""

    strategy: str
    k: int
    verifier: str | None = None

    @property
    def line(self) -> str:
        """Names the way but for its number of samples."""
        return f"{self.strategy} by {self.verifier}" if self.verifier else self.strategy

    @property
    def name(self) -> str:
        """Names the way for people, and apart from all others."""
        return f"{self.line}, k={self.k:,}"


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """The ways that one group's log can value, and the frontier of accuracy against cost.

    Costs are generated tokens a problem, those of verdicts included where they were logged, or
    samples where no tokens were: `unit` says which. Accuracies are for new problems.
    """

    ways: tuple[Way, ...]
    frontier: Frontier
    unit: str

    def accuracy(self, at: int, mass: float = MASS) -> Interval:
        """Returns the accuracy of the way at a place, with its interval."""
        return interval(self.frontier.points[at].accuracy, mass, "new")

    def json(self, mass: float = MASS) -> list[Json]:
        """Returns one object for each way."""
        return [
            {
                "strategy": way.strategy,
                "verifier": way.verifier,
                "k": way.k,
                "cost": number(float(self.frontier.points[i].cost[0])),
                "unit": self.unit,
                **self.accuracy(i, mass).json(),
                "on_frontier": bool(self.frontier.on[i]),
                "frontier_chance": number(float(self.frontier.chance[i])),
            }
            for i, way in enumerate(self.ways)
        ]


def ways(
    by_verifier: Sequence[Counts],
    k: Sequence[int] | Ints | int,
    *,
    worlds: int = WORLDS,
    seed: int = 0,
) -> Ways | None:
    """Values every way at each k within the log; None for a log that kept or allows no subsets.

    Args:
        by_verifier: one group's counts, once for each of its verifiers.
        k: the numbers of samples drawn, each within the log.
        worlds: how many to draw beside the log.
        seed: of the draws.
    """
    plain, ks = by_verifier[0], draws(k)
    if plain.stop_rule == UNTIL_SUCCESS:
        return None
    unit = "tokens" if np.isfinite(plain.output_tokens).all() else "samples"
    weights = problem_worlds(plain.problems, seed, worlds)
    found: dict[Way, tuple[Floats, Floats]] = {}
    for i, counts in enumerate(by_verifier):
        for way, *both in _rows(counts, ks, unit, i == 0):
            # A fallback that is never right, or a cap of one, is no way of its own.
            if not any(np.allclose(both, other, atol=1e-9) for other in found.values()):
                found[way] = both[0], both[1]
    points = [
        Point(way.name, weights @ cost, np.minimum(weights @ credit, 1.0))
        for way, (credit, cost) in found.items()
    ]
    return Ways(tuple(found), frontier(points), unit)


Row = tuple[Way, Floats, Floats]
"""A way, and what it earns and costs on each problem, (P,)."""


def _rows(counts: Counts, k: Ints, unit: str, first: bool) -> Iterator[Row]:
    """The ways of one verifier; those that need none only for the `first`."""
    solve = counts.output_tokens if unit == "tokens" else np.ones(len(counts))
    if first:
        yield Way("one sample", 1), credits(counts, np.array([1]))[:, 0], solve
    if counts.drawn is None:
        return
    if first:
        yield from _voting(counts, k[k > 2], solve)
    if scored(counts):
        yield from _judging(counts, k[k > 1], solve, _judge(counts, unit))
    if counts.drawn.accepts is not None:
        yield from _accepting(counts, k, unit)


def _voting(counts: Counts, k: Ints, solve: Floats) -> Iterator[Row]:
    """Votes of the samples alone; two decide nothing that one does not."""
    if votable(counts):
        yield from _each("majority", None, k, majority_credit(counts, k), solve)
        if counts.drawn.tokens is not None:  # type: ignore[union-attr]
            yield from _each("shortest half", None, k, shortest_credit(counts, k), solve)
        if counts.drawn.mean_logprob is not None:  # type: ignore[union-attr]
            yield from _each("rpc", None, k, rpc_credit(counts, k), solve)


def _judging(counts: Counts, k: Ints, solve: Floats, judge: Floats) -> Iterator[Row]:
    """All k are judged by every verdict that was logged, or scored once."""
    drawn = counts.drawn
    verdicts = 1 if drawn.accepts is None else drawn.accepts.shape[1]  # type: ignore[union-attr]
    each = solve + verdicts * judge
    yield from _each("best-of", counts.verifier, k, score_credit(counts, k), each)
    if votable(counts) and weighable(counts):
        yield from _each("weighted vote", counts.verifier, k, weighted_credit(counts, k), each)


def _accepting(counts: Counts, k: Ints, unit: str) -> Iterator[Row]:
    """The first accepted, one verdict a sample; where none is, nothing or the plurality."""
    for fallback in (ABSTAIN, *(["majority"] if votable(counts) else [])):
        ends = accept_first(counts, k, fallback)
        cost = ends.draws
        if unit == "tokens":
            cost = ends.sample_tokens + np.nan_to_num(ends.verdict_tokens)
        name = "accept-first" if fallback == ABSTAIN else f"accept-first, else {fallback}"
        for j, cap in enumerate(k):
            yield Way(name, int(cap), counts.verifier), ends.right[:, j], cost[:, j]


def _each(name: str, judge: str | None, k: Ints, credit: Floats, cost: Floats) -> Iterator[Row]:
    for j, drawn in enumerate(k):
        yield Way(name, int(drawn), judge), credit[:, j], drawn * cost


def _judge(counts: Counts, unit: str) -> Floats:
    """What a verdict costs, (P,); nothing where the log has no tokens of it: a test, say."""
    return np.nan_to_num(counts.verdict_tokens) if unit == "tokens" else np.zeros(len(counts))
