"""Options beyond half the log: valued by fits, in worlds of their own, and held to the log.

Up to half of a problem's samples the log itself says what an option earns. Beyond that families of
difficulty speak, each in as many worlds as its evidence weighs, and a verifier's rates are those of
its hierarchy. The fits are moved by the same for all problems to agree with the log at its half.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..analysis.accept import same_tests
from ..analysis.counts import Counts, Ints
from ..analysis.curve import Floats
from ..analysis.limits import majority_in_worlds
from ..analysis.voting import votable
from ..data.traces import UNTIL_SUCCESS, Group
from ..fitting.mixed import Mixed, accepting, mixed
from ..fitting.redrawn import redrawn
from ..fitting.utility import first_accepted
from ..fitting.verdicts import repeated, verdicts
from .costs import Prices
from .menu import Menu, sizes
from .plan import Option
from .table import Believed, ValueTable
from .value import Column, columns, logged_verdicts, sized, tabled
from .waves import in_waves

REACH = 8
"""Times the log's samples that options may go beyond."""
WORLDS, FEWER = 200, 40
"""Of acceptance; and of votes and of repeated verdicts, which take longer."""
FEWEST_PROBLEMS, FEWEST_SAMPLES = 10, 4
NO_SIZES = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """An option beyond the log: right and wrong answers (W, P) in every world, and its use (P,)."""

    column: Column
    right: Floats
    wrong: Floats


def with_beyond(
    table: ValueTable,
    logs: list[Counts],
    price: Prices,
    seed: int,
    *,
    far: Ints | None = None,
    select: bool = False,
) -> ValueTable:
    """Adds options of more than half the log's samples to a value table.

    Args:
        table: of the same logs, up to half of their samples.
        logs: counts over the same problems, one for each group and verifier.
        price: of everything.
        seed: of the worlds.
        far: their numbers of solutions; up to REACH times the log's when None.
        select: as in `fitting.mixed`.
    """
    found = []
    seen: dict[Group, Mixed] = {}
    for i, counts in enumerate(logs):
        if not _fits(counts):
            continue
        rng = np.random.default_rng([seed, 15, i])
        unjudged = counts.group not in seen
        known = (
            seen.setdefault(counts.group, mixed(counts, worlds=WORLDS, rng=rng, select=select))
            if unjudged
            else seen[counts.group]
        )
        made = _beyond(
            counts,
            known,
            _sizes(counts) if far is None else far,
            price.parallel,
            rng,
            unjudged=unjudged,
        )
        found += [(i, each) for each in made]
    return table.beside(_tabled(found, logs, price)) if found else table


def _sizes(counts: Counts) -> Ints:
    """What lies beyond half the log, and within REACH of the whole."""
    n = int(counts.n.min())
    ladder = sizes(REACH * n)
    return ladder[ladder > n // 2]


def _fits(counts: Counts) -> bool:
    return (
        counts.drawn is not None
        and counts.stop_rule != UNTIL_SUCCESS
        and len(counts) >= FEWEST_PROBLEMS
        and int(counts.n.min()) >= FEWEST_SAMPLES
    )


def _tabled(found: list[tuple[int, Fitted]], logs: list[Counts], price: Prices) -> ValueTable:
    """The options with the worlds that they are known in."""
    made = tabled([(i, each.column) for i, each in found], logs, price)
    made = made.restrict(list(range(1, len(found) + 1)))
    right, wrong = (
        np.stack([_tiled(getattr(each, name)) for _, each in found], axis=2)
        for name in ("right", "wrong")
    )
    apart = [(part - part.mean(axis=0)).astype(np.float32) for part in (right, wrong)]
    off = Believed(np.arange(len(found)), apart[0], apart[1], np.arange(right.shape[1]))
    return replace(made, wrong=wrong.mean(axis=0), believed=off)


def _tiled(worlds: Floats) -> Floats:
    """As many worlds as the most have, in turn."""
    return worlds[np.arange(WORLDS) % len(worlds)]


def _beyond(
    counts: Counts,
    known: Mixed,
    far: Ints,
    parallel: int,
    rng: np.random.Generator,
    *,
    unjudged: bool,
) -> Iterator[Fitted]:
    """Every option of one group and verifier that the fits can value."""
    half = int(counts.n.min()) // 2
    wide = far[(far & (far - 1)) == 0]
    if unjudged and votable(counts):
        yield from _votes(counts, known, half, wide, parallel, rng)
    if logged_verdicts(counts):
        yield from _accepting(counts, known, half, far, parallel, rng)
        if logged_verdicts(counts) > 1 and not same_tests(counts):
            yield from _chosen(counts, half, wide, parallel, rng)


def _held(values: Floats, exact: Floats) -> Floats:
    """Moves worlds (W, P, 1 + K) until the first column has the mean of `exact` (P,); drops it."""
    off = exact.mean() - values[..., 0].mean()
    return np.asarray(np.clip(values[..., 1:] + off, 0.0, 1.0))


def _exact(counts: Counts, tried: Menu, strategy: str, verdicts_: int) -> Column:
    """What the log itself says of an option."""
    made = columns(counts, tried)
    return next(c for c in made if c.option.strategy == strategy and c.option.verdicts == verdicts_)


def _menu(strategy: str, half: int, verdicts_: int = 1) -> Menu:
    """One size of one strategy."""
    one, none = np.asarray([half]), NO_SIZES
    judged = (one, np.asarray([verdicts_])) if strategy == "best-of" else (none, none)
    return Menu(
        one if strategy == "majority" else none,
        one if strategy == "accept-first" else none,
        judged,
        (none, none),
        none,
    )


def _votes(
    counts: Counts,
    known: Mixed,
    half: int,
    far: Ints,
    parallel: int,
    rng: np.random.Generator,
) -> Iterator[Fitted]:
    at = np.concatenate([[half], far])
    exact = _exact(counts, _menu("majority", half), "majority", 0)
    worlds = majority_in_worlds(counts, at, known.solve[:: WORLDS // FEWER], _seed(rng))
    for s, right in zip(far.tolist(), _last(_held(worlds, np.asarray(exact.value))), strict=True):
        option = Option("majority", s, 0, None, counts.group, fitted=True)
        yield _sized(counts, option, right, parallel)


def _accepting(
    counts: Counts,
    known: Mixed,
    half: int,
    far: Ints,
    parallel: int,
    rng: np.random.Generator,
) -> Iterator[Fitted]:
    a, b = accepting(counts, known, rng)
    at = np.concatenate([[half], far]).astype(float)
    exact = _exact(counts, _menu("accept-first", half), "accept-first", 1)
    right, wrong, draws = first_accepted(a, b, at)
    answered = np.asarray(exact.answered)
    right = _held(right, np.asarray(exact.value))
    wrong = _held(wrong, answered - np.asarray(exact.value))
    drawn = np.maximum(
        draws[..., 1:] + (np.asarray(exact.drawn).mean() - draws[..., 0].mean()), 1.0
    )
    reject = np.maximum(1 - a - b, 0.0)
    for i, s in enumerate(far.tolist()):
        option = Option("accept-first", s, 1, counts.verifier, counts.group, fitted=True)
        samples, time, waited = drawn[..., i].mean(axis=0), None, None
        if parallel > 1:
            starts = np.arange(0, s, parallel)
            begun = np.stack([(reject**start).mean(axis=0) for start in starts], axis=1)
            samples, time, waited = in_waves(counts, begun, starts, s, parallel)
        done = (right[..., i] + wrong[..., i]).mean(axis=0)
        column = Column(option, right[..., i].mean(axis=0), samples, samples, done, time, waited)
        yield Fitted(column, right[..., i], wrong[..., i])


def _chosen(
    counts: Counts, half: int, far: Ints, parallel: int, rng: np.random.Generator
) -> Iterator[Fitted]:
    """Best-of by some verdicts and by all."""
    log, logged = repeated(counts), logged_verdicts(counts)
    drawn = verdicts(log, worlds=FEWER, rng=rng)
    several = sorted({1, min(4, logged), logged})
    at = np.concatenate([[half], far])
    worlds = redrawn(log, drawn, at, [float(v) for v in several], rng)
    for j, v in enumerate(several):
        exact = _exact(counts, _menu("best-of", half, v), "best-of", v)
        held = _held(worlds[..., j], np.asarray(exact.value))
        for s, right in zip(far.tolist(), _last(held), strict=True):
            option = Option("best-of", s, v, counts.verifier, counts.group, fitted=True)
            yield _sized(counts, option, right, parallel)


def _sized(counts: Counts, option: Option, right: Floats, parallel: int) -> Fitted:
    return Fitted(sized(counts, option, right.mean(axis=0), parallel), right, 1 - right)


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))


def _last(each: Floats) -> Floats:
    return np.moveaxis(each, -1, 0)
