"""Particle filtering: slots are resampled at every step, by the odds of their latest scores.

Puri et al. 2025 (arXiv 2502.01618, "Rollout Roulette"). A slot's weight is r / (1 - r) of its
whole text so far, not a product over steps; ended particles keep theirs and compete. With N
large the slots follow p(completion) times the product over steps of these odds.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .growth import Growth
from .resampling import Floats, Ints, ess, log_odds, multinomial, softmax
from .tree import ROOT, Selection

Resample = Callable[[Floats, np.random.Generator], Ints]
Temper = Callable[[float, int], float]
"""The temperature of the weights, from their effective number and the steps drawn so far."""


def particle_filter(search: Growth, width: int) -> int:
    """Resamples each slot on its own; submits the particle of highest weight at the end."""
    return follow(search, width, multinomial, lambda _, __: search.settings.tau)


def follow(search: Growth, width: int, resample: Resample, temper: Temper) -> int:
    """Moves `width` particles on, step by step, until all have ended."""
    slots, drawn = search.propose([ROOT] * width), 1
    while True:
        scores = search.score(slots)
        if not search.live(slots):
            return slots[int(np.argmax(scores))]
        weights = log_odds(scores)
        number = ess(softmax(weights))
        heat = temper(number, drawn)
        shares = softmax(weights, heat)
        ancestors = tuple(slots[at] for at in resample(shares, search.rng))
        made = Selection(tuple(slots), tuple(shares.tolist()), ancestors, number, heat)
        search.tree.selections.append(made)
        slots, drawn = search.advance(ancestors), drawn + 1
