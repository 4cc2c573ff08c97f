"""Our logs out: a trace written as other tools read it, and what of it they have no place for."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from .chains import first_answers
from .errors import InputError, nearest
from .schema import GROUP
from .store import replacing
from .traces import Trace

SCHEMA_VERSION = "0.3.0"
"""That of the every_eval_ever records written."""
Lines = Iterator[Mapping[str, object]]


def export(trace: Trace, path: str | Path, format: str) -> None:
    """Writes a trace in another tool's format; the file appears whole or not at all.

    Args:
        format: a name of `WRITERS`.

    Raises:
        InputError: there is no such format, or the trace has no such form.
    """
    if format not in WRITERS:
        known = sorted(WRITERS)
        raise InputError(
            f"format must be one of {', '.join(known)}; got {format!r}{nearest(format, known)}"
        )
    data = WRITERS[format](trace)
    with replacing(Path(path)) as file:
        file.write(data)


def table(rows: Sequence[Mapping[str, object]]) -> bytes:
    """Returns rows as CSV; a text that a spreadsheet would run as a formula is made inert by a '.

    Rows may differ in their columns; what a row lacks stays empty.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    sheet = csv.DictWriter(text, names, lineterminator="\r\n")
    sheet.writeheader()
    sheet.writerows({name: _inert(value) for name, value in row.items()} for row in rows)
    return text.getvalue().encode("utf8", "backslashreplace")


def _inert(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in _FORMULA else value


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def counted(trace: Trace) -> pl.DataFrame:
    """Returns n and c of each problem of each group: tallies as they are, graded draws counted."""
    draws = first_answers(trace).samples.filter(pl.col("correct").is_not_null())
    key = ["problem", *GROUP]
    sums = draws.group_by(key, maintain_order=True).agg(
        n=pl.len().cast(pl.Int64), c=pl.col("correct").sum().cast(pl.Int64)
    )
    return pl.concat([sums, trace.tallies.select(*key, "n", "c")])


def _counts(trace: Trace) -> bytes:
    """passk-inference counts: id, c and n of each problem."""
    _single(trace, "counts")
    rows = counted(trace).select(pl.col("problem").alias("id"), "c", "n")
    return _jsonl(rows.iter_rows(named=True))


def _human_eval(trace: Trace) -> bytes:
    """human-eval results; completions are not kept in a trace, so they stay empty."""
    _single(trace, "human-eval")
    return _jsonl(_passed(_samples(trace, "human-eval")))


def _passed(samples: pl.DataFrame) -> Lines:
    graded = samples.filter(pl.col("correct").is_not_null()).sort("sample", maintain_order=True)
    for problem, passed in graded.select("problem", "correct").iter_rows():
        said = "passed" if passed else "failed"
        yield {"task_id": problem, "completion": "", "result": said, "passed": passed}


def _every_eval_ever(trace: Trace) -> bytes:
    """every_eval_ever records of one interaction each, one line a graded sample."""
    golds = dict(trace.problems.select("problem", "gold").iter_rows())
    samples = _samples(trace, "every-eval-ever").filter(pl.col("correct").is_not_null())
    return _jsonl(_record(row, golds.get(row["problem"])) for row in samples.iter_rows(named=True))


def _record(row: Mapping[str, Any], gold: str | None) -> Mapping[str, object]:
    usage = {"input_tokens": row["prompt_tokens"], "output_tokens": row["output_tokens"]}
    told = {name: row[name] for name in ("run", "temperature", "effort") if row[name] is not None}
    right = row["correct"]
    record = {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": row["run"] or "apportion",
        "model_id": row["model"] or "",
        "evaluation_name": row["benchmark"] or "",
        "sample_id": row["problem"],
        "interaction_type": "single_turn",
        "input": {"raw": "", "reference": [] if gold is None else [gold]},
        "output": {"raw": []},
        "answer_attribution": [_attribution(row["answer"])],
        "evaluation": {"score": float(right), "is_correct": right},
        "metadata": {"epoch": str(row["sample"] + 1)} | {k: str(v) for k, v in told.items()},
    }
    if any(tokens is not None for tokens in usage.values()):
        record["token_usage"] = {k: v for k, v in usage.items() if v is not None}
    if row["seconds"] is not None:
        record["performance"] = {"generation_time_ms": row["seconds"] * 1000}
    return record


def _attribution(answer: str | None) -> Mapping[str, object]:
    return {
        "turn_idx": 0,
        "source": "output.raw",
        "extracted_value": answer,
        "extraction_method": "as logged",
        "is_terminal": True,
    }


def _scorio(trace: Trace) -> bytes:
    """A NumPy archive with R, an (M, N) array of 0 and 1, for scorio; every n must be the same."""
    _single(trace, "scorio")
    samples = _samples(trace, "scorio")
    if samples["correct"].has_nulls():
        raise InputError("scorio needs every sample graded; some are not")
    drawn = samples.sort("sample", maintain_order=True).group_by("problem", maintain_order=True)
    rows = dict(drawn.agg("correct").iter_rows())
    sizes = sorted({len(row) for row in rows.values()})
    if len(sizes) > 1:
        raise InputError(f"scorio needs the same n for every problem; got n from {sizes[0]} to"
                         f" {sizes[-1]}")  # fmt: skip
    graded = [rows[problem] for problem in samples["problem"].unique(maintain_order=True)]
    archive = io.BytesIO()
    np.savez_compressed(archive, R=np.array(graded, dtype=np.int64))
    return archive.getvalue()


def _tidy(trace: Trace) -> bytes:
    """Our own samples as JSONL, with level and gold; null columns are left out."""
    samples = _samples(trace, "tidy").join(
        trace.problems, on=["problem", "benchmark"], how="left", nulls_equal=True
    )
    kept = [c.name for c in samples if c.null_count() < len(c) or c.name == "correct"]
    return _jsonl(samples.select(kept).iter_rows(named=True))


def _single(trace: Trace, format: str) -> None:
    """Refuses what a format without models and runs would mix up."""
    groups = trace.groups()
    if len(groups) > 1:
        names = ", ".join(group.name for group, _ in groups[:3])
        raise InputError(
            f"{format} has no place for several models or runs; the log has {len(groups)}"
            f" ({names}, ...)"
        )


def _samples(trace: Trace, format: str) -> pl.DataFrame:
    if trace.samples.is_empty():
        raise InputError(f"{format} needs samples; this log holds only counts")
    return trace.samples


def _jsonl(rows: Lines) -> bytes:
    return "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows).encode()


WRITERS: dict[str, Callable[[Trace], bytes]] = {
    "counts": _counts,
    "every-eval-ever": _every_eval_ever,
    "human-eval": _human_eval,
    "scorio": _scorio,
    "tidy": _tidy,
}
"""What a trace can be written as, by name."""
