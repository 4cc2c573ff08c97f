"""Standing: the value of each candidate in every world, and what follows for its rank."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...analysis.curve import MASS, Floats, Interval, Population, interval
from ...data.judgments import Ints

TIED = 1e-9
"""Values closer than this are equal."""


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """What one set of assumptions says of the candidates; a higher value is better.

    `worlds` (1 + W, C) holds the values: row 0 the estimate, the others draws, of a posterior or
    of the problems. `more` holds what else was estimated, (1 + W,) each, such as an order effect.
    Values shown stay within `bounds`; draws may not, so that they keep their order.
    """

    assumption: str
    candidates: tuple[str, ...]
    worlds: Floats
    population: Population = "new"
    more: Mapping[str, Floats] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    bounds: tuple[float, float] | None = None

    def order(self) -> list[str]:
        """Returns the candidates by their estimates, best first."""
        return [self.candidates[i] for i in np.argsort(-self.worlds[0], kind="stable")]

    def values(self, mass: float = MASS) -> list[Interval]:
        """Returns the interval of each candidate's value."""
        worlds = self.worlds if self.bounds is None else np.clip(self.worlds, *self.bounds)
        return [interval(column, mass, self.population) for column in worlds.T]


def summary(theta: Floats) -> Floats:
    """Returns draws (T, ...) under their mean, as worlds (1 + T, ...)."""
    return np.concatenate([theta.mean(axis=0, keepdims=True), theta])


def ranks(worlds: Floats, rng: np.random.Generator | None = None) -> Ints:
    """Returns (1 + W, C) ranks, 1 the best; equal values take an order at random in rows 1...

    In row 0 the first named of equal candidates stands first.
    """
    size = worlds.shape[1]
    order = np.argsort(-worlds, axis=1, kind="stable")
    apart = -np.diff(np.take_along_axis(worlds, order, axis=1), axis=1)
    tied = np.flatnonzero((apart <= TIED).any(axis=1))
    if len(tied):
        order[tied] = _shuffled(worlds[tied], np.random.default_rng(0) if rng is None else rng)
        if tied[0] == 0:
            order[0] = np.argsort(-np.round(worlds[0] / TIED), kind="stable")
    places = np.empty(worlds.shape, dtype=np.int64)
    np.put_along_axis(places, order, np.arange(1, size + 1)[None], axis=1)
    return places


def _shuffled(worlds: Floats, rng: np.random.Generator) -> Ints:
    """The candidates (W, C) of each world, best first, equal ones in an order at random."""
    shuffle = rng.permuted(np.tile(np.arange(worlds.shape[1]), (len(worlds), 1)), axis=1)
    values = np.take_along_axis(np.round(-worlds / TIED), shuffle, axis=1)
    return np.take_along_axis(shuffle, np.argsort(values, axis=1, kind="stable"), axis=1)


def rank_probabilities(places: Ints) -> Floats:
    """Returns (C, C): the share of rows 1.. in which a candidate (row) has a rank (column)."""
    size = places.shape[1]
    cells = (places[1:] - 1) + size * np.arange(size)
    counts = np.bincount(cells.ravel(), minlength=size * size)
    return counts.reshape(size, size) / max(len(places) - 1, 1)


def rank_sets(places: Ints, mass: float) -> tuple[Ints, Ints]:
    """Returns the (C,) first and last rank of the narrowest central run that holds `mass`.

    It always holds the rank of row 0.
    """
    chance = np.cumsum(rank_probabilities(places), axis=1)
    tail = (1 - mass) / 2
    low = 1 + (chance <= tail + 1e-12).sum(axis=1)
    high = 1 + (chance < 1 - tail - 1e-12).sum(axis=1)
    return np.minimum(low, places[0]), np.maximum(high, places[0])


def p_above(worlds: Floats) -> Floats:
    """Returns (C, C): the share of rows 1.. in which the row's candidate beats the column's.

    Equal values count one half for each, so the diagonal is 1/2.
    """
    drawn = np.ascontiguousarray(worlds[1:].T)
    above = np.full((len(drawn), len(drawn)), 0.5)
    for i, row in enumerate(drawn):
        gap = row - drawn[i + 1 :]
        wins = (gap > TIED).mean(axis=1) + 0.5 * (np.abs(gap) <= TIED).mean(axis=1)
        above[i, i + 1 :], above[i + 1 :, i] = wins, 1 - wins
    return above


def joint_order(worlds: Floats, mass: float) -> NDArray[np.bool_]:
    """Returns (C, C): pairs of which all hold at once, the row above the column, with `mass`.

    A partial order: the plausible orders are those that keep it. Pairs are taken surest first, for
    as long as a share `mass` of the rows 1.. keeps every one of them.
    """
    size = worlds.shape[1]
    chance = p_above(worlds)
    winner, loser = np.nonzero(chance > 0.5)
    surest = np.argsort(-chance[winner, loser], kind="stable")
    winner, loser = winner[surest], loser[surest]
    kept = np.zeros((size, size), dtype=bool)
    alive = np.ones(len(worlds) - 1, dtype=bool)
    for i, j in zip(winner, loser, strict=True):
        alive &= worlds[1:, i] > worlds[1:, j]
        if alive.mean() < mass:
            break
        kept[i, j] = True
    return kept


def decisions(worlds: Floats, rope: float, mass: float) -> list[list[str]]:
    """Returns (C, C) words: `above`, `below`, `equal`, or `open` where the draws do not decide.

    A difference within `rope` of 0 does not matter (Kruschke 2018): above is decided where a share
    `mass` of the draws differs by more than `rope`, equal where it lies within.
    """
    drawn = worlds[1:].T
    said = [["equal"] * len(drawn) for _ in drawn]
    for i, row in enumerate(drawn):
        gap = row - drawn[i + 1 :]
        over, under = (gap > rope).mean(axis=1), (gap < -rope).mean(axis=1)
        for j, (up, down) in enumerate(zip(over, under, strict=True), start=i + 1):
            near = up + down <= 1 - mass
            word = "above" if up >= mass else "below" if down >= mass else "open"
            said[i][j] = "equal" if near else word
            said[j][i] = {"above": "below", "below": "above"}.get(said[i][j], said[i][j])
    return said
