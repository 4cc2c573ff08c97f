"""Provenance on the page: what went in, under which settings, and how to do it again."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ..data.traces import Source
from ..fitting.fit import Fit, GroupFit
from ..planner.plan import Plan
from .document import Block, Code, Column, Prose, Section, Table
from .wording import clip, percent

NO_ROWS: Mapping[str, Any] = MappingProxyType({})


def section(
    fit: Fit,
    plan: Plan | None,
    command: str,
    version: str,
    rows: Mapping[str, Any] = NO_ROWS,
    others: Sequence[Source] = (),
) -> Section:
    """Returns the section: command, sources with their digests, what was read of them, settings."""
    blocks: list[Block] = [
        Prose("The same bytes, seed and version give this report again, byte for byte:"),
        Code(command),
        _sources((*fit.sources, *(plan.sources if plan else ()), *others)),
        _settings(fit, plan, version),
        _groups(fit),
    ]
    if rows:
        blocks.insert(3, _rows(rows))
    return Section("provenance", "Where this comes from", tuple(blocks))


def _sources(sources: tuple[Source, ...]) -> Table:
    columns = (Column("source", "left"), Column("bytes"), Column("SHA-256", "code"))
    rows = tuple((clip(s.name), f"{s.size:,}", s.sha256) for s in dict.fromkeys(sources))
    return Table("Sources", columns, rows, "" if rows else "The log names no source.")


def _rows(rows: Mapping[str, Any]) -> Table:
    """What became of the rows of the sources."""
    told = [("read", int(rows["read"])), ("kept", int(rows["kept"]))]
    told += [(f"left out: {clip(str(why), 100)}", int(n)) for why, n in rows["aside"].items()]
    columns = (Column("rows", "left"), Column("number"))
    note = "" if rows["aside"] else "No row was left out."
    return Table("Rows of the sources", columns, tuple((n, f"{x:,}") for n, x in told), note)


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
