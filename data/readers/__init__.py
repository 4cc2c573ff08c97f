"""One reader a format; `read` finds the one that fits."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from .. import store
from ..errors import InputError
from ..traces import Trace
from . import formats, tidy
from .admitting import admitted
from .formats import APPORTION, FOREIGN, TIDY
from .found import Found
from .intake import Asked, Intake
from .joining import joined
from .quarantine import quarantine as quarantined
from .tallied import reduced


def read(
    *sources: str | Path | Sequence[str | Path],
    format: str | None = None,
    names: Mapping[str, str] | None = None,
    verdicts: Mapping[str, str] | None = None,
    only: Literal["counts"] | None = None,
    truth: str | None = None,
    answer: str | None = None,
    quarantine: str | Path | None = None,
) -> Trace:
    """Reads one trace directory, or files that together make a trace.

    Args:
        sources: paths of files or folders, or a list of them; several are joined (samples and
            their verdicts, say).
        format: a name of `formats.FORMATS`; found by looking when None.
        names: `{ours: theirs}`, columns that are called otherwise in tidy files.
        verdicts: `{verifier: column}`, columns of tidy samples to lift into the verdicts.
        only: `"counts"` keeps n and c of each problem and mean costs, not the samples: what
            coverage and its forecasts need. Parquet is then read in one pass, in flat memory.
        truth: the scorer, metric or filter that says what is correct, where a log has several.
        answer: a pattern that finds the answer in a completion (its first group, or all of it);
            answers are then graded against the log's gold.
        quarantine: a file to write for the rows that break a rule, a JSON object a line with the
            place, the rule and the row; they are left out, and a doubt says how many. Without it
            the first such row is an error.

    Raises:
        InputError: one line saying what is wrong and where.
    """
    listed = ([s] if isinstance(s, str | Path) else s for s in sources)
    paths = [Path(path) for several in listed for path in several]
    if not paths:
        raise InputError("read needs at least one source; got none")
    if format is not None:
        formats.named(format)
    if only not in (None, "counts"):
        raise InputError(f"only must be 'counts' or None; got {only!r}")
    trace = next((path for path in paths if store.is_trace(path)), None)
    if format == APPORTION or (format is None and trace is not None):
        told = names or verdicts or only or truth or answer or quarantine
        return _own(trace, paths, bare=not told)
    with quarantined(None if quarantine is None else Path(quarantine)) as bad:
        asked = Asked(names or {}, verdicts or {}, truth, answer, bad)
        return _foreign(paths, format, asked, counts=only == "counts")


def _own(found: Path | None, paths: Sequence[Path], *, bare: bool) -> Trace:
    if found is None:
        raise InputError(f"{paths[0]}: not a trace directory (it has no {store.MANIFEST})")
    if len(paths) > 1 or not bare:
        raise InputError(
            f"{found}: a trace directory is read alone, without --map, --verdict, --truth,"
            " --answer, --quarantine or --counts"
        )
    return store.read(found)


def _foreign(paths: Sequence[Path], format: str | None, asked: Asked, *, counts: bool) -> Trace:
    """Reads files that are no trace directory, each by the reader of its format."""
    lifting = bool(asked.names or asked.verdicts)
    groups, notes = formats.sorted_out(paths, TIDY if lifting and format is None else format)
    where = tidy.where_of(paths)
    if set(groups) == {TIDY}:
        _refuse(asked.truth, asked.answer, where)
        if counts:
            if asked.quarantine is not None:
                raise InputError(
                    f"{where}: --counts adds rows up in one pass, in which none can be set aside;"
                    " read without --counts or without --quarantine"
                )
            return tidy.counted(groups[TIDY], asked.names, asked.verdicts)
    found = [_found(name, files, asked, where) for name, files in groups.items()]
    if counts:
        found = [reduced(part, where) for part in found]
    found[0].notes[:0] = notes
    sources = tuple(store.digest(path) for files in groups.values() for path in files)
    return joined(found, sources, where, quarantine=asked.quarantine)


def _refuse(truth: str | None, answer: str | None, where: str) -> None:
    for option, given in (("truth", truth), ("answer", answer)):
        if given is not None:
            raise InputError(
                f"{where}: --{option} is for logs of evaluation tools; tidy files take --map"
            )


def _found(name: str, files: Sequence[Path], asked: Asked, where: str) -> Found:
    if name == TIDY:
        return tidy.tables(files, asked)
    if asked.names or asked.verdicts:
        raise InputError(f"{where}: --map and --verdict are for tidy files; this is {name}")
    format, intake = FOREIGN[name], Intake(asked)
    for option, given in (("truth", asked.truth), ("answer", asked.answer)):
        if given is not None and option not in format.heeds:
            raise InputError(f"{where}: --{option} means nothing to {name} logs")
    return admitted(format.read(files, intake), intake, format.main, where)
