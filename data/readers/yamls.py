"""Opening YAML safely: bounded in size and depth, without aliases, plain values only."""

import zlib
from pathlib import Path

import yaml

from ..errors import InputError, shown
from .opening import Record, opened

MOST = 1 << 28
"""The most bytes of a YAML file."""
DEEPEST = 64
"""How deep lists and objects may nest: the fast parser crashes where they nest without end."""
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def mapping(path: Path) -> Record:
    """Returns the object that a YAML file is.

    Raises:
        InputError: it is none, is too large or too deep, has an alias, or states a key twice.
    """
    data = _bytes(path)
    try:
        _check(data)
        value = yaml.load(data, Loader=_LOADER)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise InputError(f"{path}: not readable YAML ({_reason(error)})") from error
    if not isinstance(value, dict):
        raise InputError(f"{path}: must be a YAML object; got {shown(value)}")
    return value


def _bytes(path: Path) -> bytes:
    with opened(path) as file:
        try:
            data = file.read(MOST + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{path}: cannot be read ({error})") from error
    if len(data) > MOST:
        raise InputError(f"{path}: a YAML file must have at most {MOST:,} bytes")
    return data


def _check(data: bytes) -> None:
    """Goes over the file once before anything is built of it.

    Raises:
        ValueError: an alias or an anchor (few of them make a vast value), or nesting too deep; an
            object states a key twice at the top.
    """
    depth, key, keys = 0, True, set()
    for event in yaml.parse(data, Loader=_LOADER):
        if getattr(event, "anchor", None) is not None:
            raise ValueError(f"aliases are refused; got {shown(getattr(event, 'anchor', ''))}")
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            continue
        if depth == 1 and isinstance(event, yaml.NodeEvent):
            said = event.value if key and isinstance(event, yaml.ScalarEvent) else None
            if said is not None and said in keys:
                raise ValueError(f"an object must state a key once; got {shown(said)} twice")
            keys.add(said)
            key = not key
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise ValueError(f"lists and objects may nest {DEEPEST} deep")


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
