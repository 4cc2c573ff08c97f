"""Truncation: the accuracy that a log would show had every sample been cut at b output tokens."""

from dataclasses import dataclass, replace
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike

from ..data.errors import InputError
from .counts import Counts, Ints
from .curve import Curve, Floats
from .draws import draws, fixed
from .estimate import How, estimate
from .exact.hypergeometric import miss_probability


@dataclass(frozen=True, slots=True, eq=False)
class Truncated:
    """Accuracy, and output tokens spent a sample, under cuts at so many tokens (their `k`).

    `accuracy` is that of `samples` samples, one of which has to be right. Cut by cut the two make
    a frontier of accuracy against tokens, for neither ever falls.
    """

    accuracy: Curve
    tokens: Curve
    samples: int


def truncated(
    counts: Counts,
    budgets: ArrayLike,
    *,
    k: int = 1,
    cap: float | None = None,
    **how: Unpack[How],
) -> Truncated:
    """Returns accuracy, or coverage by k samples, had every sample been cut at each budget.

    A sample then counts as right if it is right and no longer than the cut: an answer stands at the
    end. This needs no new samples (the truncated generation of Hou et al. 2025, arXiv 2501.11651),
    and no law. It is not the accuracy of a model that is told its budget, or made to answer there.

    Args:
        counts: one group's counts, with output tokens.
        budgets: cuts, in output tokens, whole and positive, (B,).
        k: samples of a problem, of which one has to be right.
        cap: the tokens at which the log itself cut its samples; what reached it is known up to
            there alone, so beyond it the estimate is NaN if any sample did. None: nothing was cut.
        how: the interval, as in `estimate`.

    Raises:
        InputError: no lengths, a sample without one, or a log that stopped at success.
    """
    cuts, most = draws(budgets), int(draws(k)[0])  # type: ignore[arg-type]
    fixed(counts, "truncation")
    length = _lengths(counts)
    if cap is not None and not cap > 0:
        raise InputError(f"cap must satisfy cap > 0; got {cap:g}")
    if most > counts.n.min():
        raise InputError(f"k must satisfy k <= n (smallest n={counts.n.min()}); got k={most}")

    def right(log: Counts, at: Ints) -> Floats:
        return _covered(log, at, most)

    def spent(log: Counts, at: Ints) -> Floats:
        return np.asarray(_means(log, np.minimum(_lengths(log)[:, None], at)) / cuts[-1])

    accuracy = _rising(estimate(counts, cuts, right, **how), 1.0)
    tokens = _rising(estimate(counts, cuts, spent, **how), float(cuts[-1]))
    hidden = 0 if cap is None else int((length >= cap).sum())
    if hidden and cap is not None and cuts[-1] > cap:
        accuracy, tokens = (_unknown(curve, cap, hidden) for curve in (accuracy, tokens))
    return Truncated(accuracy, tokens, most)


def _lengths(counts: Counts) -> Floats:
    """The output tokens of each sample, (N,), all known."""
    if counts.drawn is None or counts.drawn.tokens is None:
        raise InputError("truncation needs lengths; this log has none (column 'output_tokens')")
    tokens: Floats = counts.drawn.tokens
    if missing := int(np.isnan(tokens).sum()):
        raise InputError(
            f"truncation needs the length of every sample; {missing:,} of {len(tokens):,} have none"
            " (column 'output_tokens')"
        )
    return tokens


def _covered(counts: Counts, cuts: Ints, k: int) -> Floats:
    """The chance (P, B) that k of a problem's samples hold one that is right and short enough."""
    fits = _lengths(counts)[:, None] <= cuts
    right = counts.drawn.right[:, None] * fits  # type: ignore[union-attr]
    c = np.add.reduceat(right, counts.drawn.start[:-1]).astype(np.int64)  # type: ignore[union-attr]
    missed = [miss_probability(counts.n, column, np.array([k]))[:, 0] for column in c.T]
    return 1.0 - np.stack(missed, axis=1)


def _means(counts: Counts, values: Floats) -> Floats:
    """The means (P, B) of each problem's samples' values (N, B)."""
    total = np.add.reduceat(values, counts.drawn.start[:-1])  # type: ignore[union-attr]
    return np.asarray(total / counts.n[:, None])


def _rising(curve: Curve, unit: float) -> Curve:
    """The curve in its unit; no truth falls with the cut."""
    return replace(curve, worlds=np.maximum.accumulate(curve.worlds, axis=1) * unit)


def _unknown(curve: Curve, cap: float, hidden: int) -> Curve:
    """The curve without what lies beyond the log's own cap."""
    worlds = np.where(curve.k > cap, np.nan, curve.worlds)
    reason = (
        f"budgets must satisfy b <= {cap:g}, the log's own cap: {hidden:,} samples were cut there,"
        " and what they would have come to is not known"
    )
    return replace(curve, worlds=worlds, reason=reason)
