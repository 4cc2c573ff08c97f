"""Monkey power laws: Parquet tables of pass@k, from which only the counts are believed."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from ..doubts import FEWEST_STOPPED
from ..errors import InputError
from ..traces import UNTIL_SUCCESS
from .fields import Unfit, maybe, spelled, text, want, whole
from .files import readable
from .glance import Glance
from .intake import Format, Intake, Piece, Row

SOLVED = "Num. Samples Correct"
NAMES = {
    "problem": ("Problem Idx", "prompt_idx"),
    "n": ("Num. Samples Total", "Num. Samples"),
    "c": (SOLVED,),
    "k": ("Scaling Parameter", "Scaling Parameter(k)", "k"),
    "model": ("Model", "Model Nickname"),
    "benchmark": ("Benchmark",),
    "level": ("Level",),
    "modality": ("Modality",),
}
"""Our name of a column and what the tables call it, the first that is there."""
_NEEDED = ("problem", "n", "c", "k")


def fits(glance: Glance) -> bool:
    held = all(any(glance.has(name) for name in NAMES[need]) for need in _NEEDED)
    return glance.ending == ".parquet" and held


def read(paths: Sequence[Path], intake: Intake) -> Iterator[Piece]:
    """Reads the rows with k = 1, one a problem and model; the others tell the same counts again."""
    tables = [(path, _table(path, intake)) for path in paths]
    key = ["problem", "model", "benchmark", "modality"]
    once = [rows.select(key).unique() for _, rows in tables]
    repeated = bool(pl.concat(once).is_duplicated().any())
    for path, rows in tables:
        file = path.name if repeated else None

        def parse(row: Row, file: str | None = file) -> list[tuple[str, Row]]:
            return [("tallies", _tally(row, file))]

        places = zip(rows["place"].to_list(), rows.drop("place").iter_rows(named=True), strict=True)
        yield from intake.gather(places, parse, path, unit="row", each=False)
    _stop_rule(pl.concat([rows.select(*key, "n", "c") for _, rows in tables]), intake)


def _table(path: Path, intake: Intake) -> pl.DataFrame:
    """The rows with k = 1 under our names, and where they stood."""
    with readable(path):
        held = pl.read_parquet_schema(path)
        found = {ours: next((n for n in names if n in held), None) for ours, names in NAMES.items()}
        lost = [" or ".join(NAMES[ours]) for ours in _NEEDED if found[ours] is None]
        if lost:
            raise InputError(f"{path}: a power-law table needs a column {lost[0]!r}")
        columns = [theirs for theirs in found.values() if theirs is not None]
        whole_of_it = pl.read_parquet(path, columns=columns, memory_map=False)
        rows = whole_of_it.select(
            (pl.lit(None, pl.String) if theirs is None else pl.col(theirs)).alias(ours)
            for ours, theirs in found.items()
        ).with_row_index("place")
        first = rows.filter(pl.col("k").cast(pl.Float64) == 1).drop("k")
    key = ["problem", "model", "benchmark", "modality"]
    missing = rows.select(key).n_unique() - first.select(key).n_unique()
    if missing:
        intake.note(f"{path}: problems without a row of k = 1, which are left out: {missing:,}")
    intake.rows += len(rows)
    if len(first) < len(rows):
        intake.leave("rows of k other than 1: the same counts again", len(rows) - len(first))
    try:
        return first.with_columns(_named(first, name) for name in (*key, "level"))
    except Unfit as error:
        raise InputError(f"{path}: {error}") from error


def _named(rows: pl.DataFrame, name: str) -> pl.Series:
    """A column of names as text: one table may count its problems, another name them."""
    values = [maybe({name: value}, name, spelled) for value in rows[name].to_list()]
    return pl.Series(name, values, dtype=pl.String)


def _tally(row: Row, file: str | None) -> Row:
    return {
        "problem": want(row, "problem", text),
        "run": "/".join(part for part in (file, row["modality"]) if part is not None) or None,
        "model": row["model"],
        "benchmark": row["benchmark"],
        "level": row["level"],
        "n": want(row, "n", whole),
        "c": want(row, "c", whole),
    }


def _stop_rule(rows: pl.DataFrame, intake: Intake) -> None:
    """Says what the counts tell of when sampling stopped."""
    groups = rows.group_by("model", "benchmark", "modality").agg("n", "c")
    looks = [_look(n, c) for n, c in groups.select("n", "c").iter_rows()]
    if "batches" in looks:
        intake.note(
            "the counts look as if each problem was left after the batch of its first success: the"
            " combinatorial pass@k would then be biased; likelihood fits stay valid"
        )
    elif "uneven" in looks:
        intake.note(
            "the numbers of samples differ between problems, and counts alone do not say why: the"
            " combinatorial pass@k may be biased; likelihood fits stay valid"
        )
    elif looks and set(looks) == {UNTIL_SUCCESS}:
        intake.stop_rule = UNTIL_SUCCESS


def _look(drawn: Sequence[int], solved: Sequence[int]) -> str:
    """Names how the sampling of one group looks.

    Until success, every solved problem has one success, or, where samples came in batches, no more
    than one batch of them; and what is unsolved was drawn as often as any. Of batches counts alone
    cannot tell that the successes were in the last one.
    """
    n, c = np.asarray(drawn, dtype=np.int64), np.asarray(solved, dtype=np.int64)
    if (n == n[0]).all():
        return "even"
    batch = int(np.gcd.reduce(n))
    left = (c > 0) & (n > batch if batch > 1 else n < n.max())
    stopped = (c <= batch).all() and (n[c == 0] == n.max()).all()
    if not stopped or left.sum() < FEWEST_STOPPED or np.unique(n[left]).size < 2:
        return "uneven"
    return UNTIL_SUCCESS if batch == 1 else "batches"


FORMAT = Format("power-law", fits, read)
