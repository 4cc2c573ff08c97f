"""What the promise hangs on, and what more logging would do to it and to the plan."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..data.errors import InputError
from ..planner.limits import sentence as limited
from ..planner.next_sample import Candidate, Next
from ..planner.plan import Limits, Plan
from .document import Block, Column, Picture, Prose, Section, Table
from .figures import BLUE, GREEN, ORANGE, SKY, WIDTH, ink, look, svg
from .wording import amount, clip, percent, sentence

MOST = 8
"""Candidates in the table, the most worth while first."""
LEAST = 1e-5
"""An expected gain below this is none: it lies within the noise of its own calculation."""


def section(plan: Plan, made: Next | None, why_not: str = "") -> Section | None:
    """Returns the section; None where the plan does not say what it hangs on."""
    if plan.limits is None:
        return None
    blocks: list[Block] = [Prose(limited(plan.limits))]
    if math.isfinite(plan.limits.samples):
        blocks.append(picture(plan.limits))
    if made is None:
        if why_not:
            blocks.append(Prose(sentence(f"what to log next cannot be told: {why_not}"), "note"))
        return Section("limits", "What this hangs on, and what to log next", tuple(blocks))
    blocks += [Prose(_advice(made)), _table(made)]
    return Section("limits", "What this hangs on, and what to log next", tuple(blocks))


def _parts(found: Limits) -> list[tuple[str, float, str]]:
    """Where the variance comes from, in parts that add up to 1."""
    told = [
        ("which problems were drawn", 1 - found.samples, BLUE),
        ("samples of each", found.samples - max(found.verdicts, found.labels), ORANGE),
    ]
    if found.labels > found.verdicts:
        told.append(("labels of accepted samples", found.labels, GREEN))
    else:
        told.append(("verdicts on each", found.verdicts, GREEN))
    return [(name, max(part, 0.0), color) for name, part, color in told if part > 0.004]


def picture(found: Limits) -> Picture:
    """Returns where the variance comes from and what halves it, with its words."""
    parts = ", ".join(f"{name} {percent(round(part, 2))}" for name, part, _ in _parts(found))
    return Picture(
        "limits",
        "Above: where the promise's variance comes from. Below: half the width of its interval,"
        " now and after as much logging again.",
        f"Bars. Variance: {parts}. Half-width ±{found.half_width:.3f} now,"
        f" ±{found.again_as_problems:.3f} with as many new problems,"
        f" ±{found.again_as_samples:.3f} with as many more samples of these.",
        svg(figure(found)),
    )


def figure(found: Limits | None) -> Figure:
    """Draws the shares of the variance, and the half-widths of the promise.

    Raises:
        InputError: there is nothing to draw.
    """
    if found is None or not math.isfinite(found.samples):
        raise InputError("the picture 'limits' needs a promise with an interval; got none")
    with look():
        lines = 0.2 * len(_parts(found))
        height = 1.95 + lines
        drawn = Figure(figsize=(WIDTH, height))
        above = drawn.add_axes((0.3, (1.5 + lines) / height, 0.58, 0.33 / height))
        _variance(above, found)
        below = drawn.add_axes((0.3, 0.08 / height, 0.58, 1.25 / height))
        _widths(below, found)
        for axes in (above, below):
            axes.set_xlim(0, 1)
            axes.set_xticks([])
            axes.tick_params(length=0)
            axes.grid(visible=False)
            axes.spines[:].set_visible(False)
    return drawn


def _variance(axes: Axes, found: Limits) -> None:
    start, parts = 0.0, _parts(found)
    for i, (name, part, color) in enumerate(parts):
        axes.barh(0, part, left=start, height=0.9, color=color)
        # Names stand below in their order: parts may be too thin to hold them.
        axes.annotate(
            f"{name}: {percent(round(part, 2))}", (0, 0), (2, -3 - 13 * i),
            xycoords="axes fraction", textcoords="offset points", fontsize=8.5, va="top",
            color=ink(color), annotation_clip=False,
        )  # fmt: skip
        start += part
    axes.set_yticks([0], ["variance of\nthe promise"])


def _widths(axes: Axes, found: Limits) -> None:
    rows = (
        ("interval now", found.half_width, BLUE),
        ("with as many\nnew problems", found.again_as_problems, SKY),
        ("with as many\nmore samples", found.again_as_samples, SKY),
    )
    most = max(width for _, width, _ in rows)
    for y, (_, width, color) in enumerate(rows):
        axes.barh(y, width / most, height=0.62, color=color)
        axes.annotate(
            f"±{width:.3f}", (width / most, y), (4, 0), textcoords="offset points", va="center",
            fontsize=9, annotation_clip=False,
        )  # fmt: skip
    axes.set_yticks(range(len(rows)), [name for name, _, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)


def _advice(made: Next) -> str:
    """Names the best candidate, or says that none is expected to change the plan."""
    best = max(made.candidates, key=lambda c: c.gain, default=None)
    spend = f"Logging {amount(made.spend, made.unit)} more"
    if best is None or not best.gain > LEAST:
        return (
            f"{spend} in any one way is not expected to change the plan: it would only narrow the"
            " interval."
        )
    first = next(c for c in made.candidates if c.gain > LEAST)
    return (
        f"{spend} betters the plan most, for what it costs, by {_how(first)} on level"
        f" {clip(first.level, 40)}: by {first.gain:.2g} of accuracy in expectation, because the"
        " plan may then choose otherwise. Logging that changes no choice gains nothing here,"
        " however much it narrows the interval."
    )


def _how(each: Candidate) -> str:
    many = f"{each.amount:,.0f}" if each.amount >= 2 else f"{each.amount:.2g}"
    unit = {
        "new problems": f"{many} new problems",
        "more samples": f"{many} more samples of each problem",
        "more verdicts": f"{many} more verdicts on each sample",
    }[each.what]
    who = each.verifier or ("" if each.group is None else each.group.name)
    return f"{unit} ({clip(who, 50)})" if who else unit


def _table(made: Next) -> Table:
    columns = (
        Column("log", "left"),
        Column("on level", "left"),
        Column(f"cost, {made.unit}"),
        Column("expected gain in accuracy"),
    )
    rows = tuple(
        (
            _how(each),
            clip(each.level),
            amount(each.cost),
            f"{each.gain:.2g}" if each.gain > LEAST else "none",
        )
        for each in made.candidates[:MOST]
    )
    noisy = ", ".join(clip(name, 30) for name, _, _ in made.problems[:5])
    note = (
        f"For a plan of {amount(made.budget, made.unit)} per problem; the most worth while first."
        + (f" Problems whose values hang most on their samples: {noisy}." if noisy else "")
    )
    return Table("What to log next", columns, rows, note)
