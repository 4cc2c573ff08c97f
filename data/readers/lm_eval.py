"""lm-eval: a line for each question and filter; the metric of one filter says what is correct."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError, nearest
from .fields import Kind, Unfit, array, flag, hashed, maybe, number, spelled, text, want
from .glance import Glance
from .intake import Format, Intake, Piece, Row
from .opening import Record, lines
from .passed import solved
from .regrade import answered, golden, same

_NAME = re.compile(r"samples_(.+)_(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?)")
_PASS = re.compile(r"pass(?:@|_at_)(\d+)")
_OTHERS = {"doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics"}


def fits(glance: Glance) -> bool:
    return glance.has("doc_id", "doc", "resps", "filtered_resps")


@dataclass(frozen=True, slots=True)
class Log:
    """One file: its group, and which of its lines are read for which metric."""

    path: Path
    run: str | None
    benchmark: str | None
    filter: str
    metric: str
    last: dict[str, int]


def read(paths: Sequence[Path], intake: Intake) -> Iterator[Piece]:
    """Reads the newest `samples_{task}_{date}.jsonl` of each task and folder."""
    kept = _newest(paths)
    top = os.path.commonpath([path.parent.absolute() for path in kept])
    folders = len({path.parent for path in kept}) > 1
    for path in paths:
        if path not in kept:
            older = sum(1 for _ in lines(path))
            intake.rows += older
            intake.leave("a line of a file that has a newer one of its task", older)
            continue
        name = _NAME.match(path.name)
        run = os.path.relpath(path.parent.absolute(), top) if folders else None
        if name is None and len(kept) > 1:
            run = f"{run}/{path.name}" if run else path.name
        yield from _log(_surveyed(path, run, name and name[1], intake), intake)


def _newest(paths: Sequence[Path]) -> list[Path]:
    dates: dict[tuple[Path, str], tuple[str, Path]] = {}
    for path in paths:
        name = _NAME.match(path.name)
        task, date = (name[1], name[2]) if name else (path.name, "")
        key = (path.parent, task)
        dates[key] = max(dates.get(key, ("", path)), (date, path))
    return [path for _, path in dates.values()]


def _surveyed(path: Path, run: str | None, benchmark: str | None, intake: Intake) -> Log:
    """Looks over a file for its filters, its metrics and the last line of each question."""
    last: dict[str, dict[str, int]] = {}
    metrics: dict[str, None] = {}

    def look(place: int, record: Record) -> None:
        doc, filter = want(record, "doc_id", text), maybe(record, "filter", text) or "none"
        last.setdefault(filter, {})[doc] = place
        metrics.update(dict.fromkeys(_metrics(record)))

    intake.survey(path, look)
    if not last:
        raise InputError(f"{path}: the file has no rows")
    metric, filter = _chosen(intake.asked.truth, list(metrics), list(last), path)
    if len(last) > 1:
        intake.note(f"of the filters {', '.join(last)}, {filter} is read; --truth takes another")
    if len(metrics) > 1:
        intake.note(
            f"of {', '.join(metrics)}, {metric} says what is correct; --truth takes another"
        )
    return Log(path, run, benchmark, filter, metric, last[filter])


def _metrics(record: Record) -> list[str]:
    """The metrics of a line, which older versions do not list."""
    told = record.get("metrics")
    if isinstance(told, list):
        return [name for name in told if isinstance(name, str) and name in record]
    return [name for name in record if name not in _OTHERS and not name.endswith("_hash")]


def _chosen(
    truth: str | None, metrics: list[str], filters: list[str], path: Path
) -> tuple[str, str]:
    """The metric and the filter that the user names, or those that say most."""
    metric, filter = _preferred(metrics), filters[0]
    if truth in filters:
        return metric, truth
    if truth in metrics:
        return truth, filter
    if truth is not None:
        metric, _, filter = (part.strip() for part in truth.partition(","))
        if metric not in metrics or filter not in filters:
            known = [*metrics, *filters]
            raise InputError(
                f"{path}: --truth must be a metric ({', '.join(metrics)}), a filter"
                f" ({', '.join(filters)}) or METRIC,FILTER; got {truth!r}{nearest(truth, known)}"
            )
    return metric, filter


def _preferred(metrics: list[str]) -> str:
    passes = {int(match[1]): name for name in metrics if (match := _PASS.fullmatch(name))}
    if passes:
        return passes[min(passes)]
    return next((name for name in ("acc", "exact_match") if name in metrics), (*metrics, "")[0])


def _log(log: Log, intake: Intake) -> Iterator[Piece]:
    def parse(placed: tuple[int, Record]) -> Iterator[tuple[str, Row]]:
        place, record = placed
        doc = want(record, "doc_id", text)
        if (maybe(record, "filter", text) or "none") != log.filter:
            yield from _left(intake, "a line of another filter")
        elif log.last[doc] != place:
            yield from _left(intake, "a line that a later one of its question replaces")
        else:
            yield from _rows(record, doc, log, intake)

    records = ((place, (place, record)) for place, record in intake.objects(log.path))
    yield from intake.gather(records, parse, log.path, each=False)


def _left(intake: Intake, reason: str) -> tuple[()]:
    intake.rows += 1
    intake.leave(reason)
    return ()


def _rows(record: Record, doc: str, log: Log, intake: Intake) -> Iterator[tuple[str, Row]]:
    pattern, texts = intake.asked.answer, _texts(record)
    target = golden(pattern, spelled(record.get("target")))
    level = record["doc"].get("level") if isinstance(record.get("doc"), dict) else None
    told = {"problem": doc, "benchmark": log.benchmark}
    yield "problems", {**told, "gold": target, "level": spelled(level)}
    key = {**told, "run": log.run, "temperature": _temperature(record)}
    if texts and pattern is not None:
        intake.rows += len(texts)
        for sample, written in enumerate(texts):
            yield "samples", {**key, "sample": sample, **_graded(written, target, pattern)}
        return
    intake.rows += 1
    if len(texts) < 2:
        yield "samples", {**key, "sample": 0, **_single(record, texts, log.metric)}
        return
    tally = _tally(record, len(texts), log.metric)
    if tally:
        yield "tallies", {**key, "level": spelled(level), **tally}
    else:
        intake.leave("a question without a value of its metric")


def _graded(written: str | None, target: str | None, pattern: str) -> Row:
    if written is None:
        return {}
    found = answered(pattern, written)
    return {"text_hash": hashed(written), "answer": found, "correct": same(found, target)}


def _texts(record: Record) -> list[str | None]:
    """The repeats of a question; none where choices were compared by their likelihoods."""
    requests = want(record, "resps", array)
    repeats = requests[0] if len(requests) == 1 else None
    if not isinstance(repeats, list) or not all(isinstance(r, str | None) for r in repeats):
        return []
    return repeats


def _temperature(record: Record) -> float | None:
    return maybe(record, "arguments.gen_args_0.arg_1.temperature", number)


def _tally(record: Record, n: int, metric: str) -> Row:
    asked = _PASS.fullmatch(metric)
    if asked is None:
        raise Unfit(
            f"resps holds {n} repeats, and {metric or 'no metric'} grades only what the filter"
            " made of them; --answer PATTERN grades each repeat against the target"
        )
    value = _value(record, metric, number)
    return {} if value is None else {"n": n, "c": solved(value, n, int(asked[1]), metric)}


def _value(record: Record, metric: str, kind: Callable[[object], Kind | None]) -> Kind | None:
    name = metric.replace(".", "_")
    return maybe({name: record.get(metric)}, name, kind)


def _single(record: Record, texts: list[str | None], metric: str) -> Row:
    made = record.get("filtered_resps")
    answer = made[0] if texts and isinstance(made, list) and made else None
    return {
        "correct": _value(record, metric, flag),
        "answer": answer if isinstance(answer, str) else None,
        "text_hash": hashed(texts[0]) if texts and texts[0] is not None else None,
    }


FORMAT = Format("lm-eval", fits, read, heeds=("truth", "answer"))
