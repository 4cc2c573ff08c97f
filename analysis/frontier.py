"""The Pareto frontier: which ways of answering no other beats in both cost and accuracy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..data.errors import InputError
from .counts import Counts
from .curve import Curve, Floats
from .worlds import problem_worlds

Flags = NDArray[np.bool_]

DECIMALS = 9
"""Accuracies that agree so far tie: what one formula gives exactly, another gives to 1e-9."""


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """One way of answering: its cost and its accuracy in every world, (W,); row 0 is the log."""

    name: str
    cost: Floats
    accuracy: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Frontier:
    """Which of M points stand on the frontier of the log, and how surely.

    `on` (M,) is the log's own answer; `chance` (M,) the share of the other worlds in which a point
    stands on theirs, NaN where it exists in none. `dominated_by` names, for each, the points of the
    log's frontier that beat it.
    """

    points: tuple[Point, ...]
    on: Flags
    chance: Floats
    dominated_by: tuple[tuple[str, ...], ...]


def frontier(points: Sequence[Point]) -> Frontier:
    """Returns the points that no other beats: at most their cost, at least their accuracy, not both
    equal.

    Points that tie in both stand or fall together. A point whose cost or accuracy does not exist
    in a world is not on that world's frontier and beats no one. Chances mean what the worlds mean:
    points of one log should share theirs.

    Raises:
        InputError: no point, equal names, or different numbers of worlds.
    """
    names = [p.name for p in points]
    sizes = {x.shape for p in points for x in (p.cost, p.accuracy)}
    if not points or len(set(names)) < len(names):
        raise InputError(f"a frontier needs points with names of their own; got {names}")
    if len(sizes) > 1 or len(next(iter(sizes))) != 1:
        raise InputError(f"points must share their worlds, (W,); got shapes {sorted(sizes)}")
    cost, accuracy = (np.stack([getattr(p, x) for p in points]).T for x in ("cost", "accuracy"))
    accuracy = accuracy.round(DECIMALS)
    exists = ~np.isnan(cost + accuracy)
    on = exists.copy()
    for rival in range(len(points)):
        on &= ~_beaten_by(cost, accuracy, rival)
    alive = exists[1:].sum(axis=0)
    chance = np.where(alive > 0, on[1:].sum(axis=0) / np.maximum(alive, 1), np.nan)
    beats = np.stack([_beaten_by(cost[:1], accuracy[:1], j)[0] for j in range(len(points))])
    by = [tuple(names[j] for j in np.flatnonzero(beats[:, i] & on[0])) for i in range(len(points))]
    return Frontier(tuple(points), on[0], chance, tuple(by))


def _beaten_by(cost: Floats, accuracy: Floats, rival: int) -> Flags:
    """(W, M) where one rival costs no more, is right no less, and differs."""
    less, more = cost[:, [rival]], accuracy[:, [rival]]
    as_good = (less <= cost) & (more >= accuracy)
    return np.asarray(as_good & ((less < cost) | (more > accuracy)))


def points(counts: Counts, curve: Curve, name: str, seed: int = 0) -> list[Point]:
    """Returns a point for each k of a curve, its cost k times the output tokens of a sample.

    For new problems the tokens are drawn again with the problems, in the worlds of `seed`, which
    must be the curve's; for these problems they are taken as known. The cost is NaN where a problem
    has no tokens logged.
    """
    weights = problem_worlds(counts.problems, seed, len(curve.worlds) - 1)
    tokens = weights @ counts.output_tokens
    spent = np.full_like(tokens, tokens[0]) if curve.population == "these" else tokens
    return [
        Point(f"{name} k={k}", k * spent, accuracy)
        for k, accuracy in zip(curve.k.tolist(), curve.worlds.T, strict=True)
    ]
