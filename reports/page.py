"""Page: which sections a report has, in which order, and the file it becomes."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from matplotlib.figure import Figure

from ..data.errors import InputError, nearest
from ..data.store import replacing
from ..fitting.fit import Fit, GroupFit
from ..planner.plan import Plan
from . import (
    allocation,
    change,
    comparison,
    coverage,
    diagnostics,
    difficulty,
    doubts,
    frontier,
    limits,
    policies,
    provenance,
    ranking,
    repeated,
    roc,
    saturation,
    summary,
    surface,
    verification,
    voting,
    ways,
)
from .document import Document, Picture, Section
from .evidence import NONE, Evidence
from .html import to_html
from .pdf import to_pdf
from .roc import Judge
from .wording import clip, several

PRINTERS: dict[str, Callable[[Document], bytes]] = {".html": to_html, ".pdf": to_pdf}
MANY, CROWD = 4, 12
"""Beyond MANY groups each keeps only its coverage picture; beyond CROWD, none."""


def document(
    fit: Fit,
    plan: Plan | None,
    *,
    title: str,
    command: str,
    version: str,
    only: Sequence[str] = (),
    reason: str = "",
    more: Evidence = NONE,
) -> Document:
    """Returns the report: what to do first, then the doubts, the evidence, and where it comes from.

    With several groups each has a part of its own after a comparison. `only` keeps the sections
    of these names, and always the provenance; `reason` says why there is no plan; `more` holds what
    else the log has to show.

    Raises:
        InputError: `only` names a section that this report does not have.
    """
    sections = [summary.section(fit, plan), doubts.section(fit)]
    if more.changes:
        names = [source.name for source in more.others]
        sections += change.sections(more.changes, ", ".join(names[:2]) or "another log")
    if plan is not None or not only:
        sections.append(allocation.section(plan, reason, doubts.gathered(fit)))
    sections += _planned(plan, more)
    if len(fit.groups) > 1:
        sections.append(comparison.section(fit))
    if more.ranking is not None:
        sections.append(ranking.section(more.ranking))
    for number, group in enumerate(fit.groups, 1):
        judges = [each for each in more.judges if each.group == group.group]
        sections += _part(fit, group, number, judges)
    sections.append(diagnostics.section(fit))
    sections.append(provenance.section(fit, plan, command, version, more.rows, more.others))
    return Document(title, _subtitle(fit), tuple(_chosen(sections, only)))


def _planned(plan: Plan | None, more: Evidence) -> list[Section]:
    """Returns what belongs to the plan: its surface, what it hangs on, rules that stop early."""
    if plan is None:
        return []
    made = [
        surface.section(more.surfaces, plan.unit),
        limits.section(plan, more.next, more.missing.get("next", "")),
        policies.section(more.policies, more.missing.get("policies", ""), more.main),
    ]
    return [section for section in made if section is not None]


def check(paths: Sequence[Path]) -> None:
    """Raises an InputError unless each name has a printer: better before the work than after."""
    for path in paths:
        if path.suffix.lower() not in PRINTERS:
            raise InputError(f"a report's name ends in {' or '.join(PRINTERS)}; got {path.name!r}")


def write(document: Document, path: Path) -> None:
    """Prints the document to a file; the suffix names the printer.

    Raises:
        InputError: the suffix is neither .html nor .pdf.
    """
    check([path])
    made = PRINTERS[path.suffix.lower()](document)
    with replacing(path) as file:
        file.write(made)


def _subtitle(fit: Fit) -> str:
    samples = sum(group.samples for group in fit.groups)
    problems = max((group.problems for group in fit.groups), default=0)
    groups = f" in {several(len(fit.groups), 'group')}" if len(fit.groups) != 1 else ""
    names = ", ".join(clip(source.name, 60) for source in fit.sources[:3])
    return f"{several(problems, 'problem')}, {several(samples, 'sample')}{groups}" + (
        f", from {names}" if names else ""
    )


def _part(fit: Fit, group: GroupFit, number: int, judges: Sequence[Judge]) -> list[Section]:
    """Returns the sections of one group; with several groups, named and numbered after it."""
    made = [
        coverage.section(group),
        voting.section(group),
        ways.section(group, fit.mass),
        saturation.section(group, fit.mass),
        verification.section(group),
        roc.section(judges),
        repeated.section(group),
        difficulty.section(group),
    ]
    found = [section for section in made if section is not None]
    if len(fit.groups) == 1:
        return found
    part = clip(group.group.name)
    named = [replace(s, id=f"{s.id}-{number}", part=f"{number}. {part}") for s in found]
    return [_lean(section, len(fit.groups)) for section in named]


def _lean(section: Section, groups: int) -> Section:
    """Drops pictures where many groups would make hundreds of them."""
    kept = groups <= MANY or (groups <= CROWD and section.id.startswith("coverage-"))
    blocks = [block for block in section.blocks if kept or not isinstance(block, Picture)]
    return replace(section, blocks=tuple(blocks))


def _chosen(sections: list[Section], only: Sequence[str]) -> list[Section]:
    known = list(dict.fromkeys(_name(section) for section in sections))
    for name in only:
        if name not in known:
            raise InputError(
                f"--only takes one of {', '.join(known)}; got {name!r}{nearest(name, known)}"
            )
    return [s for s in sections if not only or _name(s) in (*only, "provenance")]


def _name(section: Section) -> str:
    """Returns the name of the phenomenon: the id without the number of its group."""
    return section.id.partition("-")[0]


FIGURES: dict[str, Callable[[GroupFit], Figure]] = {
    "coverage": coverage.figure,
    "voting": voting.figure,
    "ways": ways.figure,
    "difficulty": difficulty.figure,
    "verification": verification.first_figure,
}


def figure(fit: Fit, plan: Plan | None, name: str, more: Evidence = NONE) -> Figure:
    """Returns one picture by its name, of the first group, of the plan, or of what else there is.

    Raises:
        InputError: no such picture, or nothing to draw it from.
    """
    if name in FIGURES:
        if not fit.groups:
            raise InputError(f"the picture {name!r} needs a group of samples; got none")
        return FIGURES[name](fit.groups[0])
    if name in PLANNED:
        if plan is None:
            raise InputError(f"the picture {name!r} needs a plan; got none")
        return PLANNED[name](plan, more)
    whole: dict[str, Callable[[], Figure]] = {
        "summary": lambda: summary.figure(fit, plan),
        "comparison": lambda: comparison.figure(fit),
        "ranking": lambda: ranking.figure(more.ranking),
        "roc": lambda: roc.figure(more.judges),
        "change": lambda: change.figure(more.changes),
    }
    if name in whole:
        return whole[name]()
    raise unknown(name)


def names() -> list[str]:
    """Returns the names of the pictures."""
    return sorted([*FIGURES, *PLANNED, "summary", "comparison", "ranking", "change", "roc"])


def unknown(name: str) -> InputError:
    """Returns the error that says which pictures there are."""
    known = names()
    return InputError(f"a picture is one of {', '.join(known)}; got {name!r}{nearest(name, known)}")


PLANNED: dict[str, Callable[[Plan, Evidence], Figure]] = {
    "allocation": lambda plan, _: frontier.figure(plan),
    "surface": lambda _, more: surface.figure(more.surfaces),
    "limits": lambda plan, _: limits.figure(plan.limits),
    "policies": lambda _, more: policies.figure(more.policies),
}
