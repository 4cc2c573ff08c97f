"""search-and-learn: a problem a line, with its completions and a score for each of their steps."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl

from .fields import Unfit, array, hashed, maybe, number, spelled, text, want, whole
from .files import readable
from .formal import Formulas
from .glance import Glance
from .intake import Format, Intake, Piece, Row
from .opening import Record
from .runs import runs

VERIFIER = "prm"
_SUM = "completion_tokens is one sum for all samples of a problem: what each cost is not known"


def fits(glance: Glance) -> bool:
    return glance.has("completions", "scores", "answer", "problem")


def read(paths: Sequence[Path], intake: Intake) -> Iterator[Piece]:
    """Reads `*_completions.jsonl` files, or Parquet files of the same columns.

    The score of a completion is that of its last step. `pred_*` and `agg_scores` are not read.
    """
    grades = Formulas(intake)
    for path, run in runs(paths):

        def parse(record: Record, run: str | None = run) -> Iterator[tuple[str, Row]]:
            return _parsed(record, run, grades, intake)

        unit = "line" if path.suffix != ".parquet" else "row"
        yield from intake.gather(_records(path, intake), parse, path, unit=unit, each=False)
    grades.tell(intake)


def _records(path: Path, intake: Intake) -> Iterable[tuple[int, Record]]:
    if path.suffix != ".parquet":
        return intake.objects(path)
    with readable(path):
        return enumerate(pl.read_parquet(path, memory_map=False).iter_rows(named=True), 1)


def _parsed(
    record: Record, run: str | None, grades: Formulas, intake: Intake
) -> Iterator[tuple[str, Row]]:
    problem = maybe(record, "unique_id", text) or want(record, "problem", text)
    gold = maybe(record, "answer", spelled)
    level = maybe(record, "level", spelled)
    yield "problems", {"problem": problem, "level": level, "gold": gold}
    texts = want(record, "completions", array)
    scores = _beside(record, "scores", len(texts))
    tokens = _tokens(record, len(texts), intake)
    intake.rows += max(len(texts), 1)
    if not texts:
        intake.leave("problems without a completion")
    for sample in range(len(texts)):
        key = {"problem": problem, "sample": sample, "run": run}
        written = maybe({"completions": texts[sample]}, "completions", text)
        answer, right = grades.read(written, gold)
        score = last(scores[sample], "scores")
        yield (
            "samples",
            {
                **key,
                "text_hash": None if written is None else hashed(written),
                "answer": answer,
                "correct": right,
                "score": score,
                "output_tokens": maybe({"completion_tokens": tokens[sample]}, *_TOKENS),
            },
        )
        if score is not None:
            yield "verdicts", {**key, "verifier": VERIFIER, "verdict": 0, "score": score}


_TOKENS = ("completion_tokens", whole)


def _beside(record: Record, name: str, samples: int) -> list[object]:
    """An array with an entry for each sample; nothing for any where it is missing."""
    found = maybe(record, name, array)
    if found is None:
        return [None] * samples
    if len(found) != samples:
        raise Unfit(f"{name} must have an entry for each of {samples} samples; got {len(found)}")
    return found


def _tokens(record: Record, samples: int, intake: Intake) -> list[object]:
    found = record.get("completion_tokens")
    if samples > 1 and not isinstance(found, list) and maybe(record, *_TOKENS) is not None:
        intake.note(_SUM)
        return [None] * samples
    return [found] if isinstance(found, int) else _beside(record, "completion_tokens", samples)


def last(steps: object, name: str) -> float | None:
    """The score of the last step, which speaks for the whole."""
    found = maybe({name: steps}, name, array)
    return maybe({name: found[-1]}, name, number) if found else None


FORMAT = Format("search-and-learn", fits, read, heeds=("answer",))
