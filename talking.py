"""What every command says in one way: JSON on stdout, doubts on stderr, one line before exit 2."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import click

from .data.errors import InputError
from .reports.document import inert


@contextmanager
def exits() -> Iterator[None]:
    """Ends the process with 2 when the input is at fault; a bug is left to the interpreter."""
    try:
        yield
    except (InputError, click.ClickException) as error:
        message = error.format_message() if isinstance(error, click.ClickException) else str(error)
        click.echo(f"apportion: {inert(message)}", err=True)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("apportion: stopped", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:
        place = error.filename2 or error.filename
        click.echo(f"apportion: {inert(f'{place}: {error.strerror}')}", err=True)
        sys.exit(2)


def print_json(value: object) -> None:
    """Prints one object on one line."""
    click.echo(json.dumps(value, allow_nan=False, ensure_ascii=True))


def accounts(rows: object) -> str:
    """Says what became of the rows of a log; an empty text where that was not counted."""
    if not isinstance(rows, dict):
        return ""
    aside = "".join(f"; left out: {number:,} ({why})" for why, number in rows["aside"].items())
    return f"rows read: {rows['read']:,}; kept: {rows['kept']:,}{aside}"


def tell(doubts: Iterable[str], *, strict: bool) -> None:
    """Prints doubts to stderr; with --strict the first of them ends the command."""
    lines = list(doubts)
    if strict and lines:
        raise InputError(f"--strict: {len(lines)} doubt(s); the first: {lines[0]}")
    for line in lines:
        click.echo(f"doubt: {inert(line)}", err=True)
