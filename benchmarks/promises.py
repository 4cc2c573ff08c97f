"""Promises on real logs: plans of half the problems, checked on the other half."""

import os
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from apportion.analysis.counts import Counts, count
from apportion.data.readers import read
from apportion.planner.build import plan
from apportion.planner.check import check

from .codet import codet

Starmap = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], list[Any]]
DATA = Path(os.environ.get("APPORTION_REAL_DATA", "../shared/data"))
HALVES = 40
LOWEST, HIGHEST = 1.2, 8.0
"""Budgets in samples a problem, drawn evenly in the logarithm; verdicts are free."""


def game24() -> Counts:
    """100 games, 100 answers each, judged by a weak check."""
    place = DATA / "game24" / "io_samples.parquet"
    return count(read([place], names={"correct": "strong"}, verdicts={"weak": "weak"}))


def epoch(name: str) -> Counts:
    """The run of a benchmark with most samples of a problem; of equals the first by name."""
    table = pl.read_parquet(DATA / "epoch_hub" / f"{name}.parquet").filter(
        pl.col("correct").is_not_null()
    )
    runs = table.group_by("run_id").agg(each=pl.len() / pl.col("problem").n_unique())
    best = runs.sort(["each", "run_id"], descending=[True, False])["run_id"][0]
    kept = table.filter(pl.col("run_id") == best).select(
        "problem", pl.col("epoch").alias("sample"), "correct", "answer"
    )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "samples.parquet"
        kept.write_parquet(place)
        return count(read([place]))


LOGS: dict[str, Callable[[], Counts]] = {
    "codet": codet,
    "game24": game24,
    "gpqa": lambda: epoch("gpqa"),
    "otis": lambda: epoch("otis"),
}


@cache
def _log(name: str) -> Counts:
    return LOGS[name]()


def kept(name: str, seed: int) -> tuple[bool, float]:
    """Whether a plan of one half of the problems kept its promise on the other, and the gap."""
    log, rng = _log(name), np.random.default_rng([seed, 78])
    order = rng.permutation(len(log))
    halves = [log.only(np.sort(half)) for half in np.array_split(order, 2)]
    budget = float(np.exp(rng.uniform(np.log(LOWEST), np.log(HIGHEST))))
    made = plan(halves[0], budget, "samples", seed=seed)
    gap = check(made, halves[1], seed=seed).gap
    return bool(gap.low <= 0 <= gap.high), gap.estimate


def measure(starmap: Starmap) -> dict[str, object]:
    """Returns the share of halves whose 90% interval held, a row for each log."""
    rows: dict[str, object] = {}
    for name in LOGS:
        made = starmap(kept, [(name, seed) for seed in range(HALVES)])
        off = np.asarray([gap for _, gap in made])
        log = _log(name)
        rows[name] = {
            "problems": len(log),
            "samples": int(log.n.min()),
            "share": round(float(np.mean([held for held, _ in made])), 3),
            "mean gap": round(float(off.mean()), 4),
            "halves": HALVES,
        }
        print(f"promises on {name}: {rows[name]}", flush=True)
    return {"logs": rows}
