"""Rows that share a key, numbered: text is compared once, and whole numbers do the rest."""

from collections.abc import Sequence

import polars as pl


def numbered(frame: pl.DataFrame, key: Sequence[str]) -> pl.Series:
    """Numbers the distinct keys, 0 first, in order of first appearance; a null part is a value.

    Logs are mostly written problem by problem. Then each key is one run of rows, and it is enough
    to compare neighbours.

    >>> numbered(pl.DataFrame({"a": ["x", "x", None, "x"]}), ["a"]).to_list()
    [0, 0, 1, 0]
    """
    parts = frame.select(c for c in key if frame[c].null_count() < len(frame))
    if parts.width == 0 or parts.is_empty():
        return pl.Series([0], dtype=pl.Int64).new_from_index(0, len(frame))
    fresh = _fresh(parts)
    runs = parts.filter(fresh)
    if runs.n_unique() == len(runs):
        return fresh.cast(pl.Int64).cum_sum() - 1
    first = runs.unique(maintain_order=True).with_row_index("number")
    joined = parts.join(first, on=parts.columns, nulls_equal=True, maintain_order="left")
    return joined["number"].cast(pl.Int64)


def heads(frame: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Returns every key that occurs, in order of first appearance, perhaps more than once.

    Rows that differ from the one above are kept: few, of a log written problem by problem.
    """
    parts = frame.select(key)
    told = [c for c in key if parts[c].null_count() < len(parts)]
    if not told or parts.is_empty():
        return parts.head(1)
    return parts.filter(_fresh(parts.select(told)))


def _fresh(parts: pl.DataFrame) -> pl.Series:
    """True where a row differs from the one before it, and in the first row."""
    new = parts.select(pl.any_horizontal(pl.all().ne_missing(pl.all().shift()))).to_series()
    return new.scatter(0, [True])


def distinct(frame: pl.DataFrame, key: Sequence[str]) -> bool:
    """Tells whether no key occurs twice; its last part is a whole number without nulls, or text."""
    last = frame[key[-1]]
    if not last.dtype.is_integer():
        return numbered(frame, key).n_unique() == len(frame)
    pair = pl.DataFrame({"of": numbered(frame, key[:-1]), "last": last})
    step = pair.select(pl.all().diff())
    forward = (step["of"] > 0) | ((step["of"] == 0) & (step["last"] > 0))
    return bool(forward.all()) or pair.n_unique() == len(pair)
