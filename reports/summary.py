"""The first screen: what to do, how sure we are, and what stands in the way."""

import math

import numpy as np
from matplotlib.figure import Figure

from ..analysis.curve import Curve, Interval
from ..fitting.fit import Fit, GroupFit
from ..planner.plan import Plan
from . import allocation, frontier
from .coverage import drawable, end
from .document import Block, Column, Picture, Prose, Section, Table
from .doubts import gathered
from .figures import BLUE, GREY, WIDTH, label, look, svg
from .marks import at, told
from .verification import by_verifier
from .wording import (
    amount,
    clip,
    people,
    percent,
    proportion,
    say,
    say_whom,
    sentence,
    several,
    whom,
)

Row = tuple[str, Interval]
MOST = 12
"""Rows in the picture."""
LEAST = 0.005
"""An accuracy below this is as good as none, and a tenth of it no difference."""


def section(fit: Fit, plan: Plan | None) -> Section:
    """Returns the section: three sentences, one picture, one small table."""
    title = "What to do" if plan else "What the log says"
    rows = _rows(fit, plan)
    blocks: list[Block] = [Prose(_story(fit, plan), "lead")]
    if len(rows) > 1:
        blocks.append(picture(fit, plan))
    if plan is not None and plan.levels:
        blocks.append(_short_table(plan))
    elif rows and len(fit.groups) == 1:
        blocks.append(_figures_table(rows))
    return Section("summary", title, tuple(blocks))


def _story(fit: Fit, plan: Plan | None) -> str:
    if not fit.groups:
        return "The log holds no samples, so there is nothing to say and nothing to plan."
    first = [_do(plan), _sure(plan)] if plan else [_plainly(fit)]
    return " ".join([*first, _limits(fit, plan)])


def _do(plan: Plan) -> str:
    return f"With {amount(plan.budget, plan.unit)} per problem, {allocation.in_short(plan)}."


def _sure(plan: Plan) -> str:
    value, best = frontier.worth(plan), frontier.rival(plan)
    if not math.isfinite(value.estimate):
        return "What accuracy this gives, the log cannot tell."
    promise = _promise(plan)
    if best is None:
        return f"{promise}; there is no baseline to compare it with."
    other = frontier.worth(best)
    gain = value.estimate - other.estimate
    if max(value.high, other.estimate) < LEAST:
        return "Almost nothing in this log was answered rightly, so no way to spend buys anything."
    times = frontier.ratio(plan, best)
    name = f"“{clip(best.name, 50)}”"
    # The planner's own rule for a difference that the log does not show.
    alike = other.high >= value.estimate and other.estimate >= value.low
    close = ", not clearly less," if alike else ""
    if gain < LEAST / 10:
        return f"{promise}; the simple {name} does as well ({proportion(other.estimate)})."
    reach = (
        f"would need {times:.2g} times the budget to match"
        if math.isfinite(times)
        else ("never gets there within the log's options")
    )
    return (
        f"{promise}; the best simple way to spend the same, {name}, gives"
        f" {proportion(other.estimate)}{close} and {reach}."
    )


def _promise(plan: Plan) -> str:
    if plan.utility is None:
        return f"This should give an accuracy of {say_whom(plan.accuracy)}"
    return (
        f"This should give a utility of {say_whom(plan.utility)}, where a wrong answer loses"
        f" {plan.penalty:g}, and an accuracy of {proportion(plan.accuracy.estimate)}"
    )


def _plainly(fit: Fit) -> str:
    known = [group for group in fit.groups if drawable(group.coverage)]
    if not known:
        return "No sample in this log has a known correctness, so it cannot tell any accuracy."
    best = max(known, key=lambda group: float(np.nanmax(group.coverage.estimate)))
    rows = [row for row in best.coverage.intervals() if math.isfinite(row.estimate)]
    who = f"for {clip(best.group.name, 60)}, the group that covers most, " if len(known) > 1 else ""
    if len(rows) == 1:
        return sentence(f"{who}one sample is right {say_whom(rows[0])} of the time")
    return sentence(
        f"{who}one sample is right {say(rows[0])} of the time, and some sample among"
        f" {end(best.coverage):,} is right on {say(rows[-1])} of the problems"
        f" ({whom([rows[0], rows[-1]])})."
    )


def _limits(fit: Fit, plan: Plan | None) -> str:
    """Says what stands in the way: the nearest ceiling, and how many doubts there are."""
    doubts = len({*gathered(fit), *(map(sentence, plan.doubts) if plan else ())})
    trust = (
        f"{several(doubts, 'doubt')} below say how far to trust this."
        if doubts
        else ("No check raised a doubt.")
    )
    if doubts == 1:
        trust = "One doubt below says how far to trust this."
    ceilings = [(g, c) for g in fit.groups for c in by_verifier(g)]
    ceilings = [pair for pair in ceilings if math.isfinite(pair[1].value.estimate)]
    if not ceilings:
        return trust
    group, top = max(ceilings, key=lambda pair: pair[1].value.estimate)
    who = clip(top.verifier, 50)
    where = "" if len(fit.groups) == 1 else f" on {clip(group.group.name, 40)}, the best here,"
    return (
        f"Resampling until {who} accepts levels off{where} at {say(top.value)}, however much is"
        f" spent; {trust[0].lower()}{trust[1:]}"
    )


def _rows(fit: Fit, plan: Plan | None) -> list[Row]:
    """Returns what the picture sets side by side: ways to spend, ways to choose, or groups."""
    if plan is not None:
        rows = [("this plan", frontier.worth(plan))]
        rows += [(b.name, frontier.worth(b)) for b in plan.baselines]
    elif len(fit.groups) == 1:
        rows = _ways(fit.groups[0])
    else:
        rows = [(g.group.name, _at(g.coverage, -1)) for g in fit.groups if drawable(g.coverage)]
    return [(name, value) for name, value in rows if math.isfinite(value.estimate)][:MOST]


def _ways(group: GroupFit) -> list[Row]:
    n = end(group.coverage)
    rows: list[Row] = []
    if drawable(group.coverage):
        rows.append(("one sample", _at(group.coverage, 0)))
    if group.majority is not None and drawable(group.majority):
        rows.append((f"majority of {end(group.majority):,}", _at(group.majority, -1)))
    for name, curve in group.best_of.items():
        if drawable(curve):
            rows.append((f"best of {end(curve):,}, by {name}", _at(curve, -1)))
    rows += [(f"ceiling of {c.verifier}", c.value) for c in by_verifier(group)]
    if n > 1:
        rows.append((f"coverage at {n:,}", _at(group.coverage, -1)))
    if drawable(group.forecast):
        rows.append((f"coverage at {end(group.forecast):,}, forecast", _at(group.forecast, -1)))
    return rows


def _at(curve: Curve, place: int) -> Interval:
    return [row for row in curve.intervals() if math.isfinite(row.estimate)][place]


def picture(fit: Fit, plan: Plan | None) -> Picture:
    """Returns the side-by-side as a picture, with its words."""
    rows = _rows(fit, plan)
    if plan is not None:
        what = (
            f"{frontier.measure(plan).capitalize()} at {amount(plan.spent, plan.unit)} per problem"
        )
    elif len(fit.groups) == 1:
        what = "What each way of using the samples gives"
    else:
        what = "Coverage of each group at the end of its log"
    said = "; ".join(f"{clip(name, 50)} {say(value)}" for name, value in rows)
    drawn = figure(fit, plan)
    return Picture(
        "summary",
        f"{what}. Bars: {whom([value for _, value in rows])}.",
        f"Dot plot. {said}.",
        svg(drawn),
        at(
            drawn.axes[0],
            ((v.estimate, i, f"{clip(name, 60)}: {told(v)}") for i, (name, v) in enumerate(rows)),
        ),
    )


def figure(fit: Fit, plan: Plan | None) -> Figure:
    """Draws dots with their intervals, one row each, the value written beside."""
    rows = _rows(fit, plan)
    with look():
        drawn = Figure(figsize=(WIDTH, 0.62 + 0.36 * max(len(rows), 1)))
        height = drawn.get_figheight()
        axes = drawn.add_axes((0.3, 0.5 / height, 0.4, 1 - 0.58 / height))
        for i, (_, value) in enumerate(rows):
            strong = i == 0 and plan is not None
            color = BLUE if strong or plan is None else GREY
            axes.plot([value.low, value.high], [i, i], color=color, lw=2.6 if strong else 1.8)
            axes.plot(value.estimate, i, "o" if strong else "s", color=color, ms=7 if strong else 5)
            axes.annotate(
                say(value), (1.03, i), xycoords=axes.get_yaxis_transform(), va="center",
                fontsize=9, annotation_clip=False,
            )  # fmt: skip
        axes.set_yticks(range(len(rows)), [label(name, 22, 2) for name, _ in rows])
        low, high = axes.get_xlim()
        axes.set_xlim(max(low, -0.01), max(high, low + 0.05))
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlabel("share of problems" if plan is None else frontier.measure(plan))
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
        axes.tick_params(left=False)
    return drawn


def _short_table(plan: Plan) -> Table:
    columns = (Column("level", "left"), Column("do this", "left"), Column("accuracy"))
    rows = tuple(
        (
            clip(level.level, 50),
            "; else ".join(
                allocation.action(part, several_groups=plan.groups > 1)
                + (f" ({percent(part.weight)} of them)" if len(level.split) > 1 else "")
                for part in level.split
            )
            or "do not answer",
            say(level.accuracy),
        )
        for level in plan.levels
    )
    return Table("The plan in short", columns, rows)


def _figures_table(rows: list[Row]) -> Table:
    columns = (Column("", "left"), Column("share right"), Column("interval", "left"))
    cells = tuple(
        (clip(name), say(value), f"{percent(value.mass)}, {people(value.population)}")
        for name, value in rows
    )
    return Table("In figures", columns, cells)
