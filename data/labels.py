"""Labels on accepted samples alone: the truth looked up only where a verifier said yes."""

from dataclasses import replace

import polars as pl

from .chains import first_answers
from .errors import InputError
from .traces import Trace

SAMPLE = ["problem", "sample"]


def rejected_as_wrong(trace: Trace, verifier: str | None) -> Trace:
    """Returns the trace with every sample that the verifier never accepted taken as wrong.

    Raises:
        InputError: the verifier never says yes or no.
    """
    said = trace.verdicts.filter(
        pl.col("verifier").eq_missing(verifier), pl.col("accepts").is_not_null()
    )
    if said.is_empty():
        raise InputError("labels on accepted samples need the yes-or-no verdicts of one verifier")
    never = said.group_by(SAMPLE).agg(pl.col("accepts").any()).filter(~pl.col("accepts"))
    keyed = trace.samples.join(
        never.with_columns(no=True).drop("accepts"), on=SAMPLE, how="left", maintain_order="left"
    )
    judged = pl.when(pl.col("no").fill_null(False)).then(False).otherwise(pl.col("correct"))
    return replace(trace, samples=keyed.with_columns(correct=judged).drop("no"))


def labels_follow(trace: Trace, verifier: str | None) -> bool:
    """Returns whether most that the verifier rejected is ungraded, and most it accepted graded."""
    trace = first_answers(trace)
    said = trace.verdicts.filter(pl.col("verifier").eq_missing(verifier))
    if verifier is None or not trace.samples["correct"].has_nulls():
        return False
    voted = said.group_by(SAMPLE).agg(pl.col("accepts").any())
    graded = trace.samples.select(*SAMPLE, graded=pl.col("correct").is_not_null()).join(
        voted, on=SAMPLE
    )
    share = {yes: graded.filter(pl.col("accepts") == yes)["graded"].mean() for yes in (True, False)}
    yes, no = (1.0 if x is None else float(x) for x in (share[True], share[False]))  # type: ignore[arg-type]
    return no < 0.5 < yes
