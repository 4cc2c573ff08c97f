"""What has been shown of verifiers, as the page docs/verifiers.md."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "verifiers.md"
Row = dict[str, Any]

PARAMETERS = (
    "solve rate: mean logit", "solve rate: spread", "FPR: level", "FPR: slope", "FPR: spread",
    "TPR: level", "TPR: slope", "TPR: spread",
)  # fmt: skip
"""What the ranked parameters are."""

INTRODUCTION = """Made by `make calibrate`; the numbers are in benchmarks/calibration.json. How they
are made is in [methods](methods.md)."""


def page(found: Row) -> str:
    """Returns the page: what was measured, and by which command at which commit."""
    lines = ["# What verifier numbers have been shown to do", "", INTRODUCTION, ""]
    parts = {
        "verifiers": _gates,
        "verifier-sbc": _sbc,
        "verifier-speed": _speed,
        "surfaces": _surfaces,
    }
    for name, write in parts.items():
        if name in found:
            lines += write(found[name])
            lines += ["", f"`{found[name]['command']}` at commit {found[name]['commit']}.", ""]
    return "\n".join(lines).replace("\n\n\n", "\n\n")


def _gates(found: Row) -> Iterator[str]:
    heads = found["at"]
    yield "## Accuracy at a cap, and the macro ceiling, of these problems"
    yield ""
    yield f"Shares of {found['logs']} logs whose {found['mass']:.0%} interval held the truth: 120"
    yield "problems, n samples each, one verdict a sample, logits drawn from the model. *Hierarchy*"
    yield "is what `fit` prints, with Monte Carlo errors; the others are baselines. *Score* is the"
    yield "interval score (width plus 40 times the miss; less is better)."
    yield ""
    yield "| log | way | " + " | ".join(heads) + " | score at n | score of the ceiling |"
    yield "|---|---|" + "---|" * (len(heads) + 2)
    for name, ways in found["cells"].items():
        for way, row in ways.items():
            held = [f"{share:.3f}" for share in row["held"]]
            if way == "hierarchy":
                held = [f"{s} ± {e:.3f}" for s, e in zip(held, row["error"], strict=True)]
            score = f"{row['score'][2]:.3f} | {row['score'][-1]:.3f}"
            yield f"| {name} | {way} | " + " | ".join(held) + f" | {score} |"


def _sbc(found: Row) -> Iterator[str]:
    yield "## Simulation-based calibration"
    yield ""
    yield f"p values of uniform ranks: {found['logs']}. The least is {found['least']:.2g}, where"
    yield f"familywise 99% allows {found['allowed']:.2g}."
    yield ""
    yield "| quantity | " + " | ".join(found["p"]) + " |"
    yield "|---|" + "---|" * len(found["p"])
    for name in next(iter(found["p"].values())):
        cells = [f"{row[name]:.3f}" for row in found["p"].values()]
        place = name.removeprefix("theta ")
        told = PARAMETERS[int(place)] if place.isdigit() else name
        yield f"| {told} | " + " | ".join(cells) + " |"


def _speed(found: Row) -> Iterator[str]:
    yield "## The fast twin and PyMC"
    yield ""
    size = f"{found['problems']} problems x {found['samples']} samples"
    ours, theirs = found["effective draws"]
    yield f"On {size} the twin takes {found['twin, CPU seconds']} s of CPU, PyMC"
    yield f"{found['PyMC, seconds on one core']} s on one core, with {ours} and {theirs}"
    yield "effective draws."
    yield "Of the 8 parameters and the macro ceiling no posterior means lie further apart than"
    yield f"{found['furthest apart, in sd']} sd."


def _surfaces(found: Row) -> Iterator[str]:
    known, real = found["known world, 16 x 4 logged"], found["codet"]
    yield "## The surface over solutions and verdicts"
    yield ""
    yield f"A known world, 60 problems x 16 solutions x 4 verdicts: shares of {known['logs']} logs"
    yield "whose 90% interval for these problems held the truth, with Monte Carlo errors."
    yield ""
    yield "| S | " + " | ".join(f"V = {v}" for v in known["verdicts"]) + " |"
    yield "|---|" + "---|" * len(known["verdicts"])
    for s, held, error in zip(known["solutions"], known["held"], known["error"], strict=True):
        cells = [f"{h:.2f} ± {e:.2f}" for h, e in zip(held, error, strict=True)]
        yield f"| {s} | " + " | ".join(cells) + " |"
    yield ""
    yield f"CodeT's generated tests on {real['tasks']} HumanEval tasks (a test is a verdict, the"
    yield "truth is HumanEval+): what the model says of tasks held out, pooled, against the exact"
    yield f"grid. Mean absolute difference {real['mean absolute difference']:.4f}; by fold"
    folds, floors = (
        ", ".join(f"{x:.3f}" for x in real[k]) for k in ("of each fold", "noise floor")
    )
    yield f"{folds}, where chance alone gives {floors}."
    yield ""
    yield "| V | | " + " | ".join(f"S = {s}" for s in real["solutions"]) + " |"
    yield "|---|---|" + "---|" * len(real["solutions"])
    for v, exact, said in zip(real["verdicts"], real["grid"], real["predicted"], strict=True):
        for what, row in (("exact", exact), ("held out", said)):
            yield f"| {v} | {what} | " + " | ".join(f"{x:.3f}" for x in row) + " |"
