"""human-eval: completions and whether they passed, one a line; the order is the sample's number."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from .fields import flag, hashed, maybe, text, want
from .glance import Glance
from .intake import Format, Intake, Piece, Row
from .opening import Record


def fits(glance: Glance) -> bool:
    return glance.has("task_id", "completion", "passed")


def read(paths: Sequence[Path], intake: Intake) -> Iterator[Piece]:
    """Reads `*_results.jsonl` files; where there are several, each is a run of its own."""
    for path in paths:
        run = None if len(paths) == 1 else path.name
        drawn: Counter[str] = Counter()

        def parse(
            record: Record, run: str | None = run, drawn: Counter[str] = drawn
        ) -> Iterator[tuple[str, Row]]:
            problem = want(record, "task_id", text)
            drawn[problem] += 1
            yield (
                "samples",
                {
                    "problem": problem,
                    "sample": drawn[problem] - 1,
                    "run": run,
                    "correct": maybe(record, "passed", flag),
                    "text_hash": hashed(want(record, "completion", text)),
                },
            )

        yield from intake.gather(intake.objects(path), parse, path)


FORMAT = Format("human-eval", fits, read)
