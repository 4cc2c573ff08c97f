"""The names of runs: what tells files apart that hold the same problems again."""

import os
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path


def runs(paths: Sequence[Path]) -> list[tuple[Path, str | None]]:
    """Pairs each file with its path below the folder that holds all; with None where it is alone.

    >>> [run for _, run in runs([Path("a/x.json"), Path("b/x.json")])]
    ['a/x.json', 'b/x.json']
    """
    named = _below([path.absolute() for path in paths])
    return [
        (path, name if len(paths) > 1 else None) for path, name in zip(paths, named, strict=True)
    ]


def folders(
    paths: Sequence[Path], key: Callable[[Path], Hashable]
) -> list[tuple[Path, str | None]]:
    """Pairs each file with its folder, where several folders hold the same key; else with None.

    >>> named = folders([Path("a/1.yaml"), Path("b/1.yaml")], lambda path: path.name)
    >>> [run for _, run in named]
    ['a', 'b']
    """
    if len({key(path) for path in paths}) == len(paths):
        return [(path, None) for path in paths]
    named = _below([path.absolute() for path in paths], parents=True)
    return list(zip(paths, named, strict=True))


def _below(paths: Sequence[Path], *, parents: bool = False) -> list[str]:
    """The paths, or their folders, below the folder that holds all."""
    top = os.path.commonpath([path.parent for path in paths])
    shown = [path.parent if parents else path for path in paths]
    return [path.relative_to(top).as_posix() for path in shown]
