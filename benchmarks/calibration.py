"""`make calibrate`: the share of simulated logs whose intervals held the truth."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
from apportion.analysis.counts import count
from apportion.analysis.coverage import coverage
from apportion.analysis.levels import given
from apportion.analysis.worlds import problem_worlds
from apportion.data.synthetic import population, simulate
from apportion.fitting.coverage import forecast
from apportion.planner.case import case
from apportion.planner.costs import Prices
from apportion.planner.promise import honest, promised
from apportion.planner.value import value_table
from numpy.typing import NDArray

HERE = Path(__file__).parent
PROBLEMS, SAMPLES = 100, 32
INSIDE = np.array([1, SAMPLES // 2, SAMPLES])
BEYOND = np.array([10 * SAMPLES, 100 * SAMPLES])
WORLDS = ("beta", "beta-hard", "mixed", "impossible", "logit-normal", "bimodal")

Row = dict[str, object]


def share(hits: list[NDArray[np.bool_]]) -> Row:
    """The share of logs that held the truth at each k, with its standard error."""
    kept = np.mean(hits, axis=0)
    error = np.sqrt(kept * (1 - kept) / len(hits))
    return {"share": kept.round(3).tolist(), "error": error.round(3).tolist(), "logs": len(hits)}


def these(world: str, logs: int) -> Row:
    """90% intervals for the coverage of these problems."""
    hits = []
    for seed in range(logs):
        log, truth = simulate(world, problems=PROBLEMS, samples=SAMPLES, seed=1_000 + seed)
        curve, true = coverage(count(log), INSIDE, seed=seed), truth.coverage(INSIDE)
        hits.append((curve.low <= true) & (true <= curve.high))
    return share(hits)


def beyond(world: str, logs: int) -> Row:
    """90% bands for the coverage of new problems at 10 and 100 times the log."""
    true, hits = population(world, BEYOND), []
    for seed in range(logs):
        log, _ = simulate(world, problems=PROBLEMS, samples=SAMPLES, seed=3_000 + seed)
        curve = forecast(count(log), seed=seed).at(BEYOND)
        hits.append((curve.low <= true) & (true <= curve.high))
    return share(hits)


def promise(world: str, logs: int) -> Row:
    """90% intervals for what a plan at a random budget is worth to 2,000 other problems."""
    price, rng, hits = Prices(sample=1.0), np.random.default_rng(5), []
    others = count(simulate(world, problems=2_000, samples=16, verdicts=1, seed=99)[0])
    known, truth = given(others), value_table([others], price)
    value = np.stack([truth.value[known.members(i)].mean(axis=0) for i in range(3)])
    shares = np.bincount(known.of) / len(others)
    for seed in range(logs):
        log = count(simulate(world, problems=100, samples=16, verdicts=1, seed=5_000 + seed)[0])
        worlds = problem_worlds(log.problems, seed)
        each = case(value_table([log], price), given(log), None, worlds, np.arange(100))
        budget = float(np.exp(rng.uniform(0, np.log(10))))
        weight = each.allocate(budget).weight
        accuracy, _, _ = promised(each, weight, honest(each, budget, rng))
        worth = float(shares @ (weight * value).sum(axis=1))
        hits.append(np.array([accuracy.low <= worth <= accuracy.high]))
    return share(hits)


def main() -> None:
    """Writes every share with its standard error, the command and the commit."""
    tables: dict[str, tuple[Callable[[str, int], Row], tuple[str, ...], int]] = {
        "coverage of these problems, k = 1, n/2, n": (these, WORLDS, 200),
        "forecast for new problems, 10 n, 100 n": (beyond, WORLDS, 40),
        "promise of a plan, new problems": (promise, ("mixed",), 60),
    }
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    found: Row = {"command": "make calibrate", "commit": commit, "mass": 0.9}
    for name, (measure, worlds, logs) in tables.items():
        rows = {world: measure(world, logs) for world in worlds}
        found[name] = rows
        for world, row in rows.items():
            print(
                f"{name}: {world}: {row['share']} +- {row['error']} ({row['logs']} logs)",
                flush=True,
            )
    (HERE / "calibration.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
