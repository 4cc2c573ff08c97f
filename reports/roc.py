"""ROC on the page: what each verifier accepts of right and of wrong samples, at every threshold."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.curve import Floats, Interval, interval
from ..analysis.roc import Roc
from ..data.errors import InputError
from ..data.traces import Group
from .document import Column, Picture, Prose, Section, Table
from .figures import CYCLE, DASHES, GREY, MARKERS, canvas, ink, label, look, svg
from .marks import Point, at
from .wording import clip, percent, proportion, say, several, whom

MOST = 5
"""Verifiers in the picture; the table has them all."""
ROWS = 6
"""Thresholds of a verifier in the table, and those with a cross in the picture."""
RAYS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Shares right of what is accepted that get a ray."""


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """A verifier of a group: what its score, or its number of accepting verdicts, tells apart."""

    group: Group
    verifier: str
    drawn: Roc
    counted: bool


def section(judges: Sequence[Judge]) -> Section | None:
    """Returns the section, or None where no verifier of the group gave two kinds of answers."""
    if not judges:
        return None
    blocks = (Prose(_story(judges)), picture(judges), _table(judges))
    return Section("roc", "What verifiers tell apart", blocks)


def _story(judges: Sequence[Judge]) -> str:
    base = float(judges[0].drawn.base[0])
    best = max(judges, key=lambda each: each.drawn.auc.estimate)
    return (
        f"A sample is right with chance {proportion(base)} before any verdict. What is accepted is"
        " right more often the steeper a verifier's point stands above the origin: the rays show"
        f" how often. {clip(best.verifier, 60)} tells right from wrong best: a right sample"
        f" outscores a wrong one with chance {say(best.drawn.auc)}, ties counted half, problems"
        " mixed. Choosing among samples of one problem is harder, since no problem is easier there"
        " than another."
    )


def picture(judges: Sequence[Judge]) -> Picture:
    """Returns the ROC of every verifier as a picture, with its words."""
    shown = judges[:MOST]
    told = "; ".join(f"{clip(j.verifier, 40)} area {say(j.drawn.auc)}" for j in shown)
    kind = shown[0].drawn.auc
    rest = len(judges) - len(shown)
    left = f" {several(rest, 'verifier')} more in the table." if rest else ""
    sketch = drawn(shown)
    return Picture(
        "roc",
        f"Crosses: {whom([kind])} of both rates. Grey rays: what is accepted on them is right so"
        f" often, at this log's share of right samples. The diagonal tells nothing apart.{left}",
        f"Receiver operating characteristic. {told}.",
        svg(sketch),
        at(sketch.axes[0], (point for each in shown for point in _points(each))),
    )


def _points(each: Judge) -> Iterator[Point]:
    roc = each.drawn
    for j in _few(roc):
        wrong, right = interval(roc.fpr[:, j], roc.mass), interval(roc.tpr[:, j], roc.mass)
        words = f"{clip(each.verifier, 40)}: FPR {say(wrong)}, TPR {say(right)}"
        yield wrong.estimate, right.estimate, words


def figure(judges: Sequence[Judge]) -> Figure:
    """Draws the ROC of the first verifiers.

    Raises:
        InputError: there is none.
    """
    if not judges:
        raise InputError("the picture 'roc' needs verdicts or scores on right and wrong samples")
    first = judges[0].group
    return drawn([each for each in judges if each.group == first][:MOST])


def drawn(judges: Sequence[Judge]) -> Figure:
    """Draws the ROC of these verifiers."""
    with look():
        made, axes = canvas(height=4.2, right=0.82, head=0.2)
        _rays(axes, float(judges[0].drawn.base[0]))
        taken: list[float] = []
        for i, each in enumerate(judges):
            f, t = each.drawn.fpr, each.drawn.tpr
            axes.plot([0, *f[0], 1], [0, *t[0], 1], color=CYCLE[i], ls=DASHES[i], lw=1.3, zorder=3)
            _crosses(axes, f, t, _few(each.drawn), CYCLE[i], MARKERS[i])
            top = int(np.argmax(t[0] - f[0]))
            _name(axes, each.verifier, (float(f[0, top]), float(t[0, top])), CYCLE[i], taken)
        axes.set_xlim(0, 1.0)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("accepted of the wrong samples (FPR)")
        axes.set_ylabel("accepted of the right ones (TPR)")
    return made


def _name(
    axes: Axes, name: str, point: tuple[float, float], color: str, taken: list[float]
) -> None:
    """Writes the name right of its best point, lower where another stands there already."""
    height = point[1] - 0.05
    while any(abs(height - other) < 0.055 for other in taken):
        height -= 0.055
    taken.append(height)
    axes.annotate(
        label(name, 24, 1), point, (max(point[0] + 0.07, 0.3), height), fontsize=9,
        color=ink(color), va="center", zorder=6,
        arrowprops={"arrowstyle": "-", "color": color, "lw": 0.7, "shrinkB": 3},
    )  # fmt: skip


def _few(roc: Roc) -> list[int]:
    """The thresholds that are shown: all, or some; not those that accept nearly everything."""
    least = np.minimum(roc.fpr[0], roc.tpr[0])
    alive = [j for j in range(len(roc.thresholds)) if least[j] < 0.995]
    if len(alive) <= ROWS:
        return alive
    spots = np.unique(np.linspace(0, len(alive) - 1, ROWS).round().astype(int))
    return [alive[i] for i in spots]


def _crosses(
    axes: Axes, f: Floats, t: Floats, places: Sequence[int], color: str, marker: str
) -> None:
    for j in places:
        across, up = interval(f[:, j]), interval(t[:, j])
        axes.plot([across.low, across.high], [up.estimate] * 2, color=color, lw=1.1, zorder=4)
        axes.plot([across.estimate] * 2, [up.low, up.high], color=color, lw=1.1, zorder=4)
        axes.plot(across.estimate, up.estimate, marker, color=color, ms=4.5, zorder=5)


def _rays(axes: Axes, base: float) -> None:
    """Draws where what is accepted is right with a given chance: a ray of that slope."""
    axes.plot([0, 1], [0, 1], color=GREY, lw=0.8, ls=(0, (1, 2)))
    last = math.inf
    for share in RAYS:
        slope = share / (1 - share) * (1 - base) / base
        if slope <= 1.15:
            continue
        end = min(1.0, 1 / slope)
        axes.plot([0, end], [0, end * slope], color="#c9c9c9", lw=0.8, zorder=1)
        if last - end < 0.11:
            continue
        last = end
        axes.annotate(
            f"{percent(share)} right", (end, end * slope), (0, 3), textcoords="offset points",
            fontsize=7.5, color=GREY, ha="center", va="bottom", annotation_clip=False,
        )  # fmt: skip


def _table(judges: Sequence[Judge]) -> Table:
    columns = (
        Column("verifier", "left"),
        Column("accepts from", "left"),
        Column("right ones accepted (TPR)"),
        Column("wrong ones accepted (FPR)"),
        Column("right among the accepted"),
        Column("draws for one accepted"),
    )
    rows = tuple(_row(each, j) for each in judges for j in _few(each.drawn))
    note = (
        f"In brackets: {whom([judges[0].drawn.auc])}. Right among the accepted: over problems"
        " mixed; the ceiling under Verification is the mean over problems, where hard ones weigh"
        " as much."
    )
    return Table("Thresholds", columns, rows, note)


def _row(each: Judge, j: int) -> tuple[str, ...]:
    roc, threshold = each.drawn, float(each.drawn.thresholds[j])
    right, wrong = roc.right[:, j], roc.wrong[:, j]
    passed = right + wrong
    with np.errstate(divide="ignore", invalid="ignore"):
        share, draws = interval(right / passed, roc.mass), interval(1 / passed, roc.mass)
    return (
        clip(each.verifier),
        f"{percent(threshold)} of its verdicts" if each.counted else f"a score of {threshold:.3g}",
        say(interval(roc.tpr[:, j], roc.mass)),
        say(interval(roc.fpr[:, j], roc.mass)),
        say(share),
        _draws(draws),
    )


def _draws(value: Interval) -> str:
    if not np.isfinite(value.estimate):
        return "never"
    return f"{value.estimate:.3g} ({value.low:.3g} to {value.high:.3g})"
