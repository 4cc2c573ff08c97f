"""A design in the terminal: every split of problems and samples, and which one is cheapest."""

from ..planner.design import Choice, Design
from . import terminal
from .wording import percent

ASKED = {
    "forecast": "forecast of coverage at k={k:,} for new problems: {mass} interval, half-width"
    " {value:g}",
    "coverage": "coverage at k={k:,} for new problems: {mass} interval, half-width {value:g}",
    "separate": "two models told apart by pass@{k:,} ({mass} interval excludes 0): power {value:g}",
}


def show(design: Design) -> None:
    """Prints the table of choices, with the cheapest one marked and named."""
    want = design.want
    console = terminal._console()
    console.print(
        ASKED[want.quantity].format(k=want.k, mass=percent(design.mass), value=want.value)
    )
    terminal._print(console, columns(design), [row(design, c) for c in design.choices])
    console.print(verdict(design))


def columns(design: Design) -> list[str]:
    """Returns the heads of the table; `as narrow` and `hold` are shares of the simulated logs."""
    head = ["samples each", "problems", "in all", "cost"]
    if design.want.measure == "power":
        return [*head, "power", ""]
    return [*head, "half-width", "as narrow", "hold", ""]


def row(design: Design, choice: Choice) -> list[str]:
    """Returns a choice in words; one that is not counted says so."""
    measured = [f"{choice.value:.4f} +- {choice.error:.4f}"]
    if design.want.measure == "half_width":
        measured += [f"{choice.share:.0%}", f"{choice.held:.0%}"]
    size = [f"{x:,}" for x in (choice.samples, choice.problems, choice.total)]
    mark = "cheapest" if choice == design.cheapest else "" if choice.reached else "not reached"
    return [*size, f"{choice.cost:,.0f}", *measured, mark]


def verdict(design: Design) -> str:
    """Returns the answer in a line."""
    best = design.cheapest
    if best is None:
        return "nothing within these bounds does: see the doubts"
    return f"log {best.problems:,} problems with {best.samples:,} samples each"
