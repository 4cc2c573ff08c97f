"""A ranking in the terminal: places, pairs that hold at once, and what else might be the order."""

import math

import numpy as np

from ..analysis.curve import Interval
from ..fitting.ranking.ranking import Place, Ranking, Separation, places
from ..fitting.ranking.standing import Standing
from . import terminal
from .document import inert
from .wording import ends, people, percent, proportion

MOST = 30
"""Candidates listed; the rest are counted."""


def show(made: Ranking) -> None:
    """Prints who stands where, what separates neighbours, and the order under other assumptions."""
    console = terminal._console()
    size = ", ".join(f"{n:,} {name}" for name, n in (made.size or {}).items())
    whom = people(made.standing.population)
    console.print(inert(f"{made.metric} for {whom}; {size}. {made.standing.assumption}"))
    order = np.argsort([place.rank.estimate for place in made.places], kind="stable")[:MOST]
    above = made.joint.sum(axis=1)
    rows = [_place(made.places[i], int(above[i]), len(made.candidates)) for i in order]
    value = "value" if made.kind == "outcomes" else made.metric
    terminal._print(console, ["candidate", value, "rank", "P(best)", "surely above"], rows)
    if len(made.candidates) > MOST:
        console.print(f"and {len(made.candidates) - MOST} more (--json lists all)")
    console.print(_joint(made))
    close = [_separation(s) for s in made.separations() if 0.025 < s.p_above < 0.975][:8]
    terminal._print(console, ["close", "P(above)", f"{made.unit} to tell them apart"], close)
    for name, each in list(made.standing.more.items())[:6]:
        low, high = np.quantile(each[1:], [(1 - made.mass) / 2, (1 + made.mass) / 2])
        console.print(inert(f"{name}: {each[0]:.2f} ({low:.2f} to {high:.2f})"))
    rows = [_assumed(standing, made.mass) for standing in made.sensitivity]
    terminal._print(console, ["under other assumptions", "order", "P(best) of its first"], rows)
    if made.variance is not None:
        console.print(_variance(made))


def _place(place: Place, above: int, size: int) -> list[str]:
    return [
        place.name,
        number(place.value),
        f"{place.rank.estimate:.0f} ({place.rank.low:.0f} to {place.rank.high:.0f})",
        percent(place.p_best),
        f"{above} of {size - 1}",
    ]


def number(value: Interval) -> str:
    """Returns a value on any scale with its interval; proportions as everywhere."""
    if value.low >= 0 and value.high <= 1:
        return f"{proportion(value.estimate)} ({ends(value.low, value.high)})"
    return f"{value.estimate:.2f} ({value.low:.2f} to {value.high:.2f})"


def _joint(made: Ranking) -> str:
    size = len(made.candidates)
    held, every = int(made.joint.sum()), size * (size - 1) // 2
    return (
        f"{held:,} of {every:,} pairs hold all at once with probability {made.mass:.0%}:"
        " every plausible order keeps them"
    )


def _separation(made: Separation) -> list[str]:
    said = [times(x) for x in (made.times.estimate, made.times.low, made.times.high)]
    return [
        f"{made.above} over {made.below}",
        percent(made.p_above),
        f"{said[0]} times as many ({said[1]} to {said[2]})",
    ]


def times(x: float) -> str:
    """Returns how many times as much, open beyond a thousand."""
    if not math.isfinite(x) or x > 1000:
        return "1,000+"
    return f"{x:.1f}" if x < 10 else f"{x:,.0f}"


def _assumed(standing: Standing, mass: float) -> list[str]:
    order = standing.order()
    first = next(p for p in places(standing, mass) if p.name == order[0])
    shown = " > ".join(order[:4]) + (" > ..." if len(order) > 4 else "")
    doubt = " (doubted)" if standing.doubts else ""
    return [standing.assumption + doubt, shown, percent(first.p_best)]


def _variance(made: Ranking) -> str:
    parts = [f"{source} {np.nanmean(share):.0%}" for source, share in (made.variance or {}).items()]
    return "where the variance comes from, on average: " + ", ".join(parts)
