"""Policies, in the terminal and on the page: stopping rules compared under one budget."""

import numpy as np
from matplotlib.figure import Figure

from ..data.errors import InputError
from ..planner.policies import Compared, Comparison
from . import terminal
from .document import Block, Column, Picture, Prose, Section, Table, inert
from .figures import BLUE, GREY, WIDTH, look, svg
from .marks import at
from .marks import told as said
from .wording import amount, clip, percent, proportion, say, sentence, whom

TABLES = ("index", "lead", "first", "step")
"""Settings that are tables or their scales, not for reading."""


def show(made: Comparison) -> None:
    """Prints the table, the best policy first, and what was left out."""
    console = terminal._console()
    console.print(
        f"{amount(made.budget, made.unit)} per problem, expected; settings chosen on four fifths of"
        " the problems, valued on the rest, for new problems"
    )
    columns = ["policy", "settings", "accuracy", made.unit, "no answer", "beats fixed"]
    ranked = sorted(made.policies, key=lambda p: -p.accuracy.estimate)
    terminal._print(console, columns, [_row(each, made.policies[0]) for each in ranked])
    for name, reason in made.left_out:
        console.print(inert(f"left out: {name} ({reason})"))


def _row(made: Compared, first: Compared) -> list[str]:
    beats = "" if made is first else f"{made.better:.0%} of worlds"
    cost = amount(made.cost.estimate)
    return [made.policy.kind, settings(made), say(made.accuracy), cost,
            percent(made.abstained), beats]  # fmt: skip


def settings(made: Compared) -> str:
    """Returns the settings in a line, without tables."""
    told = {n: x for n, x in made.policy.settings.items() if n not in TABLES}
    return ", ".join([f"{n} {x:.4g}" for n, x in told.items()] + [f"by {made.policy.answer}"])


def section(made: Comparison | None, why_not: str = "", whose: str = "") -> Section | None:
    """Returns the section; where nothing could be replayed, a sentence on `why_not` if it is known.

    None where nobody asked.
    """
    title = "Stopping rules under the same budget"
    if made is None or not made.policies:
        quiet = sentence(f"no stopping rule could be replayed: {why_not}")
        return Section("policies", title, (Prose(quiet),)) if why_not else None
    blocks: list[Block] = [Prose(_story(made, whose))]
    if len({round(each.accuracy.estimate, 4) for each in made.policies}) > 1:
        blocks.append(picture(made))
    return Section("policies", title, (*blocks, _table(made)))


def _ranked(made: Comparison) -> list[Compared]:
    return sorted(made.policies, key=lambda each: -each.accuracy.estimate)


def _story(made: Comparison, whose: str) -> str:
    best, first = made.best, made.policies[0]
    by = f", verdicts by {clip(made.verifier, 50)}" if made.verifier else ""
    of = f" by {clip(whose, 50)}" if whose else ""
    what = (
        "A stopping rule looks at what was drawn so far and decides whether to go on. Each was"
        f" replayed on random orders of this log's samples{of}{by}, all problems alike, at"
        f" {amount(made.budget, made.unit)} per problem."
    )
    if best is first:
        return f"{what} None does better than a fixed number of samples: {say(first.accuracy)}."
    sure = (
        "surely"
        if best.better >= (1 + best.accuracy.mass) / 2
        else f"in {percent(round(best.better, 2))} of worlds"
    )
    return (
        f"{what} Best is {_kind(best)}, {say(best.accuracy)}; a fixed number of samples gives"
        f" {proportion(first.accuracy.estimate)}, which it beats {sure}. The plan above may treat"
        " levels differently, which these rules do not."
    )


def _kind(each: Compared) -> str:
    return each.policy.kind.replace("-", " ")


def picture(made: Comparison) -> Picture:
    """Returns the policies side by side as a picture, with its words."""
    told = "; ".join(f"{_kind(each)} {say(each.accuracy)}" for each in _ranked(made))
    kind, sketch = made.policies[0].accuracy, figure(made)
    rows = [(each.accuracy, y, _kind(each)) for y, each in enumerate(_ranked(made))]
    return Picture(
        "policies",
        f"Accuracy of each rule at {amount(made.budget, made.unit)} per problem. Bars:"
        f" {whom([kind])}. At the right, what it spends.",
        f"Dots with bars, the best first: {told}.",
        svg(sketch),
        at(sketch.axes[0], ((v.estimate, y, f"{name}: {said(v)}") for v, y, name in rows)),
    )


def figure(made: Comparison | None) -> Figure:
    """Draws the accuracy of each policy with its interval.

    Raises:
        InputError: no policy was replayed.
    """
    if made is None or not made.policies:
        raise InputError(
            "the picture 'policies' needs a log that stopping rules can be replayed on"
        )
    rows = _ranked(made)
    height = 0.75 + 0.3 * len(rows)
    with look():
        drawn = Figure(figsize=(WIDTH, height))
        axes = drawn.add_axes((0.3, 0.5 / height, 0.48, 1 - 0.75 / height))
        for y, each in enumerate(rows):
            own = each is made.policies[0]
            color, value = GREY if own else BLUE, each.accuracy
            axes.plot([value.low, value.high], [y, y], color=color, lw=2)
            axes.plot(value.estimate, y, "s" if own else "o", color=color, ms=6)
            axes.annotate(
                f"{amount(each.cost.estimate)} {made.unit}", (1.03, y),
                xycoords=("axes fraction", "data"), fontsize=8.5, va="center",
                annotation_clip=False,
            )  # fmt: skip
        axes.set_yticks(range(len(rows)), [_kind(each) for each in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        lows, highs = ([getattr(r.accuracy, end) for r in rows] for end in ("low", "high"))
        room = 0.06 * max(float(np.max(highs) - np.min(lows)), 0.02)
        axes.set_xlim(max(float(np.min(lows)) - room, 0), min(float(np.max(highs)) + room, 1.01))
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("accuracy")
    return drawn


def _table(made: Comparison) -> Table:
    columns = (
        Column("rule", "left"),
        Column("settings", "left"),
        Column("accuracy (interval)"),
        Column(f"spends, {made.unit}"),
        Column("no answer"),
        Column("beats fixed in"),
    )
    rows = tuple(
        (
            _kind(each),
            clip(settings(each), 60),
            say(each.accuracy),
            amount(each.cost.estimate),
            percent(each.abstained),
            "" if each is made.policies[0] else percent(round(each.better, 2)),
        )
        for each in _ranked(made)
    )
    left = "; ".join(f"{name} ({reason})" for name, reason in made.left_out)
    note = (
        f"{whom([each.accuracy for each in made.policies]).capitalize()}. Settings were chosen on"
        " four fifths of the problems and valued on the rest."
        + (f" Not replayed: {clip(left, 400)}." if left else "")
    )
    return Table("Rules compared", columns, rows, note)
