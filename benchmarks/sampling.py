"""`make bench-sampler`: what the harness costs over the bare engine on the same requests."""

import json
import platform
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ..data.sampler import tasks
from ..data.sampler.engines import embedded
from ..data.sampler.job import Arm, Job
from ..data.sampler.run import Alone, groups, sample
from ..data.sampler.schedules import parse
from ..data.sampler.ways.plain import Plain
from ..data.sampler.worker import Unit, Worker
from .__main__ import _commit

HERE = Path(__file__).parent
ROUNDS = 2
SAMPLES = 32


def cpu(work: Callable[[], object]) -> float:
    """Returns the CPU seconds of a piece of work, its child processes included."""

    def spent() -> float:
        used = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(u.ru_utime + u.ru_stime for u in used)

    before = spent()
    work()
    return spent() - before


def main() -> None:
    """Measures harness and engine in turn, and writes the ratio of their least times."""
    chosen = tasks.load("bundled", 0)[::8]
    job = Job(chosen, [Arm(0.8, Plain())], parse("fixed", SAMPLES))
    engine = embedded.load()
    worker = Worker.of(engine, job)
    units: list[Unit] = []
    for group in groups(job):
        unit = group.next(job)
        assert unit is not None
        units.append(unit)

    requests = [[wanted.request() for wanted in worker.wanted(unit)] for unit in units]

    def bare() -> None:
        for some in requests:
            engine.propose(some)

    def whole() -> None:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "trace"
            sample(out, job, lambda: (Alone(worker), engine.info()), "2026-01-01")

    bare()  # the first call allocates
    times = [(cpu(whole), cpu(bare)) for _ in range(ROUNDS)]
    ours, theirs = (min(side) for side in zip(*times, strict=True))
    row = {
        "command": "make bench-sampler",
        "commit": _commit(),
        "machine": platform.machine(),
        "date": time.strftime("%Y-%m-%d"),
        "problems": len(chosen),
        "samples": SAMPLES * len(chosen),
        "harness_cpu_s": ours,
        "engine_cpu_s": theirs,
        "ratio": ours / theirs,
        "bar": 1.05,
    }
    (HERE / "sampling.json").write_text(json.dumps(row, indent=1) + "\n")
    print(f"harness / engine: {row['ratio']:.3f} (bar 1.05), {ours:.1f} s / {theirs:.1f} s")


if __name__ == "__main__":
    main()
