"""The notebook printer: a curve, a fit or a plan as a small table and a picture, without script."""

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from ..analysis.curve import Curve
from ..fitting.fit import Fit
from ..planner.plan import Plan
from . import allocation, comparison, doubts, frontier, summary
from .coverage import drawable
from .document import Block, Column, Doubts, Picture, Prose, Section, Table
from .figures import BLUE, accuracy_axis, band, canvas, ink, log_axis, look, svg
from .html import to_fragment
from .wording import CANNOT, people, percent, proportion, say, sentence, several, whom

ROWS = 12
"""Rows of a curve in the table."""


def html(result: Curve | Fit | Plan) -> str:
    """Returns a result as a piece of HTML; names from the log are inert in it."""
    if isinstance(result, Curve):
        blocks = _curve(result)
    elif isinstance(result, Fit):
        blocks = _fit(result)
    else:
        blocks = _plan(result)
    # Marks need the script of the page, which a notebook must not have.
    bare = [replace(b, marks=()) if isinstance(b, Picture) else b for b in blocks]
    return to_fragment(Section("result", "", tuple(bare)))


def _fit(made: Fit) -> list[Block]:
    several_groups = len(made.groups) > 1
    first = comparison.section(made) if several_groups else summary.section(made, None)
    return [*first.blocks, *(doubts.section(made).blocks if made.groups else ())]


def _plan(made: Plan) -> list[Block]:
    blocks: list[Block] = [allocation.levels(made)]
    if frontier.drawable(made):
        blocks.append(frontier.picture(made))
    if made.doubts:
        blocks.append(Doubts(tuple(map(sentence, made.doubts))))
    return blocks


def _curve(made: Curve) -> list[Block]:
    if not drawable(made):
        return [Prose(f"This log cannot tell: {made.reason or 'no value exists at any k'}.")]
    alive = np.flatnonzero(np.isfinite(made.estimate))
    places = np.unique(np.linspace(0, len(made.k) - 1, ROWS).round().astype(int))
    intervals = made.intervals()
    rows = tuple((f"{int(made.k[i]):,}", say(intervals[i])) for i in places)
    cut = f" {len(rows)} of {several(len(made.k), 'row')}." if len(rows) < len(made.k) else ""
    lost = f" {CANNOT.capitalize()}: {made.reason}." if made.reason else ""
    note = f"In brackets: {whom([made])}.{cut}{lost}"
    table = Table("Curve", (Column("k"), Column("estimate (interval)")), rows, note)
    if len(alive) < 2:
        return [table]
    first, last = alive[0], alive[-1]
    alt = (
        f"Line chart on a logarithmic k axis, from {proportion(float(made.estimate[first]))} at"
        f" k = {made.k[first]:,} to {proportion(float(made.estimate[last]))} at"
        f" k = {made.k[last]:,}."
    )
    return [table, Picture("curve", "The estimate over k, with its band.", alt, svg(figure(made)))]


def figure(made: Curve) -> Figure:
    """Draws a curve with its band."""
    with look():
        drawn, axes = canvas(right=0.975, head=0.3)
        band(axes, made, BLUE, 0.2)
        axes.plot(made.k, made.estimate, color=BLUE, marker="o")
        low, high = float(np.nanmin(made.low)), float(np.nanmax(made.high))
        if low >= 0 and high <= 1:
            accuracy_axis(axes, high, "estimate")
        axes.set_ylabel("estimate")
        alive = made.k[np.isfinite(made.estimate)]
        log_axis(axes, float(max(alive.min(), 1)), float(max(alive.max(), 2)), "k")
        axes.annotate(
            f"{percent(made.mass)} band: {people(made.population)}", (0, 1.03),
            xycoords="axes fraction", fontsize=8.5, color=ink(BLUE), va="bottom",
        )  # fmt: skip
    return drawn
