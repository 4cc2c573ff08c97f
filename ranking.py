"""The command that ranks: judgments, pairs, orders or a log of several models in, ranks out."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .deciding import read_log
from .options import COMMON, READING, bundled, numbers
from .talking import print_json, tell

if TYPE_CHECKING:
    from .data.judgments import Judgments
    from .data.traces import Trace

JUDGED = ("levels", "threshold", "whole")
TRIED = ("metric", "k", "budget")
"""Options on judgments, and on logs."""


@click.command()
@click.argument(
    "sources", nargs=-1, required=True, type=click.Path(path_type=Path), callback=bundled
)
@click.option("--levels", type=click.IntRange(2), metavar="M", help="How many levels judges use.")
@click.option("--threshold", type=float, metavar="X", help="Make two levels: below X, and from X.")
@click.option("--whole", is_flag=True, help="Candidates missing from an order came last in it.")
@click.option(
    "--metric",
    type=click.Choice(["coverage", "majority", "best_of"]),
    help="What to rank the models of a log by  [coverage].",
)
@click.option("--at", "k", callback=numbers(int), metavar="K", help="At how many samples  [1].")
@click.option("--budget", type=float, help="Tokens a problem: each model draws what they buy it.")
@click.option("--rope", type=float, metavar="X", help="A difference that does not matter.")
@READING
@COMMON
def rank(sources: tuple[Path, ...], **options: Any) -> None:
    """Rank candidates: the posterior over ranks, and what it rests on.

    SOURCES are files of judgments (item, left, right, winner; or item, candidate, level; or item,
    candidate, rank; each with a judge), or a log of several models.

    \b
    Example:  apportion rank battles.csv
              apportion rank grades.csv --levels 5
              apportion rank trace --metric majority --at 8
    """
    from .fitting.ranking.rank import rank as ranked
    from .reports import ranking, terminal

    data, asked = _read(sources, options)
    with terminal.working("ranking"):
        how = {name: options[name] for name in ("rope", "mass", "seed")}
        made = ranked(data, **how, **asked)
    tell(made.doubts, strict=options["strict"])
    print_json(made.json()) if options["as_json"] else ranking.show(made)


def _read(
    sources: Sequence[Path], options: dict[str, Any]
) -> "tuple[Judgments | Trace, dict[str, Any]]":
    """Reads judgments where the columns are theirs, a log otherwise; and what is asked of each."""
    from .data.errors import InputError
    from .data.readers.judged import is_judgments, read_judgments

    named = {name: options[name] for name in (*JUDGED, *TRIED)}
    given = {name: x for name, x in named.items() if x is not None and x is not False}
    judgments = is_judgments(sources, options["names"])
    wrong = [name for name in given if name in (TRIED if judgments else JUDGED)]
    if wrong:
        kind, others = ("judgments", "a log") if judgments else ("a log", "judgments")
        name = {"k": "at"}.get(wrong[0], wrong[0])
        raise InputError(f"--{name} is for {others}; {sources[0]} holds {kind}")
    if judgments:
        return read_judgments(sources, names=options["names"], **given), {}
    if len(k := given.get("k") or [1]) > 1:
        raise InputError(f"--at takes one number of samples here; got {len(k)}")
    return read_log(sources, options), given | ({"k": k[0]} if "k" in given else {})


COMMANDS = (rank,)
