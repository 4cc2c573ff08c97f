"""The command line: from a log to a plan to a page. Every heavy import waits for its command."""

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from . import __version__
from .data.errors import InputError
from .options import ALWAYS, COMMON, DESIGNING, READING, SPENDING, TRACE, numbers, spending
from .talking import exits, print_json, tell

if TYPE_CHECKING:
    from .data.traces import Trace
    from .reports.making import Results


DEMO_BUDGET = 20.0
"""Tokens a problem: what two samples of the bundled log cost, so that choices have to be made."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command; exits 0 when done, 2 when the input is at fault, 1 on a bug."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    with exits():
        cli.main(given or ["--help"], prog_name="apportion", standalone_mode=False)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="apportion")
def cli() -> None:
    """Learn from logged samples and verdicts how accuracy grows with compute, and plan a budget.

    \b
    Example:  apportion demo
              apportion fit log.jsonl
              apportion plan log.jsonl --budget 2000
              apportion report log.jsonl -o report.html
    """


def _read(sources: Sequence[Path], options: dict[str, Any]) -> "Trace":
    from .data.readers import read

    names, verdicts = options.pop("names"), options.pop("verdicts")
    only: Literal["counts"] | None = "counts" if options.pop("counts", False) else None
    form = options.pop("format_")
    return read(sources, format=form, names=names, verdicts=verdicts, only=only)


@cli.command()
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help="Trace directory."
)
@click.option("--counts", is_flag=True, help="Keep n and c of each problem, not the samples.")
@READING
@COMMON
def read(sources: tuple[Path, ...], out: Path, **options: Any) -> None:
    """Turn other people's logs into a trace directory.

    \b
    Example:  apportion read samples.jsonl verdicts.jsonl -o trace
              apportion read runs.csv --map problem=task,correct=passed -o trace
              apportion read big.parquet --counts -o trace
    """
    from .data import store
    from .reports.document import inert

    trace = _read(sources, options)
    tell([*trace.header.doubts], strict=options["strict"])
    for note in trace.header.settings.get("notes", ()):  # type: ignore[attr-defined]
        click.echo(f"note: {inert(str(note))}", err=True)
    store.write(trace, out)
    size = {"problems": len(trace.problems), "samples": len(trace), "verdicts": len(trace.verdicts)}
    if options["as_json"]:
        header = trace.header
        told = {"stop_rule": header.stop_rule, "doubts": list(header.doubts), "trace": str(out)}
        print_json({**size, **told})
    else:
        click.echo(inert(f"{out}: " + ", ".join(f"{n:,} {name}" for name, n in size.items())))


@cli.command()
@click.option("--problems", default=100, show_default=True, help="How many problems.")
@click.option("--samples", default=64, show_default=True, help="Samples on each.")
@click.option("--verdicts", default=0, show_default=True, help="Verdicts on each sample.")
@click.option("--world", default="mixed", show_default=True, help="Name of the world.")
@click.option(
    "--stop",
    type=click.Choice(["fixed", "until-success"]),
    default="fixed",
    show_default=True,
    help="When a problem's sampling ends.",
)
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help="Trace directory."
)
@ALWAYS
def simulate(out: Path, strict: bool, as_json: bool, **options: Any) -> None:
    """Draw a log from a world whose truth is known; the truth is written beside it.

    \b
    Example:  apportion simulate --problems 200 --samples 100 --verdicts 4 --seed 1 -o trace
    """
    from .data import synthetic, truth
    from .reports.document import inert

    log, known = synthetic.simulate(**options)
    tell(log.header.doubts, strict=strict)
    truth.write(log, known, out)
    if as_json:
        print_json({"trace": str(out), "samples": len(log), "verdicts": len(log.verdicts)})
    else:
        size = f"{len(log):,} samples, {len(log.verdicts):,} verdicts"
        click.echo(inert(f"{out}: {size}, and truth.json"))


@cli.command()
@TRACE
@click.option("--at", callback=numbers(int), metavar="K,K...", help="The k to report.")
@click.option(
    "--target", "targets", callback=numbers(float), metavar="A,...", help="Accuracy to reach."
)
@click.option("--penalty", type=float, default=1.0, help="Cost of a wrong answer; right earns 1.")
@click.option("--bayes", is_flag=True, help="Sample with PyMC what grids do else; slow.")
@READING
@COMMON
def fit(trace: Path, at: list[int] | None, targets: list[float] | None, **options: Any) -> None:
    """Fit curves: coverage, forecasts, saturation, and the ceilings that verifiers set.

    TRACE is a trace directory or a tidy file of samples or counts.

    \b
    Example:  apportion fit counts.csv
              apportion fit samples.jsonl --at 1,10,100,1000 --target 0.8
    """
    from .fitting.group import fit as fitted
    from .reports import terminal

    log = _read([trace], options)
    asked = {name: options[name] for name in ("mass", "seed", "penalty", "bayes")}
    with terminal.working("fitting"):
        made = fitted(log, at=at, targets=targets or (), **asked)
    tell(made.doubts, strict=options["strict"])
    print_json(made.json()) if options["as_json"] else terminal.show_fit(made)


@cli.command()
@TRACE
@SPENDING
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the plan as JSON.")
@READING
@COMMON
def plan(trace: Path, out: Path | None, **options: Any) -> None:
    """Split a budget between solving and verifying, level by level.

    \b
    Example:  apportion plan trace --budget 2000
              apportion plan samples.parquet --budget 10 --unit samples --verdict weak=passed_weak
              apportion plan trace --target 0.6 --mix hard=0.5,easy=0.5
    """
    from .planner.build import plan as planned
    from .reports import terminal

    log = _read([trace], options)
    with terminal.working("planning"):
        made = planned(log, **spending(options))
    tell(made.doubts, strict=options["strict"])
    if out is not None:
        _write(out, json.dumps(made.json(), allow_nan=False, indent=1).encode())
    print_json(made.json()) if options["as_json"] else terminal.show_plan(made)


@cli.command()
@click.argument("plan", type=click.Path(path_type=Path))
@TRACE
@READING
@ALWAYS
def check(plan: Path, trace: Path, seed: int, **options: Any) -> None:
    """Carry a plan out on a log it has not seen: what it promised against what it reaches.

    PLAN is what `apportion plan -o` wrote.

    \b
    Example:  apportion plan monday.jsonl --budget 2000 -o plan.json
              apportion check plan.json tuesday.jsonl
    """
    from .planner.check import check as checked
    from .planner.saved import opened
    from .reports import check as shown

    told = opened(plan)
    made = checked(told, _read([trace], options), seed=seed)
    tell(made.doubts, strict=options["strict"])
    print_json(made.json()) if options["as_json"] else shown.show(made)


def _write(path: Path, content: bytes) -> None:
    from .data.store import replacing

    try:
        with replacing(path) as file:
            file.write(content)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from error


@cli.command()
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

    naming = {name: options.pop(name) for name in ("names", "verdicts", "format_")}
    strict, as_json = options.pop("strict"), options.pop("as_json")
    logs = [_read([path], dict(naming)) for path in pilot]
    with terminal.working("simulating"):
        made = designed(logs, want, **options)
    tell(made.doubts, strict=strict)
    print_json(made.json()) if as_json else shown.show(made)


@cli.command()
@TRACE
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help="report.html or .pdf"
)
@click.option("--only", multiple=True, metavar="SECTION", help="Keep only these sections.")
@SPENDING
@READING
@COMMON
def report(trace: Path, out: Path, only: tuple[str, ...], **options: Any) -> None:
    """Write the report: what to do, how sure that is, and the pictures behind it.

    \b
    Example:  apportion report trace -o report.html
              apportion report trace --budget 2000 -o report.pdf
    """
    log = _read([trace], options)
    made = _report(log, trace.name or str(trace), [out], only, options)
    if options["as_json"]:
        print_json({"report": str(out), "doubts": made.doubts})
    else:
        click.echo(str(out))


def _report(
    log: "Trace", title: str, outs: list[Path], only: Sequence[str], options: dict[str, Any]
) -> "Results":
    """Fits, plans and prints; with --strict a doubt ends it before anything is written."""
    from .reports import making, page, terminal

    page.check(outs)
    with terminal.working("fitting and planning"):
        made = making.results(log, **spending(options))
    tell(made.doubts, strict=options["strict"])
    command = "apportion " + shlex.join(sys.argv[1:])
    with terminal.working("printing"):
        making.report(
            made, outs, title=title, command=command, version=__version__, only=only
        )  # fmt: skip
    return made


@cli.command()
@click.option(
    "--out", default="out", type=click.Path(path_type=Path), show_default=True, help="Folder."
)
@SPENDING
@COMMON
def demo(out: Path, **options: Any) -> None:
    """Do the main job on a bundled real trace: fit, plan, report.html and report.pdf.

    \b
    Example:  apportion demo
    """
    from importlib.resources import as_file, files

    from .reports import terminal

    if options["budget"] is None and options["target"] is None:
        options |= {"budget": DEMO_BUDGET, "unit": options["unit"] or "tokens"}
    with as_file(files("apportion.data.examples") / "smollm2") as folder:
        log = _read([folder], {"names": {}, "verdicts": {}, "format_": None})
    outs = [out / "report.html", out / "report.pdf"]
    made = _report(log, "SmolLM2-135M on graded tasks", outs, (), options)
    if options["as_json"]:
        print_json({"reports": [str(o) for o in outs], "doubts": made.doubts})
        return
    if made.plan is not None:
        terminal.show_plan(made.plan)
    click.echo("\n".join(map(str, outs)))
