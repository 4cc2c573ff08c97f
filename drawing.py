"""The command that draws: one picture of a log, as a file."""

from pathlib import Path
from typing import Any

import click

from .deciding import read_logs
from .options import COMMON, READING, SPENDING, TRACE, bundled, spending
from .talking import print_json, tell


@click.command()
@click.argument("name")
@TRACE
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help="picture.svg, .png or .pdf"
)
@click.option(
    "--group", metavar="G", help="The group of several: its number in the report, or name  [1]."
)
@click.option(
    "--compare",
    type=click.Path(path_type=Path),
    callback=bundled,
    metavar="TRACE",
    help="The other log of 'change'.",
)
@SPENDING
@READING
@COMMON
def figure(
    name: str, trace: Path, out: Path, group: str | None, compare: Path | None, **options: Any
) -> None:
    """Draw one picture of the report.

    NAME is allocation, change, comparison, coverage, difficulty, limits, policies, ranking, roc,
    summary, surface, verification, voting or ways.

    \b
    Example:  apportion figure coverage trace -o coverage.svg
              apportion figure allocation trace --budget 2000 -o plan.pdf
    """
    from .fitting.group import fit
    from .reports import drawing, making, terminal
    from .reports.document import inert

    drawing.check(name, out)
    log, other = read_logs(trace, compare, options)
    asked = spending(options)
    with terminal.working("fitting and planning" if name in drawing.PLANNED else "fitting"):
        if name in drawing.PLANNED:
            made = making.results(log, **asked, compare=other)
        else:
            made = making.Results(fit(log, mass=asked["mass"], seed=asked["seed"]), None)
    tell(made.doubts, strict=options["strict"])
    drawing.figure(name, made, out, group=group)
    if options["as_json"]:
        print_json({"figure": str(out), "doubts": made.doubts})
    else:
        click.echo(inert(str(out)))
