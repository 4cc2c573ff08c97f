"""One reader a format; `read` finds the one that fits."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from .. import store
from ..errors import InputError, nearest
from ..traces import Trace
from . import tidy

FORMATS = ("apportion", "tidy")


def read(
    *sources: str | Path | Sequence[str | Path],
    format: str | None = None,
    names: Mapping[str, str] | None = None,
    verdicts: Mapping[str, str] | None = None,
    only: Literal["counts"] | None = None,
) -> Trace:
    """Reads one trace directory, or tidy files that together make a trace.

    Args:
        sources: paths, or a list of them; several files are joined (samples and their verdicts).
        format: `apportion` (a trace directory) or `tidy`; found by looking when None.
        names: `{ours: theirs}`, columns that are called otherwise in the files.
        verdicts: `{verifier: column}`, columns of the samples to lift into the verdicts.
        only: `"counts"` keeps n and c of each problem and mean costs, not the samples: what
            coverage and its forecasts need. Parquet is then read in one pass, in flat memory.

    Raises:
        InputError: one line saying what is wrong and where.
    """
    listed = ([s] if isinstance(s, str | Path) else s for s in sources)
    paths = [Path(path) for several in listed for path in several]
    if not paths:
        raise InputError("read needs at least one source; got none")
    if format is not None and format not in FORMATS:
        raise InputError(
            f"format must be one of {', '.join(FORMATS)}; got {format!r}"
            f"{nearest(format, list(FORMATS))}"
        )
    if only not in (None, "counts"):
        raise InputError(f"only must be 'counts' or None; got {only!r}")
    found = next((path for path in paths if store.is_trace(path)), None)
    if format == "tidy" or (format is None and found is None):
        return tidy.read(paths, names=names, verdicts=verdicts, counts=only == "counts")
    if found is None:
        raise InputError(f"{paths[0]}: not a trace directory (it has no {store.MANIFEST})")
    if len(paths) > 1 or names or verdicts or only:
        raise InputError(
            f"{found}: a trace directory is read alone, without --map, --verdict or --counts"
        )
    return store.read(found)
