"""Multifurcation scoring: one reading of a prefix scores all the ways in which it goes on.

After SAFFRON-1 (Qiu et al. 2025, arXiv 2506.06444), whose reward model reads a prefix once and
gives a reward for every next token, the ones never seen in its training masked by a very low one.
What carries over to steps is our reading: children that say the same are one child (a trie), all
children of a prefix are scored in one reading, and a reading covers `fan` of them, those drawn most
often first; the others were never seen and are masked. A scorer of ours still looks at each child:
the readings counted are those that a multifurcating model would need.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .beam import climb
from .growth import Growth
from .stepbeam import distinct, said

MASKED = -1024.0
"""The reward of a child that no reading covered; it goes on only where nothing else is left."""


def multifurcation(search: Growth, width: int) -> int:
    """Keeps the best distinct children over all beams; submits the best of the last beams."""
    return climb(search, width, rewards)


def rewards(search: Growth, nodes: Sequence[int]) -> dict[int, float]:
    """Returns the rewards of distinct children, at one reading a parent."""
    drawn = Counter(said(search, node) for node in nodes)
    families: dict[int, list[int]] = {}
    for node in distinct(search, nodes):
        families.setdefault(search.tree.nodes[node].parent, []).append(node)
    seen: list[int] = []
    for children in families.values():
        often = sorted(children, key=lambda node: -drawn[said(search, node)])
        seen += often[: search.settings.fan]
    read = {search.tree.nodes[node].parent for node in seen if node not in search.tree.scores}
    known = dict(zip(seen, search.score(seen, passes=len(read)), strict=True))
    return {node: known.get(node, MASKED) for each in families.values() for node in each}
