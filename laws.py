"""The commands that fit laws of other knobs: a table of points in, a law with its intervals out."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .data.errors import InputError
from .options import COMMON, TABLE, numbers, pairs
from .talking import print_json, tell

if TYPE_CHECKING:
    from .analysis.curve import Floats
    from .data.points import Points
    from .fitting.laws.knoblaw import KnobLaw

ALL = "all"


def setting(
    context: click.Context, param: click.Parameter, values: Iterable[str]
) -> list[dict[str, float]]:
    """Reads NAME=NUMBER with commas, one setting for each time the option is given."""
    found = []
    for value in values:
        told = pairs(context, param, [value])
        try:
            found.append({name: float(x) for name, x in told.items()})
        except ValueError as error:
            raise InputError(f"{param.opts[0]} takes NAME=NUMBER,... ({error})") from None
    return found


def lists(
    _: click.Context, param: click.Parameter, values: Iterable[str]
) -> dict[str, list[float]]:
    """Reads NAME=NUMBER,NUMBER,..., one name for each time the option is given."""
    found = {}
    for value in values:
        name, _equals, numbers = value.partition("=")
        try:
            found[name.strip()] = [float(x) for x in numbers.split(",")]
        except ValueError:
            raise InputError(
                f"{param.opts[0]} takes NAME=NUMBER,NUMBER,...; got {value!r}"
            ) from None
    return found


def _each_once(asked: list[dict[str, float]], names: Iterable[str]) -> None:
    """Raises an InputError unless every setting asked for gives each name."""
    for one in asked:
        if set(one) != set(names):
            raise InputError(f"--at sets each of {', '.join(names)}; got {', '.join(one)}")


@click.command()
@TABLE
@click.option("--knob", "knobs_", multiple=True, required=True, metavar="COLUMN", help="A knob.")
@click.option(
    "--shift", multiple=True, callback=setting, metavar="KNOB=X", help="Add X before the log."
)
@click.option("--covariate", multiple=True, metavar="COLUMN", help="What tasks are like.")
@click.option(
    "--moderate",
    multiple=True,
    callback=pairs,
    metavar="COVARIATE=KNOB",
    help="A covariate that changes the slope of a knob.",
)
@click.option("--level", metavar="COLUMN", help="Fit one law for each level of difficulty.")
@click.option(
    "--at", multiple=True, callback=setting, metavar="KNOB=X,...", help="Forecast a setting."
)
@click.option("--budget", type=float, help="Expected spend per problem: plan over the knobs.")
@click.option(
    "--price",
    multiple=True,
    metavar="X:KNOB*KNOB",
    help="A term of the price of a setting; X alone is paid for any.",
)
@click.option("--unit", default="tokens", show_default=True, help="Of the budget and the price.")
@click.option(
    "--try",
    "tried",
    multiple=True,
    callback=lists,
    metavar="KNOB=X,Y,...",
    help="Values of a knob that a plan may set  [those of the table].",
)
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write a page (.html or .pdf).")
@COMMON
def knobs(table: Path, out: Path | None, **options: Any) -> None:
    """Fit accuracy over several knobs: documents, shots, rounds, tokens, judges.

    TABLE has a row for each task at each setting: a column for each knob; n and c, or correct (0, 1
    or an accuracy); and problem, the task, where it is told.

    \b
    Example:  apportion knobs runs.csv --knob documents --knob shots --at documents=100,shots=8
              apportion knobs runs.csv --knob S --knob V --budget 9000 --price 900:S --price 300:S*V
              apportion knobs runs.csv --knob waits --shift waits=1 --level band -o knobs.html
    """
    from .data.points import read_points
    from .reports import knobs as shown
    from .reports import page, terminal

    if out:
        page.check([out])
    knobs_, covariates, level = options["knobs_"], options["covariate"], options["level"]
    _each_once(options["at"], knobs_)
    told = ["n", "c", "correct"]
    points = read_points(
        table,
        [*knobs_, *covariates, *told],
        ["problem", *([level] if level else [])],
        maybe=["problem", *told],
        names=options["names"],
    )
    with terminal.working("fitting"):
        laws = _laws(points, table, options)
    doubts = [f"{name}: {d}" if level else d for name, law in laws.items() for d in law.doubts]
    plan = _knob_plan(laws, points, options) if options["budget"] is not None else None
    made = [_json(name, law, options) for name, law in laws.items()]
    if out and not (options["strict"] and (doubts or (plan and plan.doubts))):
        with terminal.working("printing"):
            page.write(shown.document(laws, options["at"], plan, mass=options["mass"]), out)
    tell([*doubts, *(plan.doubts if plan else ())], strict=options["strict"])
    if options["as_json"]:
        print_json({"levels": made, "plan": plan.json() if plan else None})
        return
    for name, law in laws.items():
        shown.show(law, options["at"], options["mass"], name if level else "")
    if plan:
        shown.show_plan(plan)
    if out:
        click.echo(str(out))


def _laws(points: "Points", table: Path, options: dict[str, Any]) -> "dict[str, KnobLaw]":
    """Fits the law of each level."""
    import numpy as np

    from .fitting.laws.knobs import knob_law

    names = options["knobs_"]
    n, right = _tried(points, table)
    level = points.texts[options["level"]] if options["level"] else (ALL,) * len(points)
    tasks = points.texts.get("problem")
    shift = {name: x for one in options["shift"] for name, x in one.items()}
    found = {}
    for each in dict.fromkeys(level):
        own = np.array([name == each for name in level])
        found[str(each)] = knob_law(
            {name: points.whole(name)[own] for name in names},
            n[own],
            right[own],
            tasks=None if tasks is None else [str(tasks[i]) for i in np.flatnonzero(own)],
            covariates={name: points.whole(name)[own] for name in options["covariate"]},
            moderate=options["moderate"],
            shift=shift,
            seed=options["seed"],
        )
    return found


def _tried(points: "Points", table: Path) -> "tuple[Floats, Floats]":
    """How often each row was tried, and how often it was right."""
    import numpy as np

    have = set(points.numbers)
    if ("c" in have) != ("n" in have) or not have & {"c", "correct"}:
        raise InputError(f"{table}: accuracy needs the columns n and c, or correct")
    if "c" in have:
        return points.whole("n"), points.whole("c")
    return np.ones(len(points)), points.whole("correct")


def _knob_plan(laws: "dict[str, KnobLaw]", points: "Points", options: dict[str, Any]) -> Any:
    from .planner.knobs import knob_plan

    tried = {name: sorted(set(points.whole(name))) for name in options["knobs_"]}
    given = options["tried"]
    if unknown := [name for name in given if name not in tried]:
        raise InputError(f"--try: there is no knob {unknown[0]!r}")
    return knob_plan(
        laws if options["level"] else next(iter(laws.values())),
        options["budget"],
        options["price"],
        tried=tried | given,
        unit=options["unit"],
        mass=options["mass"],
    )


def _json(name: str, law: "KnobLaw", options: dict[str, Any]) -> dict[str, object]:
    asked, mass = options["at"], options["mass"]
    settings = {k: [one[k] for one in asked] for k in law.names}
    told = law.at(settings, mass=mass) if asked else ()
    pairs_ = zip(asked, told, strict=True)
    at = [{"settings": one, **value.json()} for one, value in pairs_]
    return {"level": name, **law.json(mass), "at": at}


@click.command()
@TABLE
@click.option(
    "--law",
    "names_",
    multiple=True,
    required=True,
    metavar="NAME",
    help="parscale, chinchilla, kaplan, ...; several are averaged.",
)
@click.option(
    "--at", multiple=True, callback=setting, metavar="COLUMN=X,...", help="Forecast a setting."
)
@click.option("--flops", type=float, help="Parameters and tokens of least loss (chinchilla).")
@COMMON
def losses(table: Path, **options: Any) -> None:
    """Fit laws of loss to a table of runs: their constants and forecasts, with intervals.

    TABLE has a row for each run, with the columns of the law: loss and parameters, and streams
    (parscale), tokens (chinchilla, kaplan) or steps (kaplan-steps); steps and batch to one loss
    (critical-batch); critical_batch and loss (batch-of-loss); or kaplan-parameters.

    \b
    Example:  apportion losses runs.csv --law parscale --at parameters=1e10,streams=8
              apportion losses runs.csv --law chinchilla --law kaplan
              apportion losses runs.csv --law chinchilla --flops 1e24
    """
    from .data.points import read_points
    from .fitting.laws.losses import declared
    from .fitting.laws.lossmix import loss_laws
    from .reports import losses as shown

    told, asked, mass = [declared(n) for n in options["names_"]], options["at"], options["mass"]
    _each_once(asked, told[0].columns)
    names = [*told[0].columns, told[0].response]
    points = read_points(table, names, names=options["names"])
    whole = {name: points.whole(name) for name in names}
    made = loss_laws(whole, options["names_"], seed=options["seed"])
    best = made.laws[0].optimal(options["flops"], mass) if options["flops"] is not None else {}
    forecasts = shown.forecasts(made, asked, mass)
    tell((*made.doubts, *shown.far(made, asked)), strict=options["strict"])
    if options["as_json"]:
        print_json(shown.json(made, forecasts, best, mass))
        return
    shown.show(made, forecasts, best, mass)


@click.command()
@TABLE
@click.option("--shift", type=float, default=0.0, help="Add X before the log, 1 for counts from 0.")
@click.option("--at", "x", callback=numbers(float), metavar="X,...", help="Forecast budgets.")
@click.option("--unit", type=float, metavar="X", help="A unit of cost  [a hundredth of the most].")
@COMMON
def budgets(table: Path, **options: Any) -> None:
    """Fit accuracy over thinking tokens, forced continuations, rounds or steps: its shape and peak.

    TABLE has a row for each problem at each budget: problem, budget, and n and c, or correct.

    \b
    Example:  apportion budgets runs.csv --at 16384
              apportion budgets waits.csv --map budget=waits --shift 1
    """
    from .data.points import read_points
    from .fitting.laws.budgets import budget_curve
    from .reports import budgets as shown

    columns, maybe = ["budget", "n", "c", "correct"], ["n", "c", "correct"]
    points = read_points(table, columns, ["problem"], maybe=maybe, names=options["names"])
    x, n, c, problems = shown.crossed(points, *_tried(points, table))
    made = budget_curve(x, n, c, problems, shift=options["shift"], seed=options["seed"])
    tell(made.doubts, strict=options["strict"])
    asked = {"at": options["x"] or [], "unit": options["unit"], "mass": options["mass"]}
    print_json(shown.json(made, **asked)) if options["as_json"] else shown.show(made, **asked)


COMMANDS = (knobs, losses, budgets)
