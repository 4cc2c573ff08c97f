"""What to log next, in the terminal."""

from ..planner.next_sample import Candidate, Next
from . import terminal
from .document import inert
from .wording import amount


def show(made: Next) -> None:
    """Prints the candidates, the most worth while first, and the loudest problems."""
    console = terminal._console()
    console.print(
        f"for a plan of {amount(made.budget, made.unit)} per problem, logging"
        f" {amount(made.spend, made.unit)} more"
    )
    columns = ["log", "of level", "by", "each", "gain in accuracy", f"per 1,000 {made.unit}"]
    terminal._print(console, columns, [_row(each) for each in made.candidates])
    if made.problems:
        names = ", ".join(name for name, _, _ in made.problems[:5])
        console.print(inert(f"problems whose values hang most on their samples: {names}"))


def _row(each: Candidate) -> list[str]:
    who = each.verifier or ("" if each.group is None else each.group.name)
    many = f"{each.amount:,.0f}" if each.amount >= 10 else f"{each.amount:.2g}"
    unit = {"new problems": "problems", "more samples": "samples", "more verdicts": "verdicts"}
    told = f"{many} {unit[each.what]}"
    worth = f"{1000 * each.per_cost:.2g}" if each.cost > 0 else "free"
    return [each.what, each.level, who, told, f"{each.gain:.2g}", worth]
