"""RPC: one JSON object of columns, each with an array a problem and in it a value a sample."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import InputError
from .fields import Unfit, array, flag, hashed, maybe, number, record, spelled, text, want
from .glance import Glance
from .intake import Format, Intake, Piece, Row
from .opening import document, opened
from .regrade import answered, same

_OPENS = re.compile(rb'\s*\{\s*"(?:predict|completion|mean_logprob|answer|prompt)"\s*:\s*\[')
_GRADES = ("correct", "is_correct")
_COLUMNS = ("predict", "completion", "mean_logprob", *_GRADES)


def fits(glance: Glance) -> bool:
    if glance.ending != ".json" or not any(glance.has(name) for name in _COLUMNS[:3]):
        return False
    with opened(glance.path) as file:
        # The first column alone may be longer than a glance: an array has to stand in it.
        return _OPENS.match(file.read(1 << 10).removeprefix(b"\xef\xbb\xbf")) is not None


def read(paths: Sequence[Path], intake: Intake) -> Iterator[Piece]:
    """Reads column-wise files; where there are several, each is a run of its own."""
    for path in paths:
        columns = record(document(path))
        if columns is None:
            raise InputError(f"{path}: must be a JSON object of columns")
        try:
            problems = list(_problems(columns))
        except Unfit as error:
            raise InputError(f"{path}: {error}") from error
        if intake.asked.answer is None and not any(name in columns for name in _GRADES):
            intake.note(
                "RPC logs hold no grades: a prediction is right when it equals the answer as text"
                " or as a number, so that another spelling of the right answer counts as wrong"
            )
        run = path.name if len(paths) > 1 else None
        parse = partial(_samples, run=run, intake=intake)
        yield from intake.gather(enumerate(problems), parse, path, unit="problem", each=False)


def _problems(columns: Mapping[str, Any]) -> Iterator[tuple[int, Row]]:
    """Yields each problem's number and its part of every column.

    Raises:
        Unfit: a column is missing, or has another number of problems than the answers.
    """
    golds = want(columns, "answer", array)
    want(columns, "predict", array)
    held = {name: found for name in _COLUMNS if (found := maybe(columns, name, array)) is not None}
    for name, found in held.items():
        if len(found) != len(golds):
            raise Unfit(f"{name} must have {len(golds)} problems like answer; got {len(found)}")
    for at, gold in enumerate(golds):
        yield at, {"answer": gold, **{name: found[at] for name, found in held.items()}}


def _samples(
    problem: tuple[int, Row], *, run: str | None, intake: Intake
) -> Iterator[tuple[str, Row]]:
    at, told = problem
    predicted = want(told, "predict", array)
    parts = {name: _part(told, name, len(predicted)) for name in _COLUMNS}
    ungraded = not any(name in told for name in _GRADES)
    gold = maybe(told, "answer", spelled)
    intake.rows += len(predicted)
    if gold is not None:
        yield "problems", {"problem": str(at), "gold": gold}
    for each in range(len(predicted)):
        row = {name: part[each] for name, part in parts.items()}
        if ungraded:
            row["is_correct"] = _equal(row, gold)
        graded = _graded(row, gold, intake.asked.answer)
        yield "samples", {"problem": str(at), "sample": each, "run": run, **graded}


def _part(told: Row, name: str, size: int) -> list[Any]:
    part = maybe(told, name, array)
    if part is not None and len(part) != size:
        raise Unfit(f"{name} must have {size} samples like predict; got {len(part)}")
    return [None] * size if part is None else part


def _equal(row: Row, gold: str | None) -> bool | None:
    said = maybe(row, "predict", spelled)
    return None if said is None else same(said, gold)


def _graded(row: Row, gold: str | None, pattern: str | None) -> Row:
    written = maybe(row, "completion", text)
    said = maybe(row, "predict", spelled)
    given = (maybe(row, name, flag) for name in _GRADES)
    correct = next((grade for grade in given if grade is not None), None)
    if pattern is not None:
        said = None if written is None else answered(pattern, written)
        correct = None if written is None else same(said, gold)
    return {
        "answer": said or None,  # an empty text is a completion in which no answer was found
        "correct": correct,
        "mean_logprob": maybe(row, "mean_logprob", number),
        "text_hash": None if written is None else hashed(written),
    }


FORMAT = Format("rpc", fits, read, heeds=("answer",))
