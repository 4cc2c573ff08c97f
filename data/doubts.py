"""What in the data itself should make a reader pause: one sentence for each finding."""

from collections.abc import Callable, Iterator

import numpy as np
import polars as pl

from .schema import GROUP
from .traces import FIXED, UNKNOWN, UNTIL_SUCCESS, Trace

_ONE = ["problem", *GROUP]
_ORDER = pl.coalesce("attempt", "sample")


def doubts(trace: Trace) -> tuple[str, ...]:
    """Returns the sentences; every curve assumes independent samples, so that comes first."""
    found = [sentence for look in LOOKS for sentence in look(trace)]
    return tuple(dict.fromkeys(found))


def stop_rule(trace: Trace) -> str:
    """Guesses the stop rule of a log whose header is silent.

    Sampling until success shows itself when the numbers drawn differ, no problem was solved
    twice, and the one success is always the last sample drawn.
    """
    sizes = trace.samples.group_by(_ONE).agg(
        n=pl.len(),
        c=pl.col("correct").sum(),
        last=pl.col("correct").sort_by(_ORDER, "sample").last(),
    )
    if _constant(pl.concat([sizes, trace.tallies.select(*_ONE, "n")], how="diagonal_relaxed")):
        return FIXED
    solved = sizes.filter(pl.col("c") > 0)
    if (
        trace.tallies.is_empty()
        and len(solved) >= 5
        and (solved["c"] == 1).all()
        and solved["last"].all()
    ):
        return UNTIL_SUCCESS
    return UNKNOWN


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
    cold = trace.samples.filter(pl.col("temperature") == 0).group_by(_ONE).len()
    repeated = int((cold["len"] > 1).sum())
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
    graded = trace.samples.filter(pl.all_horizontal(pl.col("answer", "correct").is_not_null()))
    mixed = pl.col("correct").n_unique().over([*_ONE, "answer"]) > 1
    count = int(graded.select(mixed.sum()).item())
    if count > 0.01 * len(graded):
        yield (
            f"{count} of {len(graded)} answers are graded right in one sample and wrong in another"
            " of the same problem: the graders disagree"
        )


def _ungraded(trace: Trace) -> Iterator[str]:
    correct = trace.samples["correct"]
    if missing := correct.null_count():
        right, total = int(correct.sum() or 0), len(correct)
        yield (
            f"{missing} of {total} samples are ungraded and left out: the mean solve rate is"
            f" {right / total:.3f} if all are wrong and {(right + missing) / total:.3f} if all are"
            " right"
        )


def _trend(trace: Trace) -> Iterator[str]:
    """Compares the earlier and the later half of each problem's attempts, paired by problem."""
    graded = trace.samples.filter(pl.col("correct").is_not_null())
    order = _ORDER.rank("ordinal").over(_ONE)
    later = order > pl.len().over(_ONE) / 2
    halves = (
        graded.with_columns(later=later)
        .group_by(_ONE)
        .agg(
            gap=pl.col("correct").filter("later").mean()
            - pl.col("correct").filter(~pl.col("later")).mean()
        )["gap"]
        .drop_nulls()
        .to_numpy()
    )
    if _rule(trace) != FIXED or len(halves) < 20:
        return
    # Gaps that are all alike have no spread of their own: it is held above that of one flipped bit.
    z = halves.mean() / (max(halves.std(ddof=1), 1 / len(halves)) / np.sqrt(len(halves)))
    if abs(z) > 3.5:
        yield (
            f"later attempts are {'more' if z > 0 else 'less'} often right than earlier ones (by"
            f" {abs(halves.mean()):.3f}, {abs(z):.1f} standard errors): the samples are not"
            " exchangeable"
        )


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


def _missing_tokens(trace: Trace) -> Iterator[str]:
    tokens = trace.samples["output_tokens"]
    if tokens.is_not_null().any() and (missing := tokens.null_count()):
        yield f"{missing} of {len(tokens)} samples lack a token count; the others' mean stands in"


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
