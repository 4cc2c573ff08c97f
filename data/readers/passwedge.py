"""passwedge: a JSON array of tasks, each with the outcomes of its attempts."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from .fields import array, flag, maybe, spelled, text, want
from .glance import Glance
from .intake import Format, Intake, Piece, Row
from .opening import Record, elements, opened
from .runs import runs


def fits(glance: Glance) -> bool:
    return glance.ending == ".json" and glance.has("task_id", "outcomes")


def read(paths: Sequence[Path], intake: Intake) -> Iterator[Piece]:
    """Reads tasks; an attempt's place among the outcomes is its number."""
    for path, run in runs(paths):

        def parse(task: Record, run: str | None = run) -> Iterator[tuple[str, Row]]:
            problem = want(task, "task_id", text)
            outcomes = want(task, "outcomes", array)
            intake.rows += max(len(outcomes), 1)
            if not outcomes:
                intake.leave("tasks without an outcome")
                return
            level = maybe(task, "duration_bucket", spelled)
            yield "problems", {"problem": problem, "level": level}
            for sample, outcome in enumerate(outcomes):
                right = maybe({"outcomes": outcome}, "outcomes", flag)
                row = {"problem": problem, "sample": sample, "run": run, "correct": right}
                yield "samples", row

        with opened(path) as file:
            tasks = enumerate(elements(file, str(path)), 1)
            yield from intake.gather(tasks, parse, path, unit="task", each=False)


FORMAT = Format("passwedge", fits, read)
