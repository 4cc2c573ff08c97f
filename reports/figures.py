"""How every picture looks: its paper, its colours, its labels, and an SVG that never varies."""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib import get_data_path, rc_context
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from matplotlib.typing import LineStyleType

from ..analysis.curve import Curve
from .document import inert
from .wording import amount

BLUE, VERMILION, GREEN, PURPLE, SKY, ORANGE, BLACK = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#222222",
)  # fmt: skip
"""Okabe and Ito's colours, told apart by every common kind of colour vision."""
GREY = "#595959"
CYCLE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, BLACK, SKY)
DASHES: tuple[LineStyleType, ...] = (
    "-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)), (0, (3, 1)), (0, (8, 3)), (0, (1, 3)),
)  # fmt: skip
MARKERS = "os^Dvph"
WIDTH = 5.6
"""Inches: wide enough for labels at the side, narrow enough to be read on a phone."""

LOOK: dict[Any, object] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": BLACK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.7,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": BLACK,
    "ytick.labelcolor": BLACK,
    "lines.linewidth": 1.8,
    "lines.markersize": 4.5,
    "hatch.linewidth": 0.6,
    "figure.facecolor": "#ffffff",
    "svg.fonttype": "path",
    "svg.hashsalt": "apportion",
}


@contextmanager
def look() -> Iterator[None]:
    """Holds the house style while a figure is drawn."""
    with rc_context(LOOK):
        yield


def canvas(height: float = 3.3, right: float = 0.74, head: float = 0.12) -> tuple[Figure, Axes]:
    """Returns a figure of the one width, inches high, with axes that end at `right`.

    The margin on the right holds the names of lines, the `head` (inches) a remark above.
    """
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((0.12, 0.5 / height, right - 0.12, 1 - (0.5 + head) / height))
    return figure, axes


def svg(figure: Figure) -> str:
    """Returns the figure as SVG text: the same figure gives the same bytes, with no date."""
    sink = io.StringIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with look():
        figure.savefig(sink, format="svg", metadata=nothing)
    text = sink.getvalue()
    text = text[text.index("<svg") :]
    return re.sub(r"<metadata>.*?</metadata>\s*|<!--.*?-->\s*", "", text, flags=re.DOTALL)


def ink(color: str) -> str:
    """Returns the colour darkened until it can be read as text on white."""
    red, green, blue = (0.62 * part for part in to_rgb(color))
    return to_hex((red, green, blue))


@cache
def _drawable() -> frozenset[int]:
    font = Path(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    return frozenset(FT2Font(str(font)).get_charmap())


def label(text: str, width: int = 17, lines: int = 2) -> str:
    """Returns a name from the log as a label: inert, in letters the font has, on a few lines."""
    clean = "".join(c if ord(c) in _drawable() else "□" for c in inert(text[:400]))
    rows = wrap(clean, width) or [""]
    if len(rows) > lines:
        rows = [*rows[: lines - 1], rows[lines - 1][: width - 1] + "…"]
    return "\n".join(rows)


def band(axes: Axes, curve: Curve, color: str, alpha: float = 0.16, start: float = 0) -> None:
    """Fills between the ends of a curve's interval from k = `start` on."""
    shown = np.isfinite(curve.low) & np.isfinite(curve.high) & (curve.k >= start)
    k, low, high = curve.k[shown], curve.low[shown], curve.high[shown]
    axes.fill_between(k, low, high, color=color, alpha=alpha, linewidth=0)


def last(curve: Curve) -> float:
    """Returns the last value that exists, NaN if none does."""
    finite = curve.estimate[np.isfinite(curve.estimate)]
    return float(finite[-1]) if finite.size else float("nan")


def name_lines(axes: Axes, names: Sequence[tuple[str, float, str]], step: float = 0.068) -> None:
    """Writes (name, y of the line's end, colour) beside the right edge so that none overlap."""
    low, high = axes.get_ylim()
    rows = sorted((min(max((y - low) / (high - low), 0), 1), label(n), c) for n, y, c in names)
    sizes = [step * (1 + row[1].count("\n")) for row in rows]
    for (want, text, color), place in zip(rows, _apart([r[0] for r in rows], sizes), strict=True):
        axes.annotate(
            text, (1, want), (1.035, place), xycoords="axes fraction", color=ink(color),
            va="center", fontsize=9, linespacing=1.05, annotation_clip=False,
            arrowprops={
                "arrowstyle": "-", "color": color, "lw": 0.8, "shrinkA": 1, "shrinkB": 0,
                "relpos": (0, 0.5),
            },
        )  # fmt: skip


def _apart(wanted: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Moves sorted centres apart until boxes of the given sizes no longer touch.

    Boxes that touch are merged and centred on the mean of what they wanted, as in isotonic
    regression, so a crowd spreads both ways.
    """
    blocks: list[tuple[float, list[int]]] = []
    for i, want in enumerate(wanted):
        blocks.append((want, [i]))
        while len(blocks) > 1 and _top(blocks[-2], sizes) > _bottom(blocks[-1], sizes):
            (_, a), (_, b) = blocks[-2:]
            both = a + b
            blocks[-2:] = [(float(np.mean([wanted[j] for j in both])), both)]
    placed = []
    for center, members in blocks:
        edge = center - sum(sizes[j] for j in members) / 2
        for j in members:
            placed.append(edge + sizes[j] / 2)
            edge += sizes[j]
    return placed


def _top(block: tuple[float, list[int]], sizes: Sequence[float]) -> float:
    return block[0] + sum(sizes[j] for j in block[1]) / 2


def _bottom(block: tuple[float, list[int]], sizes: Sequence[float]) -> float:
    return block[0] - sum(sizes[j] for j in block[1]) / 2


def log_axis(axes: Axes, low: float, high: float, name: str) -> None:
    """Sets a logarithmic x axis with few round ticks: powers of 2 when short, 1-3-10 when long."""
    axes.set_xscale("log")
    wide = max(high / low, 1.2)
    axes.set_xlim(low / wide**0.02, max(high, low * 1.2) * wide**0.015)
    axes.xaxis.set_major_locator(FixedLocator(ticks(low, high)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _short(x)))
    axes.set_xlabel(name)


def ticks(low: float, high: float) -> list[float]:
    """Returns round numbers between two positive ends, at most about eight."""
    decades = np.log10(high / low)
    if decades <= 2.2 and low >= 1:
        powers = range(int(np.floor(np.log2(low))), int(np.ceil(np.log2(high))) + 1)
        found = [2.0**i for i in powers]
    else:
        exponents = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
        steps = (1, 3) if decades <= 4 else (1,)
        found = [s * 10.0**e for e in exponents for s in steps]
    return [x for x in found if low / 1.001 <= x <= high * 1.001]


def _short(x: float) -> str:
    for factor, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if x >= factor and (x >= 1e4 or x % factor == 0):
            return f"{x / factor:g}{letter}"
    return amount(x)


def accuracy_axis(axes: Axes, top: float, name: str, bottom: float = 0) -> None:
    """Sets the y axis from 0 to 1, or closer to what is drawn where that would be flat."""
    roof = 1.0 if not 0 < top <= 0.55 else max(1.15 * top, 1e-3)
    axes.set_ylim(bottom, roof * (1.02 if roof == 1.0 else 1))
    axes.set_ylabel(name)
