"""Ranking: who is better and how sure that is, with what it rests on and what else might hold."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from ...analysis.curve import Floats, Interval, Json, interval, number
from ...data.judgments import Ints
from ...data.traces import Source
from .standing import (
    TIED,
    Standing,
    decisions,
    joint_order,
    p_above,
    rank_probabilities,
    rank_sets,
    ranks,
)

SETTLED = 0.975
"""The P(above) at which two candidates count as told apart when asking how much more that takes."""
CLEARLY = 0.55
"""P(above) from which another assumption is said to turn an order; below is Monte Carlo noise."""


@dataclass(frozen=True, slots=True)
class Place:
    """A candidate's value, its rank and rank set, and the chance that it is the best."""

    name: str
    value: Interval
    rank: Interval
    expected_rank: float
    p_best: float


@dataclass(frozen=True, slots=True)
class Separation:
    """How many times as much as was logged it takes to tell two candidates apart.

    `times` counts `unit`; it is at most 1 where they are told apart already, and infinite where
    the difference may be none.
    """

    above: str
    below: str
    p_above: float
    times: Interval
    unit: str

    def json(self) -> Json:
        """Returns the pair, its P(above), and how many times of which unit."""
        names = {"above": self.above, "below": self.below, "p_above": self.p_above}
        return {**names, "unit": self.unit, "times": self.times.json()}


@dataclass(frozen=True, slots=True)
class Margin:
    """How unequal a judge of two levels may be to two candidates before their order is in doubt.

    `delta` is the difference of its true and false positive rates that the order survives, `low`
    a bound that it survives with the mass; 0 where the judge does not tell the order.
    """

    judge: str
    above: str
    below: str
    delta: float
    low: float


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """The main standing, what follows from it, and the standings under other assumptions.

    Rows and columns of matrices are in the candidates' order of first appearance. `variance` is
    the share (C,) of each candidate's variance by where it comes from. `rope` is the difference
    that does not matter, in the values' unit.
    """

    kind: str
    metric: str
    unit: str
    standing: Standing
    sensitivity: tuple[Standing, ...] = ()
    variance: Mapping[str, Floats] | None = None
    rope: float = 0.0
    mass: float = 0.9
    size: Mapping[str, int] | None = None
    sources: tuple[Source, ...] = ()
    notes: tuple[str, ...] = ()
    margins: tuple[Margin, ...] = ()
    separable: bool = True

    @property
    def candidates(self) -> tuple[str, ...]:
        """The names, in order of first appearance."""
        return self.standing.candidates

    @property
    def places(self) -> list[Place]:
        """Each candidate's place."""
        return places(self.standing, self.mass)

    @property
    def p_above(self) -> Floats:
        """The chance (C, C) that the row's candidate is better than the column's."""
        return p_above(self.standing.worlds)

    @property
    def rank_probabilities(self) -> Floats:
        """The chance (C, C) of each candidate (row) to have each rank (column)."""
        return rank_probabilities(ranks(self.standing.worlds))

    @property
    def joint(self) -> NDArray[np.bool_]:
        """Pairs (C, C) that hold all at once with the mass, the row above the column."""
        return joint_order(self.standing.worlds, self.mass)

    @property
    def decisions(self) -> list[list[str]]:
        """For each pair `above`, `below`, `equal` or `open`; see `standing.decisions`."""
        return decisions(self.standing.worlds, self.rope, self.mass)

    @property
    def doubts(self) -> tuple[str, ...]:
        """What to hold against the ranking: of the data, of the standing, of what it rests on."""
        return tuple(dict.fromkeys((*self.notes, *self.standing.doubts, *self._flips())))

    def _flips(self) -> list[str]:
        """Assumptions under which somebody else comes first."""
        best = self.standing.order()[0]
        others = [s for s in self.sensitivity if self._beaten(s, best)]
        if not others:
            return []
        return [
            f"{best} is first here, but {others[0].order()[0]} is under other assumptions"
            f" ({others[0].assumption}): the log does not say which hold"
        ]

    def _beaten(self, other: Standing, best: str) -> bool:
        """Whether a standing that has no doubts of its own puts somebody else clearly first."""
        first = other.order()[0]
        if first == best or set(other.doubts) - set(self.standing.doubts):
            return False
        i, j = (self.candidates.index(name) for name in (first, best))
        return bool((other.worlds[1:, i] > other.worlds[1:, j]).mean() > CLEARLY)

    def separations(self) -> list[Separation]:
        """Returns what it takes to tell each candidate from the next one below it.

        Nothing where more of the same would not tell: how judges err stays unknown.
        """
        if not self.separable:
            return []
        order = np.argsort(-self.standing.worlds[0], kind="stable")
        above = self.p_above
        return [
            Separation(
                self.candidates[i],
                self.candidates[j],
                float(above[i, j]),
                times_as_much(self.standing.worlds[:, i] - self.standing.worlds[:, j], self.mass),
                self.unit,
            )
            for i, j in pairwise(order)
        ]

    def json(self) -> Json:
        """Returns the contract's shape."""
        chance = self.rank_probabilities
        return {
            "kind": self.kind,
            "metric": self.metric,
            "size": dict(self.size or {}),
            "candidates": [
                {
                    "name": place.name,
                    "value": place.value.json(),
                    "rank": place.rank.json(),
                    "expected_rank": place.expected_rank,
                    "p_best": place.p_best,
                    "rank_probabilities": row.tolist(),
                }
                for place, row in zip(self.places, chance, strict=True)
            ],
            "p_above": self.p_above.tolist(),
            "joint": {"mass": self.mass, "above": self.joint.tolist()},
            "rope": self.rope,
            "decisions": self.decisions,
            "assumption": self.standing.assumption,
            "also": {name: interval(x, self.mass).json() for name, x in self.standing.more.items()},
            "sensitivity": [self._row(standing) for standing in self.sensitivity],
            "variance": {
                source: [number(x) for x in share]
                for source, share in (self.variance or {}).items()
            },
            "separation": [separation.json() for separation in self.separations()],
            "margins": [asdict(margin) for margin in self.margins],
            "doubts": list(self.doubts),
        }

    def _row(self, standing: Standing) -> Json:
        return {
            "assumption": standing.assumption,
            "order": standing.order(),
            "ranks": [
                {"name": p.name, "rank": p.rank.json(), "p_best": p.p_best, "value": p.value.json()}
                for p in places(standing, self.mass)
            ],
            "doubts": list(standing.doubts),
        }


def places(standing: Standing, mass: float) -> list[Place]:
    """Returns each candidate's place under a standing."""
    order: Ints = ranks(standing.worlds)
    low, high = rank_sets(order, mass)
    drawn = order[1:]
    return [
        Place(
            name,
            value,
            Interval(float(order[0, i]), float(low[i]), float(high[i]), mass, standing.population),
            float(drawn[:, i].mean()),
            float((drawn[:, i] == 1).mean()),
        )
        for i, (name, value) in enumerate(
            zip(standing.candidates, standing.values(mass), strict=True)
        )
    ]


def times_as_much(gap: Floats, mass: float) -> Interval:
    """Returns how many times as much evidence makes P(above) `SETTLED`, from worlds (1 + W,).

    The sd of a difference falls with the root of the evidence, so it takes (z sd / |gap|)^2 times
    as much; the true gap is not known, so the worlds say what it may be.
    """
    spread = float(gap[1:].std())
    alike = np.abs(gap) <= TIED
    times = np.where(alike, np.inf, (ndtri(SETTLED) * spread / np.where(alike, 1.0, gap)) ** 2)
    tails = [(1 - mass) / 2, 0.5, (1 + mass) / 2]
    low, middle, high = np.quantile(times[1:], tails, method="nearest")
    return Interval(float(middle), float(low), float(high), mass, "new")
