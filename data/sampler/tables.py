"""From raw draws to the tidy tables: answers read, truth checked, verdicts passed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from .. import store
from ..door import admit
from ..doubts import doubts
from ..traces import FIXED, Header, Source, Trace, assemble
from . import answers, verifiers
from .checkers import Behaviour, behaviours, is_correct
from .shard import Record
from .tasks import Problem

Row = dict[str, Any]

SAMPLES: dict[str, pl.DataType] = {
    "problem": pl.String(),
    "sample": pl.Int32(),
    "correct": pl.Boolean(),
    "answer": pl.String(),
    "model": pl.String(),
    "temperature": pl.Float64(),
    "level": pl.String(),
    "text_hash": pl.String(),
    "prompt_tokens": pl.Int32(),
    "output_tokens": pl.Int32(),
    "mean_logprob": pl.Float32(),
    "sum_logprob": pl.Float32(),
    "seconds": pl.Float32(),
    "finish": pl.String(),
    "attempt": pl.Int32(),
}
VERDICTS: dict[str, pl.DataType] = {
    "problem": pl.String(),
    "sample": pl.Int32(),
    "verifier": pl.String(),
    "verdict": pl.Int32(),
    "accepts": pl.Boolean(),
    "tokens": pl.Int32(),
}
PROBLEMS = dict.fromkeys(("problem", "level", "gold", "prompt"), pl.String())


@dataclass(frozen=True, slots=True)
class Tables:
    """Problems, samples and verdicts."""

    problems: pl.DataFrame
    samples: pl.DataFrame
    verdicts: pl.DataFrame

    def write(self, folder: Path) -> None:
        """Write each table as Parquet, whole or not at all."""
        for name in ("problems", "samples", "verdicts"):
            fresh = folder / f"{name}.parquet.fresh"
            frame: pl.DataFrame = getattr(self, name)
            frame.write_parquet(fresh, compression="zstd", compression_level=15)
            fresh.rename(folder / f"{name}.parquet")


def tables(
    tasks: Sequence[Problem], records: Iterable[Record], model: str, temperature: float
) -> Tables:
    """The tidy tables of all records, in the order of the tasks."""
    by_name = {record["problem"]: record for record in records}
    samples: list[Row] = []
    verdicts: list[Row] = []
    for task in tasks:
        judged = judge(task, by_name[task.name])
        samples += ({**row, "model": model, "temperature": temperature} for row in judged[0])
        verdicts += judged[1]
    asked = [
        # A reference expression is one right answer of many, so it is no gold to compare with.
        {"problem": t.name, "level": t.level, "gold": _gold(t), "prompt": t.prompt}
        for t in tasks
    ]
    return Tables(
        pl.DataFrame(asked, schema=PROBLEMS),
        pl.DataFrame(samples, schema=SAMPLES),
        pl.DataFrame(verdicts, schema=VERDICTS),
    )


def trace(made: Tables, settings: Mapping[str, object], shards: Iterable[Path]) -> Trace:
    """The same tables as a trace, checked at the door, with the shards as its sources."""
    sources: tuple[Source, ...] = tuple(store.digest(path) for path in shards)
    bare = assemble(
        Header(sources=sources, stop_rule=FIXED, settings=settings),
        samples=admit(made.samples, "samples", "samples"),
        verdicts=admit(made.verdicts, "verdicts", "verdicts"),
        problems=admit(made.problems, "problems", "problems"),
    )
    return replace(bare, header=replace(bare.header, doubts=doubts(bare)))


def judge(task: Problem, record: Record) -> tuple[list[Row], list[Row]]:
    """The sample rows and the verdict rows of one problem."""
    solved = [answers.parse(task.family, draw["text"]) for draw in record["solve"]]
    again = [answers.parse(task.family, draw["text"]) for draw in record["resolve"]]
    seen = _behaviours(task, [*solved, *again])
    sample_rows = [
        _sample_row(task, record, at, answer, is_correct(task, answer, seen))
        for at, answer in enumerate(solved)
    ]
    verdict_rows: list[Row] = []
    each = len(again) // len(solved)
    for at, answer in enumerate(solved):
        weak = verifiers.weak_test(task, answer, seen)
        verdict_rows.append(_verdict_row(task, at, verifiers.WEAK_TEST, 0, weak, 0))
        for v, place in enumerate(range(at * each, (at + 1) * each)):
            accepts = verifiers.agrees(task, answer, again[place], seen)
            spent = record["resolve"][place]["tokens"]
            verdict_rows.append(_verdict_row(task, at, verifiers.RESOLVE, v, accepts, spent))
    return sample_rows, verdict_rows


def _behaviours(task: Problem, found: Iterable[str | None]) -> dict[str, Behaviour]:
    if task.program is None:
        return {}
    return behaviours(task.program, [answer for answer in found if answer is not None])


def _sample_row(task: Problem, record: Record, at: int, answer: str | None, correct: bool) -> Row:
    draw: Mapping[str, Any] = record["solve"][at]
    return {
        "problem": task.name,
        "sample": at,
        "correct": correct,
        "answer": answer,
        "level": task.level,
        "text_hash": hashlib.sha256(draw["text"].encode()).hexdigest()[:12],
        "prompt_tokens": record["prompt_tokens"],
        "output_tokens": draw["tokens"],
        "mean_logprob": round(draw["logprob"] / draw["tokens"], 4),
        "sum_logprob": draw["logprob"],
        "seconds": draw["seconds"],
        "finish": draw["finish"],
        "attempt": at,
    }


def _verdict_row(
    task: Problem, at: int, verifier: str, verdict: int, accepts: bool | None, tokens: int
) -> Row:
    return {
        "problem": task.name,
        "sample": at,
        "verifier": verifier,
        "verdict": verdict,
        "accepts": accepts,
        "tokens": tokens,
    }


def _gold(task: Problem) -> str | None:
    return None if task.program else task.gold
