"""Provenance on the page: what went in, under which settings, and how to do it again."""

from ..data.traces import Source
from ..fitting.fit import Fit, GroupFit
from ..planner.plan import Plan
from .document import Block, Code, Column, Prose, Section, Table
from .wording import clip, percent


def section(fit: Fit, plan: Plan | None, command: str, version: str) -> Section:
    """Returns the section: command, sources with their digests, settings, diagnostics."""
    blocks: list[Block] = [
        Prose("The same bytes, seed and version give this report again, byte for byte:"),
        Code(command),
        _sources((*fit.sources, *(plan.sources if plan else ()))),
        _settings(fit, plan, version),
        _groups(fit),
    ]
    diagnostics = _diagnostics(fit)
    if diagnostics.rows:
        blocks.append(diagnostics)
    return Section("provenance", "Where this comes from", tuple(blocks))


def _sources(sources: tuple[Source, ...]) -> Table:
    columns = (Column("source", "left"), Column("bytes"), Column("SHA-256", "code"))
    rows = tuple((clip(s.name), f"{s.size:,}", s.sha256) for s in dict.fromkeys(sources))
    return Table("Sources", columns, rows, "" if rows else "The log names no source.")


def _settings(fit: Fit, plan: Plan | None, version: str) -> Table:
    rows = [
        ("apportion", version),
        ("seed of the fit", str(fit.seed)),
        ("mass of the intervals", percent(fit.mass)),
    ]
    if plan is not None:
        rows += [("seed of the plan", str(plan.seed)), ("unit of the budget", plan.unit)]
    return Table("Settings", (Column("setting", "left"), Column("value", "left")), tuple(rows))


def _groups(fit: Fit) -> Table:
    columns = (
        Column("group", "left"),
        Column("problems"),
        Column("samples"),
        Column("stop rule", "left"),
        Column("settings", "left"),
    )
    rows = tuple(
        (
            clip(group.group.name),
            f"{group.problems:,}",
            f"{group.samples:,}",
            group.stop_rule,
            _said(group),
        )
        for group in fit.groups
    )
    return Table("Groups of samples", columns, rows, "" if rows else "The log has no samples.")


def _said(group: GroupFit) -> str:
    return clip(", ".join(f"{k} = {v}" for k, v in group.settings.items()) or "none stated", 200)


def _diagnostics(fit: Fit) -> Table:
    rows = tuple(
        (clip(group.group.name), name, f"{value:.4g}")
        for group in fit.groups
        for name, value in group.diagnostics.items()
    )
    columns = (Column("group", "left"), Column("diagnostic", "left"), Column("value"))
    return Table("Diagnostics of the fit", columns, rows)
