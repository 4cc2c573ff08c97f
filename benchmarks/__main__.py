"""`make bench`: runs every ratio and writes results.json and the table beside it."""

import json
import platform
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from . import coverage, ingest, planner, verification, voting, weighted
from .ratio import Ratio

HERE = Path(__file__).parent


def ratios(folder: Path) -> Iterator[tuple[Ratio, float]]:
    """Yields each benchmark once, with how many times less CPU is asked of it; < 1 allows more."""
    yield coverage.coverage(), 20_000
    yield voting.plurality(), 400
    yield voting.permutations(), 1 / 60
    yield verification.best_of_all(), 1 / 6
    yield verification.best_of_long(), 1 / 6
    yield verification.grid(), 100
    yield verification.grid_whole(), 1
    for made in weighted.ratios(np.random.default_rng(0)):
        yield made, 10 if "grid" in made.name else 50
    yield from zip(ingest.ratios(folder), (1 / 1.3, 1 / 1.25, 15), strict=True)
    yield planner.frontier(), 1


def main() -> None:
    """Writes the results with the machine and the commit they came from."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        asked = list(ratios(Path(folder)))
        grown = ingest.memory(Path(folder))
    for made, bar in asked:
        rows.append(
            {"name": made.name, "ours_s": made.ours, "theirs_s": made.theirs}
            | {"times": made.times, "bar": bar, "error": made.error}
        )
        told = f"{made.times:12,.4g}x (bar {bar:,.3g}) difference {made.error:.1e}"
        print(f"{made.name:72s} {told}", flush=True)
    print(f"{grown.name:72s} {grown.growth:12,.4g}x ({grown.short:.0f} to {grown.long:.0f} MB)")
    header = {"command": "make bench", "commit": _commit(), "machine": platform.machine()}
    memory = {"name": grown.name, "short_mb": grown.short, "long_mb": grown.long}
    whole = {**header, "ratios": rows, "memory": memory}
    (HERE / "results.json").write_text(json.dumps(whole, indent=1) + "\n")
    (HERE / "results.md").write_text(table(rows))


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
    main()
