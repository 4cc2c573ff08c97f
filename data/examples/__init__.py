"""Small real logs that travel with the package, and where each of them lies."""

from pathlib import Path

from ..errors import InputError, nearest

NAMES = ("smollm2", "smollm2-deep", "smollm2-heat")
MARK = "example:"
"""What stands before the name of a bundled log where a path is expected."""


def example(name: str = "smollm2") -> Path:
    """Returns the trace directory of a bundled log; its README.md says how it was drawn.

    Raises:
        InputError: there is no log of that name.

    >>> example("smollm2-heat").name
    'smollm2-heat'
    """
    if name not in NAMES:
        raise InputError(
            f"the bundled logs are {', '.join(NAMES)}; got {name!r}{nearest(name, list(NAMES))}"
        )
    return Path(__file__).parent / name


def located(path: Path) -> Path:
    """Returns the bundled log that `example:NAME` names, and any other path as it is."""
    text = str(path)
    return example(text.removeprefix(MARK)) if text.startswith(MARK) else path
