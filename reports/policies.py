"""Policies in the terminal: one table under one budget."""

from ..planner.policies import Compared, Comparison
from . import terminal
from .document import inert
from .wording import amount, percent, say

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
