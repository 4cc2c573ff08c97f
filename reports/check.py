"""A check in the terminal: what was promised, what was realised, and the gap between them."""

from ..analysis.curve import Interval
from ..planner.check import Checked, CheckedLevel
from . import terminal
from .wording import amount, say


def show(made: Checked) -> None:
    """Prints the whole and its levels, and whether the promise was kept."""
    console = terminal._console()
    columns = ["level", "problems", "promised here", "realised", "gap", made.unit]
    rows = [_row(level) for level in made.levels]
    whole = ["all", f"{made.problems:,}", *_told(made), amount(made.spent)]
    terminal._print(console, columns, [*rows, whole] if len(rows) > 1 else [whole])
    console.print(verdict(made))


def verdict(made: Checked) -> str:
    """Returns the answer in a line."""
    low, high = made.gap.low, made.gap.high
    if low <= 0 <= high:
        kept = "the promise was kept: the gap is within what so many problems differ by"
    else:
        kept = f"the promise was not kept: these problems are {'better' if low > 0 else 'worse'}"
    return f"{kept} ({made.gap.estimate:+.3f})"


def _row(level: CheckedLevel) -> list[str]:
    return [level.level, f"{level.problems:.4g}", *_told(level), amount(level.spent)]


def _told(made: Checked | CheckedLevel) -> list[str]:
    return [say(made.promised), say(made.realised), _signed(made.gap)]


def _signed(gap: Interval) -> str:
    return f"{gap.estimate:+.3f} ({gap.low:+.3f} to {gap.high:+.3f})"
