"""What the files of one reading are called apart, where each holds the same problems again."""

import os
from collections.abc import Sequence
from pathlib import Path


def runs(paths: Sequence[Path]) -> list[tuple[Path, str | None]]:
    """Pairs each file with its path below the folder that holds all; with None where it is alone.

    >>> [run for _, run in runs([Path("a/x.json"), Path("b/x.json")])]
    ['a/x.json', 'b/x.json']
    """
    if len(paths) == 1:
        return [(paths[0], None)]
    top = os.path.commonpath([path.absolute().parent for path in paths])
    return [(path, path.absolute().relative_to(top).as_posix()) for path in paths]
