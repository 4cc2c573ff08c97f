"""What differs between two logs, on the problems that both tried or else on all that each did."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..analysis.counts import Counts, Ints, count
from ..analysis.coverage import credits
from ..analysis.curve import MASS, Curve, Floats, Interval, interval
from ..analysis.draws import default_draws, reach
from ..analysis.verification import logged_accepts, score_credit, scored
from ..analysis.voting import majority_credit, votable
from ..analysis.worlds import WORLDS, problem_worlds
from ..data.errors import InputError
from ..data.traces import UNTIL_SUCCESS, Group, Trace

MATTERS = 0.02
"""A difference below this, of accuracy or of a rate, does not matter."""
FEW = 20
"""Problems below which drawing them again is rough."""

CELL = 0.5
"""Pairs added to each cell of a matched table (Agresti and Min 2005).

Where few problems differ, drawing those again never shows what others might have done.
"""

Verdict = Literal["higher", "lower", "alike", "cannot tell"]
Credit = Callable[[Counts, Ints], Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """A metric in both logs at the same k, and by how much this log's exceeds the other's.

    All three are for new problems.
    """

    metric: str
    this: Curve
    other: Curve
    apart: Curve

    @property
    def verdict(self) -> Verdict:
        """What the log shows: a sign where the band leaves 0 at some k, or that nothing differs.

        `alike` where the band stays within MATTERS of 0 at every k.
        """
        low, high = self.apart.band
        told = np.isfinite(low) & (high > low)
        up, down = bool((low[told] > 0).any()), bool((high[told] < 0).any())
        if up != down:
            return "higher" if up else "lower"
        within = told.all() and max(-low.min(), high.max()) <= MATTERS
        return "alike" if within and not up else "cannot tell"


@dataclass(frozen=True, slots=True)
class Rate:
    """How often a verifier accepts right samples, or wrong ones, in both logs; for new problems.

    `apart` is this log's less the other's.
    """

    verifier: str
    right: bool
    this: Interval
    other: Interval
    apart: Interval

    @property
    def verdict(self) -> Verdict:
        """What the logs show of the difference."""
        low, high = self.apart.low, self.apart.high
        if not high > low:
            return "cannot tell"
        if low > 0 or high < 0:
            return "higher" if low > 0 else "lower"
        return "alike" if max(-low, high) <= MATTERS else "cannot tell"


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Two groups of samples set against each other, `paired` where by problems that both tried.

    `problems` counts those compared, of this log and of the other; `left` those without a partner.
    """

    this: Group
    other: Group
    paired: bool
    problems: tuple[int, int]
    left: tuple[int, int]
    differences: tuple[Difference, ...]
    rates: tuple[Rate, ...]
    doubts: tuple[str, ...]


def changes(this: Trace, other: Trace, *, mass: float = MASS, seed: int = 0) -> tuple[Change, ...]:
    """Sets each group of a log against the group of the other with the same settings.

    Where each log has one group alone, these two are compared whatever their settings.

    Raises:
        InputError: no group of one has its like in the other.
    """
    mine, theirs = dict(this.groups()), dict(other.groups())
    pairs = [(group, group) for group in mine if group in theirs]
    if len(mine) == len(theirs) == 1:
        pairs = [(next(iter(mine)), next(iter(theirs)))]
    if not pairs:
        names = [", ".join(repr(g.name) for g in side) for side in (mine, theirs)]
        raise InputError(
            "two logs are compared group by group, by equal settings, and these have none in"
            f" common: {names[0]}, and {names[1]}"
        )
    return tuple(change(mine[a], theirs[b], mass=mass, seed=seed) for a, b in pairs)


def change(this: Trace, other: Trace, *, mass: float = MASS, seed: int = 0) -> Change:
    """Sets two logs of one group each against each other; see `changes`."""
    shared = [v for v in this.verifiers if v in other.verifiers]
    judges: list[str | None] = [*shared] or [None]
    counts = [(count(this, v), count(other, v)) for v in judges]
    paired, places = _aligned(*counts[0])
    sides = [(a.only(places[0]), b.only(places[1])) for a, b in counts]
    weights = _weights(*sides[0], paired, seed)
    found = [_difference(name, sides[i], credit, weights, mass)
             for name, i, credit in _metrics(sides, shared)]  # fmt: skip
    rates = [rate for name, pair in zip(shared, sides, strict=False)
             for rate in _rates(name, pair, weights, mass)]  # fmt: skip
    first = counts[0]
    sizes = len(places[0]), len(places[1])
    return Change(
        first[0].group, first[1].group, paired, sizes,
        (len(first[0]) - sizes[0], len(first[1]) - sizes[1]),
        tuple(found), tuple(rates), tuple(_doubts(this, other, *first, paired, sizes)),
    )  # fmt: skip


def _aligned(this: Counts, other: Counts) -> tuple[bool, tuple[Ints, Ints]]:
    """Whether half the problems of the smaller log have partners, and which are compared."""
    where = {problem: i for i, problem in enumerate(other.problems)}
    kept = [i for i, problem in enumerate(this.problems) if problem in where]
    if len(kept) < max(2, min(len(this), len(other)) / 2):
        return False, (np.arange(len(this)), np.arange(len(other)))
    there = [where[this.problems[i]] for i in kept]
    return True, (np.asarray(kept, dtype=np.int64), np.asarray(there, dtype=np.int64))


def _weights(this: Counts, other: Counts, paired: bool, seed: int) -> tuple[Floats, Floats]:
    """Worlds of the problems: the same for both where they are paired, independent otherwise."""
    mine = problem_worlds(this.problems, seed, WORLDS)
    theirs = mine if paired else problem_worlds(other.problems, seed + 7919, WORLDS)
    return mine, theirs


Side = tuple[Counts, Counts]


def _metrics(sides: list[Side], verifiers: list[str]) -> Iterator[tuple[str, int, Credit]]:
    """Yields the metrics that both logs have: name, place of the counts, and the credit."""
    yield "coverage", 0, credits
    if any(c.stop_rule == UNTIL_SUCCESS for c in sides[0]):
        return
    if all(votable(c) for c in sides[0]):
        yield "majority", 0, majority_credit
    for i, pair in enumerate(sides):
        if all(scored(c) for c in pair):
            named = f"best of, by {verifiers[i]}" if verifiers else "best of, by score"
            yield named, i, score_credit


def _difference(
    name: str, pair: Side, credit: Credit, weights: tuple[Floats, Floats], mass: float
) -> Difference:
    ks = default_draws(min(map(reach, pair)))
    each = [credit(counts, ks) for counts in pair]
    mine, theirs = (np.minimum(w @ c, 1.0) for w, c in zip(weights, each, strict=True))
    apart = mine - theirs
    if weights[0] is weights[1]:
        apart = _apart(apart, each[0] - each[1])
    return Difference(
        name,
        Curve(ks, mine, "new", mass),
        Curve(ks, theirs, "new", mass),
        Curve(ks, apart, "new", mass),
    )


def _apart(apart: Floats, each: Floats) -> Floats:
    """Adds to every world but the log's own a few made-up pairs that differ as pairs here do.

    Half a pair differs one way and half the other, and one does not: where credits are 0 or 1,
    these are the cells of a matched table. The weights are drawn.

    Args:
        apart: (1 + worlds, k) differences.
        each: (P, k) differences of the problems.
    """
    differ = np.maximum((each != 0).sum(axis=0), 1)
    size = np.sqrt((each**2).sum(axis=0) / differ)
    up, down, alike = np.random.default_rng(each.shape).standard_gamma(
        [[CELL], [CELL], [2 * CELL]], size=(3, len(apart) - 1)
    )[..., None]
    more = (len(each) * apart[1:] + size * (up - down)) / (len(each) + up + down + alike)
    return np.vstack([apart[:1], more])


def _rates(name: str, pair: Side, weights: tuple[Floats, Floats], mass: float) -> Iterator[Rate]:
    """The rates over the samples of all problems, a problem weighing the same whatever its n."""
    if any(c.drawn is None or c.drawn.accepts is None for c in pair):
        return
    if any(c.stop_rule == UNTIL_SUCCESS for c in pair):
        return
    for right in (True, False):
        mine, theirs = (
            _rate(counts, weight, right=right) for counts, weight in zip(pair, weights, strict=True)
        )
        made = (interval(worlds, mass) for worlds in (mine, theirs, mine - theirs))
        yield Rate(name, right, *made)


def _rate(counts: Counts, weight: Floats, *, right: bool) -> Floats:
    accepts = logged_accepts(counts, "a verifier's rates")
    read = accepts >= 0
    kind = counts.drawn.right == (1.0 if right else 0.0)  # type: ignore[union-attr]
    start = counts.drawn.start[:-1]  # type: ignore[union-attr]
    asked = (read & kind[:, None]).sum(axis=1)
    yes = ((accepts == 1) & kind[:, None]).sum(axis=1)
    each = [np.add.reduceat(x.astype(np.float64), start) / counts.n for x in (yes, asked)]
    top, bottom = (weight @ x for x in each)
    return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0)


def _doubts(
    this: Trace,
    other: Trace,
    mine: Counts,
    theirs: Counts,
    paired: bool,
    sizes: tuple[int, int],
) -> Iterator[str]:
    for name in ("model", "temperature", "run", "effort", "benchmark"):
        a, b = getattr(mine.group, name), getattr(theirs.group, name)
        if a != b:
            yield f"the {name} differs: {_said(a)} here, {_said(b)} in the other log"
    if mine.stop_rule != theirs.stop_rule:
        yield (
            f"sampling ended by another rule: {mine.stop_rule} here, {theirs.stop_rule} in the"
            " other log"
        )
    for side, own, rest in (("this", this, other), ("the other", other, this)):
        alone = [v for v in own.verifiers if v not in rest.verifiers]
        if alone:
            yield f"only {side} log has verdicts by {', '.join(alone[:3])}: not compared"
    if not paired:
        yield "fewer than half the problems are shared: the logs are compared unpaired"
    elif (lost := len(mine) + len(theirs) - sum(sizes)) > 0:
        yield f"{lost} problems were tried in one log alone and are left out"
    if min(sizes) < FEW:
        yield f"only {min(sizes)} problems are compared: drawing them again says little"
    for header, where in ((this.header, "this"), (other.header, "the other")):
        for doubt in header.doubts:
            yield f"of {where} log: {doubt}"


def _said(value: object) -> str:
    return "not stated" if value is None else str(value)
