"""A* search: the most promising prefix of all is gone on with, N ways, wherever it stands.

Chatziveroglou 2025 (arXiv 2505.13672), from its description: h = 1 - r is what seems to be left,
g adds up only increases of h on the way, and the prefix of smallest f = g + h is popped, of equals
the deepest. The first popped completion is submitted.
"""

from __future__ import annotations

from heapq import heappop, heappush

from .growth import Growth
from .tree import ROOT, Selection


def a_star(search: Growth, width: int) -> int:
    """Expands by `width` steps until a completion is popped or as many tokens are spent as may be.

    That is what `width` completions of full length cost; the best completion so far is then
    submitted, or else the best prefix is run to its end.
    """
    tree, frontier = search.tree, list[tuple[float, int, int]]()
    behind, ahead, node = {ROOT: 0.0}, {ROOT: 1.0}, ROOT
    while not tree.ended(node) and _spent(search) < width * search.problem.max_tokens:
        fresh = search.propose([node] * width)
        for child, score in search.values(fresh).items():
            ahead[child] = 1 - score
            behind[child] = behind[node] + max(0.0, ahead[child] - ahead[node])
            heappush(frontier, (behind[child] + ahead[child], -tree.depth(child), child))
        *_, node = heappop(frontier)
        costs = tuple(behind[child] + ahead[child] for child in fresh)
        tree.selections.append(Selection(tuple(fresh), costs, (node,)))
    if tree.ended(node):
        return node
    goals = [child for *_, child in sorted(frontier) if tree.ended(child)]
    return goals[0] if goals else search.propose([node], to_end=True)[0]


def _spent(search: Growth) -> int:
    return search.tree.cost()["output_tokens"]
