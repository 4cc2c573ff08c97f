"""Difficulty on the page: how the problems spread between never and always solved."""

from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure

from ..analysis.curve import Floats
from ..data.errors import InputError
from ..fitting.fit import GroupFit
from .document import Column, Picture, Prose, Section, Table
from .figures import BLUE, SKY, VERMILION, accuracy_axis, canvas, ink, look, svg
from .wording import percent, several

EDGES = np.linspace(0, 1, 11)


def section(group: GroupFit) -> Section:
    """Returns the section: the histogram and its counts."""
    rates = _known(group)
    if not rates.size:
        quiet = "No problem has a sample of known correctness, so the log cannot tell difficulty."
        return Section("difficulty", "Difficulty", (Prose(quiet),))
    return Section(
        "difficulty", "Difficulty", (Prose(_story(rates)), picture(group), _table(rates))
    )


def _known(group: GroupFit) -> Floats:
    rates = np.asarray(group.solve_rates, dtype=np.float64)
    return rates[np.isfinite(rates)]


def _story(rates: Floats) -> str:
    never, always = int((rates == 0).sum()), int((rates == 1).sum())
    return (
        f"Of {several(rates.size, 'problem')}, {never:,} ({percent(never / rates.size)}) were never"
        f" solved in this log and {always:,} ({percent(always / rates.size)}) every time. Samples"
        " spent on either end change nothing that was seen; the budget matters in between, and on"
        " those never solved that one more sample might solve."
    )


def _counts(rates: Floats, edges: Floats = EDGES) -> tuple[int, list[int], int]:
    """Returns how many problems were never solved, sometimes (in bins of the rate), always."""
    inside = rates[(rates > 0) & (rates < 1)]
    return (
        int((rates == 0).sum()),
        [int(c) for c in np.histogram(inside, edges)[0]],
        int((rates == 1).sum()),
    )


def picture(group: GroupFit) -> Picture:
    """Returns the histogram as a picture, with its words."""
    never, inside, always = _counts(_known(group))
    return Picture(
        "difficulty",
        "Problems by the share of their samples that were right. Never and always solved stand"
        " apart, hatched.",
        f"Histogram. {never} problems never solved, {sum(inside)} sometimes, {always} always.",
        svg(figure(group)),
    )


def figure(group: GroupFit) -> Figure:
    """Draws the histogram of solve rates, with the two ends as bars of their own.

    Raises:
        InputError: no problem has a sample of known correctness.
    """
    rates = _known(group)
    if not rates.size:
        raise InputError("the picture 'difficulty' needs samples whose correctness is known")
    never, inside, always = _counts(rates)
    total = max(rates.size, 1)
    with look():
        drawn, axes = canvas(height=2.9, right=0.975, head=0.16)
        places = EDGES[:-1] + 0.05
        shares = np.array(inside) / total
        axes.bar(places, shares, width=0.092, color=BLUE, edgecolor="white")
        for x, count, color, hatch in (
            (-0.13, never, VERMILION, "///"),
            (1.13, always, SKY, "xxx"),
        ):
            axes.bar(
                x,
                count / total,
                width=0.092,
                facecolor="white",
                edgecolor=color,
                hatch=hatch,
                lw=1.2,
            )
            axes.annotate(
                f"{count:,}", (x, count / total), (0, 2), textcoords="offset points",
                ha="center", va="bottom", fontsize=9, color=ink(color),
            )  # fmt: skip
        accuracy_axis(axes, max([*shares, never / total, always / total]), "share of problems")
        axes.grid(visible=False, axis="x")
        axes.set_xticks(
            [-0.13, *np.linspace(0, 1, 6), 1.13],
            ["never", *(f"{x:.1f}" for x in np.linspace(0, 1, 6)), "always"],
        )
        axes.set_xlabel("share of a problem's samples that are right")
    return drawn


def _table(rates: Floats) -> Table:
    edges = np.linspace(0, 1, 5)
    never, inside, always = _counts(rates, edges)
    between = [f"{a:.2g} to {b:.2g}" for a, b in pairwise(edges)]
    names = ["never (0)", *between, "always (1)"]
    counts = [never, *inside, always]
    rows = tuple(
        (name, f"{count:,}", percent(count / rates.size))
        for name, count in zip(names, counts, strict=True)
        if count
    )
    columns = (Column("solve rate", "left"), Column("problems"), Column("share"))
    note = "Observed rates, these problems; a rate from few samples is itself uncertain."
    return Table("Problems by solve rate", columns, rows, note)
