"""lay: the ground of a log, which takes most of a plan's time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..analysis.counts import Counts, Ints, count
from ..analysis.levels import Levels
from ..analysis.worlds import problem_worlds
from ..data.errors import InputError
from ..data.traces import Trace
from .beyond import with_beyond
from .case import case
from .costs import FREE, Prices
from .ground import Ground, Noise, stage_of
from .noise import noise
from .oracle import can_halve, cuts, oracle
from .plan import Option
from .probed import looks
from .simple import corners
from .stages import SOLVE_RATE, Stage, Told, known, plainly
from .table import ValueTable
from .value import value_table

FEWEST_TO_PROBE = 12
"""Problems below which no probe is tried: its levels would be told from a handful."""
NOBODY: list[str | None] = [None]


def observed(
    logs: list[Counts], levels: Levels, price: Prices, mix: Mapping[str, float] | None, seed: int
) -> Stage:
    """Levels that are known before anything is drawn, valued on the whole log and no farther."""
    worlds = problem_worlds(logs[0].problems, seed)
    made = case(value_table(logs, price), levels, mix, worlds, np.arange(len(logs[0])))
    return Stage(made, levels)


def aligned(log: Trace | Counts) -> list[Counts]:
    """Counts every group once for each verifier, on the problems that all groups share.

    Raises:
        InputError: no problem is shared.
    """
    if isinstance(log, Counts):
        return [log]
    logs = [count(part, v) for _, part in log.groups() for v in part.verifiers or NOBODY]
    shared = set(logs[0].problems).intersection(*(each.problems for each in logs))
    if not shared:
        raise InputError(
            f"the {len(logs)} groups of this log share no problem, so they cannot be compared;"
            " plan one of them: plan(trace.where(model=...))"
        )
    order = [p for p in logs[0].problems if p in shared]
    if all(each.problems == tuple(order) for each in logs):
        return logs
    return [each.only(_places(each, order)) for each in logs]


def _places(counts: Counts, order: list[str]) -> Ints:
    where = {problem: i for i, problem in enumerate(counts.problems)}
    return np.asarray([where[p] for p in order], dtype=np.int64)


def laid(
    logs: list[Counts],
    rule: str,
    *,
    parallel: int,
    seed: int,
    probing: bool,
    most: int | None = None,
    doubts: Sequence[str] = (),
) -> Ground:
    """Values every option of a log, under every way to know levels that a rule asks for.

    Args:
        logs: counts over the same problems, see `aligned`.
        rule: as `levels` of `plan`.
        parallel: how many solutions of a problem run at once.
        seed: of the orders and worlds.
        probing: whether probes are tried where the rule leaves it open.
        most: solutions of a problem that will ever be asked for; without it, and where half the
            log does not reach, fits go beyond.
        doubts: of the log itself.

    Raises:
        InputError: no such rule, or a log that it cannot be had from.
    """
    levels, free = known(rule, logs[0]), replace(FREE, parallel=parallel)
    cut = cuts(rule) if rule.startswith(SOLVE_RATE) else cuts(SOLVE_RATE)
    table = value_table(logs, free)
    if most is None or most > max(option.solutions for option in table.options):
        table = with_beyond(table, logs, free, seed)
    plain = plainly(levels, table)
    gold = None
    if can_halve(logs) or rule.startswith(SOLVE_RATE):
        gold = oracle(logs, parallel, seed, cut, table)
    told = (plain, *_probes(logs, rule, table, parallel, seed)) if probing else (plain,)
    if rule == "probe":
        told = told[1:]
    if rule.startswith(SOLVE_RATE):
        assert gold is not None
        plain, told, gold = gold, (gold,), None

    def find(options: Sequence[Option]) -> list[Noise]:
        return noise(logs, options, np.random.default_rng([seed, 12]))

    return Ground(tuple(logs), plain, told, gold, {}, tuple(doubts), seed, find)


def _probes(
    logs: list[Counts], rule: str, table: ValueTable, parallel: int, seed: int
) -> list[Told]:
    if rule not in ("auto", "probe"):
        return []
    enough = len(logs[0]) >= FEWEST_TO_PROBE
    found = list(looks(logs, parallel, seed, table)) if enough else []
    if rule == "probe" and not found:
        raise InputError(
            "levels 'probe' need at least"
            f" {FEWEST_TO_PROBE} problems (here {len(logs[0])}), 4 samples of each, and answers,"
            " verdicts, scores or tokens that differ"
        )
    return found


def noises(base: Ground, price: Prices) -> dict[Option, Noise]:
    """Returns the noise of the options that plans without floors, caps or bars may take."""
    found: dict[Option, None] = {}
    for told in (base.plain, *base.told):
        case = stage_of(base, told, price).case
        found |= dict.fromkeys(case.table.options[o] for o in corners(case))
    options = list(found)
    return dict(zip(options, base.noises(options), strict=True))
