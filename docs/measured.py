"""The pages intervals.md and speed.md, from what `make calibrate` and `make bench` wrote."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
BENCHMARKS = HERE.parent / "benchmarks"
INTERVALS, SPEED = HERE / "intervals.md", HERE / "speed.md"
HEAD = """# What intervals within the log have been shown to do

Shares of simulated logs whose {mass:.0%} interval held the truth, each with its standard error;
the worlds are those of [the simulator](simulate.md). P problems have n samples each. Made from
benchmarks/calibration.json, which `{command}` wrote at commit {commit}.
Intervals for *these* problems are lowest near k = n, where a draw without replacement is the log
itself, and in the logit-normal world.
"""
FAST = """# How fast it is, against what is usual

How many times less CPU an operation takes than the usual way to get the same, both in one run on
one thread; less than 1 means more. *Bar* is what is asked of it. The names say what is compared;
"largest difference" is that of the two answers.

"""


def intervals() -> str:
    """Returns the page of intervals within the log, votes and promises, as Markdown."""
    found = json.loads((BENCHMARKS / "calibration.json").read_text("utf8"))["within"]
    tables = {name: rows for name, rows in found.items() if isinstance(rows, dict)}
    return "\n".join([HEAD.format(**found), *(_table(name, tables[name]) for name in tables)])


def _table(name: str, rows: Mapping[str, Any]) -> str:
    """One table; what its columns are for stands at the end of its name, or of its rows."""
    title, *_ = name.split(", k = ")
    first = next(iter(rows))
    points = name[len(title) + 2 :] or first.partition(": ")[2] or "held"
    columns = points.replace(", and the ", ", ").split(", ")
    named = not name[len(title) + 2 :]
    lines = [
        f"## {title[0].upper()}{title[1:]}\n",
        f"| log | {' | '.join(columns)} | logs |",
        "|---" * (len(columns) + 2) + "|",
    ]
    for row, told in rows.items():
        cells = [f"{x:.2f} ± {e:.2f}" for x, e in zip(told["share"], told["error"], strict=True)]
        label = row.partition(": ")[0] if named else row
        lines.append(f"| {label} | {' | '.join(cells)} | {told['logs']} |")
    return "\n".join([*lines, ""])


def speed() -> str:
    """Returns the page of ratios of CPU time, as Markdown."""
    return FAST + (BENCHMARKS / "results.md").read_text("utf8")
