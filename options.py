"""The options that several commands share, and how their texts are read."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from .data.errors import InputError
from .data.examples import located

MOST = 10**15
"""The largest number of samples to ask about; beyond it floating point loses count."""
Command = TypeVar("Command", bound=Callable[..., Any])


def stack(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Stacks options so that help shows them in the order written."""

    def apply(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return apply


def pairs(_: click.Context, param: click.Parameter, values: Iterable[str]) -> dict[str, str]:
    """Reads OURS=THEIRS, several of them separated by commas or given again."""
    found: dict[str, str] = {}
    for text in (part for value in values for part in value.split(",")):
        left, equals, right = text.partition("=")
        if not (equals and left and right):
            raise InputError(f"{param.opts[0]} takes NAME=VALUE; got {text!r}")
        found[left.strip()] = right.strip()
    return found


def numbers(kind: type[int] | type[float]) -> Callable[..., list[Any] | None]:
    def parse(_: click.Context, param: click.Parameter, value: str | None) -> list[Any] | None:
        if value is None:
            return None
        try:
            found = [kind(part) for part in value.split(",")]
        except ValueError:
            what = "whole numbers" if kind is int else "numbers"
            raise InputError(f"{param.opts[0]} takes {what} with commas; got {value!r}") from None
        if over := [number for number in found if number > MOST]:
            raise InputError(f"{param.opts[0]} takes numbers up to {MOST:,}; got {over[0]}")
        return found

    return parse


def seed(_: click.Context, __: click.Parameter, value: int) -> int:
    if value < 0:
        raise InputError(f"seed must satisfy seed >= 0; got seed={value}")
    return value


def mass(_: click.Context, __: click.Parameter, value: float) -> float:
    if not 0 < value < 1:
        raise InputError(f"mass must lie strictly between 0 and 1; got {value:g}")
    return value


def bundled(
    _: click.Context, __: click.Parameter, value: Path | tuple[Path, ...] | None
) -> Path | tuple[Path, ...] | None:
    """Finds the bundled log that `example:NAME` names."""
    if value is None or isinstance(value, Path):
        return value and located(value)
    return tuple(located(path) for path in value)


def spending(options: dict[str, Any]) -> dict[str, Any]:
    """Returns the options on money and difficulty, as the planner takes them."""
    found = {}
    for name, what in (("mix", "LEVEL"), ("floor", "LEVEL"), ("cap", "UNIT")):
        try:
            found[name] = {level: float(x) for level, x in options[name].items()} or None
        except ValueError as error:
            raise InputError(f"--{name} takes {what}=NUMBER ({error})") from None
    found["caps"] = found.pop("cap")
    names = ("budget", "target", "unit", "levels", "penalty", "hard", "most", "seed", "mass")
    return {n: options[n] for n in names} | found | {"price_file": options["price"]}


def prior(
    context: click.Context, param: click.Parameter, values: Iterable[str]
) -> tuple[float, float] | None:
    """Reads a=A,b=B."""
    told = pairs(context, param, values)
    if not told:
        return None
    try:
        if sorted(told) != ["a", "b"]:
            raise ValueError
        return float(told["a"]), float(told["b"])
    except ValueError:
        given = ",".join(f"{name}={value}" for name, value in told.items())
        raise InputError(f"--prior takes a=NUMBER,b=NUMBER; got {given!r}") from None


NAMES = click.option(
    "--map",
    "names",
    multiple=True,
    callback=pairs,
    metavar="OURS=THEIRS",
    help="A column that the file calls otherwise, e.g. problem=task,correct=passed.",
)
READING = stack(
    click.option(
        "--format", "format_", metavar="F", help="Format of the input (found by looking)."
    ),
    NAMES,
    click.option(
        "--verdict",
        "verdicts",
        multiple=True,
        callback=pairs,
        metavar="NAME=COLUMN",
        help="A column of the samples that is a verifier's verdict or score; may be repeated.",
    ),
    click.option(
        "--truth", metavar="NAME", help="The scorer, metric or filter of a log that is the truth."
    ),
    click.option(
        "--answer", metavar="REGEX", help="Grade anew: what in a completion is its answer."
    ),
)
ALWAYS = stack(
    click.option(
        "--seed",
        default=0,
        show_default=True,
        callback=seed,
        help="Seed of everything random.",
    ),
    click.option("--strict", is_flag=True, help="Make any doubt an error (exit 2)."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."),
)
COMMON = stack(
    click.option(
        "--mass",
        default=0.9,
        show_default=True,
        callback=mass,
        help="Mass of every interval.",
    ),
    ALWAYS,
)
UNIT = stack(
    click.option(
        "--unit",
        type=click.Choice(["samples", "tokens", "flops", "usd", "seconds"]),
        help="Unit of the budget  [tokens if logged, else samples].",
    ),
    click.option("--price", type=click.Path(path_type=Path), help="TOML file of prices."),
)
BUDGET = stack(
    click.option("--budget", type=float, required=True, help="Expected spend per problem."), UNIT
)
SPENDING = stack(
    click.option("--budget", type=float, help="Expected spend per problem."),
    click.option("--target", type=float, help="Accuracy to reach as cheaply as possible."),
    UNIT,
    click.option(
        "--levels",
        metavar="RULE",
        default="auto",
        help="How difficulty is known: given, none, probe, or solve-rate[:N or :X,Y] (needs gold"
        " answers)  [auto: the log's levels or one for all, or a probe that pays].",
    ),
    click.option(
        "--mix", multiple=True, callback=pairs, metavar="LEVEL=SHARE", help="Mix of levels."
    ),
    click.option(
        "--floor",
        multiple=True,
        callback=pairs,
        metavar="LEVEL=ACCURACY",
        help="Accuracy a level has to have.",
    ),
    click.option(
        "--penalty",
        type=float,
        default=0.0,
        show_default=True,
        help="What a wrong answer loses, where a right one earns 1 and none 0.",
    ),
    click.option(
        "--cap",
        multiple=True,
        callback=pairs,
        metavar="UNIT=X",
        help="Most to spend on a problem in expectation, in another unit; may be repeated.",
    ),
    click.option(
        "--hard-cap", "hard", type=float, help="Most that any one problem of the log may cost."
    ),
    click.option("--most", type=int, metavar="S", help="Most solutions of a problem."),
)
TRACE = click.argument("trace", type=click.Path(path_type=Path), callback=bundled)
DESIGNING = stack(
    click.option(
        "--pilot",
        multiple=True,
        type=click.Path(path_type=Path),
        callback=bundled,
        metavar="TRACE",
        help="A small log of the same kind; twice for two models.",
    ),
    click.option(
        "--prior",
        multiple=True,
        callback=prior,
        metavar="a=A,b=B",
        help="Instead of a pilot: solve rates are Beta(A, B).",
    ),
    click.option(
        "--want",
        required=True,
        help="forecast@K:H or coverage@K:H (half-width H), separate[@K]:POWER.",
    ),
    click.option(
        "--max-problems", "most_problems", default=10_000, show_default=True, help="Their bound."
    ),
    click.option(
        "--max-samples", "most_samples", default=256, show_default=True, help="For each problem."
    ),
    click.option(
        "--per-problem",
        default=0.0,
        show_default=True,
        help="Cost of a problem before its first sample, in samples.",
    ),
    click.option(
        "--logs", type=int, help="Logs simulated at each answer  [8, 100 or 400, by the want]."
    ),
)
TABLE = stack(
    click.argument("table", type=click.Path(path_type=Path)),
    NAMES,
)
