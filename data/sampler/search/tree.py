"""Tree: every step that a search drew, what the scorer said of it, and what was chosen when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import reduce
from typing import Any

from ...errors import InputError
from ..engines.engine import STEP, Draw

ROOT = -1
"""The parent of first steps: the prompt alone."""


@dataclass(frozen=True, slots=True)
class Node:
    """One step: what it goes on from, by which stream and at what temperature it was drawn.

    `step` is this step alone. `depth` counts steps, from 1.
    """

    id: int
    parent: int
    depth: int
    seed: int
    temperature: float
    step: Draw


@dataclass(frozen=True, slots=True)
class Selection:
    """One choice: among which nodes, by what, and which were chosen, best or first slot first.

    `weights` are what the choice went by, one a candidate: where slots were resampled, the
    probabilities, with the `ess` (1 / sum of squares) of those at `temperature` 1 and the
    temperature that they were made at; then `chosen` holds the ancestor of every slot.
    """

    candidates: tuple[int, ...]
    weights: tuple[float, ...]
    chosen: tuple[int, ...]
    ess: float | None = None
    temperature: float | None = None


@dataclass(slots=True)
class Tree:
    """The store that a search appends to; a node's number is its place.

    `scores` holds what the scorer said of the text from the first step through a node, for nodes
    that were scored. `passes` counts the scorer's readings. `submitted` is the node that the
    search's answer ends with.
    """

    nodes: list[Node] = field(default_factory=list)
    scores: dict[int, float] = field(default_factory=dict)
    selections: list[Selection] = field(default_factory=list)
    passes: int = 0
    submitted: int = ROOT

    def add(self, parent: int, seed: int, temperature: float, step: Draw) -> int:
        """Appends a step and returns its number."""
        number = len(self.nodes)
        self.nodes.append(Node(number, parent, self.depth(parent) + 1, seed, temperature, step))
        return number

    def depth(self, node: int) -> int:
        """Returns how many steps lead through a node."""
        return 0 if node == ROOT else self.nodes[node].depth

    def ended(self, node: int) -> bool:
        """Tells whether a completion ends with this node."""
        return node != ROOT and self.nodes[node].step.finish != STEP

    def whole(self, node: int) -> Draw:
        """Returns what was drawn from the prompt through a node, as one."""
        steps = []
        while node != ROOT:
            steps.append(self.nodes[node].step)
            node = self.nodes[node].parent
        return reduce(Draw.then, reversed(steps))

    def cost(self) -> dict[str, int]:
        """Returns what the search took, in tokens and scorer's readings.

        `output_tokens` counts each generated token once, in the node it was generated for, and so a
        prefix that many completions share once; `prompt_tokens` the prompt once. `read_tokens` is
        what an engine without a memory of prefixes reads: prompt and prefix again for every step.
        """
        return {
            "output_tokens": sum(node.step.output_tokens for node in self.nodes),
            "prompt_tokens": self.nodes[0].step.prompt_tokens if self.nodes else 0,
            "read_tokens": sum(node.step.prompt_tokens for node in self.nodes),
            "scored": len(self.scores),
            "scorer_calls": self.passes,
        }

    def json(self) -> dict[str, object]:
        """Returns the tree as plain data; `read` takes it back without loss."""
        return {
            "nodes": [self._row(node) for node in self.nodes],
            "selections": [
                {name: _plain(value) for name, value in asdict(made).items()}
                for made in self.selections
            ],
            "scorer_calls": self.passes,
            "submitted": self.submitted,
        }

    def _row(self, node: Node) -> dict[str, object]:
        row = {name: value for name, value in asdict(node).items() if name != "step"}
        step = {name: _plain(value) for name, value in asdict(node.step).items()}
        return {**row, **step, "score": self.scores.get(node.id)}


def read(told: Mapping[str, Any]) -> Tree:
    """Returns the tree that `Tree.json` wrote.

    Raises:
        InputError: something is missing, of another kind, or out of place.
    """
    tree = Tree()
    try:
        for row in told["nodes"]:
            number = tree.add(*_parent(row, tree), float(row["temperature"]), _step(row))
            if (row["id"], row["depth"]) != (number, tree.depth(number)):
                raise ValueError(f"node {number} is out of place")
            if row["score"] is not None:
                tree.scores[number] = float(row["score"])
        tree.selections += [_selection(row, tree) for row in told["selections"]]
        tree.passes = int(told["scorer_calls"])
        (tree.submitted,) = _named([told["submitted"]], tree)
    except KeyError as error:
        raise InputError(f"the log of a search must have {error.args[0]!r}") from error
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"the log of a search cannot be read: {str(error)[:120]!a}") from error
    return tree


def _parent(row: Mapping[str, Any], tree: Tree) -> tuple[int, int]:
    parent = int(row["parent"])
    if not ROOT <= parent < len(tree.nodes):
        raise ValueError(f"node {len(tree.nodes)} has no earlier node {parent} to go on from")
    return parent, int(row["seed"])


def _step(row: Mapping[str, Any]) -> Draw:
    return Draw(
        str(row["text"]),
        tuple(int(token) for token in row["tokens"]),
        tuple(float(logprob) for logprob in row["logprobs"]),
        str(row["finish"]),
        int(row["prompt_tokens"]),
        int(row["output_tokens"]),
        float(row["seconds"]),
    )


def _selection(row: Mapping[str, Any], tree: Tree) -> Selection:
    ess, heat = row["ess"], row["temperature"]
    return Selection(
        _named(row["candidates"], tree),
        tuple(float(weight) for weight in row["weights"]),
        _named(row["chosen"], tree),
        None if ess is None else float(ess),
        None if heat is None else float(heat),
    )


def _named(told: Sequence[Any], tree: Tree) -> tuple[int, ...]:
    nodes = tuple(int(node) for node in told)
    if odd := [node for node in nodes if not 0 <= node < len(tree.nodes)]:
        raise ValueError(f"node {odd[0]} is named, and {len(tree.nodes)} were drawn")
    return nodes


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
