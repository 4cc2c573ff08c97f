"""Allocation on the page: what the plan does on each level, and what it is worth."""

import math
from collections.abc import Sequence

from ..planner.plan import FLAT, Baseline, LevelPlan, Part, Plan
from . import frontier
from .document import Block, Column, Doubts, Prose, Section, Table
from .frontier import measure, worth
from .terms import terms
from .wording import amount, clip, percent, proportion, say, sentence, together, whom

MOST = 5
"""Baselines in the picture; the table has them all."""


def section(plan: Plan | None, reason: str = "", said: Sequence[str] = ()) -> Section:
    """Returns the section: the split by level, the frontier, the baselines, the certificate.

    Without a plan it says so, and for which `reason`. Doubts already `said` are not repeated.
    """
    if plan is None:
        quiet = sentence(reason) if reason else "There is no plan: no budget was given."
        return Section("allocation", "The plan", (Prose(quiet),))
    blocks: list[Block] = [Prose(_story(plan))]
    blocks.append(levels(plan) if plan.levels else Prose("The plan has no levels.", "note"))
    if any(level.as_good for level in plan.levels):
        blocks.append(Prose(_as_good(plan), "note"))
    if frontier.drawable(plan) and frontier.rising(plan):
        blocks.append(frontier.picture(plan))
    if plan.baselines:
        blocks.append(_baselines(plan))
    blocks.append(_certificate(plan))
    doubts = tuple(d for d in map(sentence, plan.doubts) if d not in said)
    if doubts:
        blocks.append(Doubts(doubts, "Doubts about this plan"))
    return Section("allocation", "The plan", tuple(blocks))


def _story(plan: Plan) -> str:
    mixed = any(len(level.split) > 1 for level in plan.levels)
    how = (
        " Where a level has two rows, chance decides which a problem gets, in the shares shown."
        if mixed
        else ""
    )
    chance = (
        ""
        if plan.target is None
        else f" It reaches {proportion(plan.target)} with probability {percent(plan.chance)}."
    )
    return (
        f"Budget: {amount(plan.budget, plan.unit)} expected per problem; spent:"
        f" {amount(plan.spent, plan.unit)}. Levels: {plan.level_rule.rstrip('.')}."
        f"{how}{chance}{terms(plan)}"
    )


def action(part: Part, several_groups: bool) -> str:
    """Returns what to do, in words: '8 samples, then the majority'."""
    option = part.option
    judge = clip(option.verifier or "the verifier", 40)
    times = "" if option.verdicts <= 1 else f", {option.verdicts} verdicts each"
    drawn = f"{option.solutions:,} samples" if option.solutions != 1 else "1 sample"
    rounds = f"{option.solutions - 1} time{'s' if option.solutions > 2 else ''}"
    words = {
        "none": "do not answer",
        "revision": f"1 answer, revised {rounds}",
        "one": "take 1 sample as it is",
        "majority": f"{drawn}, then the majority",
        "best-of": f"{drawn}, keep the one {judge} likes best{times}",
        "weighted": f"{drawn}, the answer with most verdicts of {judge}{times}",
        "best-of-majority": (
            f"{drawn}, the answer {judge} likes best among those with {percent(option.gate or 0)}"
            f" of them{times}"
        ),
        "accept-first": f"draw until {judge} accepts, at most {option.solutions:,}{times}",
    }.get(option.strategy, option.name)
    words += " (by fit)" if option.fitted else ""
    return f"{words} ({clip(option.group.name, 40)})" if several_groups else words


def _as_good(plan: Plan) -> str:
    """Names the simplest option of each level that loses almost nothing."""
    models, told = _models(plan), []
    for level in plan.levels:
        if level.as_good:
            simple = min((o for o, _ in level.as_good), key=lambda o: (o.solutions, o.verdicts))
            told.append(
                f"on {clip(level.level, 40)} {len(level.as_good)}, the smallest being:"
                f" {action(Part(1.0, simple), models)}"
            )
    return f"Options that lose less than {FLAT:g} at this price: {'; '.join(told)}."


def _models(plan: Plan) -> bool:
    return plan.groups > 1


def levels(plan: Plan) -> Table:
    """Returns the split as a table: a row for each option that a level's problems get."""
    columns = (
        Column("level", "left"),
        Column("of problems"),
        Column("what to do", "left"),
        Column("of the level"),
        Column(f"cost, {plan.unit}"),
        Column("accuracy (interval)"),
        *(() if plan.utility is None else (Column("utility (interval)"),)),
    )
    models = _models(plan)
    rows = tuple(row for level in plan.levels for row in _level_rows(level, models))
    note = f"Cost per problem, expected; {whom([level.accuracy for level in plan.levels])}."
    return Table("What to do, level by level", columns, rows, note)


def _level_rows(level: LevelPlan, models: bool) -> list[tuple[str, ...]]:
    useful = () if level.utility is None else (say(level.utility),)
    rest = (amount(level.cost), say(level.accuracy), *useful)
    parts = [(action(part, models), percent(part.weight)) for part in level.split]
    first, *others = parts or [("do not answer", percent(1.0))]
    named = clip(level.level)
    return [
        (named, percent(level.share), *first, *rest),
        *((f"{named}, else", "", *part, *("" for _ in rest)) for part in others),
    ]


def _baselines(plan: Plan) -> Table:
    columns = (
        Column("way to spend", "left"),
        Column(f"{measure(plan)} (interval)"),
        Column(f"budget to match the plan, {plan.unit}"),
        Column("times the plan's"),
        Column("plan better in"),
    )
    rows = [("this plan", say(worth(plan)), amount(plan.spent), "1", "")]
    for baseline in plan.baselines:
        needed, times = baseline.budget_for_same_accuracy, frontier.ratio(plan, baseline)
        budget = amount(needed) if math.isfinite(needed) else "never reaches it"
        rows.append(
            (
                clip(baseline.name),
                say(worth(baseline)),
                budget,
                _times(times, baseline),
                percent(baseline.plan_better) if math.isfinite(baseline.plan_better) else "",
            )
        )
    every = [worth(plan), *map(worth, plan.baselines)]
    note = f"At {amount(plan.spent, plan.unit)} per problem; {whom(every)}."
    return Table("Against simpler ways to spend the same budget", columns, tuple(rows), note)


def _times(times: float, baseline: Baseline) -> str:
    """How many times the plan's spend, with its interval, open where it may never get there."""
    told = f"{times:.2g}" if math.isfinite(times) else ""
    if baseline.times is None or not math.isfinite(baseline.times[0]):
        return told
    low, high = baseline.times
    ends = f"{low:.2g} to {high:.2g}" if math.isfinite(high) else f"{low:.2g} or more"
    return f"{told} ({ends})".strip()


def _certificate(plan: Plan) -> Table:
    more = 0.01 / plan.price if plan.price > 0 else math.nan
    buys = (
        f"0.01 more {measure(plan)} costs about {amount(more, plan.unit)} per problem"
        if math.isfinite(more)
        else "more budget buys nothing here, or the log cannot tell"
    )
    rows = (
        ("upper bound", proportion(plan.upper_bound), "no plan over these options can do better"),
        ("gap", proportion(plan.gap), "what a perfect planner could still add"),
        (
            "shadow price",
            f"{plan.price:.3g}" if math.isfinite(plan.price) else "cannot tell",
            f"{measure(plan)} per further unit ({plan.unit}); {buys}",
        ),
        (
            "optimism removed",
            proportion(plan.optimism),
            "what valuing the plan on the problems that chose it would have added",
        ),
    )
    columns = (Column("quantity", "left"), Column("value"), Column("meaning", "left"))
    return Table("Certificate", columns, rows)


def in_short(plan: Plan) -> str:
    """Returns the plan in a clause: what to do on one level, or where most of the budget goes."""
    models = _models(plan)
    if len(plan.levels) == 1:
        parts = [action(part, models) for part in plan.levels[0].split]
        return ", or ".join(parts) or "do not answer"
    spend = {level.level: level.share * level.cost for level in plan.levels}
    total = sum(spend.values())
    if not total > 0:
        return "do not answer"
    most = max(spend, key=lambda name: spend[name])
    free = [f"“{clip(name, 40)}”" for name, cost in spend.items() if cost == 0][:3]
    spared = f", nothing to {together(free)}" if free else ""
    return (
        f"split by level as the table below says: {percent(round(spend[most] / total, 2))} of it"
        f" goes to level “{clip(most, 40)}”{spared}"
    )
