"""What forecasts have been shown to do, as numbers and as the page docs/forecasts.md."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from . import forecasts, real, sbc

PAGE = Path(__file__).parents[1] / "docs" / "forecasts.md"
LOGS, DRAWS = 200, 200
Spread = Callable[..., Any]
Row = dict[str, Any]


def gates(spread: Spread) -> Row:
    """Worlds drawn from the prior, and fixed worlds: every cell, and the score over all cells."""
    return gated(forecasts.cells(LOGS, spread))


def gated(cells: dict[str, forecasts.Floats]) -> Row:
    """Summarises (logs, forecasts, masses, 3, K) of every cell."""
    fixed = [rows for name, rows in cells.items() if not name.startswith("prior")]
    score = np.mean([rows.mean(axis=0)[:, 1, 2].mean(axis=-1) for rows in fixed], axis=0)
    overall = dict(zip(forecasts.NAMES, score.round(4).tolist(), strict=True))
    each = {name: forecasts.summary(rows) for name, rows in cells.items()}
    return {"cells": each, "score 95%, all fixed cells": overall}


def on_real_counts(spread: Spread) -> Row:
    """Forecasts for these problems from parts of large real logs."""
    return {
        "pythia_math": real.pythia_table(DRAWS, spread),
        "evalperf": real.evalperf_table(DRAWS // 10, spread),
    }


PARTS: dict[str, Callable[[Spread], Row]] = {
    "gates": gates,
    "real": on_real_counts,
    "sbc": sbc.table,
}


def page(found: Row) -> str:
    """Returns the page: what was measured, and by which command at which commit."""
    lines = ["# What forecasts have been shown to do", "", INTRODUCTION, ""]
    for name, write in (("gates", _gates), ("real", _real), ("sbc", _sbc)):
        if name in found:
            lines += write(found[name])
            lines += ["", f"`{found[name]['command']}` at commit {found[name]['commit']}.", ""]
    return "\n".join(lines).replace("\n\n\n", "\n\n")


INTRODUCTION = """Made by `make calibrate`; the numbers are in benchmarks/calibration.json. How the
forecasts are made is in [methods](methods.md)."""


def _gates(found: Row) -> Iterator[str]:
    yield "## Bands for new problems"
    yield ""
    yield "Shares of logs whose band held the true coverage at 10 and at 100 times the log, with"
    yield "Monte Carlo errors. *Prior*: each log's world is drawn from the prior of a family of"
    yield "difficulty, each in turn. The bracket is the widest that any distribution in accord with"
    yield 'the log allows; *told* is the share of logs that carry the doubt "this log cannot tell".'
    yield ""
    yield "| log | 95%, 10 n | 95%, 100 n | 80%, 10 n | 80%, 100 n | width, 95% | bracket | told |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, cell in found["cells"].items():
        held = [
            f"{share:.3f} ± {error:.3f}"
            for mass in ("95%", "80%")
            for share, error in zip(cell[mass]["held"], cell[mass]["error"], strict=True)
        ]
        widths = [_pair(cell["95%"]["width"]), _pair(cell["bracket, 95%, width"])]
        told = _pair(cell["this log cannot tell"])
        yield "| " + " | ".join([name, *held, *widths, told]) + " |"
    yield from _scores(found)


def _scores(found: Row) -> Iterator[str]:
    yield ""
    yield "## Interval scores"
    yield ""
    yield "Of 95% bands (width plus 40 times the miss), the mean of 10 n and 100 n and fixed cells;"
    yield "less is better. *Stacked* weighs the mixtures by their leave-one-out densities instead."
    yield ""
    yield "| forecast | score |"
    yield "|---|---|"
    for name, score in found["score 95%, all fixed cells"].items():
        yield f"| {name} | {score:.3f} |"
    yield ""
    yield "Against the family that turned out best in a cell, paired over its logs:"
    yield ""
    yield "| log | best in hindsight | worse by |"
    yield "|---|---|---|"
    for name, cell in found["cells"].items():
        gap, error = cell["worse by"], cell["worse by, error"]
        yield f"| {name} | {cell['best in hindsight']} | {gap:+.0%} ± {error:.0%} |"


def _real(found: Row) -> Iterator[str]:
    pythia, evalperf = found["pythia_math"], found["evalperf"]
    yield "## Real counts"
    yield ""
    yield f"Mean absolute errors. Pythia on MATH: {pythia['draws a model']} draws a model"
    yield "from 10,000 samples a problem, for these problems. evalperf: 17 models,"
    yield f"{evalperf['draws a model']} draws each."
    yield ""
    heads = [*pythia["horizons"], "evalperf, 25 to 50"]
    yield "| forecast | " + " | ".join(heads) + " |"
    yield "|---|" + "---|" * len(heads)
    for name, row in pythia["mean absolute error"].items():
        cells = [f"{e:.4f}" for e in [*row, evalperf["mean absolute error"][name]]]
        yield f"| {name} | " + " | ".join(cells) + " |"
    yield ""
    gap = pythia["averaged less best, three horizons together"]
    yield f"The averaged forecast less the best single one ({pythia['best single']}), the three"
    yield f"horizons together: {gap:+.4f}, with a paired standard error of"
    draws, models = pythia["its error over draws"], pythia["its error over models"]
    yield f"{draws:.4f} over draws and {models:.4f} over models. Bands of 95% held in"
    kept = ", ".join(f"{m} {_list(v)}" for m, v in pythia["held, 95%, by model"].items())
    yield f"{kept} of the draws of {_list(pythia['models'])}; on evalperf in"
    held, error = evalperf["held, 95%"], evalperf["its error, clustered by model"]
    yield f"{held:.3f} ± {error:.3f}, clustered by model."


def _sbc(found: Row) -> Iterator[str]:
    yield "## Simulation-based calibration"
    yield ""
    yield "p values of uniform ranks, ties at random, for every family's posterior and what follows"
    yield f"from it; {found['verdict']}."
    yield ""
    quantities = sorted({q for row in found["p"].values() for q in row})
    yield "| family | " + " | ".join(quantities) + " |"
    yield "|---|" + "---|" * len(quantities)
    for name, row in found["p"].items():
        cells = [f"{row[q]:.2f}" if q in row else "" for q in quantities]
        yield f"| {name} | " + " | ".join(cells) + " |"


def _pair(values: list[float]) -> str:
    return " / ".join(f"{v:.2f}" for v in values)


def _list(values: list[Any]) -> str:
    return " / ".join(str(v) for v in values)
