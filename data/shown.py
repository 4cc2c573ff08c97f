"""Shown: a result that a notebook can show, by a printer handed down from the pages above."""

from collections.abc import Callable

PRINTERS: dict[str, Callable[[object], str]] = {}
"""The printer of each kind of page; the package's root fills it, since results know no pages."""


class Shown:
    """Adds what Jupyter and its like ask a value for."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        """Returns a small table and a picture as HTML without script, None where nothing prints."""
        printer = PRINTERS.get("html")
        return None if printer is None else printer(self)
