"""Diverse verifier tree search: N / M trees side by side, each greedy about its best of M.

Beeching et al. 2024 (Hugging Face, "Scaling test-time compute with open models"). Trees never
compete before they have ended, which keeps them different where beam search narrows.
"""

from __future__ import annotations

from itertools import islice

from .growth import Growth
from .tree import ROOT


def dvts(search: Growth, width: int) -> int:
    """Keeps the best child of each tree; submits the best of what the trees end with."""
    m = min(search.settings.m, width)
    drawn = search.propose([ROOT] * width)
    trees = [drawn[first : first + m] for first in range(0, width, m)]
    while True:
        values = search.values([node for tree in trees for node in tree])
        kept = [search.keep({node: values[node] for node in tree}, 1)[0] for tree in trees]
        live = search.live(kept)
        if not live:
            return search.keep({node: values[node] for node in kept}, 1)[0]
        further = iter(search.propose([node for node in live for _ in range(m)]))
        trees = [[node] if search.tree.ended(node) else list(islice(further, m)) for node in kept]
