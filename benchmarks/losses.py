"""`make calibrate PARTS=losses`: how often intervals of laws of loss hold known constants."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from apportion.fitting.laws.losslaw import loss_law
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Starmap = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], list[Any]]

TABLES = 120
CELLS: tuple[tuple[str, int, float, bool], ...] = tuple(
    (law, *size)
    for law in ("parscale", "chinchilla", "kaplan")
    for size in ((10, 0.005, False), (24, 0.005, False), (24, 0.01, True), (200, 0.002, False))
)
"""The law, runs, residual sd of log loss, and whether residuals are Student's with 3 degrees."""
CONSTANTS = {
    "parscale": (0.7, 1.1e7, 0.19, 0.4),
    "chinchilla": (1.69, 406.4, 0.34, 410.7, 0.28),
    "kaplan": (8.8e13, 0.076, 5.4e13, 0.095),
}
AHEAD = {"parameters": 3e10, "tokens": 1e12, "streams": 8.0}
"""Ten times beyond the largest run."""


def response(law: str, n: Floats, other: Floats) -> Floats:
    """The loss of each law as published, at parameters and its other column."""
    t = CONSTANTS[law]
    if law == "parscale":
        return np.asarray(t[0] + (t[1] / (n * (t[3] * np.log(other) + 1))) ** t[2])
    if law == "chinchilla":
        return np.asarray(t[0] + t[1] * n ** -t[2] + t[3] * other ** -t[4])
    return np.asarray(((t[0] / n) ** (t[1] / t[3]) + t[2] / other) ** t[3])


def held(law: str, runs: int, noise: float, heavy: bool, seed: int) -> tuple[list[bool], float]:
    """Whether 90% intervals held each constant, the law ahead, and one more run there; and the
    half-width of the law ahead, as a share of it."""
    rng = np.random.default_rng([seed, runs, len(law)])
    n = np.exp(rng.uniform(np.log(1e7), np.log(3e9), runs))
    name = "streams" if law == "parscale" else "tokens"
    tokens = np.exp(rng.uniform(np.log(1e9), np.log(1e11), runs))
    other = rng.choice([1.0, 2.0, 4.0, 8.0], runs) if name == "streams" else tokens

    def scattered(size: int) -> Floats:
        plain = rng.standard_t(3, size) / np.sqrt(3) if heavy else rng.standard_normal(size)
        return np.asarray(np.exp(noise * plain))

    loss = response(law, n, other) * scattered(runs)
    made = loss_law({"parameters": n, name: other, "loss": loss}, law, seed=seed)
    rows = zip(made.intervals().values(), CONSTANTS[law], strict=True)
    kept = [i.low <= true <= i.high for i, true in rows]
    at = {"parameters": AHEAD["parameters"], name: AHEAD[name]}
    true = float(response(law, np.array([at["parameters"]]), np.array([at[name]]))[0])
    ahead, more = made.at(at)[0], made.at(at, population="check")[0]
    run = true * float(scattered(1)[0])
    kept += [ahead.low <= true <= ahead.high, more.low <= run <= more.high]
    return [bool(k) for k in kept], (ahead.high - ahead.low) / 2 / true


def losses(starmap: Starmap) -> dict[str, object]:
    """Shares of tables whose intervals held: the least of the constants, the law, and one run."""
    rows = {}
    for cell in CELLS:
        found = starmap(held, [(*cell, seed) for seed in range(TABLES)])
        share = np.mean([one[0] for one in found], axis=0)
        rows[", ".join(map(str, cell))] = {
            "constants": share[:-2].round(3).tolist(),
            "law ahead": round(float(share[-2]), 3),
            "one more run ahead": round(float(share[-1]), 3),
            "half-width": round(float(np.median([one[1] for one in found])), 4),
        }
        print(cell, rows[", ".join(map(str, cell))], flush=True)
    return {"tables": TABLES, "mass": 0.9, "held": rows}


PARTS: dict[str, Callable[[Starmap], dict[str, object]]] = {"losses": losses}
