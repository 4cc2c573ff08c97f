"""Reading logs: against bare polars on the same file, in CPU time and in peak memory."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from apportion.analysis.counts import Counts, count
from apportion.data import store
from apportion.data.readers import read

from .ratio import Ratio, measure

PROBLEMS = 10_000
ROWS = 10_000_000
GROUP_ROWS = 262_144
MODEL = "some-model-7b"


@dataclass(frozen=True, slots=True)
class Memory:
    """Peak resident memory, MB, of a process that counts a log, and of one ten times as long."""

    name: str
    short: float
    long: float

    @property
    def growth(self) -> float:
        """How many times more the long log takes."""
        return self.long / self.short


def ratios(folder: Path) -> Iterator[Ratio]:
    """Yields each benchmark of reading; the logs are made in `folder`."""
    yield counts(parquet(folder / "samples.parquet", ROWS))
    log = jsonl(folder / "samples.jsonl", ROWS // 10)
    yield imported(log)
    yield reopened(log, folder / "trace")


def counts(path: Path) -> Ratio:
    """Parquet to n and c, with the digest and every check, against a bare streaming group_by."""
    ours, theirs = count(read(path, only="counts")), _bare(pl.scan_parquet(path))
    return measure(
        "Parquet to counts, 1e7 rows, against a bare group_by",
        lambda: count(read(path, only="counts")),
        lambda: _bare(pl.scan_parquet(path)),
        error=_difference(ours, theirs),
        runs=9,
    )


def imported(path: Path) -> Ratio:
    """JSONL to a checked trace of all its columns, against a bare collect and group_by."""
    ours, theirs = count(read(path)), _bare(pl.scan_ndjson(path))
    return measure(
        "JSONL to a trace, 1e6 rows, against a bare collect and group_by",
        lambda: read(path),
        lambda: _bare(pl.scan_ndjson(path).collect().lazy()),
        error=_difference(ours, theirs),
        runs=7,
    )


def reopened(path: Path, folder: Path) -> Ratio:
    """A trace directory to counts, against the import that made it (read, check, write)."""

    def theirs() -> None:
        store.write(read(path), folder)

    theirs()
    first, later = count(read(path)), count(read(folder))
    error = float(np.abs(first.c - later.c).max() + np.abs(first.n - later.n).max())
    name = "trace directory to counts, 1e6 rows, against its import"
    return measure(name, lambda: count(read(folder)), theirs, error=error, runs=7)


def memory(folder: Path) -> Memory:
    """Peak memory of counting 1e7 and 1e8 rows of Parquet, each in a process of its own."""
    short, long = (_peak(parquet(folder / f"{n}.parquet", n)) for n in (ROWS, 10 * ROWS))
    return Memory("Parquet to counts, 1e8 rows against 1e7, peak memory", short, long)


def _bare(rows: pl.LazyFrame) -> pl.DataFrame:
    right = pl.col("correct").sum().alias("c")
    grouped = rows.group_by("model", "problem").agg(right, n=pl.len())
    return grouped.collect(engine="streaming")


def _difference(ours: Counts, theirs: pl.DataFrame) -> float:
    ranked = theirs.sort("problem")
    at = np.argsort(np.array(ours.problems))
    apart = np.abs(ours.n[at] - ranked["n"].to_numpy()) + np.abs(
        ours.c[at] - ranked["c"].to_numpy()
    )
    return float(apart.max())


def parquet(path: Path, rows: int) -> Path:
    """Writes a log of `rows` samples in row groups, problem by problem, never holding it whole."""
    piece = 1_000_000
    with tempfile.TemporaryDirectory(dir=path.parent) as name:
        for first in range(0, rows, piece):
            part = Path(name) / f"{first:010d}.parquet"
            _samples(first, first + piece, rows).write_parquet(part)
        whole = pl.scan_parquet(sorted(Path(name).iterdir()))
        whole.sink_parquet(path, row_group_size=GROUP_ROWS, maintain_order=True)
    return path


def _samples(first: int, last: int, rows: int) -> pl.DataFrame:
    """Rows `first` to `last` of a log of `rows`; the rates of problems do not depend on the cut."""
    each = rows // PROBLEMS
    rng = np.random.default_rng([rows, first])
    solve = np.random.default_rng(0).beta(0.5, 1, PROBLEMS)
    row = np.arange(first, last)
    right = rng.random(len(row)) < solve[row // each]
    answer = np.where(right, 0, rng.integers(1, 20, len(row)))
    return pl.DataFrame(
        {
            "model": pl.repeat(MODEL, len(row), eager=True),
            "problem": pl.Series(row // each).cast(pl.String).str.zfill(5),
            "sample": row % each,
            "answer": pl.Series(answer).cast(pl.String),
            "correct": right,
            "score": rng.random(len(row)).round(2).astype(np.float32),
            "tokens": rng.integers(50, 300, len(row)).astype(np.int32),
        }
    ).with_columns(problem="problem-" + pl.col("problem"))


def jsonl(path: Path, rows: int) -> Path:
    """Writes a log as JSON lines of about 128 bytes, as `json.dumps` spaces them."""
    samples = _samples(0, rows, rows).drop("score").rename({"tokens": "output_tokens"})
    with path.open("w") as file:
        for row in samples.iter_rows(named=True):
            file.write(json.dumps(row) + "\n")
    return path


_COUNT = """
import sys
import apportion as ap
ap.count(ap.read(sys.argv[1], only="counts"))
told = dict(line.split(":") for line in open("/proc/self/status"))
print(int(told["VmHWM"].split()[0]) / 1024)
"""
"""Linux keeps the peak of each program there; getrusage would tell that of its parent."""


def _peak(path: Path) -> float:
    command = [sys.executable, "-c", _COUNT, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> None:
    """Prints every ratio, and the growth of memory; the long log takes 0.4 GB of disk."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for r in ratios(folder):
            print(f"{r.name:66s} {r.ours / r.theirs:6.2f} of theirs, difference {r.error:.0f}")
        m = memory(folder)
        print(f"{m.name:66s} {m.growth:6.2f} ({m.short:.0f} MB, {m.long:.0f} MB)")


if __name__ == "__main__":
    main()
