"""The one door to Ray: an engine on every GPU (or CPU) of a cluster, and one log."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from .engines.engine import Engine, EngineError
from .job import Job
from .worker import Record, Unit, Worker

INSTALL = "pip install 'apportion[ray]'"
RESTARTS = 16
"""How many workers may be lost before the run gives up; a broken cluster loses them at once."""


class Spread:
    """Workers on a Ray cluster; a Pool.

    The log and the schedule stay with the driver. A worker that dies takes with it only the unit
    it was at, of which nothing was logged: the unit goes to the next free worker, and a new worker
    is asked for, which starts as soon as the cluster has room.
    """

    def __init__(
        self, opened: Callable[[], Engine], job: Job, address: str, workers: int | None = None
    ):
        try:
            import ray
        except ImportError as error:
            raise EngineError(f"--ray needs Ray, which is not installed; run: {INSTALL}") from error
        self._ray: Any = ray
        if not ray.is_initialized():
            _connect(ray, address)
        found = ray.cluster_resources()
        gpus = int(found.get("GPU", 0))
        self.size = workers or gpus or max(1, int(found.get("CPU", 1)))
        actor = ray.remote(num_cpus=1, num_gpus=int(gpus > 0))(_Hand)
        self._hire: Callable[[], Any] = lambda: actor.remote(opened, job)
        self._units: deque[Unit] = deque()
        self._starting: dict[Any, Any] = {}
        self._idle: deque[Any] = deque()
        self._busy: dict[Any, tuple[Any, Unit]] = {}
        self.lost = 0
        for _ in range(self.size):
            self._start()
        self.info: Mapping[str, object] = {}
        while not self.info:
            self._look()

    @property
    def alive(self) -> int:
        """How many workers are there and have an engine."""
        return len(self._idle) + len(self._busy)

    def submit(self, unit: Unit) -> None:
        """Gives the unit to a free worker, or keeps it until there is one."""
        self._units.append(unit)
        self._assign()

    def result(self) -> Record:
        """Returns the next record that is ready; units of lost workers are done again."""
        while True:
            self._assign()
            record = self._look()
            if record is not None:
                return record

    def close(self) -> None:
        """Lets the workers go; the cluster stays."""
        for hand in (*self._idle, *self._starting.values(), *(h for h, _ in self._busy.values())):
            self._ray.kill(hand)

    def _start(self) -> None:
        hand = self._hire()
        self._starting[hand.info.remote()] = hand

    def _assign(self) -> None:
        while self._units and self._idle:
            hand, unit = self._idle.popleft(), self._units.popleft()
            self._busy[hand.work.remote(unit)] = (hand, unit)

    def _look(self) -> Record | None:
        """Waits for one worker to start, to finish, or to be lost."""
        [ready], _ = self._ray.wait([*self._starting, *self._busy], num_returns=1)
        hand, unit = self._busy.pop(ready, (None, None))
        try:
            said = self._ray.get(ready)
        except self._ray.exceptions.RayTaskError as error:
            raise error.as_instanceof_cause() from None
        except self._ray.exceptions.RayActorError as error:
            self._replace(ready, unit, error)
            return None
        if hand is None:
            self._idle.append(self._starting.pop(ready))
            self.info = self.info or said
            return None
        self._idle.append(hand)
        record: Record = said
        return record

    def _replace(self, ready: Any, unit: Unit | None, error: Exception) -> None:
        self._starting.pop(ready, None)
        self.lost += 1
        if self.lost > RESTARTS:
            reason = str(error).strip().splitlines()[0]
            raise EngineError(f"--ray: {self.lost} workers were lost; the last: {reason}")
        if unit is not None:
            self._units.appendleft(unit)
        self._start()


class _Hand:
    """A worker in a process of its own, somewhere on the cluster."""

    def __init__(self, opened: Callable[[], Engine], job: Job):
        self._worker = Worker.of(opened(), job)

    def info(self) -> Mapping[str, object]:
        return self._worker.engine.info()

    def work(self, unit: Unit) -> Record:
        return self._worker.work(unit)


def _connect(ray: Any, address: str) -> None:
    # Without this, Ray sends usage reports and asks on the terminal whether it may.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray.init(
            address=None if address == "local" else address,
            log_to_driver=False,
            include_dashboard=False if address == "local" else None,
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise EngineError(f"--ray {address}: cannot connect ({reason})") from error
