"""Expressions that a model wrote: what each returns on given inputs, found out in the sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from ..tasks.programs import SHOTS, Inputs, Program
from . import child

WALL_SECONDS = 20.0

Outcomes = tuple[str | None, ...]


def run(
    program: Program, expressions: Iterable[str], inputs: Sequence[Inputs]
) -> dict[str, Outcomes]:
    """What each distinct expression returns on each input, as text; None where it failed."""
    waiting = list(dict.fromkeys(expressions))
    failed: Outcomes = (None,) * len(inputs)
    outcomes = child.in_turn(waiting, lambda some: _ask(program, some, inputs), failed)
    return dict(zip(waiting, outcomes, strict=True))


def _ask(program: Program, expressions: Sequence[str], inputs: Sequence[Inputs]) -> list[Outcomes]:
    """The outcomes the child managed to report before it ended."""
    job = {
        "name": program.name,
        "parameters": list(program.domains),
        "shown": [[shot.name, list(shot.domains), shot.reference] for shot in SHOTS],
        "expressions": expressions,
        "inputs": json.dumps(inputs),
        "count": len(inputs),
    }
    lines = child.converse("jail", (), json.dumps(job).encode(), WALL_SECONDS)
    return [_checked(line, len(inputs)) for line in lines[: len(expressions)]]


def _checked(line: str, count: int) -> Outcomes:
    """The child's report is not trusted either: one text or nothing for each input."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, list) or len(said) != count:
        return (None,) * count
    return tuple(text if isinstance(text, str) else None for text in said)
