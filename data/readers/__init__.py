"""One reader a format; `read` finds the one that fits."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from .. import store
from ..errors import InputError, nearest
from ..traces import Trace
from . import tidy

FORMATS = ("apportion", "tidy")


def read(
    sources: Sequence[str | Path],
    *,
    format: str | None = None,
    names: Mapping[str, str] | None = None,
    verdicts: Mapping[str, str] | None = None,
) -> Trace:
    """Reads one trace directory, or tidy files that together make a trace.

    Args:
        sources: paths; several files are joined (samples and their verdicts, say).
        format: `apportion` (a trace directory) or `tidy`; found by looking when None.
        names: `{ours: theirs}`, columns that are called otherwise in the files.
        verdicts: `{verifier: column}`, columns of the samples to lift into the verdicts.

    Raises:
        InputError: one line saying what is wrong and where.
    """
    paths = [Path(s) for s in sources]
    if not paths:
        raise InputError("read needs at least one source; got none")
    if format is not None and format not in FORMATS:
        raise InputError(
            f"format must be one of {', '.join(FORMATS)}; got {format!r}"
            f"{nearest(format, list(FORMATS))}"
        )
    directory = format == "apportion" or (format is None and store.is_trace(paths[0]))
    if not directory:
        return tidy.read(paths, names=names, verdicts=verdicts)
    if len(paths) > 1 or names or verdicts:
        raise InputError(f"{paths[0]}: a trace directory is read alone, without --map or --verdict")
    if not store.is_trace(paths[0]):
        raise InputError(f"{paths[0]}: not a trace directory (it has no {store.MANIFEST})")
    return store.read(paths[0])
