"""`make calibrate PARTS=pairs`: how often intervals of pair moments hold the truth."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from apportion.analysis.pairs import pair_moments

from .forecasts import tallied

LOGS, WORLDS, MASS = 200, 200, 0.9
SHAPES = {"spread": (0.5, 1.0), "alike": (5.0, 5.0), "seldom solved": (0.3, 6.0)}
SIZES = tuple((problems, n) for problems in (15, 30, 100) for n in (2, 4, 16))
Starmap = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], list[Any]]


def pairs(starmap: Starmap) -> dict[str, object]:
    """Returns the share of logs whose interval held the variance between problems."""
    cells = [(name, *size) for name in SHAPES for size in SIZES]
    found = starmap(_share, cells)
    rows = {f"{name}, {p} x {n}": share for (name, p, n), share in zip(cells, found, strict=True)}
    return {"logs": LOGS, "mass": MASS, "shapes": SHAPES, "held": rows}


def _share(name: str, problems: int, n: int) -> float:
    a, b = SHAPES[name]
    true = a * b / ((a + b) ** 2 * (a + b + 1))
    held = []
    for seed in range(LOGS):
        rng = np.random.default_rng([seed, problems, n])
        sizes = np.full(problems, n)
        log = tallied(sizes, rng.binomial(sizes, rng.beta(a, b, problems)))
        told = pair_moments(log, mass=MASS, worlds=WORLDS, seed=seed).between
        held.append(told.low <= true <= told.high)
    return float(np.mean(held))


PARTS: dict[str, Callable[[Starmap], dict[str, object]]] = {"pairs": pairs}
