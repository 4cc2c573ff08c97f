"""Waves: how long solutions and verdicts take when several of a problem run at once."""

import numpy as np

from ..analysis.counts import Counts, Ints
from ..analysis.curve import Floats
from ..analysis.exact.verification import best_of


def waits(solutions: int, parallel: int) -> int:
    """Returns how many verdicts one after another judge so many solutions once each."""
    return -(-solutions // parallel)


def clock(counts: Counts, solutions: int, parallel: int) -> Floats | float:
    """Returns how long so many solutions take, in mean ones (P,): waves, each as its longest."""
    if parallel == 1:
        return float(solutions)
    whole, rest = divmod(solutions, parallel)
    return whole * longest(counts, parallel) + (longest(counts, rest) if rest else 0.0)


def longest(counts: Counts, size: int) -> Floats:
    """Returns how much longer than a mean solution the longest of `size` is, (P,).

    By the tokens of the logged samples, over all draws of so many; 1 where they have none.
    """
    ratio = np.ones(len(counts))
    tokens = None if counts.drawn is None else counts.drawn.tokens
    if size == 1 or tokens is None:
        return ratio
    for i, own in enumerate(map(counts.rows, range(len(counts)))):
        known = tokens[own][np.isfinite(tokens[own])]
        if len(known) and known.mean() > 0:
            drawn = np.asarray([min(size, len(known))])
            ratio[i] = best_of(known, known, drawn)[0] / known.mean()
    return ratio


def in_waves(
    counts: Counts, begun: Floats, starts: Ints, solutions: int, parallel: int
) -> tuple[Floats, Floats, Floats]:
    """Sums up waves that begin with chances `begun` (P, J) after `starts` (J,) samples.

    Returns:
        The solutions drawn, their time and that of a verdict on each, (P,): see `Column`.
    """
    there = starts < solutions
    sizes = np.minimum(parallel, solutions - starts[there])
    chance = begun[:, there]
    kinds, of = np.unique(sizes, return_inverse=True)
    lasts = np.stack([longest(counts, int(size)) for size in kinds], axis=1)[:, of]
    return chance @ sizes, (chance * lasts).sum(axis=1), chance.sum(axis=1)
