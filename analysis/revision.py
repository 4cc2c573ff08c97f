"""Revision: how often an answer is right once it was revised r times, and what that has cost."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from ..data.chains import chains
from ..data.traces import Trace
from .curve import Floats
from .drawn import Ints, freeze


@dataclass(frozen=True, slots=True, eq=False)
class Revisions:
    """What a problem's chains of revisions say after r = 0, 1, ..., R - 1 revisions.

    `right` (P, R) is the share of its chains whose answer is then right; `prompt_tokens`,
    `output_tokens` and `seconds` (P, R) are what a chain has cost so far on average, its first
    answer included. A round is charged the mean of the chains that logged it; from a round that
    none did the cost is NaN. `chains` (P,) is how many there are, at least 1. Arrays are read-only.
    """

    right: Floats
    prompt_tokens: Floats
    output_tokens: Floats
    seconds: Floats
    chains: Ints

    def __post_init__(self) -> None:
        freeze(*(getattr(self, field.name) for field in fields(self)))

    @property
    def rounds(self) -> int:
        """R: the first answer and the revisions that every chain has."""
        return int(self.right.shape[1])

    def only(self, kept: Ints) -> "Revisions":
        """Returns the revisions of the problems at the given places, in that order."""
        return Revisions(**{field.name: getattr(self, field.name)[kept] for field in fields(self)})


def revisions(trace: Trace, problems: Sequence[str]) -> Revisions | None:
    """Reduces the chains of a trace of one group to what they say of each problem, in order.

    R is the number of rounds of the shortest chain that is graded throughout, whatever its
    problem, so that a round is never valued on the chains alone that went on to it. Chains with an
    ungraded round among those R are left out, as are chains that lack a round.

    Args:
        trace: the samples, revisions included.
        problems: whose chains, usually those of its `Counts`.

    Returns:
        None where R < 2, or some problem has no chain left: its revisions cannot be valued.
    """
    found = chains(trace, problems)
    if found is None:
        return None
    graded, length = ~np.isnan(found.right), np.diff(found.start)
    throughout = np.logical_and.reduceat(graded, found.start[:-1]) if len(length) else length > 0
    rounds = int(length[throughout].min()) if throughout.any() else 0
    rows = found.start[:-1][length >= rounds, None] + np.arange(rounds)
    told = graded[rows].all(axis=1)
    of = found.of[length >= rounds][told]
    behind = np.bincount(of, minlength=len(problems))
    if rounds < 2 or not behind.all():
        return None
    rows = rows[told]
    return Revisions(
        right=_means(found.right[rows], of),
        prompt_tokens=_means(found.prompt_tokens[rows], of).cumsum(axis=1),
        output_tokens=_means(found.output_tokens[rows], of).cumsum(axis=1),
        seconds=_means(found.seconds[rows], of).cumsum(axis=1),
        chains=behind,
    )


def _means(values: Floats, of: Ints) -> Floats:
    """The mean of what is known of each problem's chains (C, R) -> (P, R); NaN where nothing is."""
    start = np.flatnonzero(np.diff(of, prepend=-1))
    known = ~np.isnan(values)
    many = np.add.reduceat(known.astype(np.int64), start)
    total = np.add.reduceat(np.where(known, values, 0.0), start)
    return np.where(many > 0, total / np.maximum(many, 1), np.nan)
