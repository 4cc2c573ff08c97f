"""Verification on the page: how far resampling until a verifier accepts can go, and no further."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.curve import Curve
from ..data.errors import InputError
from ..fitting.fit import Ceiling, GroupFit
from .coverage import drawable, end
from .document import Block, Column, Picture, Prose, Section, Table
from .figures import (
    BLUE,
    GREY,
    VERMILION,
    accuracy_axis,
    band,
    canvas,
    last,
    log_axis,
    look,
    name_lines,
    svg,
)
from .marks import along
from .wording import clip, ends, people, percent, proportion, say, say_whom, several, whom

MOST = 3
"""Verifiers that get a picture; the tables have them all."""


def section(group: GroupFit) -> Section:
    """Returns the section: a picture a verifier, the ceilings, and the rates behind them."""
    if not group.ceilings:
        quiet = (
            "The log has no verdicts, so it cannot tell how far a verifier would carry."
            " With verdicts, this section shows the ceiling that false acceptances put on"
            " resampling."
        )
        return Section("verification", "Verification", (Prose(quiet),))
    shown = [c for c in by_verifier(group) if drawable(c.accuracy_at)][:MOST]
    blocks: list[Block] = [Prose(_story(group))]
    blocks += [picture(group, ceiling) for ceiling in shown]
    blocks += [_caps(group), _ceilings(group), _assumptions(group), _rates(group)]
    return Section("verification", "Verification", tuple(blocks))


def by_verifier(group: GroupFit) -> list[Ceiling]:
    """Returns one ceiling a verifier, the macro one where there is a choice."""
    order = sorted(group.ceilings, key=lambda ceiling: ceiling.estimand != "macro")
    first: dict[str, Ceiling] = {}
    for ceiling in order:
        first.setdefault(ceiling.verifier, ceiling)
    return list(first.values())


def _story(group: GroupFit) -> str:
    best = max(by_verifier(group), key=lambda c: np.nan_to_num(c.value.estimate, nan=-1.0))
    if not math.isfinite(best.value.estimate):
        return "No verifier accepted anything here, so the log cannot tell any ceiling."
    gap = last(group.coverage) - best.value.estimate
    over = f" Coverage lies {proportion(gap)} above it: out of reach." if gap > 0 else ""
    name, finite = clip(best.verifier, 60), ""
    if drawable(best.accuracy_at):
        finite = (
            f"The first of at most {end(best.accuracy_at):,} answers that {name} accepts is right"
            f" {proportion(last(best.accuracy_at))} of the time. "
        )
    return (
        f"{finite}Drawing until {name} accepts ends at {say_whom(best.value)}, however long one"
        f" draws: what it accepts is sometimes wrong.{over}"
    )


def picture(group: GroupFit, ceiling: Ceiling) -> Picture:
    """Returns accept-first under its ceiling as a picture, with its words."""
    name = clip(ceiling.verifier, 60)
    cap = end(ceiling.accuracy_at)
    drawn = figure(group, ceiling)
    rank = [c.verifier for c in by_verifier(group)].index(ceiling.verifier) + 1
    return Picture(
        f"verification-{rank}",
        f"Accuracy of the first answer that {name} accepts among at most K, and the ceiling it"
        " tends to. Abstaining counts as wrong.",
        f"Line chart on a logarithmic K axis. Accuracy reaches"
        f" {proportion(last(ceiling.accuracy_at))} at K = {cap:,}; the ceiling is"
        f" {proportion(ceiling.value.estimate)}; coverage reaches"
        f" {proportion(last(group.coverage))}.",
        svg(drawn),
        along(drawn.axes[0], [("accept first", ceiling.accuracy_at)], "K")
        + along(drawn.axes[0], [("coverage", group.coverage)]),
    )


def figure(group: GroupFit, ceiling: Ceiling) -> Figure:
    """Draws accept-first at K with its band, its ceiling, and the coverage above as unreachable."""
    curve, top = ceiling.accuracy_at, ceiling.value.estimate
    far = max(end(curve), end(group.coverage), 2)
    with look():
        drawn, axes = canvas(head=0.45)
        tops = [np.nanmax(c.high) for c in (curve, group.coverage) if drawable(c)]
        accuracy_axis(axes, max([*tops, np.nan_to_num(ceiling.best)], default=1.0), "accuracy")
        log_axis(axes, 1, far, "K, samples drawn at most")
        names = [("coverage: out of reach", last(group.coverage), GREY)]
        _out_of_reach(axes, group, top)
        if math.isfinite(top):
            _limit(axes, ceiling)
            names.append((f"ceiling {proportion(top)}", top, VERMILION))
        if drawable(curve):
            band(axes, curve, BLUE, 0.2)
            axes.plot(curve.k, curve.estimate, color=BLUE, marker="o")
            names.append(("accept first", last(curve), BLUE))
        name_lines(axes, [(n, y, c) for n, y, c in names if math.isfinite(y)])
        _say_band(axes, ceiling)
    return drawn


def first_figure(group: GroupFit) -> Figure:
    """Draws the first verifier's picture.

    Raises:
        InputError: the group has no verdicts.
    """
    if not group.ceilings:
        raise InputError("the picture 'verification' needs verdicts; got a log without any")
    return figure(group, by_verifier(group)[0])


def _out_of_reach(axes: Axes, group: GroupFit, top: float) -> None:
    if not drawable(group.coverage):
        return
    k, height = group.coverage.k, group.coverage.estimate
    axes.plot(k, height, color=GREY, lw=1.2)
    if math.isfinite(top):
        axes.fill_between(
            k, np.minimum(top, height), height, where=(height > top).tolist(), interpolate=True,
            facecolor="#f3f3f3", edgecolor="#b5b5b5", hatch="////", linewidth=0,
        )  # fmt: skip


def _limit(axes: Axes, ceiling: Ceiling) -> None:
    """Draws the ceiling and, as a bracket at the right, what the problems never accepted allow."""
    axes.axhline(ceiling.value.estimate, color=VERMILION, ls=(0, (6, 2)), lw=1.5)
    if math.isfinite(ceiling.worst) and math.isfinite(ceiling.best):
        axes.plot(
            [0.985, 0.985], [ceiling.worst, ceiling.best], transform=axes.get_yaxis_transform(),
            color=VERMILION, lw=1.2, marker="_", markersize=8,
        )  # fmt: skip


def _say_band(axes: Axes, ceiling: Ceiling) -> None:
    curve = ceiling.accuracy_at
    bracket = math.isfinite(ceiling.worst) and ceiling.best > ceiling.worst
    tail = "\nbracket: problems with no acceptance all wrong, or all right" if bracket else ""
    text = f"{percent(curve.mass)} band: {people(curve.population)}{tail}"
    axes.annotate(
        text, (0, 1.03), xycoords="axes fraction", fontsize=8.5, color=GREY, va="bottom",
        annotation_clip=False,
    )  # fmt: skip


def _caps(group: GroupFit) -> Table:
    columns = (
        Column("verifier", "left"),
        Column("accuracy at the last K"),
        Column("beyond the log"),
        Column("K worth using"),
        Column("give up after"),
    )
    chosen = by_verifier(group)
    rows = tuple(
        (
            clip(ceiling.verifier),
            _at_last(ceiling.accuracy_at),
            _at_last(ceiling.beyond),
            f"{ceiling.best_k[0]:,} to {ceiling.best_k[1]:,}{' or more' * ceiling.endless}",
            "never" if ceiling.stop_after is None else several(ceiling.stop_after, "rejection"),
        )
        for ceiling in chosen
    )
    penalty = ", ".join(sorted({f"{ceiling.penalty:g}" for ceiling in chosen}))
    note = (
        f"In brackets: {whom([c.accuracy_at for c in chosen])}. K worth using: utility within 0.01"
        f" of the best when a wrong answer costs {penalty} and a right one earns 1. Give up: when"
        " on a new problem that keeps being rejected a further draw is worth less than nothing."
    )
    return Table("Accepting the first of at most K", columns, rows, note)


def _ceilings(group: GroupFit) -> Table:
    columns = (
        Column("verifier", "left"),
        Column("mean over", "left"),
        Column("ceiling"),
        Column("new problems"),
        Column("worst to best"),
    )
    rows = tuple(
        (
            clip(ceiling.verifier),
            {"macro": "problems", "pooled": "accepted samples"}.get(
                ceiling.estimand, ceiling.estimand
            ),
            say(ceiling.value),
            say(ceiling.new),
            ends(ceiling.worst, ceiling.best) if math.isfinite(ceiling.worst) else "",
        )
        for ceiling in group.ceilings
    )
    note = (
        f"Ceiling: {whom([c.value for c in group.ceilings])}. Worst and best count problems on"
        " which nothing was accepted as wrong or as right."
    )
    return Table("Ceilings: K without end", columns, rows, note)


def _at_last(curve: Curve) -> str:
    if not drawable(curve):
        return "cannot tell"
    alive = np.flatnonzero(np.isfinite(curve.estimate))[-1]
    row = curve.intervals()[alive]
    return f"{say(row)} at {int(curve.k[alive]):,}"


def _assumptions(group: GroupFit) -> Table:
    columns = (Column("verifier", "left"), Column("assumed", "left"), Column("macro ceiling"))
    rows = tuple(
        (clip(c.verifier), clip(row.name, 60), say(row.value))
        for c in by_verifier(group)
        for row in c.assumptions
    )
    note = "The first row is the one used. Where the others differ from it, the log is too small."
    return Table("What the ceiling owes to assumptions", columns, rows, note)


def _rates(group: GroupFit) -> Table:
    columns = (
        Column("verifier", "left"),
        Column("accepts when right (TPR)"),
        Column("accepts when wrong (FPR)"),
    )
    chosen = by_verifier(group)
    rows = tuple(
        (clip(c.verifier), say(c.true_positive_rate), say(c.false_positive_rate)) for c in chosen
    )
    rates = [c.true_positive_rate for c in chosen] + [c.false_positive_rate for c in chosen]
    note = f"In brackets: {whom(rates)}; {several(len(chosen), 'verifier')}."
    return Table("How each verifier errs", columns, rows, note)
