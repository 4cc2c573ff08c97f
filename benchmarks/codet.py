"""The accuracy surface on CodeT's generated tests: predicted for held-out tasks, against the grid.

V generated tests are V verdicts; a timeout rejects; truth is HumanEval+. The pooled grid is every
task's own exact one, averaged.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from apportion.analysis.counts import Counts, count
from apportion.analysis.verification import every_verdict, verdict_grid
from apportion.data.readers import read
from apportion.fitting.redrawn import redrawn
from apportion.fitting.surface import EVERY
from apportion.fitting.verdicts import repeated, verdicts
from numpy.typing import NDArray

from .real import DATA

Floats = NDArray[np.float64]
LEAST, FOLDS, WORLDS = 16, 4, 60
SOLUTIONS = np.array([1, 2, 4, 8, 16, 32, 50])
VERDICTS = np.array([1, 4, 16, EVERY])


def codet() -> Counts:
    """The tasks with at least LEAST distinct generated tests, every test one verdict."""
    folder = DATA / "codet"
    solutions = pl.read_parquet(folder / "solutions.parquet")
    tests = pl.read_parquet(folder / "tests.parquet").group_by("task")
    enough = tests.agg(pl.col("tuid").n_unique()).filter(pl.col("tuid") >= LEAST).select("task")
    name = pl.col("task").cast(pl.String).str.zfill(3).alias("problem")
    kept = solutions.join(enough, on="task", how="semi").with_columns(name)
    samples = kept.select("problem", "sample", correct="plus_pass")
    bits = pl.col("bits").str.split("")
    each = (
        kept.join(pl.read_parquet(folder / "passes.parquet"), on=["task", "uid"])
        .select("problem", "sample", bits=bits)
        .explode("bits")
        .filter(pl.col("bits") != "")
        .with_columns(
            verdict=pl.int_range(pl.len()).over("problem", "sample"),
            accepts=pl.col("bits") == "1",
            verifier=pl.lit("generated tests"),
        )
    )
    with tempfile.TemporaryDirectory() as place:
        paths = [Path(place) / "samples.parquet", Path(place) / "verdicts.parquet"]
        samples.write_parquet(paths[0])
        each.select("problem", "sample", "verifier", "verdict", "accepts").write_parquet(paths[1])
        return count(read(*paths), "generated tests")


def grid(counts: Counts) -> Floats:
    """The exact grid of every task, (P, S, V)."""
    some = VERDICTS != EVERY
    whole = np.empty((len(counts), len(SOLUTIONS), len(VERDICTS)))
    whole[:, :, some] = verdict_grid(counts, SOLUTIONS, VERDICTS[some])
    whole[:, :, ~some] = every_verdict(counts, SOLUTIONS)[:, :, None]
    return whole


def predicted(counts: Counts, seed: int) -> Floats:
    """What the model says of tasks like these, (S, V), the exact grid unused."""
    rng = np.random.default_rng(seed)
    log = repeated(counts)
    wanted = [None if v == EVERY else float(v) for v in VERDICTS]
    drawn = verdicts(log, worlds=WORLDS, rng=rng)
    return np.asarray(redrawn(log, drawn, SOLUTIONS, wanted, rng).mean(axis=(0, 1)))


def folds(seed: int = 0) -> dict[str, Any]:
    """Out-of-fold predictions pooled over tasks against the pooled grid, and fold by fold.

    A fold's noise floor is what the difference between two sets of tasks of these sizes comes to by
    chance: the mean absolute normal of that variance.
    """
    counts = codet()
    whole = grid(counts)
    rng = np.random.default_rng(seed)
    fold = rng.permutation(len(counts)) % FOLDS
    pooled = np.zeros(whole.shape[1:])
    errors, floors = [], []
    for i in range(FOLDS):
        out = np.flatnonzero(fold == i)
        said = predicted(counts.only(np.flatnonzero(fold != i)), seed + i)
        pooled += said * len(out) / len(counts)
        errors.append(float(np.abs(said - whole[out].mean(axis=0)).mean()))
        by_chance = whole.std(axis=0, ddof=1) * np.sqrt(1 / len(out) + 1 / (len(counts) - len(out)))
        floors.append(float(np.sqrt(2 / np.pi) * by_chance.mean()))
    true = whole.mean(axis=0)
    return {
        "tasks": len(counts),
        "solutions": SOLUTIONS.tolist(),
        "verdicts": ["all" if v == EVERY else int(v) for v in VERDICTS],
        "grid": true.T.round(3).tolist(),
        "predicted": pooled.T.round(3).tolist(),
        "mean absolute difference": round(float(np.abs(pooled - true).mean()), 4),
        "by V": np.abs(pooled - true).mean(axis=0).round(4).tolist(),
        "of each fold": np.round(errors, 4).tolist(),
        "noise floor": np.round(floors, 4).tolist(),
    }
