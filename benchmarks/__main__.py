"""`make bench`: runs every ratio and writes results.json and the table beside it."""

import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from . import coverage, fits, foreign, ingest, pages, planner, ranks, verification, voting, weighted
from .ratio import Ratio

HERE = Path(__file__).parent


Asked = Iterator[tuple[Ratio, float]]
"""Each benchmark once, with how many times less CPU is asked of it; < 1 allows more."""


def exact(_: Path) -> Asked:
    """The estimators within the log."""
    yield coverage.coverage(), 20_000
    yield voting.plurality(), 400
    yield voting.permutations(), 1 / 60
    yield verification.best_of_all(), 1 / 6
    yield verification.best_of_long(), 1 / 6
    yield verification.grid(), 100
    yield verification.grid_whole(), 1
    for made in weighted.ratios(np.random.default_rng(0)):
        yield made, 10 if "grid" in made.name else 50


def reading(folder: Path) -> Asked:
    """From files to counts."""
    yield from zip(ingest.ratios(folder), (1 / 1.3, 1 / 1.25, 15), strict=True)


def logs(folder: Path) -> Asked:
    """Logs of other tools."""
    yield foreign.inspected(folder), 1 / 1.3


def planning(folder: Path) -> Asked:
    """The frontier of a plan, and whole plans."""
    yield planner.frontier(), 300
    yield planner.growth(), 1
    yield from zip(planner.first_and_again(folder), (1, 1 / 1.5), strict=True)


def fitting(_: Path) -> Asked:
    """Fits in bootstrap worlds, and the posterior on a grid."""
    yield fits.power_law(), 7
    yield fits.power_law_bounded(), 50
    yield fits.beta_binomial(), 100
    yield fits.hyperposterior(), 100


def thousand(_: Path) -> Asked:
    """A thousand posteriors at once."""
    yield fits.thousand(), 10


def ranking(_: Path) -> Asked:
    """The posterior over ranks of a large arena."""
    yield ranks.against_evalica(), 4
    yield ranks.against_nuts(), 300


def printing(_: Path) -> Asked:
    """From a fit and a plan to pages: 1.3 times the bare pictures and half a second are allowed."""
    for made in pages.ratios():
        yield made, made.theirs / (1.3 * made.theirs + 0.5)


PARTS: dict[str, Callable[[Path], Asked]] = {
    "exact": exact,
    "reading": reading,
    "logs": logs,
    "planning": planning,
    "fitting": fitting,
    "thousand": thousand,
    "ranking": ranking,
    "pages": printing,
}


def main(asked: list[str]) -> None:
    """Measures the parts asked for, or all, and writes them with the machine and the commit.

    Parts that were not asked for keep what an earlier run found.
    """
    place = HERE / "results.json"
    whole = json.loads(place.read_text()) if place.exists() else {}
    found = {row["name"]: row for row in whole.get("ratios", [])}
    with tempfile.TemporaryDirectory() as folder:
        for part in asked or PARTS:
            for made, bar in PARTS[part](Path(folder)):
                found[made.name] = _row(made, bar)
        if not asked or "reading" in asked:
            grown = ingest.memory(Path(folder))
            whole["memory"] = {"name": grown.name, "short_mb": grown.short, "long_mb": grown.long}
            print(f"{grown.name:72s} {grown.growth:12,.4g}x")
    header = {"command": "make bench", "machine": platform.machine()}
    whole = {**header, "ratios": list(found.values()), "memory": whole.get("memory")}
    place.write_text(json.dumps(whole, indent=1) + "\n")
    (HERE / "results.md").write_text(table(whole["ratios"]))


def _row(made: Ratio, bar: float) -> dict[str, object]:
    told = f"{made.times:12,.4g}x (bar {bar:,.3g}) difference {made.error:.1e}"
    print(f"{made.name:72s} {told}", flush=True)
    times = {"ours_s": made.ours, "theirs_s": made.theirs, "times": made.times}
    return {"name": made.name, **times, "bar": bar, "error": made.error, "commit": _commit()}


def _commit() -> str:
    asked = ["git", "rev-parse", "--short", "HEAD"]
    made = subprocess.run(asked, cwd=HERE, capture_output=True, text=True, check=False)
    return made.stdout.strip()


def table(rows: list[dict[str, object]]) -> str:
    """Returns the results as a table for people."""
    lines = [
        "Made by `make bench`; ratios of CPU time, both sides in one run.\n",
        "| operation | times less CPU | bar | largest difference |",
        "|---|---|---|---|",
    ]
    for r in rows:
        cells = f"{r['times']:,.4g} | {r['bar']:,.3g} | {r['error']:.1e}"
        lines.append(f"| {r['name']} | {cells} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
