"""plan: from a log and a budget to the split that answers most problems."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..analysis.counts import Counts, Ints, count
from ..analysis.curve import MASS, Floats, Interval
from ..analysis.worlds import problem_worlds
from ..data.errors import InputError
from ..data.traces import Trace
from .allocate import Allocation, budget_for
from .baselines import against, frontier
from .costs import Prices, prices, solution_cost
from .costs import doubts as cost_doubts
from .doubts import plan_doubts
from .limits import limits
from .plan import FLAT, LevelPlan, Option, Part, Plan
from .probed import probed
from .promise import honest, promised
from .rivals import rivals
from .stages import Stage, best, can_halve, choosing, known, observed, oracle

USUAL = 8
FEWEST_TO_PROBE = 12
"""Problems below which no probe is tried: its levels would be told from a handful."""
TARGET_ROUNDS = 3
NOBODY: list[str | None] = [None]


def plan(
    log: Trace | Counts,
    budget: float | None = None,
    unit: str | None = None,
    *,
    target: float | None = None,
    levels: str = "auto",
    mix: Mapping[str, float] | None = None,
    floor: Mapping[str, float] | None = None,
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
        levels: `given` in the log; `none` (one for all); `probe`, told by the first samples of a
            problem, which are paid for and used; `solve-rate` (needs gold answers, so it cannot be
            executed on a new problem). `auto` is what the log has, given or none, or the best
            probe where it promises EPSILON more.
        mix: the share of each given level to plan for; the log's own when None.
        floor: the accuracy that some given levels have to have in the log, whatever it costs the
            others. With a floor no probe is tried.
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
    plain, stages = _stages(logs, levels, price, mix, seed, plain_only=floor is not None)
    if floor is not None:
        plain = replace(plain, case=plain.case.with_floor(plain.levels.names, floor))
        stages = [plain]
    amount = _amount(stages, budget, target, seed)
    if budget is not None:
        _check_worth(plain, amount, unit)
    blind = levels == "solve-rate" or mix is not None or not can_halve(logs)
    gold = None if blind else oracle(logs, price, seed)
    made = _plan(logs, plain, stages, gold, (amount, target), seed, mass)
    made = replace(made, unit=unit, prices=price, mixed=mix is not None)
    found = [d for each in logs for d in cost_doubts(each, unit, price)]
    if asked is None and unit == "samples":
        found.append("the log has no tokens: the budget is counted in samples")
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


def _stages(
    logs: list[Counts],
    rule: str,
    price: Prices,
    mix: Mapping[str, float] | None,
    seed: int,
    *,
    plain_only: bool = False,
) -> tuple[Stage, list[Stage]]:
    """The stage that needs no probe, and all those that are asked for."""
    levels = known(rule, logs[0])
    if rule == "solve-rate":
        ideal = oracle(logs, price, seed)
        return ideal, [ideal]
    if rule == "probe" and (mix is not None or plain_only):
        raise InputError(
            "mix and floor are of levels given in the log; with levels 'probe' they cannot be set"
        )
    plain = observed(logs, levels, price, mix, seed)
    if rule not in ("auto", "probe") or mix is not None or plain_only:
        return plain, [plain]
    worlds = problem_worlds(logs[0].problems, seed)
    enough, table = len(logs[0]) >= FEWEST_TO_PROBE, plain.case.table
    probes = list(probed(logs, price, worlds, seed, exact=table)) if enough else []
    if rule == "probe" and not probes:
        raise InputError(
            "levels 'probe' need at least"
            f" {FEWEST_TO_PROBE} problems (here {len(logs[0])}), 4 samples of each, and answers,"
            " verdicts, scores or tokens that differ"
        )
    return plain, [plain, *probes] if rule == "auto" else probes


def _amount(
    stages: Sequence[Stage], budget: float | None, target: float | None, seed: int
) -> float:
    """The budget asked for, or the smallest one whose promise reaches the target."""
    if budget is not None:
        if not (np.isfinite(budget) and budget > 0):
            raise InputError(f"budget must be a positive number; got {budget:g}")
        return budget
    if target is None or not 0 < target < 1:
        raise InputError(f"target must lie strictly between 0 and 1; got {target}")
    wanted = target
    for _ in range(TARGET_ROUNDS):
        amounts = [budget_for(stage.case.steps(), wanted) for stage in stages]
        if not np.isfinite(amounts).any():
            top = max(stage.case.steps().values[-1] for stage in stages)
            raise InputError(
                f"target {target:g} is out of reach: the best split of this log promises"
                f" {top - (wanted - target):.3f}"
            )
        amount = float(np.nanmin(amounts))
        place, made = best(stages, amount)
        _, _, optimism = promised(
            stages[place].case, made.weight, _seen(stages, place, amount, seed)
        )
        wanted = target + max(optimism, 0.0) + (made.value < wanted) * (wanted - made.value)
    return amount


def _seen(stages: Sequence[Stage], place: int, amount: float, seed: int) -> Floats:
    """What each level is worth on problems that had no say, the choice of the stage included."""
    case = stages[place].case
    seen = honest(case, amount, np.random.default_rng([seed, 5]))
    if len(stages) == 1:
        return seen
    whole = choosing(stages, amount, np.random.default_rng([seed, 7]))
    return seen if np.isnan(whole) else seen + whole - np.nan_to_num(seen) @ case.share


def _check_worth(stage: Stage, amount: float, unit: str) -> None:
    """Refuses a budget below the cheapest sample of the cheapest level, or below the floors."""
    cost, _ = stage.case.means(stage.case.weights[0])
    answers = [i for i, o in enumerate(stage.case.table.options) if o.strategy != "none"]
    cheapest = cost[:, answers].min()
    if amount < stage.case.least() * (1 - 1e-9) and stage.case.floor is not None:
        raise InputError(
            f"budget must be at least {stage.case.least():.4g} {unit} per problem to reach the"
            f" floor; got {amount:g}"
        )
    if amount < cheapest * (1 - 1e-9):
        level, option = np.argwhere(cost == cheapest)[0]
        raise InputError(
            f"budget must be at least {cheapest:.4g} {unit} per problem to buy anything"
            f" ({stage.case.table.options[option].name} on level"
            f" {stage.levels.names[level]!r}); got {amount:g}"
        )


def _plan(
    logs: list[Counts],
    plain: Stage,
    stages: Sequence[Stage],
    gold: Stage | None,
    asked: tuple[float, float | None],
    seed: int,
    mass: float,
) -> Plan:
    amount, target = asked
    place, made = best(stages, amount)
    stage = stages[place]
    seen = _seen(stages, place, amount, seed)
    accuracy, each, optimism = promised(stage.case, made.weight, seen, mass)
    plan_ = against(stage.case, made, seen)
    cheaper = rivals(plain, stages, place, gold, plan_, (amount, seed, mass))
    reached = plan_.honest[1:] >= (target or 0.0) - 1e-12
    return Plan(
        budget=amount,
        unit="",
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
        probe=stage.probe,
        spread=stage.case.spreads(made.weight)[1],
        target=target,
        chance=float("nan") if target is None else float(reached.mean()),
        limits=limits(stage.case, made.weight, logs, plan_.honest, accuracy, seed),
    )


def _level_plans(stage: Stage, made: Allocation, each: list[Interval]) -> tuple[LevelPlan, ...]:
    cost, value = stage.case.means(stage.case.weights[0])
    options, spread = stage.case.table.options, stage.case.spreads(made.weight)[0]
    members = np.bincount(stage.case.level, minlength=len(stage.levels.names))
    return tuple(
        LevelPlan(
            name,
            float(stage.case.share[i]),
            tuple(Part(float(w), options[o]) for o, w in enumerate(made.weight[i]) if w > 1e-9),
            float(made.weight[i] @ cost[i]),
            each[i],
            int(members[i]),
            float(spread[i]),
            _as_good(options, value[i] - made.price * cost[i], made.weight[i]),
        )
        for i, name in enumerate(stage.levels.names)
    )


def _as_good(
    options: Sequence[Option], net: Floats, weight: Floats
) -> tuple[tuple[Option, float], ...]:
    """The options of a level that lose little at the plan's price, the best first."""
    loses = net.max() - net
    near = [o for o in np.argsort(loses, kind="stable") if loses[o] < FLAT and weight[o] <= 1e-9]
    return tuple((options[o], float(loses[o])) for o in near)
