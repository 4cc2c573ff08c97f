"""The one error that is the user's to mend: the rule, the bound, the value and the place."""

from difflib import get_close_matches


class InputError(ValueError):
    """Says in one line what was asked for, what was got, and where; a command then exits with 2."""


def nearest(name: str, known: list[str]) -> str:
    """Returns `; did you mean X?` when one of the known names is close, else an empty string."""
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


def shown(value: object) -> str:
    """A value as one short printable piece of text, whatever a log put there."""
    return ascii(value)[:60]
