"""Counts: the sufficient statistics of one group of samples, problem by problem."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..data.chains import first_answers
from ..data.codes import encode, in_order
from ..data.doubts import stop_rule
from ..data.errors import InputError
from ..data.labels import rejected_as_wrong
from ..data.schema import COSTS
from ..data.traces import UNKNOWN, Group, Source, Trace
from .curve import Floats
from .drawn import VOID as VOID
from .drawn import Drawn as Drawn
from .drawn import Ints as Ints
from .drawn import freeze
from .revision import Revisions, revisions

_PER_PROBLEM = ("n", "c", "prompt_tokens", "output_tokens", "seconds", "verdict_tokens")


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """What one group's samples say: of n (P,) graded samples of a problem, c (P,) were right.

    Costs are means over a problem's samples, (P,), NaN where none was logged: `prompt_tokens`,
    `output_tokens` and `seconds` a solution, `verdict_tokens` a verdict. `drawn` is None for logs
    that kept only counts. `labels` says whether right means right, or right and accepted by the
    verifier (`count_accepted`). `revised` is None without chains. Arrays are read-only.
    """

    group: Group
    problems: tuple[str, ...]
    levels: tuple[str, ...] | None
    n: Ints
    c: Ints
    stop_rule: str
    verifier: str | None
    drawn: Drawn | None
    prompt_tokens: Floats
    output_tokens: Floats
    seconds: Floats
    verdict_tokens: Floats
    sources: tuple[Source, ...]
    labels: Literal["all", "accepted"] = "all"
    revised: Revisions | None = None

    def __post_init__(self) -> None:
        freeze(*(getattr(self, name) for name in _PER_PROBLEM))

    def __len__(self) -> int:
        return len(self.problems)

    @property
    def solve_rates(self) -> Floats:
        """The share solved of each problem, (P,)."""
        return self.c / self.n

    def rows(self, problem: int) -> slice:
        """Returns where a problem's samples lie in `drawn`."""
        if self.drawn is None:
            raise InputError("this log kept only counts (n, c); its samples are not there")
        return slice(int(self.drawn.start[problem]), int(self.drawn.start[problem + 1]))

    def only(self, kept: Ints) -> "Counts":
        """Returns the counts of the problems at the given places, in that order."""
        return replace(
            self,
            problems=tuple(self.problems[i] for i in kept),
            levels=self.levels and tuple(self.levels[i] for i in kept),
            drawn=self.drawn and self.drawn.only(kept),
            revised=self.revised and self.revised.only(kept),
            **{name: getattr(self, name)[kept] for name in _PER_PROBLEM},
        )

    def pick(self, rows: Ints, sizes: Ints) -> "Counts":
        """Returns the same problems with the samples at `rows`, the next `sizes[i]` for each."""
        if self.drawn is None:
            raise InputError("this log kept only counts (n, c); its samples are not there")
        drawn = self.drawn.pick(rows, sizes)
        c = np.add.reduceat(drawn.right, drawn.start[:-1]).astype(np.int64)
        return replace(self, n=sizes, c=c, drawn=drawn)


def count(trace: Trace, verifier: str | None = None) -> Counts:
    """Reduces a trace of one group to Counts, once; ungraded samples and revisions are left out.

    Args:
        trace: a trace whose samples share their settings (see `Trace.groups`).
        verifier: whose verdicts to keep; the only one when None and there is just one.

    Raises:
        InputError: several groups, an unknown verifier, or no graded sample.
    """
    groups = trace.groups()
    if len(groups) > 1:
        names = ", ".join(repr(g.name) for g, _ in groups[:6])
        raise InputError(
            f"count takes the samples of one group; got {len(groups)}: {names}"
            " (choose one with trace.where(model=...), or loop over trace.groups())"
        )
    group, logged = groups[0]
    trace = first_answers(logged)
    name = trace.verifier(verifier)
    graded = _graded(trace)
    if graded.is_empty() and trace.tallies.is_empty():
        raise InputError(f"{group.name}: no sample is graded (correct is empty, revisions apart)")
    start = _starts(graded)
    table = _per_problem(graded, start, trace.tallies)
    drawn = _drawn(graded, start, trace, name) if len(graded) and trace.tallies.is_empty() else None
    costs = {c: _column(table, c) for c in COSTS}
    return Counts(
        group=group,
        problems=(problems := tuple(table["problem"].to_list())),
        levels=_levels(table["problem"], trace.problems),
        n=table["n"].to_numpy(),
        c=table["c"].to_numpy(),
        stop_rule=stop_rule(trace) if (told := trace.header.stop_rule) == UNKNOWN else told,
        verifier=name,
        drawn=drawn,
        prompt_tokens=costs["prompt_tokens"],
        output_tokens=costs["output_tokens"],
        seconds=costs["seconds"],
        verdict_tokens=_verdict_tokens(table["problem"], trace, name),
        sources=trace.header.sources,
        revised=revisions(logged, problems),
    )


def count_accepted(trace: Trace, verifier: str | None = None) -> Counts:
    """Reduces a trace whose truth was looked up for accepted samples alone; see `count`.

    In these counts right means right and accepted: what was rejected counts as wrong, graded or
    not. That is all that accepting the first needs; rates of solving need the rest. An accepted
    sample without a grade is left out.

    Raises:
        InputError: as `count` does, or the verifier never says yes or no.
    """
    trace = first_answers(trace)
    name = trace.verifier(verifier)
    return replace(count(rejected_as_wrong(trace, name), name), labels="accepted")


def count_together(trace: Trace, verifier: str | None = None) -> tuple[Counts, ...]:
    """Counts every group of a trace; equal answers to a problem have one class in all of them.

    Raises:
        InputError: an unknown verifier, or a group without a graded sample.
    """
    coded = replace(trace, samples=trace.samples.hstack(encode(trace.samples)))
    return tuple(count(part, verifier) for _, part in coded.groups())


def _graded(trace: Trace) -> pl.DataFrame:
    """The graded samples with their codes, problems in turn, attempts in the order drawn."""
    graded = trace.samples
    if "class" not in graded.columns:
        graded = graded.hstack(encode(graded) if trace.codes is None else trace.codes)
    if graded["correct"].has_nulls():
        graded = graded.filter(pl.col("correct").is_not_null())
    if trace.codes is not None or in_order(graded, graded):
        return graded
    return graded.sort("at", pl.coalesce("attempt", "sample"), "sample")


def _per_problem(graded: pl.DataFrame, start: Ints, tallies: pl.DataFrame) -> pl.DataFrame:
    right = graded["correct"].cast(pl.Int64).to_numpy()
    told = [_means(graded[c], start).alias(c) for c in COSTS if graded[c].count()]
    counted = pl.DataFrame(
        {
            "problem": graded["problem"].gather(start),
            "n": np.diff(start, append=len(right)),
            "c": np.add.reduceat(right, start) if len(right) else right,
        }
    ).with_columns(told)
    only_counted = tallies.select("problem", "n", "c", *COSTS)
    twice = only_counted.join(counted, on="problem", how="semi")
    if len(twice):
        name = twice["problem"][0]
        raise InputError(f"problem {name!r} is logged both as samples and as a count")
    return pl.concat([counted, only_counted], how="diagonal")


def _starts(graded: pl.DataFrame) -> Ints:
    """The first row of each problem."""
    at = graded["at"].to_numpy()
    return np.flatnonzero(np.concatenate([at[:1] == at[:1], at[1:] != at[:-1]]))


def _means(column: pl.Series, start: Ints) -> pl.Series:
    """The mean of each problem's known values, null where none is."""
    values = column.cast(pl.Float64).fill_null(0).to_numpy()
    known = np.add.reduceat(column.is_not_null().cast(pl.Int64).to_numpy(), start)
    mean = pl.Series(np.add.reduceat(values, start) / np.maximum(known, 1))
    return mean.zip_with(pl.Series(known > 0), pl.Series([None], dtype=pl.Float64))


def _drawn(graded: pl.DataFrame, start: Ints, trace: Trace, verifier: str | None) -> Drawn:
    accepts = score = sums = None
    if verifier is not None:
        said = trace.verdicts.filter(pl.col("verifier") == verifier)
        accepts, sums, score = _verdicts(graded, said)
    if score is None and verifier is None and graded["score"].is_not_null().any():
        score = _column(graded, "score")
    return Drawn(
        start=np.append(start, len(graded)),
        right=graded["correct"].cast(pl.Float64).to_numpy(),
        answer=_classes(graded),
        score=score,
        accepts=accepts,
        sums=sums,
        mean_logprob=_logged(graded, "mean_logprob"),
        tokens=_logged(graded, "output_tokens"),
        text=_numbered(graded, "text_hash"),
    )


def _classes(graded: pl.DataFrame) -> Ints | None:
    """Numbers the distinct answers within each problem; None where the log has no answers."""
    if graded["answer"].null_count() == len(graded):
        return None
    return graded["class"].cast(pl.Int64).fill_null(VOID).to_numpy()


def _numbered(graded: pl.DataFrame, name: str) -> Ints | None:
    """Numbers the distinct values of a column; a missing one is like no other. None without any."""
    column = graded[name]
    if column.null_count() == len(graded):
        return None
    number = column.rank("dense").cast(pl.Int64).to_numpy(writable=True).astype(np.float64)
    missing = np.flatnonzero(np.isnan(number))
    number[missing] = -1.0 - np.arange(len(missing))
    return number.astype(np.int64)


def _logged(graded: pl.DataFrame, name: str) -> Floats | None:
    return None if graded[name].null_count() == len(graded) else _column(graded, name)


def _verdicts(
    graded: pl.DataFrame, verdicts: pl.DataFrame
) -> tuple[NDArray[np.int8] | None, Ints | None, Floats | None]:
    """Lays the verdicts of each sample side by side, (N, M), sums them, and averages its scores."""
    keys = graded.select("problem", "sample").with_row_index("row")
    placed = verdicts.join(keys, on=["problem", "sample"])
    score = None
    if placed["score"].is_not_null().any():
        mean = placed.group_by("row").agg(pl.col("score").mean())
        score = _column(keys.join(mean, on="row", how="left").sort("row"), "score")
    if placed["accepts"].is_null().all():
        return None, None, score
    nth = placed.sort("row", "verdict").with_columns(
        column=pl.int_range(pl.len()).over("row"), vote=pl.col("accepts").cast(pl.Int8)
    )
    width = int(nth.group_by("row").len()["len"].min())  # type: ignore[arg-type]
    accepts = np.full((len(graded), width), -1, dtype=np.int8)
    kept = nth.filter((pl.col("column") < width) & pl.col("vote").is_not_null())
    accepts[kept["row"].to_numpy(), kept["column"].to_numpy()] = kept["vote"].to_numpy()
    if len(nth) == accepts.size:
        return accepts, None, score
    asked = (nth.filter(pl.col("vote") == 1), nth.filter(pl.col("vote").is_not_null()), nth)
    sums = [np.bincount(part["row"].to_numpy(), minlength=len(graded)) for part in asked]
    return accepts, np.stack(sums, axis=1), score


def _verdict_tokens(problems: pl.Series, trace: Trace, verifier: str | None) -> Floats:
    chosen = trace.verdicts.filter(pl.col("verifier").eq_missing(verifier))
    mean = chosen.group_by("problem").agg(pl.col("tokens").mean())
    return _column(_beside(problems, mean), "tokens")


def _levels(problems: pl.Series, told: pl.DataFrame) -> tuple[str, ...] | None:
    """The logged level of each problem; None unless every problem has one."""
    known = told.filter(pl.col("level").is_not_null()).unique("problem", keep="first")
    levels = _beside(problems, known)["level"]
    return None if levels.null_count() else tuple(levels)


def _beside(problems: pl.Series, told: pl.DataFrame) -> pl.DataFrame:
    """Joins what is told of some problems to all of them, in their order."""
    return problems.to_frame().join(told, on="problem", how="left", maintain_order="left")


def _column(frame: pl.DataFrame, name: str) -> Floats:
    return frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
