"""Beam search over steps: the best N / M of N candidates go on, M ways each.

Snell et al. 2024 (arXiv 2408.03314), as in Hugging Face's search-and-learn, with two differences:
a completion that has ended keeps its place among the candidates by its score, and no beam is copied
to fill the width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .growth import Growth
from .tree import ROOT

Values = Callable[[Growth, Sequence[int]], dict[int, float]]
"""What candidates are worth, by node; a node that is left out is no candidate."""


def beam(search: Growth, width: int) -> int:
    """Keeps by the score of a candidate's own text; submits the best of the last beams."""
    return climb(search, width, Growth.values)


def climb(search: Growth, width: int, values: Values) -> int:
    """Grows `width` candidates a step and keeps width / m of them, until all kept ones ended."""
    m = min(search.settings.m, width)
    nodes = search.propose([ROOT] * width)
    while True:
        kept = search.keep(values(search, nodes), width // m)
        live = search.live(kept)
        if not live:
            return kept[0]
        ended = [node for node in kept if node not in live]
        nodes = ended + search.propose([node for node in live for _ in range(m)])
