"""its-hub: what each budget's answer to a problem was worth; a budget is a run."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from .fields import array, flag, hashed, maybe, number, text, want, whole
from .glance import Glance
from .intake import Format, Intake, Piece, Row
from .opening import Record
from .runs import runs

_PARTLY = (
    "particle filtering keeps the share of its particles that is right, not whether its answer is:"
    " it stands in score, and correct is empty"
)


def fits(glance: Glance) -> bool:
    either = glance.has("response") or glance.has("responses")
    return either and glance.has("unique_id", "budget", "correct")


def read(paths: Sequence[Path], intake: Intake) -> Iterator[Piece]:
    """Reads results a line: one answer of each problem at each budget."""
    for path, file in runs(paths):

        def parse(record: Record, file: str | None = file) -> Iterator[tuple[str, Row]]:
            budget = f"budget {want(record, 'budget', whole)}"
            sample: Row = {
                "problem": want(record, "unique_id", text),
                "sample": 0,
                "run": budget if file is None else f"{file} {budget}",
            }
            if maybe(record, "responses", array) is not None:
                intake.note(_PARTLY)
                sample["score"] = maybe(record, "correct", number)
            else:
                written = maybe(record, "response", text)
                sample["text_hash"] = None if written is None else hashed(written)
                sample["correct"] = maybe(record, "correct", flag)
            yield "samples", sample

        yield from intake.gather(intake.objects(path), parse, path)


FORMAT = Format("its-hub", fits, read)
