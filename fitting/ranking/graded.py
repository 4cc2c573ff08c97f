"""Levels to a Ranking: the model that the judgments allow, and what other assumptions give."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np

from ...data.errors import InputError
from ...data.judgments import MISSING, Grades, Ints, Orders
from .asked import How, sizes
from .constancy import ETAS, KAPPAS, TAUS, Constancy, constancy
from .dawid_skene import dawid_skene
from .margin import Margins, margins
from .plackett_luce import plackett_luce
from .plain import plain, shares
from .ranking import Margin, Ranking
from .standing import Standing
from .tables import Tables, tables

PARAMETERS = 60
"""Free numbers of the simplex up to which it is drawn; beyond, chains mix too slowly."""
WORK = 3_000_000
"""Units times judges times squared levels up to which Dawid and Skene's model is drawn."""
MAIN = {2: math.inf}
KAPPA = 30.0
"""The constancy that the main answer takes: strong where two levels tell the order, else this."""


def levels(grades: Grades, how: How) -> Ranking:
    """Ranks candidates by levels: by item where judges share items, else on the simplex."""
    grades, notes = _graded(grades)
    seen, rng = tables(grades), how.rng()
    size = (len(seen.candidates) + len(seen.judges) * seen.levels) * (seen.levels - 1)
    grid = _grid(seen, rng) if size <= PARAMETERS else None
    also: list[Standing] = [plain(grades, seed=how.seed)]
    if seen.shared and _work(grades, seen) <= WORK:
        also.insert(0, dawid_skene(grades, rng))
    main, rest = _chosen(also, grid, seen)
    if grid is not None:
        notes += grid.turned()
    elif main is also[-1]:
        notes.append(
            f"{len(seen.judges)} judges of {seen.levels} levels are too many to model how they err:"
            " levels are taken at their word; --threshold X makes two levels of them"
        )
    known = _with(grades, grades.gold)
    if len(known) == len(grades.candidates):
        rest.append(plain(grades, gold=True, seed=how.seed))
    return Ranking(
        kind="levels",
        metric="mean level" if seen.levels > 2 else "share of the upper level",
        unit="items" if grades.item is not None else "judgments",
        standing=main,
        sensitivity=tuple(rest),
        variance=shares(grades, seed=how.seed),
        rope=how.matters("levels", max(grades.values) - min(grades.values)),
        mass=how.mass,
        size=sizes(grades.item, grades.judge, judgments=len(grades.level)),
        sources=grades.origin.sources,
        notes=tuple(dict.fromkeys(notes)),
        separable=main.assumption.startswith(("Dawid", "levels")),
        margins=_margins(margins(seen, rng), main, how) if seen.levels == 2 else (),
    )


def _graded(grades: Grades) -> tuple[Grades, list[str]]:
    """The candidates that have a level, and what is said of the others."""
    known = _with(grades, grades.level)
    if len(known) < 2:
        raise InputError(f"ranking needs at least 2 candidates with a level; got {len(known)}")
    notes = list(grades.origin.doubts)
    if len(known) == len(grades.candidates):
        return grades, notes
    lost = [name for i, name in enumerate(grades.candidates) if i not in set(known.tolist())]
    notes.append(f"without any level, and left out: {', '.join(lost[:5])} ({len(lost)} in all)")
    rows = np.isin(grades.candidate, known)
    columns = {
        name: None if values is None else values[rows]
        for name in ("level", "item", "judge", "gold")
        for values in [getattr(grades, name)]
    }
    names = tuple(grades.candidates[i] for i in known)
    return replace(
        grades,
        candidates=names,
        candidate=np.searchsorted(known, grades.candidate[rows]),
        **columns,  # type: ignore[arg-type]
    ), notes


def _with(grades: Grades, said: Ints | None) -> Ints:
    """The candidates of whom something is said."""
    if said is None:
        return np.empty(0, dtype=np.int64)
    return np.unique(grades.candidate[said != MISSING])


def _grid(seen: Tables, rng: np.random.Generator) -> Constancy:
    """Two levels need one tau: how far a judge errs has one answer."""
    return constancy(seen, rng, taus=TAUS if seen.levels > 2 else TAUS[-1:])


def _work(grades: Grades, seen: Tables) -> int:
    item = np.zeros(1, dtype=int) if grades.item is None else grades.item
    units = (int(item.max()) + 1) * len(seen.candidates)
    return units * len(seen.judges) * seen.levels**2


def _chosen(
    also: list[Standing], grid: Constancy | None, seen: Tables
) -> tuple[Standing, list[Standing]]:
    """The main standing and the others: by item if it is there, else the simplex, else plain."""
    rows = [] if grid is None else list(grid.rows)
    if len(also) > 1 or not rows:
        return also[0], [*also[1:], *rows]
    taus = len(rows) // len(KAPPAS) // len(ETAS)
    place = KAPPAS.index(MAIN.get(seen.levels, KAPPA)) * len(ETAS) * taus + taus - 1
    return rows[place], [*also, *rows[:place], *rows[place + 1 :]]


def _margins(found: Margins, main: Standing, how: How) -> tuple[Margin, ...]:
    """Of each two neighbours in the order, by each judge."""
    estimate, low = found.survived(how.mass)
    place = np.argsort(-main.worlds[0], kind="stable")
    return tuple(
        Margin(judge, main.candidates[a], main.candidates[b], *map(float, pair))
        for j, judge in enumerate(found.judges)
        for a, b in pairwise(place)
        for pair in [(estimate[j, a, b], low[j, a, b])]
    )


def orders(listed: Orders, how: How) -> Ranking:
    """Ranks candidates by the orders they stand in."""
    rng = how.rng()
    main = plackett_luce(listed, rng)
    tied = any(name.startswith("tie") for name in main.more)
    again = listed.item is not None and len(np.unique(listed.item)) < len(listed.item)
    notes = [*listed.origin.doubts]
    if again:
        notes.append(
            "some items have several orders, which are taken as independent: where an item favours"
            " a candidate the intervals are too narrow"
        )
    return Ranking(
        kind="orders",
        metric="strength in logits",
        unit="lists",
        standing=main,
        sensitivity=(_broken(listed, rng),) if tied else (),
        rope=how.matters("orders"),
        mass=how.mass,
        size=sizes(listed.item, listed.judge, lists=int(listed.list_.max(initial=-1)) + 1),
        sources=listed.origin.sources,
        notes=tuple(notes),
    )


def _broken(listed: Orders, rng: np.random.Generator) -> Standing:
    """The same with every tie broken at random."""
    place = np.lexsort((rng.random(len(listed.rank)), listed.rank, listed.list_))
    rank = np.empty(len(place), dtype=np.int64)
    rank[place] = np.arange(len(place))  # only the order within a list counts
    made = plackett_luce(replace(listed, rank=rank), rng)
    return replace(made, assumption=f"{made.assumption}, ties broken at random")
