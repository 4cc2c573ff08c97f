"""The run that a file is: files of one reading may repeat each other's sample numbers."""

import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import InputError
from .intake import Asked


def runs(paths: Sequence[Path]) -> list[str | None]:
    """Returns the name of each file's run: None for one alone, else its path from their folder.

    >>> runs([Path("logs/a/x.jsonl"), Path("logs/b/x.jsonl")])
    ['a/x.jsonl', 'b/x.jsonl']
    """
    if len(paths) == 1:
        return [None]
    there = [path.absolute() for path in paths]
    top = Path(os.path.commonpath([path.parent for path in there]))
    return [path.relative_to(top).as_posix() for path in there]


def refuse(asked: Asked, format: str, *options: str) -> None:
    """Refuses choices that a format gives no room for.

    Raises:
        InputError: one of the options was given.
    """
    for option in options:
        if getattr(asked, option) is not None:
            raise InputError(f"--{option} has no meaning for {format} logs, which leave no choice")
