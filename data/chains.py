"""Chains: answers revised again and again, of which only the first is a draw like any other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .schema import COSTS, GROUP
from .traces import Trace

_CHAIN = ["problem", *GROUP, "chain"]
_SAMPLE = ["problem", *GROUP, "sample"]
_UNBROKEN = pl.col("round").max() < pl.len()
"""Rounds are unique in a chain, so none is missing where the last is lower than their number."""


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """The chains of one group without a gap, laid end to end, problem after problem, round 0 first.

    Chain i is of problem `of[i]` (C,) and owns the rows `start[i]:start[i + 1]` (C + 1,). `right`
    is 0 or 1; it and the costs of each answer alone, all (N,), are NaN where missing.
    """

    of: NDArray[np.int64]
    start: NDArray[np.int64]
    right: NDArray[np.float64]
    prompt_tokens: NDArray[np.float64]
    output_tokens: NDArray[np.float64]
    seconds: NDArray[np.float64]


def first_answers(trace: Trace) -> Trace:
    """Returns the trace without revisions and what was said of them; itself where it has none."""
    revision = trace.samples["round"] > 0
    if not revision.any():
        return trace
    verdicts = trace.verdicts.join(
        trace.samples.filter(revision).select(_SAMPLE),
        on=_SAMPLE,
        how="anti",
        nulls_equal=True,
        maintain_order="left",
    )
    first = trace.samples.filter(~revision.fill_null(value=False))
    return replace(trace, samples=first, verdicts=verdicts)


def chains(trace: Trace, problems: Sequence[str]) -> Chains | None:
    """Returns the chains of the given problems in a trace of one group; None where it has none."""
    if trace.samples["round"].count() == 0:
        return None
    places = pl.DataFrame({"problem": problems}, schema={"problem": pl.String})
    rows = (
        trace.samples.filter(pl.col("round").is_not_null())
        .join(places.with_row_index("of"), on="problem")
        .filter(_UNBROKEN.over("of", "chain"))
        .sort("of", "chain", "round")
    )
    start = np.flatnonzero(rows["round"].to_numpy() == 0)
    logged = rows.select(pl.col("correct", *COSTS).cast(pl.Float64).fill_null(float("nan")))
    return Chains(
        of=rows["of"].cast(pl.Int64).to_numpy()[start],
        start=np.append(start, len(rows)),
        right=logged["correct"].to_numpy(),
        prompt_tokens=logged["prompt_tokens"].to_numpy(),
        output_tokens=logged["output_tokens"].to_numpy(),
        seconds=logged["seconds"].to_numpy(),
    )


def chain_doubts(trace: Trace) -> Iterator[str]:
    """Says which chains lack a round, and which end before others do."""
    samples = trace.samples
    if samples["round"].count() == 0:
        return
    each = (
        samples.filter(pl.col("round").is_not_null())
        .group_by(_CHAIN)
        .agg(last=pl.col("round").max(), unbroken=_UNBROKEN)
    )
    whole = each.filter("unbroken")
    if broken := len(each) - len(whole):
        yield (
            f"{broken} of {len(each)} chains lack their first answer (round 0) or a round after it:"
            " they are left out where revisions are valued"
        )
    ended = whole.filter(pl.col("last") < pl.col("last").max().over(GROUP))["last"]
    if len(ended):
        yield (
            f"{len(ended)} of {len(whole)} chains end before others do, the first after round"
            f" {int(ended.min())}: revisions are valued up to the last round that all chains have"  # type: ignore[arg-type]
        )
