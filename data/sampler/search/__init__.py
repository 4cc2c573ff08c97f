"""Search: solutions grown step by step, guided by a score of their steps."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import InputError, nearest
from ..engines.engine import Draw, Engine
from ..tasks.problem import Problem
from .astar import a_star
from .beam import beam
from .dvts import dvts
from .entropic import entropic_particle_filter
from .growth import Growth, Settings
from .lookahead import lookahead
from .multifurcation import multifurcation
from .particle import particle_filter
from .scorers import Scorer
from .stepbeam import step_beam
from .tree import Tree

STRIDE = 1 << 32
"""How far apart the bases of a problem's repeated searches are: more than one takes seeds."""

SEARCHES: dict[str, Callable[[Growth, int], int]] = {
    "beam": beam,
    "lookahead": lookahead,
    "dvts": dvts,
    "particle-filter": particle_filter,
    "entropic-particle-filter": entropic_particle_filter,
    "a-star": a_star,
    "step-beam": step_beam,
    "multifurcation": multifurcation,
}
"""Policies: each grows a tree with a number of slots, and returns the node to submit."""

OWN: dict[str, tuple[str, ...]] = {
    "beam": ("m", "steps"),
    "lookahead": ("m", "k", "steps"),
    "dvts": ("m", "steps"),
    "particle-filter": ("tau", "steps"),
    "entropic-particle-filter": ("steps",),
    "a-star": ("steps",),
    "step-beam": ("m", "steps"),
    "multifurcation": ("m", "fan", "steps"),
}
"""The settings that each search takes."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search submits, the tree it grew, and what it was asked."""

    draw: Draw
    tree: Tree
    asked: Mapping[str, object]

    def log(self) -> dict[str, object]:
        """Returns all of it as plain data with its digest; `replay` finds it again from there."""
        told = {**self.asked, **self.tree.json(), "cost": self.tree.cost()}
        return {**told, "sha256": digest(told)}


@dataclass(frozen=True, slots=True)
class Search:
    """A search by its name, how many steps it draws side by side, and its settings.

    Raises:
        InputError: no such search, or a width or setting out of bounds.
    """

    name: str
    width: int
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        _one_of("search", self.name, list(SEARCHES))
        _least("width", self.width, 1)
        for name in ("m", "k", "fan", "steps"):
            _least(name, getattr(self.settings, name), 1)
        m, tau, heat = self.settings.m, self.settings.tau, self.settings.temperature
        if not 0 < tau < math.inf:
            raise InputError(f"tau must satisfy 0 < tau < inf; got {tau:g}")
        if not 0 <= heat < math.inf:
            raise InputError(f"temperature must satisfy 0 <= temperature < inf; got {heat:g}")
        if "m" in OWN[self.name] and self.width % min(m, self.width):
            raise InputError(
                f"the width of {self.name} must be a multiple of m (m={m}); got {self.width}"
            )

    def __str__(self) -> str:
        own = ",".join(f"{name}={getattr(self.settings, name)}" for name in OWN[self.name])
        return f"{self.name}:{self.width}:{own}"

    def run(self, engine: Engine, scorer: Scorer, problem: Problem, base: int) -> Outcome:
        """Searches one problem; `base` is its first seed.

        Width 1 submits what plain sampling draws from `base`. A further search of the problem
        stands STRIDE seeds away.

        Raises:
            InputError: the problem does not say what ends a step, or the scorer cannot score it.
            EngineError: the engine gave out.
        """
        growth = Growth(engine, scorer, problem, base, self.settings)
        node = SEARCHES[self.name](growth, self.width)
        growth.tree.submitted = node
        asked = {
            "search": str(self),
            "temperature": self.settings.temperature,
            "scorer": scorer.name,
            "problem": problem.name,
            "max_tokens": problem.max_tokens,
            "base": base,
        }
        return Outcome(growth.tree.whole(node), growth.tree, asked)


def digest(told: Mapping[str, object]) -> str:
    """Returns the fingerprint of a log, its own `sha256` left out."""
    kept = {name: value for name, value in told.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def parse(text: str, temperature: float = 0.8) -> Search:
    """Reads a search as commands spell it: NAME:WIDTH, or NAME:WIDTH:SETTING=VALUE,...

    >>> str(parse("lookahead:8:m=4,k=2"))
    'lookahead:8:m=4,k=2,steps=40'

    Raises:
        InputError: it is spelled otherwise, or asks for what there is not.
    """
    name, _, rest = text.partition(":")
    width, _, told = rest.partition(":")
    _one_of("search", name, list(SEARCHES))
    if not (width.isascii() and width.isdecimal()):
        raise InputError(f"a search is NAME:WIDTH, such as {name}:8; got {text!a}")
    given: dict[str, Any] = {"temperature": temperature}
    for part in told.split(",") if told else ():
        setting, _, value = part.partition("=")
        _one_of(f"setting of {name}", setting, list(OWN[name]))
        given[setting] = _number(name, setting, value)
    return Search(name, int(width), Settings(**given))


def _number(search: str, setting: str, value: str) -> float:
    kind, what = (float, "a number") if setting == "tau" else (int, "a whole number")
    try:
        return kind(value)
    except ValueError:
        raise InputError(f"{setting} of {search} must be {what}; got {value!a}") from None


def _one_of(what: str, name: str, known: list[str]) -> None:
    if name not in known:
        raise InputError(f"no {what} {name!a} ({', '.join(known)}){nearest(name, known)}")


def _least(name: str, value: int, least: int) -> None:
    if value < least:
        raise InputError(f"{name} must satisfy {name} >= {least}; got {value}")
