"""Replay: a search run again from its log alone, each draw and each score looked up there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...errors import InputError
from ..engines.engine import Draw, Request
from ..tasks.problem import Problem
from . import Outcome, digest, parse
from .tree import ROOT, Tree, read

Asked = tuple[int, str]
"""What tells one step wanted from another: its seed, and the text that it goes on from."""


def replay(log: Mapping[str, Any]) -> Outcome:
    """Returns what the logged search comes to, which is what the log says.

    Neither model nor scorer is needed: the policy runs again, with its own random numbers, on what
    was drawn and said then. So selections, resampling and the answer follow from the log.

    Raises:
        InputError: the log was changed or cut, or does not follow from itself.
    """
    what, which, told = (str(log.get(name))[:80] for name in ("search", "problem", "sha256"))
    where = f"the log of {what!a} on {which!a}"
    if told != digest(log):
        raise InputError(f"{where} was changed after it was written: its sha256 is not {told!a}")
    tree = read(log)
    try:
        search = parse(str(log["search"]), float(log["temperature"]))
        problem = Problem(str(log["problem"]), "", max_tokens=int(log["max_tokens"]), step="\n")
        scorer, base = str(log["scorer"]), int(log["base"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{where} cannot be read: {str(error)[:120]!a}") from error
    logged = _Logged(scorer, _drawn(tree), _scores(tree), where)
    found = search.run(logged, logged, problem, base)
    if differs := _difference(found.log(), log):
        raise InputError(f"{where} does not follow from what was drawn: {differs} differs")
    return found


@dataclass(frozen=True, slots=True)
class _Logged:
    """Engine and scorer at once, both of which remember only."""

    name: str
    draws: Mapping[Asked, Draw]
    scores: Mapping[str, float]
    where: str = field(repr=False)

    def propose(self, requests: Sequence[Request]) -> list[Draw]:
        return [self._draw(request) for request in requests]

    def score(self, _: object, prefixes: Sequence[str], __: bool = False) -> list[Any]:
        if unknown := [text for text in prefixes if text not in self.scores]:
            raise InputError(f"{self.where} has no score of the prefix {unknown[0][-40:]!a}")
        return [self.scores[text] for text in prefixes]

    def tokenize(self, _: str) -> tuple[int, ...]:
        return ()

    def info(self) -> Mapping[str, object]:
        return {"engine": "log"}

    def _draw(self, request: Request) -> Draw:
        begun = request.begun.text if request.begun else ""
        if (request.seed, begun) not in self.draws:
            raise InputError(f"{self.where} has no step of seed {request.seed} where it needs one")
        return self.draws[request.seed, begun]


def _drawn(tree: Tree) -> dict[Asked, Draw]:
    begun = {node.id: tree.whole(node.id).text for node in tree.nodes}
    begun[ROOT] = ""
    return {(node.seed, begun[node.parent]): node.step for node in tree.nodes}


def _scores(tree: Tree) -> dict[str, float]:
    return {tree.whole(node).text: score for node, score in tree.scores.items()}


def _difference(found: Mapping[str, Any], log: Mapping[str, Any]) -> str | None:
    """Says where two logs part: a field, and the place in it; None where they agree."""
    for name, value in found.items():
        if value != log[name] and isinstance(value, list):
            pairs = enumerate(zip(value, log[name], strict=False))
            at = next((at for at, (mine, theirs) in pairs if mine != theirs), "its length")
            return f"{name}[{at}]" if isinstance(at, int) else f"{at} of {name}"
        if value != log[name]:
            return name
    return None
