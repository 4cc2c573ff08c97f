"""Probes: what the first few samples of a problem tell of its difficulty, without its answer."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..data.traces import Group
from .counts import Ints
from .curve import Floats, Json
from .replay import Orders

STATISTICS = ("agreement", "accepted", "score", "length")
"""What is looked at: the share of samples that give the most frequent answer; the share accepted by
one verdict each; their mean score; their mean length in tokens."""
MOST_LEVELS = 4
JUDGED = ("accepted", "score")
FEWEST = 0.02
"""The share of problems a level must have; a rarer value joins the one below."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A rule: draw `samples`, look at a statistic, and cut it at `cuts`, rising, into levels.

    A value on a cut belongs above it. `verifier` is who judged the samples, None if no one did.
    """

    statistic: str
    samples: int
    cuts: tuple[float, ...]
    group: Group
    verifier: str | None

    @property
    def names(self) -> tuple[str, ...]:
        """The levels by what was seen, the lowest first."""
        ends = [f"{cut:.3g}" for cut in self.cuts]
        if not ends:
            return (f"any {self.statistic}",)
        between = [f"{a} to {b}" for a, b in pairwise(ends)]
        told = [f"below {ends[0]}", *between, f"{ends[-1]} or more"]
        return tuple(f"{self.statistic} {name}" for name in told)

    @property
    def rule(self) -> str:
        """The rule in words."""
        by = "" if self.verifier is None else f" by {self.verifier}"
        return f"{self.statistic}{by} of a probe of {self.samples} samples"

    def level(self, seen: Floats) -> Ints:
        """Returns the level, 0 .. len(cuts), of each value seen."""
        return np.searchsorted(self.cuts, seen, side="right")

    def json(self) -> Json:
        """Returns the rule as data, enough to carry it out."""
        return {
            "statistic": self.statistic,
            "samples": self.samples,
            "cuts": list(self.cuts),
            "model": self.group.model,
            "temperature": self.group.temperature,
            "verifier": self.verifier,
        }


def seen(orders: Orders, statistic: str, samples: int) -> Floats | None:
    """Returns (P, R) the statistic of the first samples of each order; None if not logged.

    Lengths that are missing everywhere in a probe are taken as the mean of all.
    """
    if statistic == "agreement" and orders.answer is not None and samples > 1:
        return np.asarray(orders.tally(np.array([samples]))[0].max(axis=-1) / samples)
    if statistic == "accepted" and orders.yes is not None:
        return np.asarray(orders.yes[:, :, :samples, 0].mean(axis=-1))
    if statistic == "score" and orders.score is not None and np.isfinite(orders.score).all():
        return np.asarray(orders.score[:, :, :samples].mean(axis=-1))
    if statistic == "length" and orders.tokens is not None:
        known = np.isfinite(orders.tokens[:, :, :samples])
        total = np.where(known, orders.tokens[:, :, :samples], 0.0).sum(axis=-1)
        mean = float(np.nanmean(orders.tokens))
        return np.where(known.any(axis=-1), total / np.maximum(known.sum(axis=-1), 1), mean)
    return None


def cut(values: Floats) -> tuple[float, ...]:
    """Returns the cuts of a statistic: between its values where they are few, else at thirds."""
    distinct, often = np.unique(values, return_counts=True)
    if len(distinct) > MOST_LEVELS + 1:
        thirds = np.quantile(values, [1 / 3, 2 / 3], method="closest_observation")
        return tuple(float(c) for c in np.unique(thirds) if c > distinct[0])
    cuts, held, left = [], 0.0, 1.0
    for value, share in zip(distinct.tolist(), often / values.size, strict=True):
        if held >= FEWEST and left >= FEWEST:
            cuts.append(value)
            held = 0.0
        held, left = held + share, left - share
    return tuple(cuts)
