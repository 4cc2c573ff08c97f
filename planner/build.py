"""plan: from a log and a budget to the split that answers most problems."""

from collections.abc import Mapping
from pathlib import Path

from ..analysis.counts import Counts
from ..analysis.curve import MASS
from ..data.traces import Trace
from .asked import Asked
from .caps import hold, read_caps
from .costs import prices, solution_cost
from .decide import decide
from .ground import Ground
from .lay import aligned, laid
from .plan import Plan

USUAL = 8


def plan(
    log: Trace | Counts | Ground,
    budget: float | None = None,
    unit: str | None = None,
    *,
    target: float | None = None,
    levels: str = "auto",
    mix: Mapping[str, float] | None = None,
    floor: Mapping[str, float] | None = None,
    penalty: float = 0.0,
    caps: Mapping[str, float] | None = None,
    hard: float | None = None,
    most: int | None = None,
    price_file: Path | None = None,
    seed: int = 0,
    mass: float = MASS,
) -> Plan:
    """Splits a budget between solving and verifying, level by level.

    Args:
        log: a trace, or the counts of one group. Several models, temperatures and verifiers compete
            on the problems they share. Or the `Ground` that was made of it for the same levels.
        budget: the expected spend per problem, in `unit`.
        unit: `samples`, `tokens`, `seconds`, `flops` or `usd`; tokens where they are logged, else
            samples, when None.
        target: instead of a budget, the accuracy to reach as cheaply as possible (utility, with a
            penalty).
        levels: `given` in the log; `none` (one for all); `probe`, told by the first samples of a
            problem, which are paid for and used; `solve-rate` (thirds), `solve-rate:5` (quantiles)
            or `solve-rate:.5,.1` (thresholds), which need gold answers, so they cannot be executed
            on a new problem. `auto` is what the log has, given or none, or the best probe where it
            promises EPSILON more.
        mix: the share of each given level to plan for; the log's own when None.
        floor: the accuracy that some given levels have to have in the log, whatever it costs the
            others. With a floor no probe is tried.
        penalty: what a wrong answer loses where a right one earns 1 and none 0.
        caps: the most to spend on a problem in expectation, in other units than the budget's.
        hard: the most that any one problem of the log may cost, in the budget's unit, at the mean
            cost of its solutions and verdicts.
        most: the most solutions of a problem.
        price_file: TOML prices, see `costs.Prices`.
        seed: of the worlds, halves and folds.
        mass: of every interval.

    Raises:
        InputError: a budget that buys nothing, a target out of reach, or options out of range.
    """
    asked = Asked(
        budget, target, unit, levels, mix, floor, penalty, caps or {}, hard, most, price_file, mass
    )
    asked.check()
    base = log if isinstance(log, Ground) else grounded(log, asked, seed)
    unit, _ = prices(unit, list(base.logs), price_file)
    priced = read_caps(asked.caps, unit, base.logs, price_file)
    if not priced:
        return decide(base, asked)
    return decide(base, asked, lambda stage, told: hold(stage, told, base.logs, priced))


def grounded(log: Trace | Counts, asked: Asked, seed: int = 0) -> Ground:
    """Returns what a plan is made from, to be used for other budgets, prices and mixes as well."""
    logs = aligned(log)
    _, price = prices(asked.unit, logs, asked.price_file)
    return laid(
        logs,
        asked.levels,
        parallel=price.parallel,
        seed=seed,
        probing=asked.probing,
        most=asked.most,
        doubts=() if isinstance(log, Counts) else log.header.doubts,
    )


def usual_budget(
    log: Trace | Counts, unit: str | None = None, price_file: Path | None = None
) -> float:
    """Returns what USUAL single samples of the first group cost on a problem: a first budget."""
    logs = aligned(log)
    _, price = prices(unit, logs, price_file)
    once = price.of(logs[0].group.model).problem
    return float(USUAL * solution_cost(logs[0], price).mean() + once)
