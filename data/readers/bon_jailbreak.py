"""Best-of-N jailbreaking: a line for each attempt, which counts when its output was flagged."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from .fields import flag, maybe, text, want, whole
from .glance import Glance
from .intake import Format, Intake, Piece, Row
from .opening import Record


def fits(glance: Glance) -> bool:
    return glance.has("i", "n", "flagged")


def read(paths: Sequence[Path], intake: Intake) -> Iterator[Piece]:
    """Reads JSONL files; where there are several, each is a run of its own."""
    for path in paths:
        run = path.name if len(paths) > 1 else None

        def parse(record: Record, run: str | None = run) -> list[tuple[str, Row]]:
            attempt = want(record, "n", whole)
            row: Row = {
                "problem": want(record, "i", text),
                "sample": attempt,
                "attempt": attempt,
                "run": run,
                "correct": maybe(record, "flagged", flag),
            }
            return [("samples", row)]

        yield from intake.gather(intake.objects(path), parse, path)


FORMAT = Format("bon-jailbreak", fits, read)
