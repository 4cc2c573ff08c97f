"""Large Language Monkeys: a YAML file for each problem, with its samples and their grades."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from . import yamls
from .fields import Unfit, array, flag, hashed, maybe, spelled, text, want
from .glance import Glance
from .intake import Format, Intake, Piece, Row
from .opening import Record
from .regrade import answered, same
from .runs import folders

_GRADES = ("is_corrects", "is_correct")
_ASKED = ("question", "prompt", "gt_answer", "theorem_name", "test_cases")


def fits(glance: Glance) -> bool:
    if glance.ending not in (".yaml", ".yml") or glance.has("verifications"):
        return False
    # A glance is short, so that one of the keys may be out of its sight.
    known = [name for name in (*_GRADES, *_ASKED) if glance.has(name)]
    return glance.has("is_corrects") or (bool(known) and (glance.has("samples") or len(known) > 1))


def read(paths: Sequence[Path], intake: Intake) -> Iterator[Piece]:
    """Reads `{problem}.yaml` files; the folder is the run where several hold the same problem."""
    for path, run in folders(paths, problem_of):

        def parse(
            record: Record, path: Path = path, run: str | None = run
        ) -> list[tuple[str, Row]]:
            return list(_problem(record, problem_of(path), run, intake))

        document = [(1, yamls.mapping(path))]
        yield from intake.gather(document, parse, path, unit="problem", each=False)


def problem_of(path: Path) -> str:
    """The name of a problem is its file's, without the ending."""
    return path.name.removesuffix(".gz").rpartition(".")[0]


def _problem(
    record: Record, problem: str, run: str | None, intake: Intake
) -> Iterator[tuple[str, Row]]:
    samples = [_text(sample) for sample in want(record, "samples", array)]
    grades = _grades(record, len(samples))
    gold = maybe(record, "gt_answer", spelled)
    intake.rows += len(samples)
    if gold is not None:
        yield "problems", {"problem": problem, "gold": gold}
    pattern = intake.asked.answer
    for number, (written, correct) in enumerate(zip(samples, grades, strict=True)):
        row: Row = {
            "problem": problem,
            "sample": number,
            "run": run,
            "correct": correct,
            "text_hash": None if written is None else hashed(written),
        }
        if pattern is not None:
            answer = None if written is None else answered(pattern, written)
            row |= {
                "answer": answer,
                "correct": None if written is None else same(answer, gold),
            }
        yield "samples", row


def _text(sample: object) -> str | None:
    return maybe({"each of samples": sample}, "each of samples", text)


def _grades(record: Record, size: int) -> list[bool | None]:
    """One grade a sample; none at all where the file has not been graded."""
    name = next((name for name in _GRADES if name in record), None)
    grades = None if name is None else maybe(record, name, array)
    if name is None or grades is None:
        return [None] * size
    if len(grades) != size:
        raise Unfit(f"{name} must have one grade a sample; got {len(grades)} for {size} samples")
    told = f"each of {name}"
    return [maybe({told: grade}, told, flag) for grade in grades]


FORMAT = Format("monkeys", fits, read, heeds=("answer",))
