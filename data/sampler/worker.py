"""The worker: draws a unit of work, grades it, has it judged; one record comes of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from .engines.engine import Draw, Engine
from .graders import grade
from .job import Arm, Job
from .solution import Grade, Solution, Verdict
from .streams import base_seed
from .tasks.problem import Problem
from .verifiers.verifier import Verifier
from .ways.way import Made, Wanted

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Unit:
    """Work for one call of the engine: of each problem the solutions from `first`, `count` many."""

    arm: int
    wanted: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Worker:
    """An engine and all that is needed to turn units into records.

    A record depends on its unit alone, not on what was drawn before or who draws it.
    """

    engine: Engine
    problems: Mapping[str, Problem]
    arms: Sequence[Arm]
    verifiers: Sequence[Verifier]
    seed: int
    model: str | None = None
    token_ids: bool = False

    @classmethod
    def of(cls, engine: Engine, job: Job) -> Worker:
        """Returns the worker of a job."""
        return cls(
            engine,
            {task.name: task for task in job.tasks},
            job.arms,
            job.verifiers,
            job.seed,
            str(engine.info()["model"]),
            job.token_ids,
        )

    def work(self, unit: Unit) -> Record:
        """Returns the record of a unit: its samples, their verdicts, and the searches behind."""
        arm = self.arms[unit.arm]
        place = {name: at for at, (name, _, _) in enumerate(unit.wanted)}
        made = sorted(
            arm.way.make(self.engine, self.wanted(unit), self.seed),
            key=lambda one: (place[one.problem.name], one.sample),
        )
        grades = _graded(made)
        keys = [self._key(arm, one) for one in made]
        record: Record = {
            "arm": unit.arm,
            "samples": [
                {**key, **self._sample(one, told)}
                for key, one, told in zip(keys, made, grades, strict=True)
            ],
            "verdicts": self._verdicts(arm, made, grades, keys),
        }
        searches = [
            {**one.log, "problem": one.problem.name, "sample": one.sample}
            for one in made
            if one.log
        ]
        return {**record, "searches": searches} if searches else record

    def wanted(self, unit: Unit) -> list[Wanted]:
        """Returns the solutions that a unit asks for, each with the seed of its own stream."""
        arm = self.arms[unit.arm]
        return [
            Wanted(self.problems[name], number, base + number, arm.temperature)
            for name, first, count in unit.wanted
            for base in [base_seed(self.seed, f"solve {arm.name}", name)]
            for number in range(first, first + count)
        ]

    def _key(self, arm: Arm, made: Made) -> Record:
        return {
            "problem": made.problem.name,
            "sample": made.sample,
            "run": arm.way.run,
            "model": self.model,
            "temperature": arm.temperature,
            "effort": arm.way.effort,
            "benchmark": made.problem.benchmark,
        }

    def _sample(self, made: Made, grade: Grade) -> Record:
        draw = made.draw
        total = round(sum(draw.logprobs), 5) if draw.logprobs else None
        told = {
            "attempt": made.sample,
            "chain": made.chain,
            "round": made.round,
            "text_hash": hashlib.sha256(draw.text.encode("utf8", "replace")).hexdigest()[:12],
            "answer": grade.answer,
            "correct": grade.correct,
            "score": made.score,
            "mean_logprob": None if total is None else round(_mean_logprob(draw), 5),
            "sum_logprob": total,
            "prompt_tokens": draw.prompt_tokens,
            "output_tokens": draw.output_tokens,
            "seconds": round(draw.seconds, 5),
            "finish": draw.finish,
            "text": draw.text.encode("utf8", "replace").decode(),
        }
        if not self.token_ids:
            return told
        return {**told, "tokens": draw.tokens, "logprobs": [round(x, 5) for x in draw.logprobs]}

    def _verdicts(
        self, arm: Arm, made: Sequence[Made], grades: Sequence[Grade], keys: Sequence[Record]
    ) -> list[Record]:
        """The verdicts on each sample, verifier after verifier."""
        solutions = [
            Solution(one.problem, one.sample, one.draw.text, told.answer, _mean_logprob(one.draw))
            for one, told in zip(made, grades, strict=True)
        ]
        seed = base_seed(self.seed, "verify", arm.name)
        said = [(v.name, v.judge(self.engine, solutions, seed)) for v in self.verifiers]
        return [
            {**key, "verifier": name, "verdict": at, **_told(verdict)}
            for row, key in enumerate(keys)
            for name, judged in said
            for at, verdict in enumerate(judged[row])
        ]


def _told(verdict: Verdict) -> Record:
    score = None if verdict.score is None else round(verdict.score, 5)
    return {"accepts": verdict.accepts, "score": score, "tokens": verdict.tokens}


def _mean_logprob(draw: Draw) -> float:
    return sum(draw.logprobs) / len(draw.logprobs) if draw.logprobs else float("nan")


def _graded(made: Iterable[Made]) -> list[Grade]:
    """The grades of samples that stand problem by problem."""
    found: list[Grade] = []
    for _, same in groupby(made, key=lambda one: one.problem.name):
        ones = list(same)
        found += grade(ones[0].problem, [one.draw.text for one in ones])
    return found
