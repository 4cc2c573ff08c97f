"""A law of loss in the terminal: its constants, how closely it fits, what it forecasts."""

from collections.abc import Mapping, Sequence

from ..analysis.curve import Interval
from ..fitting.laws.losslaw import LossLaw
from . import terminal
from .knobs import named
from .wording import percent, several

FAR = 1.001


def show(
    made: LossLaw, asked: Sequence[Mapping[str, float]], flops: float | None, mass: float
) -> None:
    """Prints the constants, the forecasts at the settings asked for, and the optimum for FLOPs."""
    console = terminal._console()
    console.print(
        f"{made.name} ({made.law.source}): {several(len(made.scatter), 'run')}, R2 = {made.r2:.4f},"
        f" largest error {made.worst:.3g} in {made.law.response}"
    )
    rows = [[name, measured(value)] for name, value in made.intervals(mass).items()]
    terminal._print(console, ["constant", f"estimate ({percent(mass)} interval)"], rows)
    if asked:
        columns = {name: [one[name] for one in asked] for name in made.law.columns}
        each = zip(
            asked,
            made.at(columns, mass),
            made.at(columns, mass, "check"),
            made.beyond(columns),
            strict=True,
        )
        told = [
            [named(one), measured(law), measured(run), f"{far:.3g} times" if far > FAR else ""]
            for one, law, run, far in each
        ]
        heads = ["setting", made.law.response, "one more run", "beyond the table"]
        terminal._print(console, heads, told)
    if flops is not None:
        best = made.optimal(flops, mass)
        terminal._print(
            console,
            [f"at {flops:.3g} FLOPs", "least loss takes"],
            [[name, measured(value)] for name, value in best.items()],
        )


def measured(value: Interval) -> str:
    """Returns a positive number of any size with its interval.

    >>> measured(Interval(1.13e7, 9.2e6, 1.4e7)), measured(Interval(0.189, 0.18, 0.2))
    ('1.13e+07 (9.2e+06 to 1.4e+07)', '0.189 (0.18 to 0.2)')
    """
    return f"{value.estimate:.5g} ({value.low:.3g} to {value.high:.3g})"
