"""compute-optimal-tts: `question_{q}/record_{r}.jsonl`, a record a file, each path a sample."""

import re
from collections.abc import Iterator, Sequence
from itertools import count, groupby
from pathlib import Path

from ..errors import InputError
from .fields import array, flag, hashed, maybe, spelled, text, want, whole
from .formal import Formulas
from .glance import Glance
from .intake import Format, Intake, Piece, Row
from .opening import Record
from .runs import runs
from .search_and_learn import VERIFIER, last

_RECORD = re.compile(r"record_([0-9]{1,18})")
_QUESTION = re.compile(r"question_([0-9]{1,18})")


def fits(glance: Glance) -> bool:
    return glance.has("question", "groundtruth", "result", "output")


def read(paths: Sequence[Path], intake: Intake) -> Iterator[Piece]:
    """Reads records; those of one question continue its sample numbers in the records' order.

    Where a record holds one path, its majority vote is that path's truth; else the answer that the
    tool extracted is compared with the ground truth. Folders of questions are runs.
    """
    grades = Formulas(intake)
    ordered = sorted((path.absolute() for path in paths), key=_place)
    tops = list(dict.fromkeys(path.parent.parent for path in ordered))
    run_of = dict(runs(tops)) if tops else {}
    for folder, files in groupby(ordered, key=lambda path: path.parent):
        drawn = count()
        key: Row = {"problem": folder.name, "run": run_of[folder.parent]}

        def parse(
            record: Record, key: Row = key, drawn: Iterator[int] = drawn
        ) -> Iterator[tuple[str, Row]]:
            output = want(record, "output", array)
            intake.rows += max(len(output), 1)
            if not output:
                intake.leave("records without a path")
            gold = maybe(record, "groundtruth", spelled)
            yield "problems", {"problem": key["problem"], "gold": gold}
            alone = maybe(record, "result.majority_vote", flag) if len(output) == 1 else None
            for path in output:
                yield from _rows({**key, "sample": next(drawn)}, path, gold, alone, grades)

        # A piece for each file would be slow: there are many, and each holds little.
        lines = ((path, record) for path in files for _, record in intake.objects(path))
        records = ((_place(path)[2], record) for path, record in lines)
        yield from intake.gather(records, parse, folder, unit="record", each=False)
    grades.tell(intake)


def _place(path: Path) -> tuple[Path, int, int]:
    question, record = _QUESTION.fullmatch(path.parent.name), _RECORD.match(path.name)
    if not question or not record:
        raise InputError(f"{path}: must be named question_{{q}}/record_{{r}}.jsonl")
    return path.parent.parent, int(question[1]), int(record[1])


def _rows(
    key: Row, path: object, gold: str | None, alone: bool | None, grades: Formulas
) -> Iterator[tuple[str, Row]]:
    written = maybe(path, "text", text)
    kept = maybe(path, "extracted_answer", spelled)
    if alone is None or grades.asked:
        answer, right = grades.read(written, gold, kept=kept)
    else:
        answer, right = kept, alone
    score = last(path.get("value") if isinstance(path, dict) else None, "value")
    yield (
        "samples",
        {
            **key,
            "text_hash": None if written is None else hashed(written),
            "answer": answer,
            "correct": right,
            "score": score,
            "output_tokens": maybe(path, "completion_tokens", whole),
        },
    )
    if score is not None:
        yield "verdicts", {**key, "verifier": VERIFIER, "verdict": 0, "score": score}


FORMAT = Format("compute-optimal-tts", fits, read, heeds=("answer",))
