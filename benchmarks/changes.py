"""`make calibrate PARTS=changes`: two logs of one world, told apart as rarely as promised."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from apportion.data.synthetic import simulate
from apportion.data.traces import FIXED, assemble
from apportion.fitting.change import change

PAIRS, PROBLEMS, SAMPLES, MASS = 200, 60, 16, 0.9
Starmap = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], list[Any]]


def changes(starmap: Starmap) -> dict[str, object]:
    """Returns how often the interval of each difference held 0, at every k of each metric."""
    found = starmap(_held, [(seed,) for seed in range(5000, 5000 + PAIRS)])
    names = dict.fromkeys(name for one in found for name in one)
    held = {
        name: {k: float(np.mean([one[name][k] for one in found])) for k in found[0][name]}
        for name in names
    }
    return {"pairs": PAIRS, "problems": PROBLEMS, "samples": SAMPLES, "mass": MASS, "held": held}


def _held(seed: int) -> dict[str, dict[str, bool]]:
    """Halves the samples of every problem of a log, and compares the halves."""
    log, _ = simulate("mixed", problems=PROBLEMS, samples=2 * SAMPLES, verdicts=1, seed=seed)
    first = pl.col("sample") < SAMPLES
    halves = [
        assemble(
            replace(log.header, stop_rule=FIXED),
            samples=log.samples.filter(kept),
            verdicts=log.verdicts.filter(kept),
            problems=log.problems,
        )
        for kept in (first, ~first)
    ]
    return {
        each.metric: {
            f"k = {k}": bool(row.low <= 0 <= row.high)
            for k, row in zip(each.apart.k, each.apart.intervals(), strict=True)
        }
        for each in change(*halves, mass=MASS, seed=seed).differences
    }


PARTS: dict[str, Callable[[Starmap], dict[str, object]]] = {"changes": changes}
