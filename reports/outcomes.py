"""From scores to outcomes, told: a table, and a page with a picture of what each step hides."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..fitting.laws.held_out import Held
from ..fitting.laws.outcomes import Outcomes, Step
from . import terminal
from .document import Block, Column, Document, Doubts, Picture, Prose, Section, Table
from .figures import BLUE, GREY, canvas, look, svg
from .marks import at, told
from .page import write
from .wording import clip, proportion, say, several, whom

STEPS = ("step", "Pearson", "Spearman", "lost at this step", "never changes")
HELD = ("model", "accuracy", "problem by problem", "of the mean")


def show(made: Outcomes) -> None:
    """Prints the steps, what fluctuates, and the forecasts of the largest models."""
    console = terminal._console()
    terminal._print(console, STEPS, list(_steps(made)))
    terminal._print(console, ("about a line in log compute", "mean"), list(_noise(made)))
    if made.held is not None:
        terminal._print(console, HELD, list(_held(made.held)))
    console.print(_verdict(made))


def save(made: Outcomes, path: Path) -> None:
    """Writes the page, .html or .pdf.

    Raises:
        InputError: another suffix.
    """
    write(document(made), path)


def document(made: Outcomes) -> Document:
    """Returns the page of outcomes."""
    size = f"{several(len(made.models), 'model')}, {several(len(made.problems), 'problem')}"
    return Document("From scores to outcomes", size, (_first(made), _second(made)))


def _first(made: Outcomes) -> Section:
    means = [step.mean for step in made.steps]
    doubts = (Doubts(made.doubts),) if made.doubts else ()
    blocks: tuple[Block, ...] = (
        Prose(_verdict(made), "lead"),
        *doubts,
        picture(made),
        Table(
            "Correlation with log compute, mean over problems",
            _columns(STEPS),
            tuple(_steps(made)),
            f"In brackets: {whom(means)}. A problem whose score never changes has none.",
        ),
        Table(
            "What fluctuates from model to model",
            _columns(("about a line in log compute", "mean")),
            tuple(_noise(made)),
            "The share of the choices and accuracy rest on the wrong choices too: what moves their"
            " mass hides what the right one gained.",
        ),
    )
    return Section("steps", "What each step hides", blocks)


def _second(made: Outcomes) -> Section:
    if made.held is None:
        return Section("ahead", "Forecasts", (Prose("Too few models to hold the largest out."),))
    held = made.held
    errors = (
        f"Mean error: {told(held.each_error)} problem by problem, {told(held.whole_error)} of"
        " the mean."
    )
    table = Table(
        "Accuracy of the largest models, forecast from the smaller ones",
        _columns(HELD),
        tuple(_held(held)),
        "Problem by problem: a line through each problem's log odds, averaged last. Of the mean: a"
        " line through the logit of the mean accuracy.",
    )
    return Section("ahead", "Forecasts of the largest models", (Prose(errors), table))


def _columns(names: tuple[str, ...]) -> tuple[Column, ...]:
    return tuple(Column(name, "right" if i else "left") for i, name in enumerate(names))


def _steps(made: Outcomes) -> Iterator[tuple[str, ...]]:
    for step in made.steps:
        lost = "" if step.lost is None else say(step.lost)
        constant = f"{step.constant:.0%} of problems"
        yield step.name, say(step.mean), say(step.mean_rank), lost, constant


def _noise(made: Outcomes) -> Iterator[tuple[str, ...]]:
    return ((name, say(value)) for name, value in made.noise.items())


def _held(held: Held) -> Iterator[tuple[str, ...]]:
    rows = zip(held.models, held.truth, held.each, held.whole, strict=True)
    for model, *values in rows:
        yield clip(model, 60), *(proportion(float(value)) for value in values)


def _verdict(made: Outcomes) -> str:
    """The answer in two sentences at most."""
    lost = {step.name: step.lost for step in made.steps if step.lost is not None}
    name, most = max(lost.items(), key=lambda pair: np.nan_to_num(pair[1].estimate, nan=-1))
    if most.low > 0:
        first = f"Most is lost at the step to {name}: {say(most)} of correlation with compute."
    else:
        first = "No step surely loses correlation with compute."
    if made.held is None:
        return first
    gain = made.held.gain
    if gain.low > 0:
        return f"{first} Forecasts problem by problem were nearer than that of the mean."
    if gain.high < 0:
        return f"{first} The forecast of the mean was nearer than that problem by problem."
    return f"{first} Which forecast is nearer cannot be determined from this table."


def picture(made: Outcomes) -> Picture:
    """Returns the correlations over problems as a picture, with its words."""
    drawn = figure(made)
    points = [(s.mean.estimate, -i, f"{s.name}: {told(s.mean)}") for i, s in enumerate(made.steps)]
    means = "; ".join(f"{step.name} {say(step.mean)}" for step in made.steps)
    return Picture(
        "outcomes",
        "Correlation of each problem's score with log compute: the middle half of the problems"
        " (thick), nine in ten (thin), and the mean with its interval (dot).",
        f"Four rows of correlations. Means: {means}.",
        svg(drawn),
        at(drawn.axes[0], points),
    )


def figure(made: Outcomes) -> Figure:
    """Draws a row for each step: how its problems' correlations with log compute are spread."""
    with look():
        drawn, axes = canvas(height=2.6, right=0.97)
        axes.set_position((0.27, 0.2, 0.7, 0.74))
        for i, step in enumerate(made.steps):
            _row(axes, step, -i)
        axes.axvline(0, color=GREY, lw=0.8)
        axes.set_yticks([-i for i in range(len(made.steps))], [s.name for s in made.steps])
        axes.set_ylim(0.5 - len(made.steps), 0.5)
        axes.set_xlim(-1.04, 1.04)
        axes.set_xticks([-1, -0.5, 0, 0.5, 1])
        axes.set_xlabel("correlation with log compute")
    return drawn


def _row(axes: Axes, step: Step, y: float) -> None:
    known = step.pearson[np.isfinite(step.pearson)]
    if not len(known):
        return
    least, low, high, most = np.quantile(known, [0.05, 0.25, 0.75, 0.95])
    axes.plot([least, most], [y, y], color=GREY, lw=1.2)
    axes.plot([low, high], [y, y], color=GREY, lw=6, alpha=0.45, solid_capstyle="butt")
    axes.plot([step.mean.low, step.mean.high], [y, y], color=BLUE, lw=3)
    axes.plot([step.mean.estimate], [y], color=BLUE, marker="o", markersize=6)
