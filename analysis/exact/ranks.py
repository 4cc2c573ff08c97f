"""Ranks under doubt: how many of the others are ahead of the one that earns."""

import numpy as np

from .kernels import Floats, Ints, compiled

RARE = 1e-19
"""Chances below, at the ends of the numbers ahead, are neglected."""


@compiled
def outranked(behind: Floats, won: Floats, size: Ints, weight: Floats, law: Floats) -> None:
    """Adds to law (n,) what is earned with 0..n-1 of the other competitors ahead.

    There are `size` (D,) independent competitors of each kind, n in all; at node q of a quadrature
    with `weight` (Q,), one is behind with chance behind[d, q], else ahead, and earns won[d] itself.
    One competitor joins at a time: `every` is the law of how many of them are ahead, `mine` that of
    what each earns where all others stand. All terms are positive, so nothing cancels.
    """
    kinds, nodes = behind.shape
    every = np.zeros((len(law) + 1, nodes))
    mine = np.zeros((len(law) + 1, nodes))
    every[0] = weight
    low, high = 0, 0
    for d in range(kinds):
        for _ in range(size[d]):
            high += 1
            for r in range(high, low, -1):
                for q in range(nodes):
                    b, a = behind[d, q], 1.0 - behind[d, q]
                    mine[r, q] = mine[r, q] * b + mine[r - 1, q] * a + won[d] * every[r, q]
                    every[r, q] = every[r, q] * b + every[r - 1, q] * a
            for q in range(nodes):
                b = behind[d, q]
                mine[low, q] = mine[low, q] * b + won[d] * every[low, q]
                every[low, q] *= b
            while low < high and every[high].max() < RARE and mine[high].max() < RARE:
                every[high], mine[high] = 0.0, 0.0
                high -= 1
            while low < high and every[low].max() < RARE and mine[low].max() < RARE:
                every[low], mine[low] = 0.0, 0.0
                low += 1
    for r in range(low, min(high + 1, len(law))):
        law[r] += mine[r].sum()
