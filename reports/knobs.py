"""A law of several knobs in the terminal: what each knob does, which families speak, a plan."""

import math
from collections.abc import Mapping

from ..analysis.curve import Interval
from ..fitting.laws.knoblaw import KnobLaw, Settings
from ..planner.knobs import KnobPlan
from . import terminal
from .wording import amount, proportion, say, several

LEAST_WEIGHT = 0.005


def show(law: KnobLaw, asked: list[dict[str, float]], mass: float, level: str = "") -> None:
    """Prints the slopes, the families, and the accuracy at each setting asked for."""
    console = terminal._console()
    head = f"{several(law.points, 'point')}, {several(law.settings, 'setting')}"
    head += f", {several(law.tasks.shape[1], 'task')}"
    console.print(f"{level}: {head}" if level else head)
    slopes = law.slope_worlds()
    up = (slopes[1:] > 0).mean(axis=0)
    ends = zip(law.low, law.high, law.shift, strict=True)
    ranges = [f"{amount(math.exp(a) - s)} to {amount(math.exp(b) - s)}" for a, b, s in ends]
    rows = [
        [name, logged, signed(slope), f"{chance:.0%}"]
        for (name, slope), logged, chance in zip(law.slopes(mass).items(), ranges, up, strict=True)
    ]
    columns = ["knob", "logged", "slope in logits an e-fold", "above 0 in"]
    terminal._print(console, columns, rows)
    heard = [
        [form.family.name, f"{weight:.0%}", proportion(error)]
        for form, weight, error in zip(law.forms, law.held.weight, law.held.rmse, strict=True)
        if weight >= LEAST_WEIGHT
    ]
    terminal._print(console, ["family", "weight", "error on settings held out"], heard)
    if asked:
        terminal._print(
            console, ["setting", "accuracy", "beyond the log"], _asked(law, asked, mass)
        )


def _asked(law: KnobLaw, asked: list[dict[str, float]], mass: float) -> list[list[str]]:
    settings: Settings = {name: [setting[name] for setting in asked] for name in law.names}
    far = law.beyond(settings)
    return [
        [named(setting), say(value), "" if not away else f"{away:.1f} e-folds"]
        for setting, value, away in zip(asked, law.at(settings, mass=mass), far, strict=True)
    ]


def show_plan(plan: KnobPlan) -> None:
    """Prints the setting of each level, and what else the budget could buy."""
    console = terminal._console()
    console.print(
        f"{amount(plan.budget)} {plan.unit} per problem (expected spend {amount(plan.spent)}):"
        f" accuracy {say(plan.accuracy)} on new problems"
    )
    rows = []
    for level in plan.levels:
        parts = [f"{w:.0%}: {named(s)}" if w < 1 - 1e-9 else named(s) for w, s in level.split]
        told = "; ".join(parts)
        rows.append(
            [level.level, f"{level.share:.0%}", told, amount(level.cost), say(level.accuracy)]
        )
    terminal._print(console, ["level", "share", "setting", plan.unit, "accuracy"], rows)
    other = [[name, say(value)] for name, value in plan.instead.items()]
    terminal._print(console, ["instead", "accuracy"], other)


def named(setting: Mapping[str, float]) -> str:
    """Returns a setting as NAME=VALUE with commas."""
    return ", ".join(f"{name}={value:g}" for name, value in setting.items())


def signed(slope: Interval) -> str:
    """Returns a slope with its sign and its interval."""
    return f"{slope.estimate:+.3f} ({slope.low:+.3f} to {slope.high:+.3f})"
