"""Samples reduced to counts while they are read: one streaming pass, in memory that stays flat."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from ..door import CASTS, NOT_PLAIN, TEXTS, admit, cast_columns
from ..doubts import lacking, unsure
from ..errors import InputError
from ..schema import COSTS, GROUP, ROUND, dtypes
from .files import readable
from .found import Found, Rows

KEPT = "read as counts: majority, best-of and verdicts need the samples, which were not kept"


def tally(
    rows: pl.LazyFrame, path: Path, names: Mapping[str, str]
) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """Reduces a file of samples to a table of tallies, one of problems, and doubts about them.

    Ungraded samples and revisions are left out of n. A sample number that occurs twice in a
    problem is refused: where the numbers of each problem are 0, 1, ... or 1, 2, ..., the sum of
    their 64-bit hashes shows it in the same pass; else the keys, and only they, are read whole and
    compared.

    Args:
        rows: the file, its columns called as in the file.
        path: what to call the file in errors.
        names: `{ours: theirs}`, as `door.rename` takes them.
    """
    rows = _named(rows, names)
    schema = rows.collect_schema()
    if "correct" not in schema:
        raise InputError(f"{path}: counts need a column 'correct'; got {', '.join(schema)}")
    keys = [c for c in ("problem", *GROUP, "level") if c in schema]
    costs = [c for c in COSTS if c in schema]
    values = ["sample", "correct", *costs]
    for name in (*keys, *values):
        if isinstance(schema[name], NOT_PLAIN):
            raise InputError(f"{path}: column {name!r} must hold plain values; got {schema[name]}")
    with readable(path):
        rows = _first_answers(rows, path)
        alike = _constant(rows, keys)
        typed = rows.with_columns(_cast(c, schema[c]) for c in values)
        each = typed.group_by(k for k in keys if k not in alike).agg(_sums(costs))
        found = each.collect(engine="streaming")
    found = found.with_columns(**alike).sort(keys)
    _check_values(found, rows, costs, path)
    told = cast_columns(found.select(keys), "tallies", str(path)).select(keys)
    parts = [c for c in keys if c != "level"]
    whole = found.with_columns(told).group_by(parts, maintain_order=True)
    sums = whole.agg(pl.exclude(keys).sum())
    tallies = admit(_means(sums, costs), "tallies", f"{path}: counted")
    _check_unique(sums, rows, parts, path)
    return tallies, cast_columns(told, "problems", str(path)), [KEPT, *_doubts(sums)]


def reduced(found: Found, where: str) -> Found:
    """Keeps n and c of each problem instead of the samples that a reader found."""
    if "samples" not in found.tables:
        return found
    tables = {name: rows for name, rows in found.tables.items() if name == "tallies"}
    for rows in found.tables["samples"]:
        tallies, problems, said = tally(rows.frame.lazy(), Path(where), {})
        tables.setdefault("tallies", []).append(Rows(tallies))
        tables.setdefault("problems", []).append(Rows(problems))
        found.notes += said
    tables.setdefault("problems", []).extend(found.tables.get("problems", ()))
    return replace(found, tables=tables)


def _named(rows: pl.LazyFrame, names: Mapping[str, str]) -> pl.LazyFrame:
    """Does for a lazy frame what `door.rename` does for a frame."""
    columns = rows.collect_schema().names()
    used = {ours: theirs for ours, theirs in names.items() if theirs in columns}
    kept = [c for c in columns if c not in used and c not in used.values()]
    return rows.select(*(pl.col(theirs).alias(ours) for ours, theirs in used.items()), *kept)


def _first_answers(rows: pl.LazyFrame, path: Path) -> pl.LazyFrame:
    """Leaves revisions out; where there are chains, the door looks at their keys, read whole."""
    schema = rows.collect_schema()
    parts = [c for c in ("chain", "round") if c in schema]
    told = rows.select(pl.col(parts).count()).collect(engine="streaming") if parts else None
    if told is None or not sum(told.row(0)):
        return rows
    keyed = rows.select(c for c in (*ROUND, "sample") if c in schema).collect()
    first = admit(keyed, "samples", str(path))["round"].fill_null(0) == 0
    if not first.any():
        raise InputError(f"{path}: counts need first answers (round 0 or none); got only revisions")
    return rows if first.all() else rows.filter(_cast("round", schema["round"]).fill_null(0) == 0)


def _constant(rows: pl.LazyFrame, keys: Sequence[str]) -> dict[str, pl.Expr]:
    """The parts of a key that never vary, often told by the statistics of a Parquet file alone."""
    first = rows.select(keys).head(1).collect()
    value = {c: pl.lit(first[c].first(), first[c].dtype) for c in keys if c != "problem"}
    return {
        c: v
        for c, v in value.items()
        if rows.filter(pl.col(c).ne_missing(v)).head(1).collect().is_empty()
    }


def _cast(name: str, got: pl.DataType) -> pl.Expr:
    """Casts a column to ours as it streams by, as the door does."""
    ours, column = dtypes("samples")[name], pl.col(name)
    if got == ours:
        return column
    if got.is_integer() and ours.is_integer():
        return column.cast(ours, strict=False)
    if got == pl.String:  # a function of Python would make the stream wait for all of a column
        return TEXTS[ours](column).alias(name)
    return column.map_batches(CASTS[ours], return_dtype=ours, is_elementwise=True)


def _sums(costs: Sequence[str]) -> list[pl.Expr]:
    """What one pass adds up; all of it may be added again over rows of one key."""
    graded = pl.when(pl.col("correct").is_not_null())
    return [
        pl.len().cast(pl.Int64).alias("rows"),
        pl.col("correct").count().cast(pl.Int64).alias("n"),
        pl.col("correct").sum().cast(pl.Int64).alias("c"),
        pl.col("sample").hash().sum().alias("hash"),
        *(graded.then(c).sum().cast(pl.Float64).alias(c) for c in costs),
        *(graded.then(c).count().cast(pl.Int64).alias(f"of {c}") for c in costs),
        *(pl.col(c).count().cast(pl.Int64).alias(f"known {c}") for c in costs),
        *((pl.col(c) < 0).sum().cast(pl.Int64).alias(f"below {c}") for c in costs),
    ]


def _check_values(
    found: pl.DataFrame, rows: pl.LazyFrame, costs: Sequence[str], path: Path
) -> None:
    """Hands a column to the door where a value may have been lost; the door says which."""
    total = int(found["rows"].sum())
    if not total:
        raise InputError(f"{path}: the file has no rows")
    known = {"correct": "n", **{c: f"known {c}" for c in costs}}
    for name, count in known.items():
        if found[count].sum() < total:
            _column(rows, name, path)
    for name in costs:
        if found[f"below {name}"].sum() > 0:
            low = _column(rows, name, path).min()
            raise InputError(f"{path}: {name} must be >= 0; got {name}={low!r}")


def _column(rows: pl.LazyFrame, name: str, path: Path) -> pl.Series:
    """One column, whole, as the door lets it in."""
    return cast_columns(rows.select(name).collect(), "samples", str(path))[name]


def _means(sums: pl.DataFrame, costs: Sequence[str]) -> pl.DataFrame:
    """The table of tallies; a problem without a graded sample has none."""
    mean = [
        pl.when(pl.col(f"of {c}") > 0).then(pl.col(c) / pl.col(f"of {c}")).alias(c) for c in costs
    ]
    return sums.with_columns(mean).filter(pl.col("n") > 0)


def _check_unique(sums: pl.DataFrame, rows: pl.LazyFrame, parts: Sequence[str], path: Path) -> None:
    """Refuses a sample number that is missing, negative or stands twice under one key."""
    n, seen = sums["rows"].to_numpy(), sums["hash"].to_numpy()
    each = pl.int_range(n.max() + 1, dtype=pl.Int64, eager=True).hash().to_numpy()
    upto = np.cumsum(each)  # whole numbers of 64 bits wrap alike in numpy and in polars
    if ((seen == upto[n - 1]) | (seen == upto[n] - each[0])).all():
        return
    sample = _column(rows, "sample", path)
    if sample.has_nulls():
        row = int(sample.is_null().arg_max() or 0)
        raise InputError(f"{path}: row {row + 1}: sample must not be empty")
    keyed = cast_columns(rows.select(parts).collect(), "tallies", str(path)).select(parts)
    admit(keyed.with_columns(sample), "samples", str(path))


def _doubts(sums: pl.DataFrame) -> list[str]:
    total = int(sums["rows"].sum())
    said = list(unsure(total - int(sums["n"].sum()), int(sums["c"].sum()), total))
    if "output_tokens" in sums.columns:
        said += lacking(total - int(sums["known output_tokens"].sum()), total)
    return said
