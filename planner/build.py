"""plan: from a log and a budget to the split that answers most problems."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..analysis.counts import Counts, Ints, count
from ..analysis.curve import MASS, Interval
from ..analysis.levels import Levels, by_solve_rate, given, halves, one_level
from ..analysis.worlds import problem_worlds
from ..data.errors import InputError, nearest
from ..data.traces import UNTIL_SUCCESS, Trace
from .allocate import Allocation, budget_for
from .baselines import baseline, baselines, frontier
from .case import Case, case
from .costs import Prices, prices, solution_cost
from .costs import doubts as cost_doubts
from .doubts import plan_doubts
from .plan import Baseline, LevelPlan, Part, Plan
from .promise import honest, promised
from .value import ValueTable, value_table

RULES = ("auto", "given", "none", "solve-rate")
ORACLE = "levels by solve rate (needs gold answers)"
ENOUGH_FOR_HALVES = 8
"""Samples a problem needs before half of them may make its level and half may value it."""
MIN_PROBLEMS_FOR_ORACLE = 12
USUAL = 8
TARGET_ROUNDS = 3
NOBODY: list[str | None] = [None]
Mix = Mapping[str, float] | None


def plan(
    log: Trace | Counts,
    budget: float | None = None,
    unit: str | None = None,
    *,
    target: float | None = None,
    levels: str = "auto",
    mix: Mapping[str, float] | None = None,
    price_file: Path | None = None,
    seed: int = 0,
    mass: float = MASS,
) -> Plan:
    """Splits a budget between solving and verifying, level by level.

    Args:
        log: a trace, or the counts of one group. Several models, temperatures and verifiers compete
            on the problems they share.
        budget: the expected spend per problem, in `unit`.
        unit: `samples`, `tokens`, `seconds`, `flops` or `usd`; tokens where they are logged, else
            samples, when None.
        target: instead of a budget, the accuracy to reach as cheaply as possible.
        levels: `given` in the log; `none` (one for all); `solve-rate` (needs gold answers, so it
            cannot be executed on a new problem); `auto` is given where the log has them, else none.
        mix: the share of each level to plan for; the log's own when None.
        price_file: TOML prices, see `costs.Prices`.
        seed: of the worlds, halves and folds.
        mass: of every interval.

    Raises:
        InputError: a budget that buys nothing, a target out of reach, or options out of range.
    """
    if not 0 < mass < 1:
        raise InputError(f"mass must lie strictly between 0 and 1; got {mass:g}")
    if (budget is None) == (target is None):
        raise InputError("plan needs a budget or a target accuracy, and not both")
    logs = aligned(log)
    asked, (unit, price) = unit, prices(unit, logs, price_file)
    make = _oracle if levels == "solve-rate" else _observed
    stage = make(logs, _levels(levels, logs[0]), price, mix, seed)
    amount = _amount(stage.case, budget, target, seed)
    if budget is not None:
        _check_worth(stage, amount, unit)
    made = _plan(stage, amount, unit, seed, mass)
    found = [d for each in logs for d in cost_doubts(each, unit, price)]
    if asked is None and unit == "samples":
        found.append("the log has no tokens: the budget is counted in samples")
    if levels != "solve-rate" and mix is None and _can_halve(logs):
        ideal = _oracle(logs, None, price, None, seed)
        bound = _with_gold(ideal, amount, made, seed, mass)
        made = replace(made, baselines=(*made.baselines, bound))
    told = () if isinstance(log, Counts) else log.header.doubts
    found = [*told, *found, *made.doubts]
    groups = len({each.group for each in logs})
    told_once = tuple(dict.fromkeys(found))
    return replace(made, doubts=told_once, sources=logs[0].sources, groups=groups)


def usual_budget(
    log: Trace | Counts, unit: str | None = None, price_file: Path | None = None
) -> float:
    """Returns what USUAL single samples of the first group cost: a budget to start from."""
    logs = aligned(log)
    _, price = prices(unit, logs, price_file)
    return float(USUAL * solution_cost(logs[0], price).mean())


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


@dataclass(frozen=True, slots=True, eq=False)
class _Stage:
    """A case and how its levels are known."""

    case: Case
    levels: Levels


def _levels(rule: str, counts: Counts) -> Levels | None:
    if rule not in RULES:
        raise InputError(
            f"levels must be one of {', '.join(RULES)}; got {rule!r}{nearest(rule, list(RULES))}"
        )
    if rule == "given" or (rule == "auto" and counts.levels is not None):
        return given(counts)
    return one_level(len(counts))


def _observed(
    logs: list[Counts], levels: Levels | None, price: Prices, mix: Mix, seed: int
) -> _Stage:
    """Levels that are known at run time, valued on the whole log."""
    known = levels or one_level(len(logs[0]))
    worlds = problem_worlds(logs[0].problems, seed)
    made = case(value_table(logs, price), known, mix, worlds, np.arange(len(logs[0])))
    return _Stage(made, known)


def _oracle(logs: list[Counts], _: Levels | None, price: Prices, mix: Mix, seed: int) -> _Stage:
    """Levels made from one half of the samples and valued on the other, in both directions."""
    split = [halves(each, np.random.default_rng([seed, 4])) for each in logs]
    tables, of = [], []
    for made, valued in ((0, 1), (1, 0)):
        levels = by_solve_rate(split[0][made])
        of.append(levels.of)
        tables.append(value_table([pair[valued] for pair in split], price, part=1.0))
    table = ValueTable(
        tables[0].options,
        np.concatenate([t.value for t in tables]),
        np.concatenate([t.cost for t in tables]),
    )
    both = replace(levels, of=np.concatenate(of))
    worlds = np.tile(problem_worlds(logs[0].problems, seed), 2) / 2
    twice = np.tile(np.arange(len(logs[0])), 2)
    return _Stage(case(table, both, mix, worlds, twice), both)


def _can_halve(logs: list[Counts]) -> bool:
    return all(
        each.drawn is not None
        and each.stop_rule != UNTIL_SUCCESS
        and int(each.n.min()) >= ENOUGH_FOR_HALVES
        and len(each) >= MIN_PROBLEMS_FOR_ORACLE
        for each in logs
    )


def _amount(case: Case, budget: float | None, target: float | None, seed: int) -> float:
    """The budget asked for, or the smallest one whose promise reaches the target."""
    if budget is not None:
        if not (np.isfinite(budget) and budget > 0):
            raise InputError(f"budget must be a positive number; got {budget:g}")
        return budget
    if target is None or not 0 < target < 1:
        raise InputError(f"target must lie strictly between 0 and 1; got {target}")
    path = case.steps()
    wanted = target
    for _ in range(TARGET_ROUNDS):
        amount = budget_for(path, wanted)
        if not np.isfinite(amount):
            raise InputError(
                f"target {target:g} is out of reach: the best split of this log promises"
                f" {path.values[-1] - (wanted - target):.3f}"
            )
        seen = honest(case, amount, np.random.default_rng([seed, 5]))
        _, _, optimism = promised(case, case.allocate(amount).weight, seen)
        wanted = target + max(optimism, 0.0)
    return amount


def _check_worth(stage: _Stage, amount: float, unit: str) -> None:
    """Refuses a budget below the cheapest sample of the cheapest level."""
    cost, _ = stage.case.means(stage.case.weights[0])
    answers = [i for i, o in enumerate(stage.case.table.options) if o.strategy != "none"]
    cheapest = cost[:, answers].min()
    if amount < cheapest * (1 - 1e-9):
        level, option = np.argwhere(cost == cheapest)[0]
        raise InputError(
            f"budget must be at least {cheapest:.4g} {unit} per problem to buy anything"
            f" ({stage.case.table.options[option].name} on level"
            f" {stage.levels.names[level]!r}); got {amount:g}"
        )


def _plan(stage: _Stage, amount: float, unit: str, seed: int, mass: float) -> Plan:
    made = stage.case.allocate(amount)
    seen = honest(stage.case, amount, np.random.default_rng([seed, 5]))
    accuracy, each, optimism = promised(stage.case, made.weight, seen, mass)
    cheaper = baselines(stage.case, amount, made.value, seed, mass)
    return Plan(
        budget=amount,
        unit=unit,
        spent=made.spent,
        accuracy=accuracy,
        levels=_level_plans(stage, made, each),
        baselines=cheaper,
        frontier=frontier(stage.case, mass),
        upper_bound=made.upper_bound,
        gap=max(made.upper_bound - made.value, 0.0),
        price=made.price,
        optimism=round(optimism, 12),
        level_rule=stage.levels.rule,
        doubts=tuple(plan_doubts(stage.case.table.options, stage.levels, made, accuracy, cheaper)),
        sources=(),
        seed=seed,
    )


def _level_plans(stage: _Stage, made: Allocation, each: list[Interval]) -> tuple[LevelPlan, ...]:
    cost, _ = stage.case.means(stage.case.weights[0])
    options = stage.case.table.options
    return tuple(
        LevelPlan(
            name,
            float(stage.case.share[i]),
            tuple(Part(float(w), options[o]) for o, w in enumerate(made.weight[i]) if w > 1e-9),
            float(made.weight[i] @ cost[i]),
            each[i],
        )
        for i, name in enumerate(stage.levels.names)
    )


def _with_gold(ideal: _Stage, amount: float, made: Plan, seed: int, mass: float) -> Baseline:
    """What levels made from the truth would give; no policy can do that on a new problem."""
    reached = made.accuracy.estimate + made.optimism
    return replace(baseline(ORACLE, ideal.case, amount, reached, seed, mass), bound=True)
