"""Where the uncertainty of a ranking comes from: the items, the judges or the battles."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ...analysis.curve import Floats
from ...data.judgments import Pairs
from .bradley_terry import bradley_terry
from .links import Tie

FEWEST = 3
"""Judges that can be drawn again."""


def of_pairs(
    pairs: Pairs, rng: np.random.Generator, *, tie: Tie, order: bool, seed: int = 0
) -> Mapping[str, Floats] | None:
    """Returns the share (C,) of each strength's variance by source; None where none repeats.

    Battles taken as independent say what they add; what drawing items, or judges, again adds to
    that is theirs.
    """
    found = {}
    for source, whose in (("items", pairs.item), ("judges", pairs.judge)):
        if whose is None:
            continue
        times = np.unique(whose, return_counts=True)[1]
        if times.max() > 1 and len(times) >= FEWEST:
            again = replace(pairs, item=np.unique(whose, return_inverse=True)[1])
            found[source] = _spread(again, rng, tie, order, clustered=True, seed=seed)
    if not found:
        return None
    alone = _spread(pairs, rng, tie, order, clustered=False, seed=seed)
    parts = {source: np.maximum(spread - alone, 0.0) for source, spread in found.items()}
    parts |= {"battles": alone}
    total = sum(parts.values())
    return {source: part / total for source, part in parts.items()}


def _spread(
    pairs: Pairs, rng: np.random.Generator, tie: Tie, order: bool, *, clustered: bool, seed: int
) -> Floats:
    made = bradley_terry(pairs, rng, tie=tie, order=order, clustered=clustered, seed=seed)
    return np.asarray(made.worlds[1:].var(axis=0))
