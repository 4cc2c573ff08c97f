"""`make calibrate PARTS=knobs`: surfaces over several knobs, simulated and on real verdicts."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import statsmodels.api as sm
from apportion.analysis.verification import verdict_grid
from apportion.fitting.laws.knobs import knob_law
from apportion.fitting.redrawn import redrawn
from apportion.fitting.verdicts import repeated, verdicts
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import t as student

from . import codet

Floats = NDArray[np.float64]
Starmap = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], list[Any]]
PAGE = Path(__file__).resolve().parent.parent / "docs" / "knobs.md"

LOGS, TRIED, TOGETHER = 120, 40, 0.6
CELLS: tuple[tuple[str, int, int, int, float], ...] = (
    ("straight", 10, 2, 0, 0.0),
    ("straight", 10, 2, 0, 0.5),
    ("straight", 30, 2, 0, 0.5),
    ("straight", 30, 3, 0, 0.0),
    ("straight", 200, 3, 0, 0.0),
    ("straight", 120, 2, 10, 1.0),
    ("power", 30, 2, 0, 0.0),
    ("levelling", 30, 2, 0, 0.0),
    ("levelling", 200, 2, 0, 0.5),
    ("levelling", 200, 2, 20, 1.0),
)
"""The form of the truth, points, knobs, tasks (0: every point its own), sd of what is not told."""
PLACES = ("idle knob", "slope", "centre", "corner", "an e-fold beyond", "glm: idle", "glm: slope")

INSIDE_S, INSIDE_V = 8, 4
S = np.array([1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 50, 100])
V = np.array([1, 2, 3, 4, 6, 8, 12, 16])
WORLDS = 60


def truth(form: str, x: Floats, beta: Floats, ease: Floats | float) -> Floats:
    """The chance of success at logs of knobs x (..., K)."""
    if form == "levelling":
        return np.asarray(expit(-1.5 - 1.9 * np.expm1(-0.8 * (x + 1)) @ beta + ease))
    eta = -1 + x @ beta + ease
    return np.asarray(np.exp(-np.exp(-eta)) if form == "power" else expit(eta))


def drawn(
    form: str, points: int, knobs: int, tasks: int, sd: float, seed: int
) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """Correlated knobs (R, K), successes of TRIED (R,), the slopes, and whose the rows are."""
    rng = np.random.default_rng([seed, points, knobs, tasks])
    beta = np.array([rng.uniform(0.2, 0.8), 0.0, rng.uniform(-0.3, 0.5)])[:knobs]
    shape = np.full((knobs, knobs), TOGETHER) + (1 - TOGETHER) * np.eye(knobs)
    x = rng.multivariate_normal(np.zeros(knobs), shape, points // (tasks or 1))
    x = np.tile(x, (tasks or 1, 1))
    of = np.repeat(np.arange(tasks), points // tasks) if tasks else np.arange(points)
    ease = rng.normal(0, sd, of.max() + 1)[of]
    return x, rng.binomial(TRIED, truth(form, x, beta, ease)).astype(float), beta, of


def simulated(
    form: str, points: int, knobs: int, tasks: int, sd: float, seed: int
) -> tuple[list[bool], float]:
    """Whether 90% intervals held the truth at each of PLACES; and the width at the centre."""
    x, c, beta, of = drawn(form, points, knobs, tasks, sd, seed)
    names, n = [f"k{j}" for j in range(knobs)], np.full(len(x), float(TRIED))
    table = {name: np.exp(column) for name, column in zip(names, x.T, strict=True)}
    law = knob_law(table, n, c, tasks=[str(i) for i in of], seed=seed)
    ease = sd * np.random.default_rng(1).standard_normal(4_000)

    def population(at: Floats) -> Floats:
        return np.asarray(truth(form, at[:, None, :], beta, ease[None]).mean(axis=1))

    step = 0.05 * np.eye(knobs)
    up, down = (logit(population(law.centre + s)) for s in (step, -step))
    slopes, true = list(law.slopes().values()), (up - down) / 0.1
    held = [slopes[j].low <= true[j] <= slopes[j].high for j in (1, 0)]
    at = np.stack([law.centre, law.high, law.high + 1])
    told = law.at({name: np.exp(column) for name, column in zip(names, at.T, strict=True)})
    held += [i.low <= p <= i.high for i, p in zip(told, population(at), strict=True)]
    return [bool(h) for h in held + glm(x, c, of, true)], told[0].high - told[0].low


def glm(x: Floats, c: Floats, of: NDArray[np.int64], true: Floats) -> list[bool]:
    """The same for the slopes by a logit GLM with the usual cluster-robust errors and Student's t,
    what is usual: it is straight, so only straight truths are fair to it."""
    made = sm.GLM(
        np.column_stack([c, TRIED - c]), sm.add_constant(x), family=sm.families.Binomial()
    ).fit(cov_type="cluster", cov_kwds={"groups": of})
    reach = student.ppf(0.95, of.max()) * made.bse[1:]
    held = np.abs(made.params[1:] - true) <= reach
    return [bool(held[1]), bool(held[0])]


def grids(starmap: Starmap) -> dict[str, object]:
    """Held-out tasks of codet beyond the settings fitted to, by the surface and by others."""
    counts = codet.codet()
    whole = verdict_grid(counts, S, V)
    fold = np.random.default_rng(0).permutation(len(counts)) % codet.FOLDS
    found = starmap(_fold, [(counts, whole, fold, i) for i in range(codet.FOLDS)])
    s, v = np.meshgrid(S, V, indexing="ij")
    beyond = (s > INSIDE_S) | (v > INSIDE_V)
    size = np.bincount(fold) / len(fold)
    pooled = {
        name: np.einsum("f,fsv->sv", size, np.stack([one[name] for one in found]))
        for name in found[0]
        if name != "z"
    }
    true = whole.mean(axis=0)
    miss = {n: float(np.sqrt(((p - true)[beyond] ** 2).mean())) for n, p in pooled.items()}
    z = np.stack([one["z"][beyond] for one in found])
    return {
        "tasks": len(counts),
        "cells": int(beyond.sum()),
        "rmse": {n: round(m, 4) for n, m in miss.items()},
        "held by 90%": round(float((np.abs(z) <= 1.645).mean()), 3),
        "rms of error over claimed": round(float(np.sqrt((z**2).mean())), 3),
    }


def _fold(counts: Any, whole: Floats, fold: NDArray[np.int64], i: int) -> dict[str, Floats]:
    """What every way says of the tasks of a fold, (S, V), from the others and few settings."""
    kept, out = np.flatnonzero(fold != i), np.flatnonzero(fold == i)
    s, v = np.meshgrid(S[S <= INSIDE_S], V[V <= INSIDE_V], indexing="ij")
    right = whole[kept][:, : len(s), : s.shape[1]].reshape(len(kept), -1)
    law = knob_law(
        {"S": np.tile(s.ravel(), len(kept)), "V": np.tile(v.ravel(), len(kept))},
        np.ones(right.size),
        right.ravel(),
        tasks=np.repeat(np.array(counts.problems)[kept], s.size).tolist(),
        seed=i,
    )
    every_s, every_v = (a.ravel().astype(float) for a in np.meshgrid(S, V, indexing="ij"))
    worlds = law.worlds({"S": every_s, "V": every_v})
    seen = whole[out].reshape(len(out), -1)
    own = seen.var(axis=0, ddof=1) / len(out)
    z = (worlds[0] - seen.mean(axis=0)) / np.sqrt(worlds[1:].var(axis=0, ddof=1) + own)
    said = {"the surface": worlds[0], "z": z}
    said |= _lines(s.ravel(), v.ravel(), right.mean(axis=0), every_s, every_v)
    shape = (len(S), len(V))
    found = {name: value.reshape(shape) for name, value in said.items()}
    return found | {"the generative model": _generated(counts.only(kept), i)}


def _lines(s: Floats, v: Floats, right: Floats, all_s: Floats, all_v: Floats) -> dict[str, Floats]:
    """Accuracy linear in S and V, in their logs, and in their logs and the product of those."""
    forms: dict[str, Callable[[Floats, Floats], list[Floats]]] = {
        "linear": lambda a, b: [a, b],
        "linear in the logs": lambda a, b: [np.log(a), np.log(b)],
        "linear in the logs and their product": lambda a, b: [
            np.log(a), np.log(b), np.log(a) * np.log(b)
        ],
    }  # fmt: skip
    found = {}
    for name, form in forms.items():
        inside, whole = (
            np.column_stack([np.ones(len(a)), *form(a, b)]) for a, b in ((s, v), (all_s, all_v))
        )
        found[name] = whole @ np.linalg.lstsq(inside, right, rcond=None)[0]
    return found


def _generated(counts: Any, seed: int) -> Floats:
    """The model of repeated verdicts, which sees every sample and verdict of these tasks."""
    rng = np.random.default_rng(seed)
    log = repeated(counts)
    drawn = verdicts(log, worlds=WORLDS, rng=rng)
    return np.asarray(redrawn(log, drawn, S, [float(v) for v in V], rng).mean(axis=(0, 1)))


def surfaces(starmap: Starmap) -> dict[str, object]:
    """Both tables."""
    rows = {}
    for cell in CELLS:
        found = starmap(simulated, [(*cell, seed) for seed in range(LOGS)])
        held = np.mean([one[0] for one in found], axis=0)
        width = float(np.mean([one[1] for one in found]))
        rows[", ".join(map(str, cell))] = {"held": held.round(3).tolist(), "width": round(width, 3)}
        print(cell, rows[", ".join(map(str, cell))], flush=True)
    return {"logs": LOGS, "places": PLACES, "simulated": rows, "codet": grids(starmap)}


COLUMNS = (
    *("truth", "points", "knobs", "tasks", "sd", "idle knob", "slope", "centre", "corner"),
    *("an e-fold beyond", "width at the centre", "usual: idle", "usual: slope"),
)
HEAD = """# What surfaces over knobs have been shown to do

Made by `make calibrate PARTS=knobs` at commit {commit}; the numbers are in
benchmarks/calibration.json. How they come about:
[methods](methods.md#surfaces-over-several-knobs).

## Intervals

Shares of {logs} simulated logs whose 90% interval held the truth (standard error about
{error:.2f}). The truth is straight in the logs of the knobs on the logit scale, or a product of
powers, or levels off; knobs are correlated (.6), the second does nothing; {tried} samples stand
behind each point; sd is that of what is not told of a point, or of a task, in logits. The truth
is averaged over it. An e-fold beyond is beyond the largest value of every knob at once. *Usual*
is a logit GLM with cluster-robust errors (statsmodels) and Student's t over the tasks.

"""
REAL = """
## Real verdicts, beyond the settings fitted to

V generated tests judge S generated programs (CodeT's, of HumanEval; truth is HumanEval+; the
{tasks} tasks with at least 16 distinct tests). Everything is fitted to three quarters of the
tasks at S <= 8 and V <= 4, and asked for the accuracy of the others at the {cells} settings of S
up to 100 and V up to 16 beyond those; the four parts are pooled. The generative model sees every
sample and verdict of the tasks it is fitted to, the others the accuracies at the 24 settings
alone: where there are single verdicts, use [the model of them](verification.md).

| way | rms error of accuracy |
|---|---|
{rows}

With the sampling of the held-out tasks added, 90% intervals of the surface held {held:.0%} of
these accuracies, and its errors were {ratio:.2f} of what it claimed, in the root mean square: it
claims {than} certainty than cross-validation shows. (The settings share their tasks, so these are
few independent checks.)
"""


def page(kept: dict[str, Any]) -> str:
    """Returns the page of what was measured, as Markdown."""
    found = kept["knobs"]
    lines = []
    for cell, row in found["simulated"].items():
        held = [f"{x:.2f}" for x in row["held"]]
        told = [*cell.split(", "), *held[:5], f"{row['width']:.3f}", *held[5:]]
        lines.append(f"| {' | '.join(told)} |")
    error = np.sqrt(0.09 / found["logs"])
    head = HEAD.format(commit=found["commit"], logs=found["logs"], error=error, tried=TRIED)
    real = found["codet"]
    ways = sorted(real["rmse"].items(), key=lambda pair: pair[1])
    rows = "\n".join(f"| {name} | {miss:.4f} |" for name, miss in ways)
    held_, ratio = real["held by 90%"], real["rms of error over claimed"]
    than = "less" if ratio <= 1 else "more"
    told_ = REAL.format(
        rows=rows, held=held_, ratio=ratio, than=than, **{k: real[k] for k in ("tasks", "cells")}
    )
    table = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|", *lines]
    return head + "\n".join(table) + "\n" + told_


PARTS: dict[str, Callable[[Starmap], dict[str, object]]] = {"knobs": surfaces}
