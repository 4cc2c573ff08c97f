"""lighteval: a row for each question with all its texts; how many were right is in a metric."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from ..errors import InputError, nearest
from .fields import Unfit, array, flag, hashed, maybe, number, spelled, text, want
from .files import readable
from .glance import Glance
from .intake import Format, Intake, Piece, Row
from .opening import Record
from .passed import solved
from .regrade import answered, golden, same
from .runs import runs

_COLUMNS = ["doc", "metric", "model_response"]
_COUNTING = re.compile(r"avg@|(?:.*_)?pass@(?:k|1)")
_K = re.compile(r"k=(\d+)")
_N = re.compile(r"\bn=(\d+)|:(\d+)_samples")


def fits(glance: Glance) -> bool:
    return glance.ending == ".parquet" and glance.has(*_COLUMNS)


def read(paths: Sequence[Path], intake: Intake) -> Iterator[Piece]:
    """Reads `details_*.parquet` files; where there are several, each is a run of its own."""
    for path, run in runs(paths):
        with readable(path):
            frame = pl.read_parquet(path, columns=_COLUMNS, memory_map=False)
        yield from _file(frame, path, run, intake)


def _file(frame: pl.DataFrame, path: Path, run: str | None, intake: Intake) -> Iterator[Piece]:
    dtype = frame.schema["metric"]
    names = [field.name for field in dtype.fields] if isinstance(dtype, pl.Struct) else []
    metric = None if intake.asked.answer is not None else _chosen(names, intake, path)
    rows = enumerate(frame.iter_rows(named=True), 1)

    def parse(record: Record) -> Iterator[tuple[str, Row]]:
        told = {
            "problem": want(record, "doc.id", text),
            "benchmark": maybe(record, "doc.task_name", text),
        }
        level, gold = spelled(_deep(record, "doc", "specific", "level")), _gold(record)
        gold = golden(intake.asked.answer, gold)
        yield "problems", {**told, "level": level, "gold": gold}
        key = {**told, "run": run}
        if metric is None:
            yield from _samples(record, key, gold, intake)
        else:
            yield from _counted(record, {**key, "level": level}, metric, intake)

    yield from intake.gather(rows, parse, path, unit="row", each=False)


def _chosen(names: Sequence[str], intake: Intake, path: Path) -> str:
    """The metric that says how many of the texts were right."""
    truth = intake.asked.truth
    if truth is not None:
        if truth not in names:
            raise InputError(
                f"{path}: --truth must be one of the metrics {', '.join(names)}; got {truth!r}"
                f"{nearest(truth, list(names))}"
            )
        return truth
    counting = [name for name in names if _COUNTING.match(name)]
    found = sorted(counting, key=lambda name: _k(name))
    if not found and not names:
        raise InputError(f"{path}: no metric; --answer PATTERN grades the texts")
    if len(names) > 1:
        metric = (*found, *names)[0]
        intake.note(f"the metric {metric} says what is correct; --truth takes another")
    return (*found, *names)[0]


def _k(metric: str) -> int:
    found = _K.search(metric)
    return int(found[1]) if found else 1


def _counted(record: Record, key: Row, metric: str, intake: Intake) -> Iterator[tuple[str, Row]]:
    """A question of one text is a sample; of several, only their count is known."""
    intake.rows += 1
    name = metric.replace(".", "_")
    values = {name: _deep(record, "metric", metric)}
    texts, costs = _texts(record), _costs(record)
    if len(texts) < 2:
        del key["level"]
        graded = {"correct": maybe(values, name, flag), **_read(texts[0] if texts else None)}
        yield "samples", {**key, "sample": 0, **graded, **_cost(record, 0)}
        return
    value = maybe(values, name, number)
    if value is None:
        intake.leave("a question without a value of its metric")
        return
    n = _n(metric, len(texts))
    lengths = [cost for cost in costs[:n] if cost is not None]
    mean = sum(lengths) / len(lengths) if lengths and len(lengths) == n else None
    tally = {"n": n, "c": solved(value, n, _k(metric), metric)}
    yield "tallies", {**key, **tally, "output_tokens": mean, "prompt_tokens": _prompt(record)}


def _n(metric: str, texts: int) -> int:
    """The samples that a metric counts, the first n of all."""
    if not _COUNTING.match(metric):
        raise Unfit(
            f"model_response.text holds {texts} texts, and {metric} does not say how many are"
            " right; --truth takes another metric, --answer PATTERN grades each text"
        )
    found = _N.search(metric)
    n = int(found[1] or found[2]) if found else texts
    if not 1 <= n <= texts:
        raise Unfit(f"{metric} must count texts that are there; model_response.text has {texts}")
    return n


def _samples(
    record: Record, key: Row, gold: str | None, intake: Intake
) -> Iterator[tuple[str, Row]]:
    """Every text, graded by the pattern of the user."""
    texts = _texts(record)
    intake.rows += max(1, len(texts))
    if not texts:
        intake.leave("a question without texts")
    for sample, written in enumerate(texts):
        found = None if written is None else answered(intake.asked.answer or "", written)
        graded = {} if written is None else {"answer": found, "correct": same(found, gold)}
        told = {**key, "sample": sample, **_read(written), **graded}
        yield "samples", {**told, **_cost(record, sample)}


def _texts(record: Record) -> list[str | None]:
    texts = maybe(record, "model_response.text", array) or []
    return [maybe({"text": written}, "text", text) for written in texts]


def _read(written: str | None) -> Row:
    return {"text_hash": None if written is None else hashed(written)}


def _costs(record: Record) -> list[int | None]:
    """The length of each text in tokens, where the tokens were kept."""
    kept = _deep(record, "model_response", "output_tokens")
    if not isinstance(kept, list):
        return []
    return [len(tokens) if isinstance(tokens, list) else None for tokens in kept]


def _cost(record: Record, sample: int) -> Row:
    costs = _costs(record)
    tokens = costs[sample] if sample < len(costs) else None
    return {"output_tokens": tokens, "prompt_tokens": _prompt(record)}


def _prompt(record: Record) -> int | None:
    kept = _deep(record, "model_response", "input_tokens")
    flat = isinstance(kept, list) and kept and all(isinstance(token, int) for token in kept)
    return len(kept) if flat else None


def _gold(record: Record) -> str | None:
    """The right choice; null where several are right."""
    choices, index = _deep(record, "doc", "choices"), _deep(record, "doc", "gold_index")
    if isinstance(index, list):
        index = index[0] if len(index) == 1 else None
    if not isinstance(choices, list) or not isinstance(index, int):
        return None
    return spelled(choices[index]) if 0 <= index < len(choices) else None


def _deep(record: Mapping[str, Any], *path: str) -> Any:
    """The value at a path whose parts may hold dots; None where it ends early."""
    value: Any = record
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


FORMAT = Format("lighteval", fits, read, heeds=("truth", "answer"))
