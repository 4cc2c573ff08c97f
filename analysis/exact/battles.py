"""Battles counted in one pass: millions of ids to how often each outcome came between which two."""

from .kernels import Ints, compiled


@compiled
def tally(left: Ints, right: Ints, winner: Ints, counts: Ints) -> None:
    """Adds battles (N,) to counts (C, C, 3): left won, tie, right won.

    `winner` is 1, 0 or -1; anything else is passed over.
    """
    for i in range(len(left)):
        outcome = 1 - winner[i]
        if 0 <= outcome <= 2:
            counts[left[i], right[i], outcome] += 1
