"""The run: groups of problems go through their schedules, unit by unit; a killed run goes on.

What was drawn is folded into courses, a schedule says what comes next, a worker draws it, and its
record is on the disk before anything else happens. Nothing else is remembered, so going on after
a kill is the same as never having stopped.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

from .. import shards, store
from ..traces import FIXED
from .course import Course
from .job import Job, agree, begin
from .schedules import Live
from .worker import Record, Unit, Worker

Tell = Callable[[int, int], None]


@dataclass(slots=True)
class Group:
    """Problems that go through their schedule side by side, under one arm."""

    arm: int
    courses: list[Course]

    def next(self, job: Job) -> Unit | None:
        """Returns the next unit of work; None when the schedule wants no more."""
        way = job.arms[self.arm].way
        left = max(1, job.at_once // way.breadth)
        wanted = []
        for course, more in zip(self.courses, job.schedule.wants(self.courses), strict=True):
            count = min(-(-more // way.rows), left)
            if count > 0:
                wanted.append((course.problem.name, course.drawn // way.rows, count))
                left -= count
        return Unit(self.arm, tuple(wanted)) if wanted else None

    def add(self, record: Record) -> None:
        """Folds a record into the courses."""
        named = {course.problem.name: course for course in self.courses}
        verdicts = {
            key: list(rows)
            for key, rows in groupby(record["verdicts"], key=lambda v: (v["problem"], v["sample"]))
        }
        for row in record["samples"]:
            course = named.get(row["problem"])
            if course is not None:
                course.add(row, verdicts.get((row["problem"], row["sample"]), []))


class Pool(Protocol):
    """Workers: `size` units may be with them at a time."""

    @property
    def size(self) -> int: ...

    def submit(self, unit: Unit) -> None: ...

    def result(self) -> Record:
        """Returns the record of a submitted unit, whichever is ready first."""
        ...


class Alone:
    """One worker, in this process."""

    size = 1

    def __init__(self, worker: Worker):
        self._worker = worker
        self._units: deque[Unit] = deque()

    def submit(self, unit: Unit) -> None:
        """Keeps the unit until its result is asked for."""
        self._units.append(unit)

    def result(self) -> Record:
        """Does the work."""
        return self._worker.work(self._units.popleft())


def groups(job: Job, records: Iterable[Record] = ()) -> list[Group]:
    """Returns this part's groups, with what was drawn already."""
    tasks, found = job.mine, []
    for arm in range(len(job.arms)):
        width = _width(job, arm)
        for first in range(0, len(tasks), width):
            some = [Course(task, job.judge) for task in tasks[first : first + width]]
            found.append(Group(arm, some))
    place = {(g.arm, c.problem.name): g for g in found for c in g.courses}
    for record in records:
        # A record may span several groups, if the run was begun with another `at_once`.
        names = [row["problem"] for row in record["samples"]]
        for group in {id(g): g for g in (place[record["arm"], name] for name in names)}.values():
            group.add(record)
    return found


def _width(job: Job, arm: int) -> int:
    """How many problems go side by side: as many as fill a call of the engine."""
    if job.schedule.together:
        return max(1, len(job.mine))
    way = job.arms[arm].way
    each = job.schedule.most(1) // way.rows if job.schedule.stop_rule == FIXED else 1
    return max(1, job.at_once // (way.breadth * max(each, 1)))


def sample(
    out: Path,
    job: Job,
    workers: Callable[[], tuple[Pool, Mapping[str, object]]],
    today: str,
    tell: Tell | None = None,
    *,
    sync: float = 0.0,
) -> dict[str, Any]:
    """Draws what is missing under `out`, and writes the trace; returns what there is in the end.

    `workers()` returns the pool and what its engine says of itself; it is called only where
    something is missing. `tell(done, most)` hears of every record. `sync` is that of a Shard.

    Raises:
        InputError: `out` holds something else; an engine fails.
    """
    told = agree(out, job)
    path = out / shards.FOLDER / job.shard
    drawn = groups(job, shards.records(path) if path.exists() else ())
    if told is None or any(group.next(job) for group in drawn):
        pool, info = workers()
        begin(out, job, info, today)
        with shards.Shard(path, sync) as shard:
            drawn = groups(job, shards.records(path))  # another writer may have come between
            _carry_out(drawn, job, pool, shard, tell)
    with shards.Shard(out / shards.FOLDER / "lock"):
        trace = store.gathered(out)
        store.write(trace, out)
    size = {"problems": len(trace.problems), "samples": len(trace), "verdicts": len(trace.verdicts)}
    return {**size, **submitted(drawn, job)}


def _carry_out(
    drawn: list[Group], job: Job, pool: Pool, shard: shards.Shard, tell: Tell | None
) -> None:
    """Keeps the workers busy: each group has one unit out at a time, and folds what comes back."""
    waiting = deque(group for group in drawn if group.next(job))
    out: dict[tuple[int, str], Group] = {}
    most = job.schedule.most(len(job.mine)) * len(job.arms)
    while waiting or out:
        while waiting and len(out) < pool.size:
            group = waiting.popleft()
            unit = group.next(job)
            assert unit is not None  # only groups with work wait
            out[unit.arm, unit.wanted[0][0]] = group
            pool.submit(unit)
        record = pool.result()
        shard.append(record)
        group = out.pop((record["arm"], record["samples"][0]["problem"]))
        group.add(record)
        if group.next(job):
            waiting.appendleft(group)
        if tell is not None:
            tell(sum(c.drawn for g in drawn for c in g.courses), most)


def submitted(done: Iterable[Group], job: Job) -> dict[str, Any]:
    """Returns what a policy, carried out, submitted: how many problems, how many of them right."""
    schedule = job.schedule
    if not isinstance(schedule, Live):
        return {}
    right = given = problems = samples = 0
    for group in done:
        for course in group.courses:
            at = course.submitted(schedule.policy.answer)
            gives = at is not None and schedule.answers(course)
            given += gives
            right += gives and at is not None and course.rows[at]["correct"] is True
            problems, samples = problems + 1, samples + course.drawn
    told = {"problems": problems, "answered": given, "right": right, "samples": samples}
    return {"submitted": {**told, "accuracy": right / problems if problems else None}}
