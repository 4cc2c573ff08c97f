"""`make calibrate PARTS=hostile`: ten thousand damaged logs, read in processes of their own."""

from collections import Counter
from collections.abc import Callable, Iterable
from importlib.util import module_from_spec, spec_from_file_location
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from .hostile import Outcome, try_all

LOGS, PIECE = 12_000, 100
_TESTS = Path(__file__).resolve().parent.parent / "tests" / "data" / "test_formats.py"
Starmap = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], list[Any]]


def hostile(_: Starmap) -> dict[str, object]:
    """Returns how damaged logs of every format ended; polars does not work in forked processes."""
    with get_context("spawn").Pool() as pool:
        found = pool.map(_piece, range(10**7, 10**7 + LOGS, PIECE), chunksize=4)
    formats: Counter[str] = sum((part.formats for part in found), Counter())
    return {
        "logs": LOGS,
        "read, every row accounted for": sum(part.read for part in found),
        "refused in one line": sum(part.refused for part in found),
        "of those, read with a quarantine": sum(part.saved for part in found),
        "anything else": [wrong for part in found for wrong in part.wrong],
        "longest, s": round(max(part.longest for part in found), 2),
        "formats": dict(sorted(formats.items())),
    }


def _piece(first: int) -> Outcome:
    spec = spec_from_file_location("test_formats", _TESTS)
    assert spec is not None
    assert spec.loader is not None
    tests = module_from_spec(spec)
    spec.loader.exec_module(tests)
    return try_all(tests.laid, tests.CASES, iter(range(first, first + PIECE)))


PARTS: dict[str, Callable[[Starmap], dict[str, object]]] = {"hostile": hostile}
