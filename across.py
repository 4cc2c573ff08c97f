"""The command that carries one log over to the next: warmed by old ones, or at a discount."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .data.errors import InputError
from .deciding import read_log
from .options import COMMON, READING, bundled, numbers
from .talking import print_json, tell

if TYPE_CHECKING:
    from .analysis.counts import Counts


@click.command()
@click.argument("new", type=click.Path(path_type=Path), callback=bundled)
@click.argument("old", nargs=-1, required=True, type=click.Path(path_type=Path), callback=bundled)
@click.option("--same", is_flag=True, help="OLD is the same benchmark at another date.")
@click.option("--at", "k", callback=numbers(int), metavar="K,...", help="At which k  [1, n, 10 n].")
@READING
@COMMON
def across(new: Path, old: tuple[Path, ...], **options: Any) -> None:
    """Forecast a small new log with the help of old ones, as far as they are alike.

    OLD are logs of other benchmarks, of which NEW might as well have been one; or, with --same, one
    log of NEW's own benchmark at another date, which counts at a discount unless a test finds that
    things have drifted.

    \b
    Example:  apportion across pilot.jsonl math.jsonl code.jsonl physics.jsonl
              apportion across today.jsonl yesterday.jsonl --same --at 1,8
    """
    from .reports import across as shown
    from .reports import terminal

    if options["same"] and len(old) > 1:
        raise InputError(f"--same takes one old log; got {len(old)}")
    first, *rest = (_one(path, options) for path in (new, *old))
    with terminal.working("fitting"):
        made = shown.carried(
            first, rest, [path.name for path in old], same=options["same"],
            k=options["k"], mass=options["mass"], seed=options["seed"],
        )  # fmt: skip
    tell(made.doubts, strict=options["strict"])
    print_json(made.json()) if options["as_json"] else shown.show(made)


def _one(path: Path, options: dict[str, Any]) -> "Counts":
    """Reads a log of one group."""
    from .analysis.counts import count

    log = read_log([path], dict(options))
    groups = log.groups()
    if len(groups) > 1:
        raise InputError(f"{path}: across takes logs of one model and setting; this has several")
    return count(log)


COMMANDS = (across,)
