"""decide: from the ground of a log and what is asked to a Plan."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..analysis.curve import Floats, Interval
from ..analysis.profile import profile
from ..data.errors import InputError
from .allocate import Allocation, budget_for
from .asked import Asked
from .bars import bar
from .baselines import Against, against, frontier
from .case import Case
from .costs import Prices, ledger, prices
from .costs import doubts as cost_doubts
from .doubts import plan_doubts
from .ground import Ground, stage_of
from .limits import limits
from .plan import FLAT, LevelPlan, Option, Part, Plan
from .promise import honest, promised
from .rivals import rivals
from .simple import kind, simplest_each
from .stages import Stage, Told, best, choosing
from .used import charge

TARGET_ROUNDS = 3


Hold = Callable[[Stage, Told], Stage]

UNCOUNTED = "the log has no tokens: the budget is counted in samples"


def decide(base: Ground, asked: Asked, hold: Hold | None = None) -> Plan:
    """Returns the plan; see `plan` for what may be asked, and for the errors.

    `hold` puts caps in other units on a way to know levels, where some were asked for.
    """
    logs = list(base.logs)
    unit, price = prices(asked.unit, logs, asked.price_file)
    settle = _settler(base, asked, price, hold)
    plain = settle(base.plain)
    stages = [plain if told is base.plain else settle(told) for told in base.told]
    if asked.floor is not None:
        plain = replace(plain, case=plain.case.with_floor(plain.levels.names, asked.floor))
        stages = [plain]
    kept = [i for i, stage in enumerate(stages) if stage.case.possible]
    if not kept:
        raise InputError(
            "the caps leave nothing to pay the smallest probe with; try --levels given or none"
        )
    stages, told = [stages[i] for i in kept], [base.told[i] for i in kept]
    amount = _amount(stages, asked, base.seed)
    if asked.budget is not None:
        _check_worth(plain, amount, unit)
    # What knows the levels plans for the log's own mix.
    gold = None if base.gold is None or asked.mix is not None else settle(base.gold)
    place, made = best(stages, amount)
    found = _planned(base, plain, stages, gold, (place, made), amount, asked)
    vector = _vector(base, told[place], stages[place].case, made.weight, asked)
    levels = tuple(
        replace(level, costs={name: float(each[1 + i]) for name, each in vector.items()})
        for i, level in enumerate(found.levels)
    )
    said = [d for each in logs for d in cost_doubts(each, unit, price)]
    said += [UNCOUNTED] if asked.unit is None and unit == "samples" else []
    return replace(
        found,
        unit=unit,
        prices=price,
        levels=levels,
        costs={name: float(each[0]) for name, each in vector.items()},
        doubts=tuple(dict.fromkeys([*base.doubts, *said, *found.doubts])),
        sources=logs[0].sources,
        made_on=profile(logs[0]),
        groups=len({each.group for each in logs}),
    )


Settle = Callable[[Told], Stage]


def _settler(base: Ground, asked: Asked, price: Prices, hold: Hold | None) -> Settle:
    """How a way to know levels is priced, mixed, penalised and capped."""

    def settle(told: Told) -> Stage:
        stage = stage_of(base, told, price, asked.mix if told.probe is None else None)
        stage = replace(stage, case=replace(stage.case, penalty=asked.penalty))
        stage = bar(stage, told, base.logs, price, asked.hard, asked.most)
        return stage if hold is None else hold(stage, told)

    return settle


def _amount(stages: Sequence[Stage], asked: Asked, seed: int) -> float:
    """The budget asked for, or the smallest one whose promise reaches the target."""
    if asked.budget is not None:
        return asked.budget
    target = asked.target or 0.0
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
        seen = _seen(stages, place, amount, seed)
        _, _, optimism = promised(stages[place].case, made.weight, seen)
        wanted = target + max(optimism, 0.0) + (made.value < wanted) * (wanted - made.value)
    return amount


def _seen(stages: Sequence[Stage], place: int, amount: float, seed: int) -> Floats:
    """What each level is worth on problems that had no say, the choice of the stage included."""
    case = stages[place].case
    seen = honest(case, amount, np.random.default_rng([seed, 5]), choose=simplest_each)
    if len(stages) == 1:
        return seen
    whole = choosing(stages, amount, np.random.default_rng([seed, 7]))
    return seen if np.isnan(whole) else seen + whole - np.nan_to_num(seen) @ case.share


def _check_worth(stage: Stage, amount: float, unit: str) -> None:
    """Refuses a budget below the cheapest sample of the cheapest level, or below the floors."""
    cost, _ = stage.case.means(stage.case.weights[0])
    answers = [i for i, o in enumerate(stage.case.table.options) if o.strategy != "none"]
    cheapest = cost[:, answers].min()
    if stage.case.floor is not None and amount < stage.case.least() * (1 - 1e-9):
        raise InputError(
            f"budget must be at least {stage.case.least():.4g} {unit} per problem to reach the"
            f" floor; got {amount:g}"
        )
    if not np.isfinite(cheapest):
        raise InputError("the hard cap leaves no option at all: a single sample may cost more")
    if amount < cheapest * (1 - 1e-9):
        level, option = np.argwhere(cost == cheapest)[0]
        raise InputError(
            f"budget must be at least {cheapest:.4g} {unit} per problem to buy anything"
            f" ({stage.case.table.options[option].name} on level"
            f" {stage.levels.names[level]!r}); got {amount:g}"
        )


def _planned(
    base: Ground,
    plain: Stage,
    stages: Sequence[Stage],
    gold: Stage | None,
    chosen: tuple[int, Allocation],
    amount: float,
    asked: Asked,
) -> Plan:
    (place, made), seed, mass = chosen, base.seed, asked.mass
    stage = stages[place]
    seen = _seen(stages, place, amount, seed)
    accuracy, each, optimism = promised(stage.case, made.weight, seen, mass)
    plan_ = against(stage.case, made, seen)
    cheaper = rivals(plain, stages, place, gold, plan_, (amount, seed, mass))
    utility, right = None, each
    if asked.penalty:
        utility, (accuracy, right) = accuracy, _right(stage.case, amount, made, seed, mass)
    options = stage.case.table.options
    found = Plan(
        budget=amount,
        unit="",
        spent=made.spent,
        accuracy=accuracy,
        levels=_level_plans(stage, made, right, each if asked.penalty else None),
        baselines=cheaper,
        frontier=frontier(stage.case, mass),
        upper_bound=made.upper_bound,
        gap=max(made.upper_bound - made.value, 0.0),
        price=made.price,
        optimism=round(optimism, 12),
        level_rule=stage.levels.rule,
        doubts=tuple(plan_doubts(options, stage.levels, made, utility or accuracy, cheaper)),
        sources=(),
        seed=seed,
        probe=stage.probe,
        limits=limits(base, stage.case, made.weight, plan_.honest, utility or accuracy),
        utility=utility,
    )
    return replace(found, **_terms(stage.case, made, plan_, asked))


def _terms(case: Case, made: Allocation, plan_: Against, asked: Asked) -> Any:
    """What was asked, as far as the plan repeats it, whether it is reached, and what it is like."""
    reached = plan_.honest[1:] >= (asked.target or 0.0) - 1e-12
    return {
        "target": asked.target,
        "chance": float("nan") if asked.target is None else float(reached.mean()),
        "mixed": asked.mix is not None,
        "penalty": asked.penalty,
        "caps": dict(asked.caps),
        "binding": () if case.caps is None else case.caps.binding(case, made.weight),
        "hard": asked.hard,
        "spread": case.spreads(made.weight)[1],
        "simple": kind(case, made.weight),
    }


def _right(
    case: Case, amount: float, made: Allocation, seed: int, mass: float
) -> tuple[Interval, list[Interval]]:
    """The accuracy that goes with a utility, of all and of each level, its optimism removed."""
    rng = np.random.default_rng([seed, 5])
    seen = honest(case, amount, rng, right=True, choose=simplest_each)
    total, each, _ = promised(case, made.weight, seen, mass, right=True)
    return total, each


def _level_plans(
    stage: Stage, made: Allocation, right: list[Interval], useful: list[Interval] | None
) -> tuple[LevelPlan, ...]:
    cost, value = stage.case.means(stage.case.weights[0])
    usable = np.isfinite(cost)
    net = np.where(usable, value - made.price * np.where(usable, cost, 0.0), -np.inf)
    options, spread = stage.case.table.options, stage.case.spreads(made.weight)[0]
    members = np.bincount(stage.case.level, minlength=len(stage.levels.names))
    return tuple(
        LevelPlan(
            name,
            float(stage.case.share[i]),
            tuple(Part(float(w), options[o]) for o, w in enumerate(made.weight[i]) if w > 1e-9),
            float(made.weight[i] @ np.where(usable[i], cost[i], 0.0)),
            right[i],
            int(members[i]),
            float(spread[i]),
            _as_good(options, net[i], made.weight[i]),
            None if useful is None else useful[i],
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


def _vector(
    base: Ground, told: Told, case: Case, mixture: Floats, asked: Asked
) -> dict[str, Floats]:
    """What the plan costs in every unit that the log or the price list knows: all, then levels.

    NaN where something that is used has no price there.
    """
    chosen = np.flatnonzero((mixture > 1e-9).any(axis=0))
    assert told.table.used is not None
    used = told.table.used.restrict(chosen.tolist())
    weight, part = case.weights[0], mixture[case.level][:, chosen]
    member = case.member() * weight
    held = np.maximum(member.sum(axis=1), 1e-300)
    found = {}
    for name, price in ledger(asked.price_file).items():
        each = charge(used, base.logs, price, told.problem, strict=True)
        rows = np.where(part > 0, part * each, 0.0).sum(axis=1)
        rows = np.where(weight > 0, rows, 0.0)
        found[name] = np.concatenate([[weight @ rows], member @ rows / held])
    return found
