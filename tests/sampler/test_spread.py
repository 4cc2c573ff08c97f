"""On a cluster of two nodes, one of which is killed: nothing is lost, and nothing drawn twice."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray", reason="--ray needs Ray: pip install apportion[ray]")

import ray
from apportion.data import shards, store
from apportion.data.sampler.engines.engine import Draw, Engine, Request
from apportion.data.sampler.job import Arm, Job
from apportion.data.sampler.run import Alone, Pool, sample
from apportion.data.sampler.schedules import parse
from apportion.data.sampler.spread import Spread
from apportion.data.sampler.streams import stream
from apportion.data.sampler.tasks.problem import Problem
from apportion.data.sampler.ways.plain import Plain
from apportion.data.sampler.worker import Worker

# Ray leaves sockets and files open when it goes.
pytestmark = [pytest.mark.model, pytest.mark.filterwarnings("ignore")]
TASKS = [Problem(f"p{at}", f"{at}?", str(at % 4)) for at in range(40)]
JOB = Job(TASKS, [Arm(0.8, Plain())], parse("until:2", 8), at_once=4)


def opened() -> Engine:
    """A slow engine."""

    class Slow:
        def propose(self, requests: Sequence[Request]) -> list[Draw]:
            time.sleep(0.2)
            digits = [int(4 * stream(request.seed).random()) for request in requests]
            return [Draw(str(d), (d,), (-1.4,), "stop", 3, 1, 0.0) for d in digits]

        def score(self, *_: object) -> list[list[float]]:
            return []

        def tokenize(self, text: str) -> tuple[int, ...]:
            return tuple(text.encode())

        def info(self) -> Mapping[str, object]:
            return {"engine": "slow", "model": "slow", "weights_sha256": None, "dtype": "none"}

    return Slow()


@pytest.fixture
def cluster() -> Iterator[Any]:
    from ray.cluster_utils import Cluster

    # Workers cannot import a test: they are sent what it defines.
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 2})
    made.second = made.add_node(num_cpus=2)
    ray.init(address=made.address, log_to_driver=False)
    yield made
    ray.shutdown()
    made.shutdown()


def test_a_lost_node_loses_nothing(cluster: Any, tmp_path: Path) -> None:
    sample(tmp_path / "alone", JOB, lambda: (Alone(Worker.of(opened(), JOB)), {}), "2026-01-01")
    pool: list[Spread] = []
    killed: list[int] = []

    def workers() -> tuple[Pool, Mapping[str, object]]:
        pool.append(Spread(opened, JOB, cluster.address, 4))
        return pool[0], pool[0].info

    def kill_one(done: int, _: int) -> None:
        if not killed and pool[0].alive == 4:
            killed.append(done)
            cluster.remove_node(cluster.second, allow_graceful=False)

    sample(tmp_path / "spread", JOB, workers, "2026-01-01", kill_one)
    pool[0].close()
    assert killed
    assert pool[0].lost > 0
    one, other = store.read(tmp_path / "alone"), store.read(tmp_path / "spread")
    assert one.samples.equals(other.samples)
    drawn = Counter(
        (row["problem"], row["sample"])
        for record in shards.records(tmp_path / "spread" / "raw" / JOB.shard)
        for row in record["samples"]
    )
    assert set(drawn.values()) == {1}
