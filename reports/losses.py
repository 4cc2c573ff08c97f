"""Laws of loss in the terminal and as data: constants, how closely they fit, what they forecast."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..analysis.curve import Interval, Json, number
from ..fitting.laws.losslaw import LossLaw
from ..fitting.laws.lossmix import LossMix
from . import terminal
from .knobs import named
from .wording import percent, several

BEYOND = 1.001


class Ahead(NamedTuple):
    """A setting, the law there, one more run there, and how many times it is beyond the table."""

    setting: Mapping[str, float]
    law: Interval
    run: Interval
    beyond: float


def forecasts(made: LossMix, asked: Sequence[Mapping[str, float]], mass: float) -> list[Ahead]:
    """Returns what is forecast at each of the settings asked for."""
    if not asked:
        return []
    columns = _columns(made, asked)
    both = made.at(columns, mass), made.at(columns, mass, "check")
    beyond = made.laws[0].beyond(columns).tolist()
    return [Ahead(*row) for row in zip(asked, *both, beyond, strict=True)]


def far(made: LossMix, asked: Sequence[Mapping[str, float]]) -> tuple[str, ...]:
    """Returns a doubt where settings lie far beyond the table."""
    return made.laws[0].far(_columns(made, asked)) if asked else ()


def _columns(made: LossMix, asked: Sequence[Mapping[str, float]]) -> dict[str, list[float]]:
    return {name: [one[name] for one in asked] for name in made.laws[0].law.columns}


def json(made: LossMix, ahead: Sequence[Ahead], best: Mapping[str, Interval], mass: float) -> Json:
    """Returns the laws with their weights, the forecasts, and the optimum if it was asked for."""
    rows = zip(made.laws, made.weight, made.missed, strict=True)
    return {
        "laws": [
            {**law.json(mass), "weight": number(w), "missed_held_out": number(m)}
            for law, w, m in rows
        ],
        "at": [{"settings": dict(one.setting), **one.law.json()} for one in ahead],
        "optimal": {name: value.json() for name, value in best.items()} or None,
        "doubts": list(made.doubts),
    }


def show(made: LossMix, ahead: Sequence[Ahead], best: Mapping[str, Interval], mass: float) -> None:
    """Prints each law, the forecasts averaged over them, and the optimum."""
    console = terminal._console()
    for law, weight, missed in zip(made.laws, made.weight, made.missed, strict=True):
        shared = f", weight {weight:.0%}, error {missed:.3g} on large runs held out"
        console.print(_head(law) + (shared if len(made.laws) > 1 else ""))
        rows = [[name, measured(value)] for name, value in law.intervals(mass).items()]
        terminal._print(console, ["constant", f"estimate ({percent(mass)} interval)"], rows)
    told = [
        [named(one.setting), measured(one.law), measured(one.run), _times(one.beyond)]
        for one in ahead
    ]
    heads = ["setting", made.laws[0].law.response, "one more run", "beyond the table"]
    terminal._print(console, heads, told)
    rows = [[name, measured(value)] for name, value in best.items()]
    terminal._print(console, ["least loss takes", "estimate"], rows)


def _head(law: LossLaw) -> str:
    return (
        f"{law.name} ({law.law.source}): {several(len(law.scatter), 'run')}, R2 = {law.r2:.4f},"
        f" largest error {law.worst:.3g} in {law.law.response}"
    )


def _times(beyond: float) -> str:
    return f"{beyond:.3g} times" if beyond > BEYOND else ""


def measured(value: Interval) -> str:
    """Returns a positive number of any size with its interval.

    >>> measured(Interval(1.13e7, 9.2e6, 1.4e7)), measured(Interval(0.189, 0.18, 0.2))
    ('1.13e+07 (9.2e+06 to 1.4e+07)', '0.189 (0.18 to 0.2)')
    """
    return f"{value.estimate:.5g} ({value.low:.3g} to {value.high:.3g})"
