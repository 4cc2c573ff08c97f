"""Plans that look before they spend: levels from a probe whose cost is charged and samples reused.

Everything is replayed on random orders of the log: the first samples of an order make the level,
and what is then done with the problem goes on from those very samples. So an option is valued with
the noisy level that will choose it, and no level is made from an answer key.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..analysis.counts import Counts, Ints
from ..analysis.curve import Floats
from ..analysis.levels import Levels
from ..analysis.probe import JUDGED, STATISTICS, Probe, cut, seen
from ..analysis.replay import Orders, orders, repeats
from ..analysis.voting import votable
from ..data.traces import UNTIL_SUCCESS, Group
from .costs import Prices
from .menu import Menu, menu
from .ordered import Gathered, gathered, mean_over, shown
from .plan import Option
from .stages import Stage, Told, staged
from .table import ValueTable
from .used import stacked
from .value import Column, logged_verdicts, sized, value_table
from .waves import longest, waits

PROBES = (1, 2, 4, 8)
LARGEST = 256
"""Samples in an order; longer ones are left to plans without a probe."""


@dataclass(frozen=True, slots=True, eq=False)
class _Log:
    """One group and verifier: its orders, and what each option gives on them."""

    counts: Counts
    orders: Orders
    columns: tuple[Column, ...]
    parallel: int


def probed(
    logs: list[Counts],
    price: Prices,
    worlds: Floats,
    seed: int,
    *,
    exact: ValueTable | None = None,
    part: float = 0.5,
) -> Iterator[Stage]:
    """Yields a case for every probe that the log can show: see `looks`.

    Args:
        logs: counts over the same problems, one for each group and verifier.
        price: of solutions and verdicts.
        worlds: (W, P) weights of the problems.
        seed: of the orders.
        exact: the value table of these logs, where it is known already.
        part: of a problem's samples that an option may use.
    """
    exact = exact or value_table(logs, price, part=part)
    for told in looks(logs, price.parallel, seed, exact, part=part):
        yield staged(told, logs, price, worlds)


def looks(
    logs: list[Counts], parallel: int, seed: int, exact: ValueTable, *, part: float = 0.5
) -> Iterator[Told]:
    """Yields what every probe would tell: of one group, by one statistic, of so many samples.

    Groups with as many samples get the same orders.
    """
    if any(each.drawn is None or each.stop_rule == UNTIL_SUCCESS for each in logs):
        return
    size = min(int(min(each.n.min() for each in logs) * part), LARGEST)
    if size < 2:
        return
    # As many orders for every log: verifiers of one group are put side by side, order by order.
    times = min(repeats(each, size) for each in logs)
    replayed = [
        _replay(each, size, seed, times, menu(size, logged_verdicts(each), parallel))
        for each in logs
    ]
    told: set[tuple[Group, str]] = set()
    for log in replayed:
        for statistic in STATISTICS:
            judged = statistic in JUDGED and log.counts.verifier is not None
            if not judged and (log.counts.group, statistic) in told:
                continue
            told.add((log.counts.group, statistic))
            for m in (m for m in PROBES if m < size):
                values = seen(log.orders, statistic, m)
                cuts = () if values is None else cut(values)
                if values is None or not cuts:
                    continue
                by = log.counts.verifier if judged else None
                probe = Probe(statistic, m, cuts, log.counts.group, by)
                yield _told(probe, values, log, replayed, exact)


def _replay(counts: Counts, size: int, seed: int, times: int, tried: Menu) -> _Log:
    made = orders(counts, size, np.random.default_rng([seed, 6]), times)
    return _Log(counts, made, tuple(replayed_columns(counts, made, tried)), tried.parallel)


def settled(
    probe: Probe,
    logs: list[Counts],
    price: Prices,
    worlds: Floats,
    seed: int,
    tried: Menu,
    exact: ValueTable,
) -> Stage | None:
    """Values options of certain sizes under a probe that is settled; None if it was not logged.

    `exact` values them without the probe, and others known from fits.
    """
    most = max((int(s.max()) for s in _solutions(tried) if len(s)), default=1)
    size = max(most, probe.samples)
    times = min(repeats(each, size) for each in logs)
    replayed = [_replay(each, size, seed, times, tried) for each in logs]
    for log in replayed:
        judged = probe.verifier is not None
        if log.counts.group == probe.group and (
            not judged or log.counts.verifier == probe.verifier
        ):
            values = seen(log.orders, probe.statistic, probe.samples)
            if values is None:
                return None
            return staged(_told(probe, values, log, replayed, exact), logs, price, worlds)
    return None


def _solutions(tried: Menu) -> tuple[Ints, ...]:
    return (
        tried.majority,
        tried.accept_first,
        tried.best_of[0],
        tried.weighted[0],
        tried.gated,
    )


def replayed_columns(counts: Counts, made: Orders, tried: Menu) -> Iterator[Column]:
    """Yields the options of `value.columns` for this group and verifier, in every order, (P, R)."""
    by, group = counts.verifier, counts.group
    yield Column(Option("one", 1, 0, None, group), made.one(), 1.0)
    if votable(counts) and len(tried.majority):
        for s, value in _each(tried.majority, made.majority(tried.majority)):
            yield sized(counts, Option("majority", s, 0, None, group), value, tried.parallel)
    solutions, verdicts = tried.best_of
    if made.yes is not None:
        for v in verdicts.tolist() if len(solutions) else ():
            for s, value in _each(solutions, made.best_of(solutions, v)):
                yield sized(counts, Option("best-of", s, v, by, group), value, tried.parallel)
        if len(tried.accept_first):
            yield from _accepting(counts, made, tried)
        if votable(counts):
            yield from _weighed(counts, made, tried)
    elif made.score is not None and len(solutions):
        each = int(by is not None)
        for s, value in _each(solutions, made.best_of(solutions)):
            yield sized(counts, Option("best-of", s, each, by, group), value, tried.parallel)


def _accepting(counts: Counts, made: Orders, tried: Menu) -> Iterator[Column]:
    """Drawing until one verdict accepts, as many at a time as run in parallel."""
    w = tried.parallel
    right, drawn = map(_last, made.accept_first(tried.accept_first))
    ended = np.asarray(made.yes)[..., 0].argmax(axis=-1) + 1
    some = np.asarray(made.yes)[..., 0].any(axis=-1)
    slowest = longest(counts, w)[:, None]
    for s, value, draws in zip(tried.accept_first.tolist(), right, drawn, strict=True):
        option = Option("accept-first", s, 1, counts.verifier, counts.group)
        answered = some & (ended <= s)
        waves = np.ceil(draws / w)
        used = np.minimum(waves * w, s)
        time = waves * slowest if w > 1 else draws
        yield Column(option, value, used, used, answered.astype(float), time, waves)


def _weighed(counts: Counts, made: Orders, tried: Menu) -> Iterator[Column]:
    """Votes counted by their verdicts, and the best judged of the answers that pass a gate."""
    by, group, logged = counts.verifier, counts.group, logged_verdicts(counts)
    solutions, verdicts = tried.weighted
    for v in verdicts.tolist() if len(solutions) else ():
        for s, value in _each(solutions, made.weighted(solutions, v)):
            yield sized(counts, Option("weighted", s, v, by, group), value, tried.parallel)
    for gate in tried.gates if len(tried.gated) else ():
        for s, value in _each(tried.gated, made.best_of_majority(tried.gated, logged, gate)):
            option = Option("best-of-majority", s, logged, by, group, gate)
            yield sized(counts, option, value, tried.parallel)


def _each(solutions: Ints, values: Floats) -> Iterator[tuple[int, Floats]]:
    """Goes through the last axis of values, with the size that each was made at."""
    return zip(solutions.tolist(), _last(values), strict=True)


def _last(each: Floats) -> Floats:
    """Puts the last axis first, to go through it."""
    return np.moveaxis(each, -1, 0)


def _told(probe: Probe, values: Floats, log: _Log, logs: list[_Log], exact: ValueTable) -> Told:
    """Averages every option over the orders that a problem shows each level in.

    Options of the probe's group go on from its samples; others, revisions, and what is known from
    fits start anew, and pay for them too.
    """
    names = probe.names
    problem, level, often, mean = shown(probe.level(values), len(names))
    looked = probe.samples if probe.verifier is not None else 0
    look = probe.samples, looked, waits(probe.samples, log.parallel), waits(looked, log.parallel)
    by = next(i for i, each in enumerate(logs) if each is log)
    on = _going_on(probe, look, by, logs, (problem, mean))
    there = set(on.options)
    elsewhere = [o for o, option in enumerate(exact.options) if option not in there]
    rest = exact.restrict(elsewhere).rows(problem)
    assert rest.used is not None
    paid = stacked([(by, look)] * len(elsewhere), len(problem)).each
    rest = replace(rest, used=replace(rest.used, by=by, probe=paid))
    levels = Levels(names, level, probe.rule)
    return Told(levels, problem, often, on.beside(rest), probe)


def _going_on(
    probe: Probe,
    look: tuple[int, ...],
    by: int,
    logs: list[_Log],
    rows: tuple[Ints, Floats],
) -> ValueTable:
    """The options (O,) of the probe's group on every row (N,), not yet priced."""
    found: Gathered = {}
    for i, other in enumerate(logs):
        same = other.counts.verifier == probe.verifier
        for column in other.columns if other.counts.group == probe.group else ():
            if column.option not in found:
                parts = _parts(column, look, same=same)
                found[column.option] = i, [mean_over(part, *rows) for part in parts]
    return gathered(found, by)


def _parts(column: Column, look: tuple[int, ...], *, same: bool) -> list[Floats | float]:
    """What is averaged over orders: right, wrong, the use of the option, and that of the probe.

    The samples and verdicts of the probe are used again where the option takes them anyway.
    """
    samples, looked, time, waited = look
    drawn, judged, timed, waits_ = column.used
    reused = np.where(np.asarray(judged) > 0, drawn, 0) if same else 0
    spare = np.maximum(looked - reused, 0)
    return [
        column.value,
        np.maximum(column.answered - column.value, 0.0),
        np.maximum(drawn, samples),
        judged,
        np.maximum(timed, time),
        waits_,
        0.0,
        spare,
        0.0,
        spare * (waited / max(looked, 1)),
    ]
