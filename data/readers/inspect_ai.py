"""inspect: `.eval` and `.json` logs; one scorer is the truth, the others are verifiers.

Of an `.eval` file only the header and the summaries are read; where a run crashed before they were
written, its journal is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import InputError, nearest, shown
from .fields import Unfit, array, hashed, maybe, number, record, spelled, text, want, whole
from .glance import Glance
from .inspect_plain import BATCH, TOKENS, columns
from .intake import Format, Intake, Piece, Row
from .opening import BROKEN, LINE, Record, document, elements, parsed
from .scores import lifted, meaning
from .zipped import member, opened_zip

JOURNAL = re.compile(r"_journal/summaries/([0-9]{1,9})\.json")
SUMMARIES = "summaries.json"
LIMITS = {"token": "length", "context": "length"}
"""What inspect calls the limits that cut an answer short, in the words of finish reasons."""


def fits(glance: Glance) -> bool:
    if glance.ending == ".eval":
        return glance.has("header.json") or glance.has("_journal/start.json")
    return glance.ending == ".json" and glance.has("version", "status", "eval")


def read(paths: Sequence[Path], intake: Intake) -> Iterator[Piece]:
    """Reads logs; where there are several, each is a run of its own of its task."""
    for path in paths:
        several = {"run": path.stem} if len(paths) > 1 else {}
        if path.suffix.lower() == ".eval":
            yield from _packed(path, intake, several)
        else:
            log = document(path)
            if maybe(log, "samples", array) is None:
                raise InputError(f"{path}: a log without its samples (was it read header-only?)")
            yield from _rows(log, log["samples"], path, intake, several)


def _packed(path: Path, intake: Intake, several: Row) -> Iterator[Piece]:
    with opened_zip(path) as packed:
        names = set(packed.namelist())
        header = _header(packed, names, path)
        if SUMMARIES in names:
            with member(packed, SUMMARIES, path) as stream:
                found = elements(stream, f"{path}: {SUMMARIES}")
                yield from _rows(header, found, path, intake, several)
        else:
            rows = _journal(packed, names, path, intake)
            yield from _rows(header, rows, path, intake, several)


def _header(packed: Any, names: set[str], path: Path) -> Record:
    name = next((n for n in ("header.json", "_journal/start.json") if n in names), None)
    if name is None:
        raise InputError(f"{path}: not an inspect log (it has no header.json and no journal)")
    with member(packed, name, path) as stream:
        try:
            data = stream.read(LINE)
        except InputError:
            raise
        except BROKEN as error:
            raise InputError(f"{path}: {name}: cannot be read ({error})") from error
    found = parsed(data, f"{path}: {name}")
    return found if isinstance(found, dict) else {}


def _journal(packed: Any, names: set[str], path: Path, intake: Intake) -> Iterable[Record]:
    """The samples of a run that crashed; one that was tried again counts as it was at last."""
    last: dict[str, Any] = {}
    for name in sorted(filter(JOURNAL.fullmatch, names), key=lambda n: int(n[19:-5])):
        with member(packed, name, path) as stream:
            for row in elements(stream, f"{path}: {name}"):
                told = row if isinstance(row, dict) else {}
                key = repr((told.get("id", len(last)), told.get("epoch")))
                if key in last:
                    intake.rows += 1
                    intake.leave("samples that the run tried again later")
                last[key] = row
    intake.note(f"{path.name}: the run did not end; {len(last):,} samples are in its journal")
    return last.values()


def _rows(
    log: Record, samples: Iterable[Any], path: Path, intake: Intake, several: Row
) -> Iterator[Piece]:
    """The rows of one log: usual samples many at once, others one by one."""
    shared = _shared(log, several)
    told: set[str] = set()

    def parse(sample: Record) -> Iterator[tuple[str, Row]]:
        if not isinstance(sample, dict):
            raise Unfit(f"a sample must be an object; got {shown(sample)}")
        problem = want(sample, "id", text)
        scores = maybe(sample, "scores", record) or {}
        truth = _truth(scores, log, intake)
        row = {
            **shared,
            "problem": problem,
            "sample": want(sample, "epoch", whole) - 1,
            **_cost(sample),
            **_graded(sample, scores, truth, intake),
        }
        yield "samples", row
        if len(scores) > 1:
            for name in [n for n in scores if n != truth.partition(".")[0]]:
                yield from lifted(name, meaning(maybe(scores[name], "value", _any)), row)
        if problem not in told:
            yield "problems", _problem(sample, problem, shared["benchmark"])
            told.add(problem)

    placed = enumerate(samples, 1)
    while batch := list(islice(placed, BATCH)):
        plain = columns([sample for _, sample in batch], intake.asked.truth)
        new = None if plain is None else _new(batch, plain["problem"], told, shared["benchmark"])
        if plain is None or new is None:
            yield from intake.gather(batch, parse, path, unit="sample")
            continue
        plain |= {name: [value] * len(batch) for name, value in shared.items()}
        yield from intake.batch("samples", plain, [at for at, _ in batch], path, unit="sample")
        yield from intake.gather(new, _as_problem, path, unit="sample", each=False)


def _shared(log: Record, several: Row) -> Row:
    """What all samples of a log have in common."""
    config = _config(log)
    return {
        **several,
        "model": maybe(log, "eval.model", text),
        "temperature": maybe(config, "temperature", number),
        "effort": maybe(config, "reasoning_effort", text),
        "benchmark": maybe(log, "eval.task", text) if several else None,
    }


def _new(
    batch: Sequence[tuple[int, Any]], names: Sequence[str], told: set[str], benchmark: object
) -> list[tuple[int, Row]] | None:
    """The problems that a batch names first; None where one of them breaks a rule."""
    first = {name: row for row, name in reversed(list(enumerate(names))) if name not in told}
    try:
        new = [(batch[row][0], _problem(batch[row][1], n, benchmark)) for n, row in first.items()]
    except Unfit:
        return None
    told.update(first)
    return sorted(new, key=lambda pair: pair[0])


def _as_problem(row: Row) -> list[tuple[str, Row]]:
    return [("problems", row)]


def _config(log: Record) -> Record:
    found = [maybe(log, place, record) or {} for place in _CONFIGS]
    return {k: v for config in found for k, v in config.items() if v is not None}


_CONFIGS = ("eval.model_generate_config", "plan.config")


def _truth(scores: Mapping[str, object], log: Record, intake: Intake) -> str:
    """The scorer that says what is correct: the one asked for, or the log's first."""
    asked = intake.asked.truth
    if asked is not None:
        if scores and asked.partition(".")[0] not in scores:
            names = list(scores)
            raise Unfit(f"no scorer {asked!r} (scorers: {', '.join(names)}){nearest(asked, names)}")
        return asked
    if len(scores) > 1:
        first = maybe(log, "results.headline.scorer", text)
        name = first if first in scores else next(iter(scores))
        intake.note(
            f"several scorers ({', '.join(scores)}): {name} is taken for the truth, the others for"
            " verifiers; --truth NAME chooses another"
        )
        return str(name)
    return next(iter(scores), "")


def _graded(sample: Record, scores: Record, truth: str, intake: Intake) -> Row:
    name, _, part = truth.partition(".")
    score = scores.get(name)
    value = score.get("value") if isinstance(score, dict) else None
    if isinstance(value, dict):
        if not part and len(value) > 1:
            parts = ", ".join(map(str, value))
            raise Unfit(f"scores.{name}.value has several parts ({parts}): --truth {name}.PART")
        value = value.get(part) if part else next(iter(value.values()), None)
    found = meaning(value)
    if sample.get("error") is not None:
        intake.note("samples that ended with an error are kept, ungraded")
        found = None
    elif isinstance(found, float):
        intake.note(f"scores of {name} between wrong and right are kept as scores, ungraded")
    return {
        "correct": found if isinstance(found, bool) else None,
        "score": found if isinstance(found, float) else None,
        "answer": maybe(score, "answer", spelled),
    }


def _cost(sample: Record) -> Row:
    """Tokens over all models that were called, seconds at work, and what cut it short."""
    row: Row = {"prompt_tokens": None, "output_tokens": None}
    for used in (maybe(sample, "model_usage", record) or {}).values():
        for name in TOKENS.keys() & used if isinstance(used, dict) else ():
            tokens, ours = maybe(used, name, whole), TOKENS[name]
            row[ours] = row[ours] if tokens is None else (row[ours] or 0) + tokens
    spent = maybe(sample, "working_time", number)
    row["seconds"] = maybe(sample, "total_time", number) if spent is None else spent
    limit = sample.get("limit")
    kind = limit.get("type") if isinstance(limit, dict) else limit
    row["finish"] = LIMITS.get(kind, kind) if isinstance(kind, str) else None
    if "output" in sample:
        done = maybe(sample, "output.completion", text)
        row["text_hash"] = None if done is None else hashed(done)
    return row


def _problem(sample: Record, problem: str, benchmark: object) -> Row:
    target = maybe(sample, "target", _any)
    if isinstance(target, list):
        target = target[0] if len(target) == 1 else None
    about = maybe(sample, "metadata", record) or {}
    level = next((about[k] for k in ("level", "difficulty") if about.get(k) is not None), None)
    return {
        "problem": problem,
        "benchmark": benchmark,
        "gold": None if target is None else spelled(target),
        "level": None if level is None else spelled(level),
    }


def _any(value: object) -> Any:
    return value


FORMAT = Format("inspect", fits, read, heeds=("truth",))
