"""Look-ahead search: beams are kept by how they would go on, k greedy steps further.

Snell et al. 2024 (arXiv 2408.03314). The score is that of the end of the roll-out, not of the
candidate; what the roll-outs cost is in the tree like everything else, about N (k + 1) steps where
beam search draws N.
"""

from __future__ import annotations

from collections.abc import Sequence

from .beam import climb
from .growth import Growth


def lookahead(search: Growth, width: int) -> int:
    """Keeps by the score at the end of a roll-out; submits the best of the last beams."""
    return climb(search, width, ahead)


def ahead(search: Growth, nodes: Sequence[int]) -> dict[int, float]:
    """Returns the score of where each node leads in k steps at temperature 0."""
    ends = list(nodes)
    for _ in range(search.settings.k):
        further = iter(search.propose(search.live(ends), greedy=True))
        ends = [end if search.tree.ended(end) else next(further) for end in ends]
    return dict(zip(nodes, search.score(ends), strict=True))
