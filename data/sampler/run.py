"""Draw a trace: `python -m apportion.data.sampler.run --out DIR`; a killed run goes on."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import store
from ..errors import InputError
from . import engine, shard, tables, weights
from .streams import base_seed
from .tasks import Problem, digest, problems

# What must not change between the parts of one run; dates and versions may.
FIXED = ("weights_sha256", "tasks_sha256", "samples", "verdicts", "temperature", "seed")


class OtherRun(InputError):
    """The folder holds a run with other settings; the message says which."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw what is missing, then write the tables once nothing is."""
    options = _options().parse_args(arguments)
    try:
        draw_all(options)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of shards and tables")
    parser.add_argument("--samples", type=int, default=128, help="solutions of each problem")
    parser.add_argument("--verdicts", type=int, default=4, help="re-solves of each solution")
    parser.add_argument("--temperature", type=float, default=0.8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--shard", type=_shard, default=(0, 1), help="i/n: every n-th problem, from the i-th"
    )
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=256, help="changes speed, never a sample")
    return parser


def _shard(text: str) -> tuple[int, int]:
    """Read `i/n`, the i-th of n parts."""
    part, _, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and int(part) < int(parts)):
        raise argparse.ArgumentTypeError(f"must be i/n with 0 <= i < n; got {text!r}")
    return int(part), int(parts)


def draw_all(options: argparse.Namespace) -> None:
    """Draw the problems of this shard that no shard holds yet; judge when none is missing."""
    tasks = problems(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    part, parts = options.shard
    path = options.out / f"shard-{part}-of-{parts}.jsonl"
    shard.mend(path)
    done = {record["problem"] for record in shard.read(options.out)}
    missing = [task for task in tasks[part::parts] if task.name not in done]
    header = _agreed_header(options, tasks)
    if missing:
        loaded = engine.load(options.device, options.threads)
        for task in missing:
            shard.append(path, draw_problem(loaded, task, options))
            print(task.name, file=sys.stderr, flush=True)
    judge_all(options.out, tasks, header)


def judge_all(out: Path, tasks: list[Problem], header: dict[str, Any]) -> None:
    """Write the tables and the trace, once every problem has been drawn."""
    records = list(shard.read(out))
    if not {task.name for task in tasks} <= {record["problem"] for record in records}:
        return
    made = tables.tables(tasks, records, weights.MODEL, header["temperature"])
    made.write(out)
    store.write(tables.trace(made, header, shard.paths(out)), out / "trace")


def draw_problem(loaded: engine.Engine, task: Problem, options: argparse.Namespace) -> shard.Record:
    """The raw draws of one problem; nothing is judged here, so judging can be done again."""
    settings = engine.Settings(options.temperature, task.max_tokens, options.batch)

    def drawn(purpose: str, count: int) -> list[dict[str, Any]]:
        base = base_seed(options.seed, purpose, task.name)
        draws = engine.draw(loaded, task.prompt, range(count), base, settings)
        return [_written(draw) for draw in draws]

    return {
        "problem": task.name,
        "prompt_tokens": len(engine.prompt_tokens(loaded, task.prompt)),
        "solve": drawn("solve", options.samples),
        "resolve": drawn("resolve", options.samples * options.verdicts),
    }


def _written(draw: engine.Draw) -> dict[str, Any]:
    return {
        "text": draw.text,
        "tokens": len(draw.tokens),
        "logprob": round(draw.sum_logprob, 4),
        "finish": draw.finish,
        "seconds": round(draw.seconds, 4),
    }


def _agreed_header(options: argparse.Namespace, tasks: list[Problem]) -> dict[str, Any]:
    """The run's header: written by its first part, and matched by every later one."""
    path: Path = options.out / "header.json"
    mine = _header(options, tasks)
    if not path.exists():
        fresh = path.with_suffix(f".{options.shard[0]}")
        fresh.write_text(json.dumps(mine, indent=2) + "\n", encoding="utf-8")
        fresh.rename(path)
    theirs: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for key in FIXED:
        if theirs[key] != mine[key]:
            raise OtherRun(f"{options.out} holds another run: {key} {theirs[key]}, not {mine[key]}")
    return theirs


def _header(options: argparse.Namespace, tasks: list[Problem]) -> dict[str, Any]:
    """Where a trace comes from and how it was drawn."""
    return {
        "model": weights.MODEL,
        "weights_package": weights.RELEASE,
        "weights_sha256": weights.file_digest(weights.find_gguf()),
        "weights_form": "Q4_1 GGUF, dequantised",
        "licence": weights.LICENCE,
        "engine": engine.NAME,
        "versions": engine.versions(),
        "device": options.device,
        "dtype": "float32",
        "temperature": options.temperature,
        "top_p": 1.0,
        "stop": "newline or end of text",
        "max_tokens": {task.family: task.max_tokens for task in tasks},
        "samples": options.samples,
        "verdicts": options.verdicts,
        "seed": options.seed,
        "tasks": len(tasks),
        "tasks_sha256": digest(tasks),
        "stop_rule": f"fixed n={options.samples}",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


if __name__ == "__main__":
    raise SystemExit(main())
