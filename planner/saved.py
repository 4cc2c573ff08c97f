"""A plan that was saved: read back from its JSON, as far as carrying it out needs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..analysis.curve import Interval
from ..analysis.probe import STATISTICS, Probe
from ..analysis.profile import Profile, remembered
from ..data.errors import InputError
from ..data.traces import Group
from .costs import Prices, listed
from .plan import Option, Part, Plan

KEPT = 1e-6
"""How far the weights of a level may be from adding up to 1."""


@dataclass(frozen=True, slots=True)
class SavedLevel:
    """What was planned for one level: its share of the mix, its options, and what they promised."""

    name: str
    share: float
    split: tuple[Part, ...]
    promised: Interval
    spread: float


@dataclass(frozen=True, slots=True)
class Saved:
    """What was planned; `mixed`, `spread` and `made_on` are those of `Plan`."""

    levels: tuple[SavedLevel, ...]
    probe: Probe | None
    rule: str
    unit: str
    prices: Prices
    promised: Interval
    mixed: bool
    spread: float
    made_on: Profile | None = None

    @property
    def options(self) -> list[Option]:
        """All options of the plan, each once."""
        return list(dict.fromkeys(part.option for lv in self.levels for part in lv.split))


def saved(plan: Plan | Mapping[str, Any]) -> Saved:
    """Reads a plan, or the JSON that `apportion plan -o` wrote.

    Raises:
        InputError: something is missing or of another kind.
    """
    told: Mapping[str, Any] = plan.json() if isinstance(plan, Plan) else plan
    try:
        levels = tuple(_level(each) for each in told["levels"])
        probe = None if told["probe"] is None else _probe(told["probe"])
        made = Saved(
            levels,
            probe,
            str(told["level_rule"]),
            str(told["budget"]["unit"]),
            listed(told["prices"], "prices"),
            _interval(told["accuracy"]),
            bool(told["mixed"]),
            _number(told["spread"]),
            remembered(told["made_on"]) if told.get("made_on") else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(f"this is not a plan that `apportion plan -o` wrote: {what}") from error
    _check(made)
    return made


def opened(path: Path) -> Mapping[str, Any]:
    """Returns the JSON object in a file.

    Raises:
        InputError: it cannot be read, or holds something else.
    """
    try:
        told = json.loads(path.read_text("utf8"))
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error).splitlines()[0]
        raise InputError(f"{path}: cannot be read as a plan ({why})") from error
    if not isinstance(told, dict):
        raise InputError(f"{path}: a plan is one JSON object; got {type(told).__name__}")
    return told


def _check(made: Saved) -> None:
    if not made.levels:
        raise InputError("this plan has no levels")
    for level in made.levels:
        total = sum(part.weight for part in level.split)
        if abs(total - 1) > KEPT or any(part.weight < 0 for part in level.split):
            raise InputError(
                f"the weights of level {level.name!r} must be >= 0 and add up to 1; got {total:g}"
            )
    total = sum(level.share for level in made.levels)
    if abs(total - 1) > KEPT or any(level.share < 0 for level in made.levels):
        raise InputError(f"the shares of the levels must be >= 0 and add up to 1; got {total:g}")


def _level(told: Mapping[str, Any]) -> SavedLevel:
    return SavedLevel(
        str(told["level"]),
        float(told["share"]),
        tuple(Part(float(part["weight"]), _option(part)) for part in told["split"]),
        _interval(told["accuracy"]),
        _number(told["spread"]),
    )


def _option(told: Mapping[str, Any]) -> Option:
    return Option(
        str(told["strategy"]),
        int(told["solutions"]),
        int(told["verdicts"]),
        told["verifier"],
        _group(told),
        None if told.get("gate") is None else float(told["gate"]),
    )


def _probe(told: Mapping[str, Any]) -> Probe:
    if told["statistic"] not in STATISTICS:
        raise ValueError(f"no statistic {told['statistic']!r}")
    cuts: Sequence[float] = told["cuts"]
    return Probe(
        told["statistic"],
        int(told["samples"]),
        tuple(float(cut) for cut in cuts),
        _group(told),
        told["verifier"],
    )


def _group(told: Mapping[str, Any]) -> Group:
    heat = told["temperature"]
    return Group(model=told["model"], temperature=None if heat is None else float(heat))


def _interval(told: Mapping[str, Any]) -> Interval:
    return Interval(
        _number(told["estimate"]), _number(told["low"]), _number(told["high"]), float(told["mass"])
    )


def _number(told: float | None) -> float:
    return float("nan") if told is None else float(told)
