"""A law of several knobs, in the terminal and on a page: what each does, and a plan over them."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from ..analysis.curve import MASS, Floats, Interval
from ..fitting.laws.knoblaw import KnobLaw
from ..planner.knobs import KnobPlan
from . import terminal
from .document import Block, Column, Document, Doubts, Picture, Prose, Section, Table, inert
from .figures import (
    CYCLE,
    DASHES,
    GREY,
    MARKERS,
    accuracy_axis,
    canvas,
    label,
    log_axis,
    look,
    name_lines,
    svg,
)
from .marks import at
from .wording import amount, clip, percent, proportion, say, several, together, whom

LEAST_WEIGHT = 0.005
MOST_LINES = 4
SPOTS = 61
BEYOND = 1.0
"""E-folds beyond the log that the picture shows."""


def show(law: KnobLaw, asked: Sequence[Mapping[str, float]], mass: float, level: str = "") -> None:
    """Prints the slopes, the families, and the accuracy at each setting asked for."""
    console = terminal._console()
    head = f"{several(law.points, 'point')}, {several(len(law.logged), 'setting')}"
    head += f", {several(law.tasks.shape[1], 'task')}"
    console.print(inert(f"{level}: {head}" if level else head))
    columns = ["knob", "logged", "slope in logits an e-fold", "above 0 in"]
    terminal._print(console, columns, _slopes(law, mass))
    terminal._print(console, ["family", "weight", "error on settings held out"], _heard(law))
    if asked:
        columns = ["setting", "accuracy", "beyond the log"]
        terminal._print(console, columns, _asked(law, asked, mass))


def show_plan(plan: KnobPlan) -> None:
    """Prints the setting of each level, and what else the budget could buy."""
    console = terminal._console()
    console.print(inert(_spent(plan)))
    columns = ["level", "share", "setting", plan.unit, "accuracy"]
    terminal._print(console, columns, _split(plan))
    other = [[name, say(value)] for name, value in plan.instead.items()]
    terminal._print(console, ["instead", "accuracy"], other)


def _slopes(law: KnobLaw, mass: float) -> list[list[str]]:
    up = (law.slope_worlds()[1:] > 0).mean(axis=0)
    ends = zip(law.at_logged.min(axis=0), law.at_logged.max(axis=0), strict=True)
    ranges = [f"{amount(a)} to {amount(b)}" for a, b in ends]
    rows = zip(law.slopes(mass).items(), ranges, up, strict=True)
    return [[name, logged, signed(slope), f"{above:.0%}"] for (name, slope), logged, above in rows]


def _heard(law: KnobLaw) -> list[list[str]]:
    rows = zip(law.forms, law.held.weight, law.held.rmse, strict=True)
    return [
        [form.family.name, f"{weight:.0%}", proportion(error)]
        for form, weight, error in rows
        if weight >= LEAST_WEIGHT
    ]


def _asked(law: KnobLaw, asked: Sequence[Mapping[str, float]], mass: float) -> list[list[str]]:
    settings = {name: [setting[name] for setting in asked] for name in law.names}
    far = law.beyond(settings)
    return [
        [named(setting), say(value), "" if not away else f"{away:.1f} e-folds"]
        for setting, value, away in zip(asked, law.at(settings, mass=mass), far, strict=True)
    ]


def _spent(plan: KnobPlan) -> str:
    return (
        f"{amount(plan.budget)} {plan.unit} per problem (expected spend {amount(plan.spent)}):"
        f" accuracy {say(plan.accuracy)} on new problems"
    )


def _split(plan: KnobPlan) -> list[list[str]]:
    rows = []
    for level in plan.levels:
        parts = [f"{w:.0%}: {named(s)}" if w < 1 - 1e-9 else named(s) for w, s in level.split]
        told = [level.level, f"{level.share:.0%}", "; ".join(parts)]
        rows.append([*told, amount(level.cost), say(level.accuracy)])
    return rows


def named(setting: Mapping[str, float]) -> str:
    """Returns a setting as NAME=VALUE with commas."""
    return ", ".join(f"{name}={value:g}" for name, value in setting.items())


def signed(slope: Interval) -> str:
    """Returns a slope with its sign and its interval."""
    return f"{slope.estimate:+.3f} ({slope.low:+.3f} to {slope.high:+.3f})"


def document(
    laws: Mapping[str, KnobLaw],
    asked: Sequence[Mapping[str, float]] = (),
    plan: KnobPlan | None = None,
    *,
    title: str = "What the knobs do",
    mass: float = MASS,
) -> Document:
    """Returns the page of a law of knobs for each level, and of a plan over them."""
    first = next(iter(laws.values()))
    points = sum(law.points for law in laws.values())
    subtitle = f"{several(points, 'point')} over {together([clip(n, 40) for n in first.names])}"
    made = [] if plan is None else [_planned(plan)]
    for i, (name, law) in enumerate(laws.items()):
        made.append(_section(law, asked, mass, name if len(laws) > 1 else "", i))
    return Document(title, subtitle, tuple(made))


def _section(
    law: KnobLaw, asked: Sequence[Mapping[str, float]], mass: float, level: str, place: int
) -> Section:
    text = Column("knob", "left"), Column("logged"), Column("slope"), Column("above 0 in")
    slopes = Table(
        "What an e-fold (2.7 times) of each knob adds to the logit of accuracy",
        text,
        tuple(tuple(row) for row in _slopes(law, mass)),
        f"{percent(mass)} intervals for new tasks; 0 is a knob that does nothing.",
    )
    heard = Table(
        "Forms of surface, by how they forecast settings held out",
        (Column("form", "left"), Column("weight"), Column("error in accuracy")),
        tuple(tuple(row) for row in _heard(law)),
    )
    blocks: list[Block] = [Doubts(law.doubts)] if law.doubts else []
    blocks += [picture(law, mass), slopes]
    if asked:
        columns = Column("setting", "left"), Column("accuracy"), Column("beyond the log")
        rows = tuple(tuple(row) for row in _asked(law, asked, mass))
        note = f"{percent(mass)} intervals for new tasks."
        blocks.append(Table("Settings asked about", columns, rows, note))
    name = f"{clip(level, 60)}: what the knobs do" if level else "What the knobs do"
    return Section(f"knobs-{place + 1}", name, (*blocks, heard))


def _planned(plan: KnobPlan) -> Section:
    columns = ("level", "share", "setting", plan.unit, "accuracy")
    words = ("level", "setting")
    heads = tuple(Column(clip(c, 40), "left" if c in words else "right") for c in columns)
    split = Table("The split", heads, tuple(tuple(row) for row in _split(plan)))
    blocks: list[Block] = [Prose(_spent(plan), "lead"), split]
    if plan.instead:
        rows = tuple((name, say(value)) for name, value in plan.instead.items())
        columns_ = Column("instead", "left"), Column("accuracy")
        blocks.append(Table("Simpler uses of the same budget", columns_, rows))
    if plan.doubts:
        blocks.append(Doubts(plan.doubts))
    return Section("plan", "What to set", tuple(blocks))


def picture(law: KnobLaw, mass: float = MASS) -> Picture:
    """Returns accuracy over the knob that matters most, a line for some values of the next."""
    sketch, lines = _drawn(law, mass)
    main, *rest = _order(law)
    mean = together([clip(law.names[i], 30) for i in rest[1:]])
    others = f"; {mean} at the mean" if mean else ""
    told = [f"{name}: {say(rows[0])} to {say(rows[-1])}" for name, _, rows in lines]
    return Picture(
        "knobs",
        f"Accuracy against {clip(law.names[main], 40)}{others}. Dots are the accuracies logged;"
        f" right of the dotted line nothing was. Bands: {whom(lines[0][2])}.",
        f"Lines of accuracy over {clip(law.names[main], 40)}. {'; '.join(told)}.",
        svg(sketch),
        at(
            sketch.axes[0],
            (
                (float(x), row.estimate, f"{name}, {x:.3g}: {say(row)}")
                for name, xs, rows in lines
                for x, row in list(zip(xs, rows, strict=True))[::6]
            ),
        ),
    )


def figure(law: KnobLaw, mass: float = MASS) -> Figure:
    """Draws the picture alone."""
    return _drawn(law, mass)[0]


Line = tuple[str, Floats, tuple[Interval, ...]]


def _drawn(law: KnobLaw, mass: float) -> tuple[Figure, list[Line]]:
    lines = _lines(law, mass)
    main, *rest = _order(law)
    x = law.at_logged[:, main]
    with look():
        made, axes = canvas(height=3.6, right=0.72)
        top = max(row.high for _, _, rows in lines for row in rows)
        log_axis(axes, float(lines[0][1][0]), float(lines[0][1][-1]), label(law.names[main], 40))
        accuracy_axis(axes, max(top, float(law.logged.max())), "accuracy")
        for i, (_, xs, rows) in enumerate(lines):
            axes.fill_between(
                xs, [r.low for r in rows], [r.high for r in rows], color=CYCLE[i], alpha=0.13, lw=0
            )
            axes.plot(xs, [r.estimate for r in rows], color=CYCLE[i], ls=DASHES[i])
        axes.axvline(x.max(), color=GREY, lw=0.8, ls=":")
        if len(law.names) < 3:
            values = _values(law)
            for i, value in enumerate(values):
                own = law.at_logged[:, rest[0]] == value if rest else np.ones(len(x), dtype=bool)
                axes.plot(x[own], law.logged[own], MARKERS[i], color=CYCLE[i], mfc="none")
        name_lines(axes, [(n, rows[-1].estimate, CYCLE[i]) for i, (n, _, rows) in enumerate(lines)])
    return made, lines


def _order(law: KnobLaw) -> list[int]:
    """The knobs, the one that moves accuracy most over its range first."""
    reach = np.abs(law.slope_worlds()[0]) * (law.high - law.low)
    return [int(i) for i in np.argsort(-reach, kind="stable")]


def _values(law: KnobLaw) -> list[float]:
    """Some of the logged values of the second knob, from the least to the largest."""
    order = _order(law)
    if len(order) == 1:
        return [math.nan]
    logged = np.unique(law.at_logged[:, order[1]])
    spots = np.unique(np.linspace(0, len(logged) - 1, MOST_LINES).round().astype(int))
    return [float(v) for v in logged[spots]]


def _lines(law: KnobLaw, mass: float) -> list[Line]:
    main, *rest = _order(law)
    ends = law.low[main], law.high[main] + BEYOND
    xs = np.exp(np.linspace(*ends, SPOTS)) - law.shift[main]
    xs = xs[xs > 0]
    found = []
    for value in _values(law):
        setting: dict[str, Floats | float] = {
            name: math.exp(law.centre[i]) - law.shift[i] for i, name in enumerate(law.names)
        }
        setting[law.names[main]] = xs
        if rest:
            setting[law.names[rest[0]]] = value
        name = f"{law.names[rest[0]]} = {value:g}" if rest else "the law"
        found.append((name, xs, law.at(setting, mass=mass)))
    return found
