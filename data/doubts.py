"""What in the data itself should make a reader pause: one sentence for each finding."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .chains import chain_doubts, first_answers
from .keys import numbered
from .schema import GROUP
from .traces import FIXED, UNKNOWN, UNTIL_SUCCESS, Trace

_ONE = ["problem", *GROUP]
_ORDER = pl.coalesce("attempt", "sample")

FEWEST_STOPPED = 5
"""How many solved problems must have ended with their first success to take it for the rule."""


def doubts(trace: Trace) -> tuple[str, ...]:
    """Returns the sentences; every curve assumes independent samples, so that comes first.

    Revisions hang on the answer before them by design: the looks see first answers alone.
    """
    first = _independent(trace)
    found = [sentence for look in LOOKS for sentence in look(first)]
    return tuple(dict.fromkeys([*found, *chain_doubts(trace)]))


def _independent(trace: Trace) -> Trace:
    """The trace without its revisions, the problems of each group numbered."""
    first = first_answers(trace)
    samples = first.samples if first is trace else first.samples.drop("one", strict=False)
    return replace(first, samples=one_by_one(samples))


def one_by_one(samples: pl.DataFrame) -> pl.DataFrame:
    """Numbers the problems of each group in a column `one`, once for all that looks by problem."""
    if "one" in samples.columns:
        return samples
    return samples.with_columns(one=numbered(samples, _ONE))


def stop_rule(trace: Trace) -> str:
    """Guesses the stop rule of a log whose header is silent.

    Sampling until success shows itself when the numbers drawn differ and the first success of a
    problem is always the last sample drawn, or, where samples came in batches of one size, in the
    last batch.
    """
    rows = _independent(trace).samples
    drawn = np.bincount(rows["one"].to_numpy())
    if trace.tallies.is_empty() and (drawn == drawn[:1]).all():
        return FIXED
    sizes = rows.group_by("one").agg(pl.col(GROUP).first(), n=pl.len())
    if _constant(pl.concat([sizes, trace.tallies.select(*GROUP, "n")], how="diagonal_relaxed")):
        return FIXED
    if trace.tallies.is_empty() and _left_at_success(rows):
        return UNTIL_SUCCESS
    return UNKNOWN


def _left_at_success(rows: pl.DataFrame) -> bool:
    """Tells whether every solved problem was left after the batch of its first success."""
    right = pl.col("correct").fill_null(value=False).sort_by(_ORDER, "sample")
    ends = rows.group_by("one").agg(
        n=pl.len(), first=(right.cum_sum() == 0).sum() + 1, solved=right.any()
    )
    batch = int(np.gcd.reduce(ends["n"].to_numpy()))
    solved = ends.filter("solved")
    # A problem of a single batch says nothing, unless a batch is a single sample.
    telling = solved if batch == 1 else solved.filter(pl.col("n") > batch)
    return len(telling) >= FEWEST_STOPPED and bool((solved["n"] < solved["first"] + batch).all())


def _rule(trace: Trace) -> str:
    told = trace.header.stop_rule
    return stop_rule(trace) if told == UNKNOWN else told


def _constant(sizes: pl.DataFrame) -> bool:
    """Tells whether n is the same for all problems of each group."""
    return bool((sizes.group_by(GROUP).agg(pl.col("n").n_unique())["n"] == 1).all())


def _duplicated(trace: Trace) -> Iterator[str]:
    """Long equal texts in one problem point to a cached server or a repeated seed."""
    hashed = trace.samples.filter(
        pl.col("text_hash").is_not_null() & (pl.col("output_tokens") > 60)
    )
    if len(hashed) < 20:
        return
    share = float(hashed.select(pl.struct([*_ONE, "text_hash"]).is_duplicated().mean()).item())
    if share > 0.05:
        yield (
            f"{share:.0%} of the answers longer than 60 tokens repeat another word for word:"
            " a cached server or a reused seed would do that, and the samples are then not"
            " independent"
        )


def _cold(trace: Trace) -> Iterator[str]:
    cold = trace.samples.filter(pl.col("temperature") == 0).group_by(_ONE).agg(n=pl.len())
    told = trace.tallies.filter(pl.col("temperature") == 0)
    repeated = int((cold["n"] > 1).sum()) + int((told["n"] > 1).sum())
    if repeated:
        yield (
            f"{repeated} problems were sampled more than once at temperature 0: those samples are"
            " repeats, not independent draws"
        )


def _truncated(trace: Trace) -> Iterator[str]:
    finish = trace.samples["finish"].drop_nulls()
    share = float(finish.is_in(["length", "max_tokens"]).mean() or 0)  # type: ignore[arg-type]
    if share > 0.02:
        yield (
            f"{share:.0%} of the samples were cut at the token limit: their accuracy and their cost"
            " belong to that limit"
        )


def _unparsed(trace: Trace) -> Iterator[str]:
    answers = trace.samples["answer"]
    if answers.is_not_null().any() and (share := answers.null_count() / len(answers)) > 0.02:
        yield f"{share:.0%} of the samples have no answer that could be parsed; they cast no vote"


def _inconsistent(trace: Trace) -> Iterator[str]:
    """Equal answers to a problem, graded both ways: two graders, or one that wavers."""
    right = pl.col("correct").sum()
    classes = (
        one_by_one(trace.samples)
        .filter(pl.all_horizontal(pl.col("answer", "correct").is_not_null()))
        # 64 bits tell the classes apart faster than their texts; a collision cannot reach 1%.
        .group_by(pl.col("one").hash() + pl.col("answer").hash(1))
        .agg(n=pl.len(), right=right)
        .with_columns(mixed=(pl.col("right") > 0) & (pl.col("right") < pl.col("n")))
    )
    graded, count = int(classes["n"].sum()), int(classes.filter("mixed")["n"].sum())
    if count > 0.01 * graded:
        yield (
            f"{count} of {graded} answers are graded right in one sample and wrong in another"
            " of the same problem: the graders disagree"
        )


def _ungraded(trace: Trace) -> Iterator[str]:
    correct = trace.samples["correct"]
    yield from unsure(correct.null_count(), int(correct.sum() or 0), len(correct))


def unsure(missing: int, right: int, total: int) -> Iterator[str]:
    """Bounds what the ungraded samples could change."""
    if missing:
        yield (
            f"{missing} of {total} samples are ungraded and left out: the mean solve rate is"
            f" {right / total:.3f} if all are wrong and {(right + missing) / total:.3f} if all are"
            " right"
        )


def _trend(trace: Trace) -> Iterator[str]:
    """Compares the earlier and the later half of each problem's attempts, paired by problem."""
    if _rule(trace) != FIXED or len(halves := _gaps(trace.samples)) < 20:
        return
    # Gaps that are all alike have no spread of their own: it is held above that of one flipped bit.
    z = halves.mean() / (max(halves.std(ddof=1), 1 / len(halves)) / np.sqrt(len(halves)))
    if abs(z) > 3.5:
        yield (
            f"later attempts are {'more' if z > 0 else 'less'} often right than earlier ones (by"
            f" {abs(halves.mean()):.3f}, {abs(z):.1f} standard errors): the samples are not"
            " exchangeable"
        )


def _gaps(samples: pl.DataFrame) -> NDArray[np.float64]:
    """The share right in the later half of a problem's attempts, less that in the earlier half."""
    rows = one_by_one(samples).select("correct", "one", order=_ORDER)
    rows = rows.filter(pl.col("correct").is_not_null())
    one, order = rows["one"].to_numpy(), rows["order"].to_numpy()
    step = np.diff(one)
    if not ((step > 0) | ((step == 0) & (np.diff(order) >= 0))).all():
        rows = rows[np.lexsort((order, one))]
        one = rows["one"].to_numpy()
    n = np.bincount(one)
    solved = np.concatenate([[0], np.cumsum(rows["correct"].cast(pl.Int64).to_numpy())])
    end = np.cumsum(n)[n > 1]
    n = n[n > 1]
    half = n // 2
    middle = end - n + half
    later = (solved[end] - solved[middle]) / (n - half)
    gaps: NDArray[np.float64] = later - (solved[middle] - solved[end - n]) / half
    return gaps


def _stopped(trace: Trace) -> Iterator[str]:
    rule = _rule(trace)
    if rule == UNTIL_SUCCESS:
        yield (
            "sampling stopped at the first success, so c/n and the combinatorial pass@k are biased:"
            " survival counts and likelihood fits are used instead"
        )
    elif rule == UNKNOWN:
        yield (
            "the number of samples differs between problems and the log does not say why; if it"
            " depends on the outcomes, estimates at large k are biased"
        )
    elif rule != FIXED:
        yield (
            f"how many samples a problem got followed its outcomes ({rule}), so c/n and the"
            " combinatorial pass@k are biased; curves fitted by likelihood are not"
        )


def _missing_tokens(trace: Trace) -> Iterator[str]:
    tokens = trace.samples["output_tokens"]
    yield from lacking(tokens.null_count(), len(tokens))


def lacking(missing: int, total: int) -> Iterator[str]:
    """Says how many samples lack the token count that others have."""
    if 0 < missing < total:
        yield f"{missing} of {total} samples lack a token count; the others' mean stands in"


LOOKS: tuple[Callable[[Trace], Iterator[str]], ...] = (
    _stopped,
    _duplicated,
    _cold,
    _truncated,
    _unparsed,
    _inconsistent,
    _ungraded,
    _trend,
    _missing_tokens,
)
