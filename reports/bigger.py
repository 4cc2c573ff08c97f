"""A larger model or more samples, in the terminal: both coverages, and where they break even."""

import math
from collections.abc import Iterator

from ..analysis.curve import Interval
from ..planner.bigger import Bigger
from . import terminal
from .wording import CANNOT, clip, say

COLUMNS = (
    "large at k",
    "covers",
    "small at",
    "covers",
    "P(large better)",
    "break-even D_inf/D_pre",
)


def show(made: Bigger) -> None:
    """Prints a row for each k, and what the exchange is."""
    console = terminal._console()
    console.print(
        f"for the FLOPs of {clip(made.large)}, {clip(made.small)} may draw {made.factor:.1f} times"
        f" the samples ({made.larger:g} times the parameters, D_inf/D_pre = {made.ratio:g})"
    )
    terminal._print(console, COLUMNS, list(_rows(made)))


def _rows(made: Bigger) -> Iterator[tuple[str, ...]]:
    for choice in made.choices:
        chance = CANNOT if math.isnan(choice.p_large) else f"{choice.p_large:.0%}"
        forecast = " (forecast)" if choice.source == "forecast" else ""
        yield (
            f"{choice.k:,}",
            say(choice.large),
            f"{choice.samples:,}{forecast}",
            say(choice.small),
            chance,
            _ratio(choice.ratio),
        )


def _ratio(value: Interval) -> str:
    """The break-even ratio; open where one model is the better buy at any."""
    if value.low == math.inf:
        return "none: the small model at any"
    if value.high == 0:
        return "none: the large model at any"
    return f"{_end(value.estimate)} ({_end(value.low)} to {_end(value.high)})"


def _end(x: float) -> str:
    return "any" if math.isinf(x) else f"{x:.3g}"
