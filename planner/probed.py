"""Plans that look before they spend: levels from a probe whose cost is charged and samples reused.

Everything is replayed on random orders of the log: the first samples of an order make the level,
and what is then done with the problem goes on from those very samples. So an option is valued with
the noisy level that will choose it, and no level is made from an answer key.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..analysis.counts import Counts, Ints
from ..analysis.curve import Floats
from ..analysis.levels import Levels
from ..analysis.probe import JUDGED, STATISTICS, Probe, cut, seen
from ..analysis.replay import Orders, orders, repeats
from ..analysis.voting import votable
from ..data.traces import UNTIL_SUCCESS, Group
from .case import Case
from .costs import Prices, solution_cost, verdict_cost
from .menu import Menu, menu
from .plan import Option
from .stages import Stage
from .value import NOTHING, Column, ValueTable, logged_verdicts, value_table

PROBES = (1, 2, 4, 8)
LARGEST = 256
"""Samples in an order; longer ones are left to plans without a probe."""


@dataclass(frozen=True, slots=True, eq=False)
class _Log:
    """One group and verifier: its orders, what each option gives on them, and unit costs (P,)."""

    counts: Counts
    orders: Orders
    columns: tuple[Column, ...]
    solve: Floats
    judge: Floats


def probed(
    logs: list[Counts],
    price: Prices,
    worlds: Floats,
    seed: int,
    *,
    exact: ValueTable | None = None,
    part: float = 0.5,
) -> Iterator[Stage]:
    """Yields a case for every probe that the log can show: of one group, by one statistic.

    Args:
        logs: counts over the same problems, one for each group and verifier.
        price: of solutions and verdicts.
        worlds: (W, P) weights of the problems.
        seed: of the orders; groups with as many samples get the same ones.
        exact: the value table of these logs, where it is known already.
        part: of a problem's samples that an option may use.
    """
    if any(each.drawn is None or each.stop_rule == UNTIL_SUCCESS for each in logs):
        return
    size = min(int(min(each.n.min() for each in logs) * part), LARGEST)
    if size < 2:
        return
    # As many orders for every log: verifiers of one group are put side by side, order by order.
    times = min(repeats(each, size) for each in logs)
    replayed = [_replay(each, price, size, seed, times) for each in logs]
    exact = exact or value_table(logs, price, part=part)
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
                yield _staged(probe, values, log, replayed, exact, worlds)


def _replay(
    counts: Counts, price: Prices, size: int, seed: int, times: int, tried: Menu | None = None
) -> _Log:
    made = orders(counts, size, np.random.default_rng([seed, 6]), times)
    solve, judge = solution_cost(counts, price), verdict_cost(counts, price)
    sized = tried or menu(size, logged_verdicts(counts))
    return _Log(counts, made, tuple(_columns(counts, made, sized)), solve, judge)


def staged(
    probe: Probe, logs: list[Counts], price: Prices, worlds: Floats, seed: int, tried: Menu
) -> Stage | None:
    """Values options of certain sizes under a probe that is settled; None if it was not logged."""
    most = max((int(s.max()) for s in _solutions(tried) if len(s)), default=1)
    size = max(most, probe.samples)
    times = min(repeats(each, size) for each in logs)
    replayed = [_replay(each, price, size, seed, times, tried) for each in logs]
    for log in replayed:
        judged = probe.verifier is not None
        if log.counts.group == probe.group and (
            not judged or log.counts.verifier == probe.verifier
        ):
            values = seen(log.orders, probe.statistic, probe.samples)
            exact = value_table(logs, price, tried=tried)
            return None if values is None else _staged(probe, values, log, replayed, exact, worlds)
    return None


def _solutions(tried: Menu) -> tuple[Ints, ...]:
    return (
        tried.majority,
        tried.accept_first,
        tried.best_of[0],
        tried.weighted[0],
        tried.gated,
    )


def _columns(counts: Counts, made: Orders, tried: Menu) -> Iterator[Column]:
    """The options of `value.columns` for this group and verifier, in every order, (P, R)."""
    by, group = counts.verifier, counts.group
    yield Column(Option("one", 1, 0, None, group), made.one(), 1.0)
    if votable(counts) and len(tried.majority):
        for s, value in _each(tried.majority, made.majority(tried.majority)):
            yield Column(Option("majority", s, 0, None, group), value, s)
    solutions, verdicts = tried.best_of
    if made.yes is not None:
        for v in verdicts.tolist() if len(solutions) else ():
            for s, value in _each(solutions, made.best_of(solutions, v)):
                yield Column(Option("best-of", s, v, by, group), value, s, s * v)
        right, drawn = map(_last, made.accept_first(tried.accept_first))
        for s, value, draws in zip(tried.accept_first.tolist(), right, drawn, strict=True):
            yield Column(Option("accept-first", s, 1, by, group), value, draws, draws)
        if votable(counts):
            yield from _weighed(counts, made, tried)
    elif made.score is not None and len(solutions):
        each = int(by is not None)
        for s, value in _each(solutions, made.best_of(solutions)):
            yield Column(Option("best-of", s, each, by, group), value, s, s * each)


def _weighed(counts: Counts, made: Orders, tried: Menu) -> Iterator[Column]:
    """Votes counted by their verdicts, and the best judged of the answers that pass a gate."""
    by, group, logged = counts.verifier, counts.group, logged_verdicts(counts)
    solutions, verdicts = tried.weighted
    for v in verdicts.tolist() if len(solutions) else ():
        for s, value in _each(solutions, made.weighted(solutions, v)):
            yield Column(Option("weighted", s, v, by, group), value, s, s * v)
    for gate in tried.gates if len(tried.gated) else ():
        for s, value in _each(tried.gated, made.best_of_majority(tried.gated, logged, gate)):
            option = Option("best-of-majority", s, logged, by, group, gate)
            yield Column(option, value, s, s * logged)


def _each(solutions: Ints, values: Floats) -> Iterator[tuple[int, Floats]]:
    """Goes through the last axis of values, with the size that each was made at."""
    return zip(solutions.tolist(), _last(values), strict=True)


def _last(each: Floats) -> Floats:
    """Puts the last axis first, to go through it."""
    return np.moveaxis(each, -1, 0)


def _staged(
    probe: Probe, values: Floats, log: _Log, logs: list[_Log], exact: ValueTable, worlds: Floats
) -> Stage:
    """Averages every option over the orders that a problem shows each level in."""
    of, names = probe.level(values), probe.names
    member = np.stack([of == level for level in range(len(names))], axis=1).astype(float)
    often = member.mean(axis=2)
    problem, level = np.nonzero(often > 0)
    mean = member[problem, level] / member[problem, level].sum(axis=1, keepdims=True)
    judged = probe.samples if probe.verifier is not None else 0
    paid = probe.samples * log.solve + judged * log.judge
    options, value, cost = [], [], []
    for other in (each for each in logs if each.counts.group == probe.group):
        same = other.counts.verifier == probe.verifier
        for column in other.columns:
            if column.option in options:
                continue
            asked = np.broadcast_to(column.judged, of.shape)
            unused = np.maximum(judged - np.where(asked > 0, column.drawn, 0), 0)
            spent = (
                np.maximum(column.drawn, probe.samples) * other.solve[:, None]
                + asked * other.judge[:, None]
                + (unused if same else judged) * log.judge[:, None]
            )
            options.append(column.option)
            value.append((column.value[problem] * mean).sum(axis=1))
            cost.append((spent[problem] * mean).sum(axis=1))
    for o, option in enumerate(exact.options):
        if option == NOTHING or option.group != probe.group:
            options.append(option)
            value.append(exact.value[problem, o])
            cost.append((exact.cost[:, o] + paid)[problem])
    table = ValueTable(tuple(options), np.column_stack(value), np.column_stack(cost))
    weights = worlds[:, problem] * often[problem, level]
    share = np.bincount(level, weights[0], len(names)).astype(float)
    return Stage(
        Case(table, level, share, weights, problem), Levels(names, level, probe.rule), probe
    )
