"""Voting and best-of on the page: what a way of choosing one answer makes of the samples."""

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from ..analysis.curve import Curve
from ..data.errors import InputError
from ..fitting.fit import GroupFit
from .coverage import drawable, end, name_ends
from .document import Column, Picture, Prose, Section, Table
from .figures import (
    CYCLE,
    DASHES,
    GREY,
    MARKERS,
    accuracy_axis,
    band,
    canvas,
    last,
    log_axis,
    look,
    svg,
)
from .marks import along
from .wording import clip, proportion, say, whom

MOST = 5
"""Curves in one picture; the table has them all."""


def section(group: GroupFit) -> Section | None:
    """Returns the section, or None where the log has neither answers nor scores to choose by."""
    chosen = list(_selectors(group))
    if not chosen:
        return None
    return Section(
        "voting", "Choosing one answer", (Prose(_story(group)), picture(group), _values(group))
    )


def _selectors(group: GroupFit) -> Iterator[tuple[str, Curve]]:
    if group.majority is not None and drawable(group.majority):
        yield "majority", group.majority
    for name, curve in group.best_of.items():
        if drawable(curve):
            yield f"best of, by {clip(name, 60)}", curve


def _story(group: GroupFit) -> str:
    name, best = max(_selectors(group), key=lambda pair: last(pair[1]))
    gap = last(group.coverage) - last(best)
    gains = last(best) - float(best.estimate[np.isfinite(best.estimate)][0])
    turn = f"{proportion(gains)} more than" if gains > 0 else "no more than"
    return (
        f"Coverage needs someone who knows which answer is right. Choosing without that, {name}"
        f" does best here: {proportion(last(best))} at k = {end(best):,}, {turn} at"
        f" k = {int(best.k[0]):,}, and {proportion(max(gap, 0))} below coverage. A curve that lies"
        " flat has stopped paying."
    )


def picture(group: GroupFit) -> Picture:
    """Returns the plateaus as a picture, with its words."""
    ends = [f"{name} {proportion(last(curve))}" for name, curve in _selectors(group)]
    drawn = figure(group)
    return Picture(
        "voting",
        "Accuracy of one chosen answer out of k samples, with coverage (grey) as the most that"
        " any choice could reach.",
        f"Line chart on a logarithmic k axis. At the last k: {'; '.join(ends)};"
        f" coverage {proportion(last(group.coverage))}.",
        svg(drawn),
        along(drawn.axes[0], [*[*_selectors(group)][:MOST], ("coverage", group.coverage)]),
    )


def figure(group: GroupFit) -> Figure:
    """Draws majority and best-of against coverage, within the log.

    Raises:
        InputError: the log has neither answers nor scores.
    """
    chosen = list(_selectors(group))[:MOST]
    if not chosen:
        raise InputError("the picture 'voting' needs answers or scores to choose by; got neither")
    far = max([end(group.coverage), *(end(curve) for _, curve in chosen), 2])
    with look():
        drawn, axes = canvas()
        if drawable(group.coverage):
            axes.plot(group.coverage.k, group.coverage.estimate, color=GREY, lw=1.2, ls="-")
        for i, (_, curve) in enumerate(chosen):
            band(axes, curve, CYCLE[i], 0.13)
            axes.plot(curve.k, curve.estimate, color=CYCLE[i], ls=DASHES[i], marker=MARKERS[i])
        tops = [np.nanmax(c.high) for c in (group.coverage, *(c for _, c in chosen)) if drawable(c)]
        accuracy_axis(axes, max(tops, default=1.0), "accuracy of the chosen answer")
        log_axis(axes, 1, far, "k, samples per problem")
        named = [(name, curve, CYCLE[i]) for i, (name, curve) in enumerate(chosen)]
        name_ends(axes, [*named, ("coverage", group.coverage, GREY)])
    return drawn


def _values(group: GroupFit) -> Table:
    chosen = list(_selectors(group))
    grid = sorted({int(k) for _, curve in chosen for k in curve.k})
    columns = (Column("k"), *(Column(name) for name, _ in chosen), Column("coverage"))
    rows = tuple(
        (f"{k:,}", *(_at(curve, k) for _, curve in chosen), _at(group.coverage, k)) for k in grid
    )
    return Table(
        "Accuracy of the chosen answer",
        columns,
        rows,
        f"In brackets: {whom([c for _, c in chosen])}.",
    )


def _at(curve: Curve, k: int) -> str:
    at = np.flatnonzero(curve.k == k)
    return say(curve.intervals()[at[0]]) if at.size else "not counted"
