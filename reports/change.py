"""Two logs on the page: what changed between them, what did not, and what cannot be told."""

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.curve import Interval
from ..data.errors import InputError
from ..fitting.change import MATTERS, Change, Difference, Verdict
from .document import Block, Column, Doubts, Mark, Picture, Prose, Section, Table
from .figures import (
    BLUE,
    GREY,
    VERMILION,
    WIDTH,
    accuracy_axis,
    band,
    log_axis,
    look,
    name_lines,
    svg,
)
from .figures import last as final
from .marks import along
from .wording import CANNOT, clip, percent, say, sentence, several, whom

DRAWN = 3
"""Metrics in the picture; the table has them all."""


def sections(found: Sequence[Change], against: str) -> list[Section]:
    """Returns a section for each pair of groups; numbered where there are several."""
    title = f"Compared with {clip(against, 60)}"
    if len(found) == 1:
        return [Section("change", title, _blocks(found[0]))]
    return [
        Section(f"change-{i}", f"{title}: {clip(each.this.name, 40)}", _blocks(each))
        for i, each in enumerate(found, 1)
    ]


def _blocks(made: Change) -> tuple[Block, ...]:
    blocks: list[Block] = [Prose(_how(made)), Prose(_story(made), "lead"), picture(made)]
    blocks.append(_table(made))
    if made.rates:
        blocks.append(_rates(made))
    if made.doubts:
        blocks.append(Doubts(tuple(map(sentence, made.doubts)), "Doubts about this comparison"))
    return tuple(blocks)


def _how(made: Change) -> str:
    mine, theirs = made.problems
    if made.paired:
        return (
            f"Both logs tried the same {several(mine, 'problem')}. Differences are taken problem by"
            " problem, this log less the other, so what makes a problem hard cancels out; their"
            " intervals are for new problems like these."
        )
    return (
        f"The logs tried different problems ({mine:,} here, {theirs:,} there), so the difference"
        " holds what makes the problems differ too: it says which log's problems were answered"
        " better, and not which model is better."
    )


def _story(made: Change) -> str:
    """One sentence for each thing that can be said: what moved, what did not, what stays open."""
    told: dict[Verdict, list[str]] = {}
    for each in made.differences:
        told.setdefault(each.verdict, []).append(_said(each))
    for rate in made.rates:
        name = f"{clip(rate.verifier, 40)} accepts {'right' if rate.right else 'wrong'} samples"
        told.setdefault(rate.verdict, []).append(f"how often {name}, by {signed(rate.apart)}")
    heads: dict[Verdict, str] = {
        "higher": "Higher in this log",
        "lower": "Lower in this log",
        "alike": f"Alike, to within {MATTERS:g}",
        "cannot tell": "Cannot be told",
    }
    lines = [f"{head}: {'; '.join(told[kind])}." for kind, head in heads.items() if kind in told]
    return " ".join(lines) or "The logs have nothing in common to compare."


def _said(each: Difference) -> str:
    """Names the metric with its difference where that stands out most, or at the last k."""
    rows = each.apart.intervals()
    place = len(rows) - 1
    if each.verdict in ("higher", "lower"):
        spread = np.array([max(row.high - row.low, 1e-12) for row in rows])
        place = int(np.argmax(np.abs(each.apart.estimate) / spread))
    return f"{clip(each.metric, 60)} at k = {int(each.apart.k[place]):,}, by {signed(rows[place])}"


def signed(value: Interval) -> str:
    """Returns a difference with its sign and its interval: '+0.031 (+0.004 to +0.058)'."""
    if not np.isfinite(value.estimate):
        return CANNOT
    if not value.high > value.low:
        return f"{value.estimate:+.3f} (no interval: the logs show no variation)"
    return f"{value.estimate:+.3f} ({value.low:+.3f} to {value.high:+.3f})"


def picture(made: Change) -> Picture:
    """Returns both logs' curves and their difference as a picture, with its words."""
    shown = made.differences[:DRAWN]
    told = "; ".join(
        f"{clip(d.metric, 40)} {final(d.this):.3f} here, {final(d.other):.3f} in the other log,"
        f" difference {signed(d.apart.intervals()[-1])}"
        for d in shown
    )
    sketch = figure((made,))
    return Picture(
        "change",
        "Above: accuracy in this log (solid) and in the other (dashed). Below: this log less the"
        f" other; bands: {whom([shown[0].apart])}, dotted the band that holds at every k at once."
        " Where a band holds 0 the logs do not show a difference there.",
        f"Two rows of line charts on a logarithmic k axis. At the last k: {told}.",
        svg(sketch),
        tuple(mark for i, each in enumerate(shown) for mark in _marks(sketch, i, each)),
    )


def _marks(sketch: Figure, place: int, each: Difference) -> Iterator[Mark]:
    above, below = sketch.axes[2 * place : 2 * place + 2]
    name = clip(each.metric, 40)
    both = (("this log", each.this), ("the other", each.other))
    yield from along(above, ((f"{name}, {whose}", curve) for whose, curve in both))
    yield from along(below, [(f"{name}, difference", each.apart)])


def figure(found: Sequence[Change]) -> Figure:
    """Draws the first pair: the curves of each metric, and below them their difference.

    Raises:
        InputError: there is no other log.
    """
    if not found:
        raise InputError("the picture 'change' needs another log to compare with (--compare)")
    shown = found[0].differences[:DRAWN]
    wide = (WIDTH - 0.62 - 0.75) / WIDTH / len(shown)
    with look():
        drawn = Figure(figsize=(WIDTH, 4.4))
        floor = min(float(np.nanmin(d.apart.band[0])) for d in shown)
        roof = max(float(np.nanmax(d.apart.band[1])) for d in shown)
        room = 0.12 * max(roof - floor, 0.01)
        for i, each in enumerate(shown):
            left = 0.62 / WIDTH + i * wide
            above = drawn.add_axes((left, 0.5, wide * 0.88, 0.41))
            below = drawn.add_axes((left, 0.11, wide * 0.88, 0.31))
            _curves(above, each, first=i == 0, named=i == len(shown) - 1)
            _apart(below, each, (min(floor - room, -room), max(roof + room, room)), first=i == 0)
    return drawn


def _curves(axes: Axes, each: Difference, *, first: bool, named: bool) -> None:
    for curve, color, dash in ((each.other, VERMILION, (0, (5, 2))), (each.this, BLUE, "-")):
        band(axes, curve, color, 0.14)
        axes.plot(curve.k, curve.estimate, color=color, ls=dash, marker="o", ms=3.5)
    accuracy_axis(axes, 1.0, "accuracy" if first else "")
    log_axis(axes, 1, max(int(each.apart.k[-1]), 2), "")
    axes.set_title(_short(each.metric), fontsize=9.5, loc="left")
    axes.set_xticklabels([])
    if not first:
        axes.set_yticklabels([])
    if named:
        ends = [("this log", final(each.this), BLUE), ("the other", final(each.other), VERMILION)]
        name_lines(axes, [row for row in ends if np.isfinite(row[1])], step=0.11)


def _short(metric: str) -> str:
    return clip(metric.replace("best of, by ", "best by "), 20)


def _apart(axes: Axes, each: Difference, ends: tuple[float, float], *, first: bool) -> None:
    axes.axhline(0, color=GREY, lw=1)
    band(axes, each.apart, BLUE, 0.22)
    for edge in each.apart.band:
        axes.plot(each.apart.k, edge, color=BLUE, lw=0.8, ls=(0, (1.5, 2)))
    axes.plot(each.apart.k, each.apart.estimate, color=BLUE, marker="o", ms=3.5)
    axes.set_ylim(*ends)
    log_axis(axes, 1, max(int(each.apart.k[-1]), 2), "k")
    if first:
        axes.set_ylabel("difference")
    else:
        axes.set_yticklabels([])


def _table(made: Change) -> Table:
    columns = (
        Column("metric", "left"),
        Column("k"),
        Column("this log"),
        Column("the other"),
        Column("difference (interval)"),
    )
    rows = tuple(
        (clip(each.metric), f"{int(k):,}", say(mine), say(theirs), signed(apart))
        for each in made.differences
        for k, mine, theirs, apart in zip(
            each.apart.k, each.this.intervals(), each.other.intervals(), each.apart.intervals(),
            strict=True,
        )
    )  # fmt: skip
    mass = made.differences[0].apart.mass
    note = (
        f"In brackets: {whom([d.apart for d in made.differences])}, each row for itself: of ten"
        f" rows about {10 * (1 - mass):.0f} would leave 0 by chance alone. The sentences above use"
        " the band over all k of a metric."
    )
    return Table("Both logs, and how far they are apart", columns, rows, note)


def _rates(made: Change) -> Table:
    columns = (
        Column("verifier", "left"),
        Column("accepts", "left"),
        Column("this log"),
        Column("the other"),
        Column("difference (interval)"),
    )
    rows = tuple(
        (
            clip(rate.verifier),
            "right samples (TPR)" if rate.right else "wrong samples (FPR)",
            say(rate.this),
            say(rate.other),
            signed(rate.apart),
        )
        for rate in made.rates
    )
    note = f"{percent(made.rates[0].apart.mass)} interval for new problems."
    return Table("How the verifiers err in both logs", columns, rows, note)
