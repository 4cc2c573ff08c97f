"""Members of ZIP files (Deflate, Zstandard), opened within bounds, never extracted."""

import io
from pathlib import Path
from typing import IO, Any

from ..errors import InputError
from .opening import BROKEN, Bounded, zipfile

__all__ = ["member", "opened_zip", "zipfile"]


def opened_zip(path: Path) -> Any:
    """Opens a ZIP file.

    Raises:
        InputError: it is none.
    """
    try:
        return zipfile.ZipFile(path)
    except BROKEN as error:
        raise InputError(f"{path}: not a ZIP file, perhaps cut off ({error})") from error


def member(packed: Any, name: str, path: Path) -> IO[bytes]:
    """Opens one member for reading; what it unpacks to is bounded by what it was packed from.

    Raises:
        InputError: it cannot be opened.
    """
    where = f"{path}: {name}"
    try:
        info = packed.getinfo(name)
        return io.BufferedReader(Bounded(packed.open(info), info.compress_size, where))
    except (KeyError, *BROKEN) as error:
        raise InputError(f"{where}: cannot be read ({error})") from error
