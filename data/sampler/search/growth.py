"""Growth: a search under way; what every policy may do is propose, score and keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np

from ...errors import InputError
from ..engines.engine import LENGTH, STEP, Draw, Engine, Request
from ..streams import base_seed
from ..tasks.problem import Problem
from .scorers import Scorer
from .tree import ROOT, Selection, Tree


@dataclass(frozen=True, slots=True)
class Settings:
    """What a search depends on besides its width; each search has its own few of them.

    A completion has at most `steps` steps, the last of which runs to its end. `m` children are
    drawn of a node that was kept, `k` steps are looked ahead, weights are tempered by `tau`, and a
    scorer's call covers `fan` children.
    """

    temperature: float = 0.8
    steps: int = 40
    m: int = 4
    k: int = 1
    tau: float = 1.0
    fan: int = 4


@dataclass(slots=True)
class Growth:
    """A tree, and what makes it grow: one call of the engine extends many nodes by a step.

    Random numbers: first steps take the seeds base, base + 1, ... in the order of their slots. The
    first continuation of a node goes on with the node's own seed, at the position that the engine
    has reached; every other one takes the next seed that nobody has. So no number is used twice,
    however slots are resampled, and a search of width 1 draws what plain sampling draws from base.
    """

    engine: Engine
    scorer: Scorer
    problem: Problem
    base: int
    settings: Settings
    tree: Tree = field(default_factory=Tree)
    rng: np.random.Generator = field(init=False)
    _fresh: Iterator[int] = field(init=False)
    _continued: set[int] = field(default_factory=lambda: {ROOT})
    _known: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.problem.step:
            name = ascii(self.problem.name)
            raise InputError(f"a search needs to know what ends a step; {name} has no `step`")
        self._fresh = count(self.base)
        self.rng = np.random.default_rng(base_seed(self.base, "resample", self.problem.name))

    def propose(
        self, parents: Sequence[int], *, greedy: bool = False, to_end: bool = False
    ) -> list[int]:
        """Draws one step after each parent (again where it is named again), in one engine call.

        `greedy` takes the likeliest tokens, from seeds of their own, so that looking ahead changes
        nothing in what is drawn afterwards. `to_end` runs through to the end of the completion.
        """
        heat = 0.0 if greedy else self.settings.temperature
        asked = [self._request(parent, heat, greedy, to_end) for parent in parents]
        drawn = self.engine.propose(asked) if asked else []
        return [
            self.tree.add(parent, request.seed, heat, _closed(request, draw))
            for parent, request, draw in zip(parents, asked, drawn, strict=True)
        ]

    def advance(self, slots: Sequence[int]) -> list[int]:
        """Returns each slot one step further; a slot whose completion has ended stays."""
        further = iter(self.propose(self.live(slots)))
        return [slot if self.tree.ended(slot) else next(further) for slot in slots]

    def live(self, nodes: Iterable[int]) -> list[int]:
        """Returns the nodes whose completions have not ended."""
        return [node for node in nodes if not self.tree.ended(node)]

    def score(self, nodes: Sequence[int], passes: int | None = None) -> list[float]:
        """Returns what the scorer says of the text through each node, in one call of it.

        A text is scored once in a search. `passes` is how many readings the new texts took; one
        each unless told.
        """
        texts = [self.tree.whole(node).text for node in nodes]
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._scored(new), strict=True))
            self.tree.passes += len(new) if passes is None else passes
        self.tree.scores.update((n, self._known[t]) for n, t in zip(nodes, texts, strict=True))
        return [self._known[text] for text in texts]

    def values(self, nodes: Sequence[int]) -> dict[int, float]:
        """Returns the scores of nodes, by node."""
        return dict(zip(nodes, self.score(nodes), strict=True))

    def keep(self, values: Mapping[int, float], most: int) -> list[int]:
        """Returns the nodes of highest value, best first, and logs the choice."""
        chosen = sorted(values, key=values.__getitem__, reverse=True)[:most]
        self.tree.selections.append(Selection(tuple(values), tuple(values.values()), tuple(chosen)))
        return chosen

    def _request(self, parent: int, heat: float, greedy: bool, to_end: bool) -> Request:
        asked, begun = self.problem, None if parent == ROOT else self.tree.whole(parent)
        last = to_end or self.tree.depth(parent) + 1 >= self.settings.steps
        left = asked.max_tokens - (begun.output_tokens if begun else 0)
        return replace(
            asked.request(self._seed(parent, greedy), heat),
            max_tokens=left,
            step=None if last else asked.step,
            begun=begun,
        )

    def _seed(self, parent: int, greedy: bool) -> int:
        if greedy or parent in self._continued:
            return next(self._fresh)
        self._continued.add(parent)
        return self.tree.nodes[parent].seed

    def _scored(self, texts: Sequence[str]) -> list[float]:
        name, scores = self.scorer.name, self.scorer.score(self.problem, texts)
        if len(scores) != len(texts):
            raise InputError(f"scorer {name} must give {len(texts)} scores; it gave {len(scores)}")
        if odd := [score for score in scores if not 0 <= score <= 1]:
            raise InputError(f"scorer {name} must give scores between 0 and 1; it gave {odd[0]}")
        return [float(score) for score in scores]


def _closed(request: Request, draw: Draw) -> Draw:
    """A step that used up the completion's tokens has ended it, whatever it ended with."""
    spent = draw.finish == STEP and draw.output_tokens >= request.max_tokens
    return replace(draw, finish=LENGTH) if spent else draw
