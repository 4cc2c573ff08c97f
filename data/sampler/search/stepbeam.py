"""Step-level beam search with a value: SBS(B1, B2) of AlphaMath.

Chen et al. 2024 (arXiv 2405.03553): each prefix goes on B2 ways, children that say the same count
once, and the B1 of highest value stay; a completion leaves the beam, which is one narrower from
then on. The width is B1 x B2, of which B2 are `m`; the root alone goes on B2 ways.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..engines.engine import STOP
from .growth import Growth
from .tree import ROOT


def step_beam(search: Growth, width: int) -> int:
    """Submits the completion of highest value; a cut one only where none came to its own end."""
    m = min(search.settings.m, width)
    room, ended, live = width // m, dict[int, float](), [ROOT]
    while live:
        nodes = distinct(search, search.propose([node for node in live for _ in range(m)]))
        values = search.values(nodes)
        kept = search.keep(values, room)
        live = search.live(kept)
        ended.update((node, values[node]) for node in kept if node not in live)
        room -= len(kept) - len(live)
    whole = {n: v for n, v in ended.items() if search.tree.nodes[n].step.finish == STOP}
    return search.keep(whole or ended, 1)[0]


def distinct(search: Growth, nodes: Sequence[int]) -> list[int]:
    """Returns the first of the children of one node that say the same and end alike."""
    return sorted({said(search, node): node for node in reversed(nodes)}.values())


def said(search: Growth, node: int) -> tuple[int, str, bool]:
    """Returns what tells a node from others: its parent, its step's text, and whether it ended."""
    told = search.tree.nodes[node]
    return told.parent, told.step.text, search.tree.ended(node)
