"""Logs of other tools: reading one against the bare decoding of the same bytes."""

import json
import random
from pathlib import Path

from apportion.data.readers import read
from apportion.data.readers.zipped import zipfile

from .ratio import Ratio, measure

PROBLEMS, EPOCHS = 200, 100


def inspected(folder: Path) -> Ratio:
    """An inspect log of 20,000 samples to a checked trace, against json.loads of its summaries."""
    path = _log(folder / "log.eval")
    whole = _bare(path)
    trace = read(path)
    right = sum(row["scores"]["match"]["value"] == "C" for row in whole)
    return measure(
        "inspect .eval to a trace, 20,000 samples, against its summaries decoded",
        lambda: read(path),
        lambda: _bare(path),
        error=float(abs(int(trace.samples["correct"].sum()) - right)),
        runs=9,
    )


def _bare(path: Path) -> list[dict[str, dict[str, dict[str, str]]]]:
    with zipfile.ZipFile(path) as packed:
        found: list[dict[str, dict[str, dict[str, str]]]] = json.loads(
            packed.read("summaries.json")
        )
    return found


def _log(path: Path) -> Path:
    rng = random.Random(0)
    rows = [_row(i, epoch, rng) for i in range(PROBLEMS) for epoch in range(1, EPOCHS + 1)]
    header = {"version": 2, "status": "success", "eval": {"task": "arith", "model": "some/model"}}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_ZSTANDARD) as packed:
        packed.writestr("header.json", json.dumps(header))
        packed.writestr("summaries.json", json.dumps(rows))
    return path


def _row(problem: int, epoch: int, rng: random.Random) -> dict[str, object]:
    """A row as the tool writes it, of about 600 bytes."""
    answer = rng.randint(0, 99)
    tokens = rng.randint(50, 500)
    told = {"answer": f"The answer is {answer}", "explanation": "so " * 40, "history": []}
    return {
        "id": f"q{problem}",
        "epoch": epoch,
        "input": "How much is six times seven? " * 4,
        "target": "42",
        "metadata": {"level": problem % 5, "subject": "arith"},
        "scores": {"match": {"value": rng.choice("CI"), **told}},
        "model_usage": {"some/model": {"input_tokens": 30, "output_tokens": tokens}},
        "role_usage": {},
        "started_at": "2026-11-23T16:59:06+00:00",
        "completed_at": "2026-11-23T16:59:07+00:00",
        "total_time": 0.8,
        "working_time": rng.random(),
        "uuid": f"{problem}-{epoch}",
        "retries": 0,
        "completed": True,
        "message_count": 2,
        "turn_count": 1,
    }
