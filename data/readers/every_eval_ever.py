"""every_eval_ever: instance records, one a line, with what was asked, answered and found of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from .fields import array, flag, hashed, maybe, number, spelled, text, want, whole
from .glance import Glance
from .intake import Format, Intake, Piece, Row
from .opening import Record


def fits(glance: Glance) -> bool:
    return glance.has("schema_version", "evaluation_id", "sample_id", "evaluation")


def read(paths: Sequence[Path], intake: Intake) -> Iterator[Piece]:
    """Reads instance records; where there are several files, each is a run of its own."""
    for path in paths:
        run = path.stem if len(paths) > 1 else None
        drawn: Counter[tuple[str, str]] = Counter()
        told: set[tuple[str, str | None]] = set()

        def parse(
            record: Record,
            run: str | None = run,
            drawn: Counter[tuple[str, str]] = drawn,
            told: set[tuple[str, str | None]] = told,
        ) -> Iterator[tuple[str, Row]]:
            row = _sample(record, drawn) | {"run": run}
            yield "samples", row
            key = (row["problem"], row["benchmark"])
            if key not in told:
                named = dict(zip(("problem", "benchmark"), key, strict=True))
                yield "problems", named | {"gold": _gold(record)}
                told.add(key)

        yield from intake.gather(intake.objects(path), parse, path)


def _sample(record: Record, drawn: Counter[tuple[str, str]]) -> Row:
    """One sample: its number is its epoch, or else its turn among those of its problem."""
    problem, model = want(record, "sample_id", text), maybe(record, "model_id", text)
    drawn[problem, str(model)] += 1
    epoch = maybe(record, "metadata.epoch", text)
    turn = int(epoch) if epoch is not None and epoch.isdecimal() else drawn[problem, str(model)]
    milliseconds = maybe(record, "performance.generation_time_ms", number)
    raw = maybe(record, "output.raw", array)
    return {
        "problem": problem,
        "sample": turn - 1,
        "model": model or None,
        "benchmark": maybe(record, "evaluation_name", text) or None,
        "correct": maybe(record, "evaluation.is_correct", flag),
        "answer": _answer(record),
        "text_hash": hashed(raw[-1]) if raw and isinstance(raw[-1], str) else None,
        "prompt_tokens": maybe(record, "token_usage.input_tokens", whole),
        "output_tokens": maybe(record, "token_usage.output_tokens", whole),
        "seconds": None if milliseconds is None else milliseconds / 1000,
    }


def _answer(record: Record) -> str | None:
    """The value that the last attribution took out of the output."""
    told = maybe(record, "answer_attribution", array)
    return maybe(told[-1], "extracted_value", spelled) if told else None


def _gold(record: Record) -> str | None:
    references = maybe(record, "input.reference", array) or []
    return spelled(references[0]) if len(references) == 1 else None


FORMAT = Format("every-eval-ever", fits, read)
