"""Files that number their samples alike: the name of the run that keeps each apart."""

import os
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path


def runs(paths: Sequence[Path], key: Callable[[Path], Hashable]) -> list[str | None]:
    """Returns for each file the folder it stands in, where several folders hold the same key.

    >>> runs([Path("a/1.yaml"), Path("b/1.yaml")], lambda path: path.name)
    ['a', 'b']
    >>> runs([Path("a/1.yaml"), Path("b/2.yaml")], lambda path: path.name)
    [None, None]
    """
    if len({key(path) for path in paths}) == len(paths):
        return [None] * len(paths)
    folders = [path.absolute().parent for path in paths]
    top = os.path.commonpath(folders)
    return [folder.relative_to(top).as_posix() for folder in folders]
