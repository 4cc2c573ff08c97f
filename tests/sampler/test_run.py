"""A run can be killed anywhere and goes on to the same trace; its parts agree, or are refused."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from apportion.data import shards, store
from apportion.data.errors import InputError
from apportion.data.policy import Policy
from apportion.data.sampler.engines.engine import Engine
from apportion.data.sampler.job import Arm, Job
from apportion.data.sampler.run import Alone, Pool, sample
from apportion.data.sampler.schedules import Live, Schedule, parse
from apportion.data.sampler.solution import Solution, Verdict
from apportion.data.sampler.streams import base_seed, stream
from apportion.data.sampler.tasks.problem import Problem
from apportion.data.sampler.ways.forced import Forced
from apportion.data.sampler.ways.plain import Plain
from apportion.data.sampler.ways.revised import Revised
from apportion.data.sampler.ways.way import Way
from apportion.data.sampler.worker import Worker
from apportion.data.traces import FIXED, UNTIL_SUCCESS, Trace

SCHEDULES: dict[str, Schedule] = {
    "fixed": parse("fixed", 6),
    "until": parse("until", 9),
    "until:2": parse("until:2", 9),
    "dynamic": parse("dynamic:3", 4),
    "arise": parse("arise", 8),
    "accept-first": Live(Policy("accept-first", "accepted", {"cap": 5}), 5),
    "elimination": Live(Policy("elimination", "accepted", {"cap": 5}), 4),
    "rolling-quota": Live(Policy("rolling-quota", "accepted", {"quota": 3.0}), 9),
    "early-stopping": Live(Policy("early-stopping", "majority", {"window": 2, "cap": 8}), 8),
}
WAYS: dict[str, Way] = {"plain": Plain(), "forced": Forced(4), "revised": Revised(3)}


class Coin:
    """A verifier that accepts by its own random stream, twice a sample."""

    name, repeats = "coin", 2

    def judge(
        self, engine: Engine, solutions: Sequence[Solution], seed: int
    ) -> list[list[Verdict]]:
        del engine
        numbers = [
            stream(base_seed(seed, "coin", s.problem.name) + s.sample).random(2) for s in solutions
        ]
        return [[Verdict(bool(x < 0.5), None, 1) for x in pair] for pair in numbers]


def job(tasks: Sequence[Problem], schedule: str = "fixed", way: str = "plain", **told: Any) -> Job:
    arms = told.pop("arms", [Arm(0.8, WAYS[way])])
    usual = {"verifiers": [Coin()], "judge": "coin", "at_once": 4}
    return Job(tasks, arms, SCHEDULES[schedule], **{**usual, **told})


def run(out: Path, asked: Job, engine: Engine) -> dict[str, Any]:
    def workers() -> tuple[Pool, Mapping[str, object]]:
        return Alone(Worker.of(engine, asked)), engine.info()

    return sample(out, asked, workers, "2026-01-01")


def same(one: Trace, other: Trace) -> bool:
    tables = ("problems", "samples", "verdicts")
    return all(getattr(one, name).equals(getattr(other, name)) for name in tables)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("way", WAYS)
def test_a_run_cut_at_any_byte_goes_on_to_the_same_trace(
    schedule: str, way: str, toy: Engine, tasks: list[Problem], tmp_path: Path
) -> None:
    asked = job(tasks, schedule, way)
    run(tmp_path / "whole", asked, toy)
    whole = store.read(tmp_path / "whole")
    shard = tmp_path / "whole" / "raw" / asked.shard
    content = shard.read_bytes()
    for end in np.random.default_rng(len(content)).integers(0, len(content), 6).tolist():
        out = tmp_path / f"cut at {end}"
        (out / "raw").mkdir(parents=True)
        (out / "raw" / "run.json").write_bytes(shard.with_name("run.json").read_bytes())
        (out / "raw" / asked.shard).write_bytes(content[:end])
        run(out, asked, toy)
        assert (out / "raw" / asked.shard).read_bytes() == content
        assert same(store.read(out), whole)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_finished_run_draws_nothing_more(
    schedule: str, toy: Any, tasks: list[Problem], tmp_path: Path
) -> None:
    first = run(tmp_path / "out", job(tasks, schedule), toy)
    calls = len(toy.calls)
    assert run(tmp_path / "out", job(tasks, schedule), toy) == first
    assert len(toy.calls) == calls


def test_four_samples_are_the_first_four_of_eight(
    toy: Engine, tasks: list[Problem], tmp_path: Path
) -> None:
    for n in (4, 8):
        asked = Job(tasks, [Arm(0.8, Plain())], parse("fixed", n), [Coin()])
        run(tmp_path / str(n), asked, toy)
    four, eight = (store.read(tmp_path / str(n)) for n in (4, 8))
    assert four.samples.equals(eight.samples.filter(pl.col("sample") < 4))
    assert four.verdicts.equals(eight.verdicts.filter(pl.col("sample") < 4))


@pytest.mark.parametrize("at_once", [1, 3, 1000])
def test_how_many_go_at_once_changes_no_sample(
    at_once: int, toy: Engine, tasks: list[Problem], tmp_path: Path
) -> None:
    for name, many in (("usual", 4), ("other", at_once)):
        run(tmp_path / name, job(tasks, "until", at_once=many), toy)
    assert same(store.read(tmp_path / "usual"), store.read(tmp_path / "other"))


def test_shards_together_are_the_whole(toy: Engine, tasks: list[Problem], tmp_path: Path) -> None:
    run(tmp_path / "whole", job(tasks, "until"), toy)
    for part in (2, 0, 1):
        run(tmp_path / "parts", job(tasks, "until", part=part, parts=3), toy)
    assert same(store.read(tmp_path / "parts"), store.read(tmp_path / "whole"))


def test_arms_have_their_own_groups_and_streams(
    toy: Engine, tasks: list[Problem], tmp_path: Path
) -> None:
    arms = [Arm(0.2, Plain()), Arm(1.0, Plain()), Arm(1.0, Forced(2)), Arm(1.0, Forced(6))]
    run(tmp_path / "out", job(tasks, arms=arms), toy)
    groups = store.read(tmp_path / "out").groups()
    assert [(g.temperature, g.effort) for g, _ in groups] == [
        (0.2, None), (1.0, None), (1.0, "think=2"), (1.0, "think=6"),
    ]  # fmt: skip
    answers = [trace.samples["answer"].to_list() for _, trace in groups]
    assert answers[0] != answers[1]
    assert all(len(each) == 30 for each in answers)


def test_a_trace_can_be_read_while_its_run_goes_on(
    toy: Engine, tasks: list[Problem], tmp_path: Path
) -> None:
    asked = job(tasks)
    run(tmp_path / "out", asked, toy)
    out = tmp_path / "out"
    path = out / "raw" / asked.shard
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3]) + lines[3][:20])
    part = store.read(out)
    assert 0 < len(part) < 30
    assert part.header.stop_rule == FIXED


def test_the_stop_rule_reaches_the_header(
    toy: Engine, tasks: list[Problem], tmp_path: Path
) -> None:
    run(tmp_path / "out", job(tasks, "until"), toy)
    header = store.read(tmp_path / "out").header
    assert header.stop_rule == UNTIL_SUCCESS
    assert header.settings["cap"] == 9
    run(tmp_path / "two", job(tasks, "dynamic"), toy)
    assert any("fewest successes" in d for d in store.read(tmp_path / "two").header.doubts)


def test_truth_and_verdicts_are_apart(toy: Engine, tasks: list[Problem], tmp_path: Path) -> None:
    run(tmp_path / "out", job(tasks), toy)
    trace = store.read(tmp_path / "out")
    assert len(trace.verdicts) == 2 * len(trace)
    right = trace.samples.filter("correct")
    assert right["answer"].to_list() == [p[1] for p in right["problem"]]
    assert trace.samples.filter(pl.col("problem") == "p4")["correct"].sum() == 0


def test_revisions_are_chains_without_a_gap(
    toy: Engine, tasks: list[Problem], tmp_path: Path
) -> None:
    run(tmp_path / "out", job(tasks, "fixed", "revised"), toy)
    samples = store.read(tmp_path / "out").samples
    assert samples.group_by("problem", "chain").len()["len"].to_list() == [3] * 10
    assert samples["round"].to_list() == [0, 1, 2] * 10


def test_forced_thinking_is_as_long_as_told_and_has_no_likelihood(
    toy: Engine, tasks: list[Problem], tmp_path: Path
) -> None:
    arms = [Arm(0.8, Forced(8, wait="", cue="")), Arm(0.8, Forced(30, wait=" w", cue=" so"))]
    run(tmp_path / "out", job(tasks, arms=arms), toy)
    samples = store.read(tmp_path / "out").samples
    assert samples["sum_logprob"].null_count() == len(samples)
    tokens = samples.group_by("effort", maintain_order=True).agg(pl.col("output_tokens").unique())
    assert [max(t) for t in tokens["output_tokens"].to_list()] == [8 + 2, 30 + 3 + 2]


def test_what_a_policy_submits_is_told(toy: Engine, tasks: list[Problem], tmp_path: Path) -> None:
    told = run(tmp_path / "out", job(tasks, "accept-first"), toy)["submitted"]
    trace = store.read(tmp_path / "out")
    first = trace.verdicts.filter((pl.col("verdict") == 0) & pl.col("accepts"))
    taken = first.join(trace.samples, on=["problem", "sample"])
    assert told["answered"] == len(taken)
    assert told["right"] == int(taken["correct"].sum())
    assert told["samples"] == len(trace)


OTHER: dict[str, dict[str, Any]] = {
    "seed": {"seed": 1},
    "samples": {"schedule": "until"},
    "arms": {"arms": [Arm(0.9, Plain())]},
    "verifiers": {"verifiers": []},
}


@pytest.mark.parametrize("key", OTHER)
def test_other_settings_are_refused_by_name(
    key: str, toy: Engine, tasks: list[Problem], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run(out, job(tasks), toy)
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    with pytest.raises(InputError, match="other settings") as raised:
        run(out, job(tasks, **OTHER[key]), toy)
    assert "\n" not in str(raised.value)
    assert {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} == before


def test_other_tasks_and_another_model_are_refused(
    toy: Engine, tasks: list[Problem], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run(out, job(tasks), toy)
    with pytest.raises(InputError, match="tasks"):
        run(out, job(tasks[:4]), toy)
    shard = out / "raw" / job(tasks).shard
    shard.write_bytes(b"".join(shard.read_bytes().splitlines(keepends=True)[:2]))

    class Other(type(toy)):  # type: ignore[misc]
        def info(self) -> dict[str, object]:
            return {**super().info(), "model": "another"}

    with pytest.raises(InputError, match="model is 'toy', not 'another'"):
        run(out, job(tasks), Other())


def test_a_folder_of_something_else_is_left_alone(
    toy: Engine, tasks: list[Problem], tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="no run of the sampler"):
        run(tmp_path, job(tasks), toy)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_run_killed_before_it_said_what_it_is_begins_again(
    toy: Engine, tasks: list[Problem], tmp_path: Path
) -> None:
    (tmp_path / "out" / "raw").mkdir(parents=True)
    (tmp_path / "out" / "raw" / ".run.json.7.tmp").write_text('{"sett')
    run(tmp_path / "out", job(tasks), toy)
    assert len(store.read(tmp_path / "out")) == 30


def test_two_writers_of_one_shard_exclude_each_other(
    toy: Engine, tasks: list[Problem], tmp_path: Path
) -> None:
    asked = job(tasks)
    told = {"settings": {**asked.settings(), **toy.info()}, "problems": []}
    with shards.Shard(tmp_path / "out" / "raw" / asked.shard):
        (tmp_path / "out" / "raw" / "run.json").write_text(json.dumps(told))
        with pytest.raises(InputError, match="another run"):
            run(tmp_path / "out", asked, toy)
