"""figure: one picture of a log, by its name, as a drawing or as a file."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from matplotlib.figure import Figure

from ..analysis.counts import Counts
from ..data.errors import InputError, nearest
from ..data.store import replacing
from ..data.traces import Trace
from ..fitting.fit import Fit
from ..fitting.group import fit
from ..planner.plan import Plan
from . import page
from .figures import look, svg
from .making import Results, results
from .wording import clip

PLANNED = (*page.PLANNED, "summary", "ranking", "change", "roc")
"""Pictures that need more than the fit."""
ENOUGH = ("allocation", "limits", "summary")
"""Those of them that a fit and a plan are enough for."""
DOTS = 200
"""Dots an inch of a PNG."""


def figure(
    name: str,
    log: Trace | Counts | Fit | Results,
    path: str | Path | None = None,
    *,
    plan: Plan | None = None,
    group: int | str | None = None,
) -> Figure:
    """Draws one picture of the report, and writes it too where a path is given.

    Args:
        name: one of `page.names()`, such as coverage, voting, verification or allocation.
        log: a trace or counts; or the fit of one, or the `results`, made before.
        path: ends in .svg, .png or .pdf; the same results give the same bytes.
        plan: of the same log, for the pictures that show one; made where it is needed and missing.
        group: the group of several, by its number in the report (from 1) or its name; the first.

    Raises:
        InputError: no such picture, group or format, or nothing to draw it from.
    """
    check(name, path)
    made = _made(name, log, plan)
    if name in page.PLANNED and made.plan is None:
        raise InputError(f"the picture {name!r} needs a plan; got none: {made.why_no_plan}")
    drawn = page.figure(_only(made.fit, group), made.plan, name, made.more)
    if not any(axes.has_data() for axes in drawn.axes):
        raise InputError(f"the picture {name!r} would be empty: this log cannot tell it")
    if path is not None:
        write(drawn, Path(path))
    return drawn


def check(name: str, path: str | Path | None = None) -> None:
    """Raises an InputError unless picture and format are known: better before the work."""
    if name not in page.names():
        raise page.unknown(name)
    if path is not None and Path(path).suffix.lower() not in FORMATS:
        raise InputError(
            f"a picture's file ends in {', '.join([*FORMATS][:-1])} or {[*FORMATS][-1]};"
            f" got {Path(path).name!r}"
        )


def _made(name: str, log: Trace | Counts | Fit | Results, plan: Plan | None) -> Results:
    if isinstance(log, Results):
        return log
    if isinstance(log, Fit):
        return Results(log, plan, "the fit of a log was given, and no plan")
    if name in PLANNED and (plan is None or name not in ENOUGH):
        return results(log)
    return Results(fit(log), plan)


def _only(made: Fit, group: int | str | None) -> Fit:
    """Returns the fit of one group alone, or the whole where none is asked for."""
    if group is None:
        return made
    names = [each.group.name for each in made.groups]
    places = {name: i for i, name in reversed([*enumerate(names)])}
    places |= {str(i): i - 1 for i in range(1, len(names) + 1)}
    if str(group) not in places:
        known = ", ".join(f"{i} ({clip(name, 40)})" for i, name in enumerate(names, 1))
        close = nearest(str(group), names)
        raise InputError(
            f"--group takes the number or the name of one of {known}; got {group!r}{close}"
        )
    return replace(made, groups=(made.groups[places[str(group)]],))


def write(drawn: Figure, path: Path) -> None:
    """Writes a drawing in the format that the suffix names; the file appears whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    made = FORMATS[path.suffix.lower()](drawn)
    try:
        with replacing(path) as file:
            file.write(made)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from error


def _svg(drawn: Figure) -> bytes:
    return svg(drawn).encode()


def _png(drawn: Figure) -> bytes:
    return _saved(drawn, "png", {"Software": None})


def _pdf(drawn: Figure) -> bytes:
    return _saved(drawn, "pdf", {"CreationDate": None, "Creator": None, "Producer": None})


def _saved(drawn: Figure, form: str, nothing: dict[str, None]) -> bytes:
    """A clock and a version in the file would vary the bytes of the same picture."""
    sink = io.BytesIO()
    with look():
        drawn.savefig(sink, format=form, dpi=DOTS, metadata=nothing)
    return sink.getvalue()


FORMATS: dict[str, Callable[[Figure], bytes]] = {".svg": _svg, ".png": _png, ".pdf": _pdf}
