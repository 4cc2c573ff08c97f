"""Faults: which rows of a table break a rule, and what the rule, the bound and the value are."""

from collections.abc import Iterator, Mapping

import polars as pl

from .errors import shown
from .schema import GROUP, SENTENCES, TABLES


def faults(cast: pl.DataFrame, table: str) -> Iterator[tuple[int, str]]:
    """Yields the rows that break a rule, in their order, each with the first rule it breaks.

    Args:
        cast: a frame with the columns and types of the table.
    """
    good, failure = TABLES[table].filter(cast)
    if len(good) == len(cast):
        return
    details = failure.details()
    rules = [c for c in details.columns if c not in cast.columns]
    # A rule on one column says more than one on the whole row, which that column may have broken.
    order = sorted(rules, key=lambda r: ("|" not in r, not r.endswith(("|nan", "|inf"))))
    keyed = cast.with_row_index("row").join(details.unique(), on=cast.columns, nulls_equal=True)
    for row in keyed.sort("row").iter_rows(named=True):
        yield row["row"], _sentence(next(r for r in order if row[r] == "invalid"), row)


def _sentence(rule: str, row: Mapping[str, object]) -> str:
    if rule in SENTENCES:
        parts = _SHOWN.get(rule) or _key_of(rule, row)
        return f"{SENTENCES[rule]}; got " + ", ".join(f"{c}={shown(row[c])}" for c in parts)
    column, kind = rule.split("|")
    bounds = {"min": ">=", "max": "<="}
    if kind in bounds:
        limit = next(
            getattr(t.columns()[column], kind) for t in TABLES.values() if column in t.columns()
        )
        return f"{column} must be {bounds[kind]} {limit}; got {column}={shown(row[column])}"
    if kind in ("inf", "nan"):
        got = f"{column}={shown(row[column])}"
        return f"{column} must be finite (leave it empty where it is missing); got {got}"
    return f"{column} must not be empty"


_SHOWN = {
    "c_within_n": ["c", "n"],
    "chain_with_round": ["chain", "round"],
    "unique_round": ["problem", "sample", "chain", "round"],
}
"""What a rule looks at, where that is not the key of its table."""


def _key_of(rule: str, row: Mapping[str, object]) -> list[str]:
    if rule.startswith("finite_"):
        return [rule.removeprefix("finite_")]
    keys = ("problem", "sample", *GROUP, "verifier", "verdict")
    return [k for k in keys if k in row and row[k] is not None]
