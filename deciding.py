"""The commands that decide: how to spend, when to stop, what to log next, and whether it held."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from .data.errors import InputError
from .options import ALWAYS, BUDGET, COMMON, DESIGNING, READING, SPENDING, TRACE, spending
from .talking import print_json, tell

if TYPE_CHECKING:
    from .data.traces import Trace
    from .planner.asked import Asked
    from .planner.plan import Plan


def read_log(sources: Sequence[Path], options: dict[str, Any]) -> "Trace":
    """Reads sources, taking the options on reading out of those given."""
    from .data.readers import read

    names, verdicts = options.pop("names"), options.pop("verdicts")
    only: Literal["counts"] | None = "counts" if options.pop("counts", False) else None
    told = {ours: options.pop(name, None) for name, ours in _TOLD.items()}
    aside = options.pop("quarantine", None)
    return read(sources, names=names, verdicts=verdicts, only=only, quarantine=aside, **told)


def read_logs(
    trace: Path, other: Path | None, options: dict[str, Any]
) -> "tuple[Trace, Trace | None]":
    """Reads a log, and the other in the same way if there is one."""
    naming = {name: options.pop(name) for name in ("names", "verdicts", *_TOLD)}
    return (
        read_log([trace], dict(naming)),
        None if other is None else read_log([other], dict(naming)),
    )


_TOLD = {"format_": "format", "truth": "truth", "answer": "answer"}
"""Options on reading, by what `read` calls them."""


@click.command()
@TRACE
@SPENDING
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the plan as JSON.")
@click.option("--csv", type=click.Path(path_type=Path), help="Write the split as CSV too.")
@click.option("--fresh", is_flag=True, help="Value the log anew, whatever is cached of it.")
@READING
@COMMON
def plan(trace: Path, out: Path | None, csv: Path | None, **options: Any) -> None:
    """Split a budget between solving and verifying, level by level.

    \b
    Example:  apportion plan trace --budget 2000
              apportion plan samples.parquet --budget 10 --unit samples --verdict weak=passed_weak
              apportion plan trace --target 0.6 --mix hard=0.5,easy=0.5
    """
    asked = _asked(options)
    place = _place(trace, asked, options)
    held = None if options["fresh"] else _cached_plan(asked, place)
    made = held or _fresh_plan(trace, asked, place, options)
    tell(made.doubts, strict=options["strict"])
    if out is not None:
        write(out, json.dumps(made.json(), allow_nan=False, indent=1).encode())
    if csv is not None:
        from .reports.sheets import write_csv

        write_csv(made, csv)
    if options["as_json"]:
        print_json(made.json())
        return
    from .reports import terminal

    terminal.show_plan(made)


def _asked(options: dict[str, Any]) -> "Asked":
    from .planner.asked import Asked

    told = spending(options)
    made = Asked(**{n: x for n, x in told.items() if n != "seed"} | {"caps": told["caps"] or {}})
    made.check()
    return made


def _place(trace: Path, asked: "Asked", options: dict[str, Any]) -> Path | None:
    """Where what a plan is made from is kept; None where it is not."""
    from .planner import cached

    names = ("names", "verdicts", "format_", "truth", "answer", "levels", "seed")
    timed = asked.price_file if asked.unit == "seconds" else None
    how = {name: options[name] for name in names} | {"probing": asked.probing, "most": asked.most}
    try:
        return cached.place(trace, how | {"timed": timed and timed.read_text("utf8")})
    except (OSError, ValueError):  # the file of prices is refused where it is read
        return None


def _cached_plan(asked: "Asked", place: Path | None) -> "Plan | None":
    """The plan from what an earlier one of the same log was made from, if that is kept."""
    from .planner import cached
    from .planner.decide import decide
    from .planner.ground import NotHeld

    base = None if place is None or asked.caps else cached.load(place)
    try:
        return None if base is None else decide(base, asked)
    except NotHeld:
        return None


def _fresh_plan(trace: Path, asked: "Asked", place: Path | None, options: dict[str, Any]) -> "Plan":
    """The plan from the log itself; what it was made from is kept for the next budget."""
    from .planner import cached
    from .planner.build import grounded, plan
    from .planner.costs import prices
    from .planner.lay import noises
    from .reports import terminal

    told = spending(options)
    log = read_log([trace], options)
    with terminal.working("planning"):
        base = grounded(log, asked, told["seed"])
        made = plan(base, **told)
        if place is not None:
            _, price = prices(asked.unit, list(base.logs), asked.price_file)
            cached.save(place, base, noises(base, price))
    return made


@click.command()
@click.argument("plan", type=click.Path(path_type=Path))
@TRACE
@READING
@ALWAYS
def check(plan: Path, trace: Path, seed: int, **options: Any) -> None:
    """Carry a plan out on a log it has not seen: what it promised against what it reaches.

    PLAN is what `apportion plan -o` wrote.

    \b
    Example:  apportion check plan.json tuesday.jsonl
    """
    from .planner.check import check as checked
    from .planner.saved import opened
    from .reports import check as shown

    told = opened(plan)
    made = checked(told, read_log([trace], options), seed=seed)
    tell(made.doubts, strict=options["strict"])
    print_json(made.json()) if options["as_json"] else shown.show(made)


def write(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all."""
    from .data.store import replacing

    try:
        with replacing(path) as file:
            file.write(content)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from error


@click.command()
@DESIGNING
@READING
@COMMON
def design(pilot: tuple[Path, ...], want: str, **options: Any) -> None:
    """Say how many problems and samples to log before a number is known as closely as wanted.

    \b
    Example:  apportion design --pilot TRACE --want forecast@1000:0.03
              apportion design --prior a=.35,b=3 --want coverage@10:0.02 --per-problem 5
              apportion design --pilot a.csv --pilot b.csv --want separate:0.9
    """
    from .planner.design import design as designed
    from .reports import design as shown
    from .reports import terminal

    naming = {name: options.pop(name) for name in ("names", "verdicts", *_TOLD)}
    strict, as_json = options.pop("strict"), options.pop("as_json")
    logs = [read_log([path], dict(naming)) for path in pilot]
    with terminal.working("simulating"):
        made = designed(logs, want, **options)
    tell(made.doubts, strict=strict)
    print_json(made.json()) if as_json else shown.show(made)


@click.command()
@TRACE
@BUDGET
@click.option("--verifier", metavar="NAME", help="Whose verdicts to use  [the only one].")
@click.option("--keep", type=click.Path(path_type=Path), help="Write the best policy as JSON.")
@READING
@COMMON
def policies(trace: Path, keep: Path | None, **options: Any) -> None:
    """Compare stopping rules under one budget, each replayed on the log.

    \b
    Example:  apportion policies trace --budget 8 --unit samples
              apportion policies trace --budget 2000 --keep policy.json
    """
    from .planner.policies import policies as compared
    from .reports import policies as shown
    from .reports import terminal

    log = read_log([trace], options)
    strict, as_json, file = options.pop("strict"), options.pop("as_json"), options.pop("price")
    with terminal.working("replaying"):
        made = compared(log, price_file=file, **options)
    tell(made.doubts, strict=strict)
    if keep is not None:
        write(keep, json.dumps(made.best.policy.json(), allow_nan=False).encode())
    print_json(made.json()) if as_json else shown.show(made)


@click.command("next")
@TRACE
@BUDGET
@click.option("--spend", type=float, help="How much to log in all  [a tenth of the log's cost].")
@click.option(
    "--levels",
    type=click.Choice(["auto", "given", "none"]),
    default="auto",
    help="How difficulty is known  [the log's levels, or one for all].",
)
@READING
@ALWAYS
def next_(trace: Path, **options: Any) -> None:
    """Say what to log next: new problems, more samples or verdicts, by what the plan gains.

    \b
    Example:  apportion next trace --budget 8 --unit samples
              apportion next trace --budget 2000 --spend 1000000
    """
    from .planner.next_sample import next_sample
    from .reports import next_sample as shown
    from .reports import terminal

    log = read_log([trace], options)
    strict, as_json, file = options.pop("strict"), options.pop("as_json"), options.pop("price")
    with terminal.working("looking ahead"):
        made = next_sample(log, price_file=file, **options)
    tell(made.doubts, strict=strict)
    print_json(made.json()) if as_json else shown.show(made)


COMMANDS = (plan, check, policies, next_, design)
