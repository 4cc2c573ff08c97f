"""Codes: whole numbers that stand for the problem and the answer of each sample, kept beside it."""

import polars as pl

from .keys import heads, numbered
from .schema import GROUP

CODES = ("at", "class")
"""The problem, 0 first, in order of appearance; the answer among those of its problem, or null."""


def encode(samples: pl.DataFrame) -> pl.DataFrame:
    """Returns the codes of samples of one group, row by row; answers are numbered in their order.

    >>> samples = pl.DataFrame({"problem": ["b", "b", "a"], "answer": ["y", "x", None]})
    >>> encode(samples).rows()
    [(0, 1), (0, 0), (1, None)]
    """
    at = numbered(samples, ["problem"]).cast(pl.UInt32).alias("at")
    return pl.DataFrame([at, _classes(at, samples["answer"])])


def _classes(at: pl.Series, answer: pl.Series) -> pl.Series:
    if answer.null_count() == len(answer):
        return pl.repeat(None, len(answer), dtype=pl.UInt32, eager=True).alias("class")
    # Each text is compared once; ranks within problems are then ranks of whole numbers.
    order = answer.drop_nulls().unique().sort()
    whole = pl.DataFrame({"at": at, "class": answer.cast(pl.Enum(order)).to_physical()})
    rank = pl.col("class").rank("dense").over("at").cast(pl.UInt32) - 1
    return whole.select(rank).to_series()


def in_order(samples: pl.DataFrame, codes: pl.DataFrame) -> bool:
    """Tells whether problems follow one another, and attempts stand in the order drawn."""
    order = samples.select(pl.coalesce("attempt", "sample").alias("order"), "sample")
    step = order.with_columns(codes["at"].cast(pl.Int64)).select(pl.all().diff())
    ahead = (step["order"] > 0) | ((step["order"] == 0) & (step["sample"] >= 0))
    return bool(((step["at"] > 0) | ((step["at"] == 0) & ahead)).all())


def worth_keeping(samples: pl.DataFrame, problems: int) -> pl.DataFrame | None:
    """Returns the codes of an orderly log: one group, every problem tried; None of another."""
    if samples.is_empty() or heads(samples, GROUP).n_unique() > 1:
        return None
    codes = encode(samples)
    whole = codes["at"].n_unique() == problems
    return codes if whole and in_order(samples, codes) else None
