"""With the real model: a run that is killed fifty times leaves the trace of one that was not."""

from __future__ import annotations

import os
import signal
import time
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the engine needs torch: pip install apportion[local]")
pytest.importorskip("transformers", reason="the engine needs transformers")

from apportion.data import shards, store
from apportion.data.sampler.engines import embedded
from apportion.data.sampler.job import Arm, Job
from apportion.data.sampler.run import Alone, Pool, sample
from apportion.data.sampler.schedules import parse
from apportion.data.sampler.tasks import load
from apportion.data.sampler.verifiers import parse_all
from apportion.data.sampler.ways.plain import Plain
from apportion.data.sampler.worker import Worker
from apportion.data.traces import Trace

pytestmark = pytest.mark.model
KILLS = 50
JOB = Job(
    [task for task in load("bundled", 0) if task.name in ("add-2-0", "sub-1-0", "mul-1-0")],
    [Arm(0.8, Plain()), Arm(1.1, Plain())],
    parse("until:2", 4),
    parse_all(["weak-test", "resolve:1", "likelihood"]),
    at_once=1,
    token_ids=True,
)


def run(out: Path, engine: embedded.Embedded) -> None:
    def workers() -> tuple[Pool, Mapping[str, object]]:
        return Alone(Worker.of(engine, JOB)), engine.info()

    sample(out, JOB, workers, "2026-01-01")


def ended(folder: Path) -> Trace:
    """Ends the process where tables would be written."""
    del folder
    os._exit(0)


def killed(out: Path, engine: embedded.Embedded, after: float) -> bool:
    """Draws in a process of its own and kills it; tells whether it had not ended before.

    A forked child has none of polars' threads: it ends where the tables would be written.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch has no thread but ours
        child = os.fork()
    if child == 0:
        store.gathered = ended
        try:
            run(out, engine)
        finally:
            os._exit(1)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def timeless(trace: Trace) -> list[object]:
    """All that was drawn; how long it took differs."""
    return [trace.problems.rows(), trace.samples.drop("seconds").rows(), trace.verdicts.rows()]


def test_fifty_kills_change_no_row(engine: embedded.Embedded, tmp_path: Path) -> None:
    began = time.monotonic()
    run(tmp_path / "whole", engine)
    whole = timeless(store.read(tmp_path / "whole"))
    shard = tmp_path / "whole" / "raw" / JOB.shard
    unit = (time.monotonic() - began) / len(list(shards.records(shard)))
    rng = np.random.default_rng(7)
    kills = runs = 0
    while kills < KILLS:
        out = tmp_path / f"killed {runs}"
        # Up to two units' time: some kills come before the first, and the run gets on.
        while killed(out, engine, float(rng.uniform(0, 2 * unit))):
            kills += 1
        runs += 1
        run(out, engine)
        assert timeless(store.read(out)) == whole
