"""passk-inference counts: n and c of a problem, one object a line."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from .fields import text, want, whole
from .glance import Glance
from .intake import Format, Intake, Piece, Row
from .opening import Record


def fits(glance: Glance) -> bool:
    return glance.ending in (".jsonl", ".ndjson") and glance.keys == {"id", "c", "n"}


def read(paths: Sequence[Path], intake: Intake) -> Iterator[Piece]:
    """Reads counts; where there are several files, each is a run of its own."""
    for path in paths:
        run = path.stem if len(paths) > 1 else None

        def parse(record: Record, run: str | None = run) -> Iterator[tuple[str, Row]]:
            yield (
                "tallies",
                {
                    "problem": want(record, "id", text),
                    "run": run,
                    "n": want(record, "n", whole),
                    "c": want(record, "c", whole),
                },
            )

        yield from intake.gather(intake.objects(path), parse, path)


FORMAT = Format("passk-counts", fits, read)
