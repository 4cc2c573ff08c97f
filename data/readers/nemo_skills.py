"""NeMo-Skills: a file for each seed, a line for each problem, with grades, judges and rewards."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError, nearest
from .fields import Unfit, flag, hashed, maybe, number, spelled, text, whole
from .glance import Glance
from .intake import Format, Intake, Piece, Row
from .opening import Record
from .regrade import answered, same

TRUTHS = ("symbolic_correct", "is_correct", "is_correct-plus", "judgement")
_IDS = ("id", "unique_id", "problem_id")
_SEED = re.compile(r"-rs(\d+)$")
_CHUNK = re.compile(r"_chunk_?\d+$")
_JUDGED = re.compile(r"judge?ment\W*:\W*(yes|no)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """What the name of a file says of its samples."""

    path: Path
    sample: int
    run: str | None
    benchmark: str | None


@dataclass(slots=True)
class Seen:
    """What the lines of one benchmark's files asked so far, and how many each file has."""

    asked: dict[str, str] = field(default_factory=dict)
    lengths: list[int] = field(default_factory=list)


def fits(glance: Glance) -> bool:
    if glance.has("predicted_answer", "expected_answer"):
        return True
    return glance.has("generation") and any(glance.has(name) for name in TRUTHS)


def read(paths: Sequence[Path], intake: Intake) -> Iterator[Piece]:
    """Reads `output-rs{seed}.jsonl` files; the folder is the benchmark where there are several."""
    truth = intake.asked.truth
    if truth not in (None, *TRUTHS):
        raise InputError(
            f"--truth must be one of {', '.join(TRUTHS)}; got {truth!r}"
            f"{nearest(str(truth), list(TRUTHS))}"
        )
    folders: dict[Path, Seen] = {}
    for place in _places(paths):
        seen = folders.setdefault(place.path.parent, Seen())
        yield from _file(place, seen, intake)
    for folder, seen in folders.items():
        if len(set(seen.lengths)) > 1:
            intake.note(
                f"{folder}: the files have {min(seen.lengths)} to {max(seen.lengths)} lines: a run"
                " that stopped early; the samples that are there are kept"
            )


def _file(place: Place, seen: Seen, intake: Intake) -> Iterator[Piece]:
    before = intake.rows

    def parse(placed: tuple[int, Record]) -> Iterator[tuple[str, Row]]:
        line, record = placed
        problem = _name(record, line)
        _aligned(record, problem, seen)
        key: Row = {"problem": problem, "benchmark": place.benchmark}
        told = {
            "level": maybe(record, "subset_for_metrics", text),
            "gold": maybe(record, "expected_answer", spelled),
        }
        if any(fact is not None for fact in told.values()):
            yield "problems", {**key, **told}
        key = {**key, "sample": place.sample, "run": place.run}
        yield "samples", {**key, **_sample(record, intake)}
        for verdict in _verdicts(record, intake.asked.truth):
            yield "verdicts", {**key, "verdict": 0, **verdict}

    records = ((at, (at - 1, record)) for at, record in intake.objects(place.path))
    yield from intake.gather(records, parse, place.path)
    seen.lengths.append(intake.rows - before)


def _name(record: Record, line: int) -> str:
    named = (maybe(record, name, text) for name in _IDS)
    return next((name for name in named if name is not None), str(line))


def _aligned(record: Record, problem: str, seen: Seen) -> None:
    """Refuses files whose lines are not the same problems: their samples would be mixed up."""
    asked = maybe(record, "problem", text)
    if asked is None:
        return
    if seen.asked.setdefault(problem, hashed(asked)) != hashed(asked):
        raise Unfit(
            f"problem {problem} must be the same in all files of a folder; it is another one here"
        )


def _sample(record: Record, intake: Intake) -> Row:
    written = maybe(record, "generation", text)
    answer = maybe(record, "predicted_answer", spelled)
    correct = _truth(record, intake.asked.truth)
    if intake.asked.answer is not None:
        answer = None if written is None else answered(intake.asked.answer, written)
        gold = maybe(record, "expected_answer", spelled)
        correct = None if written is None else same(answer, gold)
    return {
        "correct": correct,
        "answer": answer,
        "output_tokens": maybe(record, "num_generated_tokens", whole),
        "seconds": _seconds(record),
        "text_hash": None if written is None else hashed(written),
    }


def _truth(record: Record, asked: str | None) -> bool | None:
    if asked == "judgement":
        return _judged(record)
    if asked is not None:
        return maybe(record, asked, flag)
    order = ("is_correct-plus",) if "is_correct-plus" in record else TRUTHS[:2]
    found = (maybe(record, name, flag) for name in order)
    return next((grade for grade in found if grade is not None), None)


def _judged(record: Record) -> bool | None:
    said = _JUDGED.findall(maybe(record, "judgement", text) or "")
    return said[-1].lower() == "yes" if said else None


def _verdicts(record: Record, truth: str | None) -> Iterator[Row]:
    """What other graders said; never the one that is taken for the truth."""
    if truth != "judgement" and maybe(record, "judgement", text) is not None:
        yield {"verifier": "judge", "accepts": _judged(record)}
    reward = maybe(record, "reward_model_score", number)
    if reward is not None:
        yield {"verifier": "reward-model", "score": reward}
    base = maybe(record, "is_correct", flag)
    if "is_correct-plus" in record and truth != "is_correct" and base is not None:
        yield {"verifier": "base-tests", "accepts": base}


def _seconds(record: Record) -> float | None:
    start = maybe(record, "generation_start_time", number)
    end = maybe(record, "generation_end_time", number)
    if start is None or end is None:
        return None
    if end < start:
        raise Unfit(f"generation_end_time must not be before the start; got {end} after {start}")
    return end - start


def _places(paths: Sequence[Path]) -> Iterator[Place]:
    """Numbers the files of each folder by their seeds; one without a seed is a run of its own."""
    folders: dict[Path, list[Path]] = {}
    for path in paths:
        if _CHUNK.search(_stem(path)):
            raise InputError(f"{path}: a chunk of a file; the chunks must be merged first")
        folders.setdefault(path.parent, []).append(path)
    names = [folder.name for folder in folders]
    alone = len(set(names)) == len(names)
    for folder, files in folders.items():
        benchmark = folder.name if len(folders) > 1 else None
        run = None if alone else folder.parent.name
        yield from _numbered(files, run, benchmark)


def _numbered(files: Sequence[Path], run: str | None, benchmark: str | None) -> Iterator[Place]:
    seeds: dict[int, Path] = {}
    plain = []
    for path in files:
        found = _SEED.search(_stem(path))
        if found is None:
            plain.append(path)
        elif seeds.setdefault(int(found[1]), path) != path:
            raise InputError(
                f"{path}: a seed must stand in one file; {seeds[int(found[1])]} has it"
            )
    for sample, (_, path) in enumerate(sorted(seeds.items())):
        yield Place(path, sample, run, benchmark)
    for path in plain:
        parts = ([] if run is None else [run]) + [_stem(path)] * (len(files) > 1)
        yield Place(path, 0, "/".join(parts) or None, benchmark)


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".jsonl")


FORMAT = Format("nemo-skills", fits, read, heeds=("truth", "answer"))
