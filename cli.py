"""The command line: from a log to a plan to a page. Every heavy import waits for its command."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import __version__, across, deciding, drawing, laws, ranking, sampling, sizes
from .deciding import read_log, read_logs
from .options import ALWAYS, COMMON, READING, SPENDING, TRACE, bundled, numbers, spending
from .talking import accounts, exits, print_json, tell

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


@cli.command()
@click.argument(
    "sources", nargs=-1, required=True, type=click.Path(path_type=Path), callback=bundled
)
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help="Trace directory."
)
@click.option("--counts", is_flag=True, help="Keep n and c of each problem, not the samples.")
@click.option(
    "--quarantine",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Set rows that break a rule aside in FILE  [the first one is an error].",
)
@READING
@COMMON
def read(sources: tuple[Path, ...], out: Path, **options: Any) -> None:
    """Turn other people's logs into a trace directory.

    SOURCES are files or folders; their format is found by looking.

    \b
    Example:  apportion read samples.jsonl verdicts.jsonl -o trace
              apportion read logs/2026-11-24_math.eval --truth expression -o trace
              apportion read runs.csv --map problem=task,correct=passed -o trace
              apportion read big.parquet --counts -o trace
              apportion read torn.jsonl --quarantine bad.jsonl -o trace
    """
    from .data import store
    from .reports.document import inert

    trace = read_log(sources, options)
    tell([*trace.header.doubts], strict=options["strict"])
    for note in trace.header.settings.get("notes", ()):  # type: ignore[attr-defined]
        click.echo(f"note: {inert(str(note))}", err=True)
    store.write(trace, out)
    size = {"problems": len(trace.problems), "samples": len(trace), "verdicts": len(trace.verdicts)}
    header = trace.header
    rows = header.rows or None
    if options["as_json"]:
        told = {"stop_rule": header.stop_rule, "doubts": list(header.doubts), "trace": str(out)}
        print_json({**size, "rows": rows, **told})
    else:
        click.echo(inert(f"{out}: " + ", ".join(f"{n:,} {name}" for name, n in size.items())))
        if rows is not None:
            click.echo(inert(accounts(rows)))


@cli.command()
@TRACE
@click.option(
    "--as", "form", required=True, metavar="F", help="counts, every-eval-ever, human-eval, ..."
)
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="File.")
@READING
@COMMON
def export(trace: Path, form: str, out: Path, **options: Any) -> None:
    """Write a log as other tools read it: counts, every-eval-ever, human-eval, scorio, tidy.

    \b
    Example:  apportion export trace --as counts -o counts.jsonl
    """
    from .data import writers
    from .reports.document import inert

    log = read_log([trace], options)
    tell(log.header.doubts, strict=options["strict"])
    writers.export(log, out, form)
    if options["as_json"]:
        print_json({"file": str(out), "format": form})
    else:
        click.echo(inert(str(out)))


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
@click.option("--csv", type=click.Path(path_type=Path), help="Write the curves as CSV too.")
@READING
@COMMON
def fit(
    trace: Path,
    at: list[int] | None,
    targets: list[float] | None,
    csv: Path | None,
    **options: Any,
) -> None:
    """Fit curves: coverage, forecasts, saturation, and the ceilings that verifiers set.

    TRACE is a trace directory or a tidy file of samples or counts.

    \b
    Example:  apportion fit counts.csv
              apportion fit samples.jsonl --at 1,10,100,1000 --target 0.8
    """
    from .fitting.group import fit as fitted
    from .reports import terminal

    log = read_log([trace], options)
    asked = {name: options[name] for name in ("mass", "seed", "penalty", "bayes")}
    with terminal.working("fitting"):
        made = fitted(log, at=at, targets=targets or (), **asked)
    tell(made.doubts, strict=options["strict"])
    if csv is not None:
        from .reports.sheets import write_csv

        write_csv(made, csv)
    print_json(made.json()) if options["as_json"] else terminal.show_fit(made)


@cli.command()
@TRACE
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help="report.html or .pdf"
)
@click.option("--only", multiple=True, metavar="SECTION", help="Keep only these sections.")
@click.option(
    "--compare",
    type=click.Path(path_type=Path),
    callback=bundled,
    metavar="TRACE",
    help="Another log, or another date of this one: what changed, and what cannot be told.",
)
@SPENDING
@READING
@COMMON
def report(
    trace: Path, out: Path, only: tuple[str, ...], compare: Path | None, **options: Any
) -> None:
    """Write the report: what to do, how sure that is, and the pictures behind it.

    \b
    Example:  apportion report trace -o report.html
              apportion report trace --budget 2000 -o report.pdf
              apportion report today --compare yesterday -o report.html
    """
    log, other = read_logs(trace, compare, options)
    made = _report(log, trace.name or str(trace), [out], only, options, other)
    if options["as_json"]:
        print_json({"report": str(out), "doubts": made.doubts})
    else:
        click.echo(str(out))


def _report(
    log: "Trace",
    title: str,
    outs: list[Path],
    only: Sequence[str],
    options: dict[str, Any],
    compare: "Trace | None" = None,
) -> "Results":
    """Fits, plans and prints; with --strict a doubt ends it before anything is written."""
    from .reports import making, page, terminal

    page.check(outs)
    with terminal.working("fitting and planning"):
        made = making.results(log, **spending(options), compare=compare)
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
        log = read_log([folder], {"names": {}, "verdicts": {}, "format_": None})
    outs = [out / "report.html", out / "report.pdf"]
    made = _report(log, "SmolLM2-135M on graded tasks", outs, (), options)
    if options["as_json"]:
        print_json({"reports": [str(o) for o in outs], "doubts": made.doubts})
        return
    if made.plan is not None:
        terminal.show_plan(made.plan)
    click.echo("\n".join(map(str, outs)))


_REST = (
    *deciding.COMMANDS,
    *ranking.COMMANDS,
    *laws.COMMANDS,
    *across.COMMANDS,
    *sizes.COMMANDS,
    *sampling.COMMANDS,
)
for _command in (drawing.figure, *_REST):
    cli.add_command(_command)
