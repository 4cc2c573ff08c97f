"""A ranking, in the terminal and on the page: places, pairs, and what else might be the order."""

import math

import numpy as np
from matplotlib.figure import Figure

from ..analysis.curve import Interval
from ..data.errors import InputError
from ..fitting.ranking.ranking import Place, Ranking, Separation, places
from ..fitting.ranking.standing import Standing
from . import terminal
from .document import Block, Column, Doubts, Picture, Prose, Section, Table, inert
from .figures import WIDTH, label, look, svg
from .wording import clip, ends, people, percent, proportion, sentence, several, together, whom

MOST = 30
"""Candidates listed; the rest are counted."""
DRAWN = 10
"""Candidates in the picture, the best ones."""


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


def section(made: Ranking) -> Section:
    """Returns the section: who is first and how sure that is, the chances of every rank, pairs."""
    blocks: list[Block] = [Prose(_story(made)), picture(made), _table(made), _pairs(made)]
    if made.standing.doubts or made._flips():
        said = dict.fromkeys(map(sentence, (*made.standing.doubts, *made._flips())))
        blocks.append(Doubts(tuple(said), "Doubts about this ranking"))
    return Section("ranking", "Who is better", tuple(blocks))


def _order(made: Ranking) -> list[int]:
    """The places of the candidates, best first."""
    order = np.argsort([place.rank.estimate for place in made.places], kind="stable")
    return [int(i) for i in order]


def _story(made: Ranking) -> str:
    order, places = _order(made), made.places
    first = places[order[0]]
    above = made.joint.sum(axis=1)
    surely = int(above[order[0]])
    rivals = [clip(places[i].name, 40) for i in order[1:] if places[i].p_best > 0.05][:3]
    others = (
        f" The log cannot rule out that {together(rivals)}"
        f" {'is' if len(rivals) == 1 else 'are'} as good or better."
        if rivals
        else ""
    )
    return (
        f"By {_measure(made)}, on the problems that all share, {clip(first.name, 60)} comes first"
        f" with probability {percent(round(first.p_best, 2))}; it is surely above {surely} of"
        f" {several(len(order) - 1, 'other')}.{others}"
    )


def _measure(made: Ranking) -> str:
    return "the accuracy of one sample" if made.metric == "coverage@1" else made.metric


def picture(made: Ranking) -> Picture:
    """Returns the chances of every rank as a picture, with its words."""
    order = _order(made)[:DRAWN]
    told = "; ".join(
        f"{clip(made.places[i].name, 40)} first with {percent(round(made.places[i].p_best, 2))}"
        for i in order
    )
    rest = len(made.candidates) - len(order)
    left = f" The best {len(order)}; {rest} more are in the table." if rest else ""
    return Picture(
        "ranking",
        "The probability of every rank, best candidate first. A row that is spread out says that"
        f" the log cannot tell the place.{left}",
        f"Heat map of candidates by ranks: {told}.",
        svg(figure(made)),
    )


def figure(made: Ranking | None) -> Figure:
    """Draws the probability of each rank (columns) for each candidate (rows).

    Raises:
        InputError: there is no ranking.
    """
    if made is None:
        raise InputError("the picture 'ranking' needs a log of at least 2 models or settings")
    order = _order(made)[:DRAWN]
    chance = made.rank_probabilities[order][:, : len(order)]
    height = 0.62 + 0.32 * len(order)
    with look():
        drawn = Figure(figsize=(WIDTH, height))
        axes = drawn.add_axes((0.36, 0.5 / height, 0.6, 1 - 0.56 / height))
        axes.imshow(chance, cmap="Blues", vmin=0, vmax=1.15, aspect="auto")
        for y, x in np.argwhere(chance >= 0.005):
            color = "white" if chance[y, x] > 0.6 else "#111111"
            text = percent(round(100 * chance[y, x]) / 100)
            axes.text(x, y, text, ha="center", va="center", fontsize=8.5, color=color)
        names = [label(made.candidates[i], 26, 1) for i in order]
        axes.set_yticks(range(len(order)), names)
        axes.set_xticks(range(len(order)), [str(i + 1) for i in range(len(order))])
        axes.set_xlabel("rank")
        axes.tick_params(length=0)
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
    return drawn


def _table(made: Ranking) -> Table:
    columns = (
        Column("candidate", "left"),
        Column(f"{_measure(made)} (interval)"),
        Column("rank (interval)"),
        Column("chance to be best"),
        Column("surely above"),
    )
    above = made.joint.sum(axis=1)
    rows = [_place(made.places[i], int(above[i]), len(made.candidates)) for i in _order(made)]
    rows = [[clip(name), *rest] for name, *rest in rows]
    left = len(rows) - MOST
    more = f" {several(left, 'more candidate')} not listed." if left > 0 else ""
    note = (
        f"In brackets: {whom([place.value for place in made.places])}. Pairs counted as sure hold"
        f" all at once with probability {percent(made.mass)}.{more}"
    )
    return Table("Places", columns, tuple(map(tuple, rows[:MOST])), note)


def _pairs(made: Ranking) -> Table:
    columns = (
        Column("pair", "left"),
        Column("chance that it holds"),
        Column(f"{made.unit} to tell them apart"),
    )
    rows = tuple(
        (clip(pair, 120), chance, need)
        for pair, chance, need in map(_separation, made.separations()[:MOST])
    )
    note = "Neighbours in the order above; at most 1 time as many means told apart already."
    return Table("Neighbours", columns, rows, note)
