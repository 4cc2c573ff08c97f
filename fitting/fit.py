"""Fit: what we believe about each group of a log, with its worlds and its doubts."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..analysis.curve import Curve, Floats, Interval, Json, number
from ..analysis.ways import Ways
from ..data.shown import Shown
from ..data.traces import Group, Source
from .verified import Verified


@dataclass(frozen=True, slots=True, eq=False)
class FittedFamily:
    """One family of curves: its parameters and its forecast in every world, and its weight.

    `mae` and `log_score` are the mean absolute error and the mean log score (nats a problem) of the
    backtest: fitted on fewer samples of the same log, scored on the rest.
    """

    name: str
    parameters: Mapping[str, Interval]
    weight: float
    mae: float
    log_score: float
    forecast: Curve

    def json(self) -> Json:
        """Returns the contract's shape."""
        return {
            "name": self.name,
            "parameters": {name: value.json() for name, value in self.parameters.items()},
            "weight": self.weight,
            "backtest": {"mae": number(self.mae), "log_score": number(self.log_score)},
        }


@dataclass(frozen=True, slots=True)
class Saturation:
    """The spending beyond which a metric of a level no longer pays, by a named definition.

    `epsilon` of a marginal definition is per sample, or per 1,000 where the `unit` is tokens.
    `budget` is NaN when this log cannot tell it; `doubt` says why, or that more does harm.
    """

    level: str
    metric: str
    definition: str
    unit: str
    epsilon: float
    budget: float
    low: float
    high: float
    doubt: str | None = None

    def json(self) -> Json:
        """Returns the contract's shape."""
        return {
            "level": self.level,
            "metric": self.metric,
            "definition": self.definition,
            "unit": self.unit,
            "epsilon": self.epsilon,
            "budget": number(self.budget),
            "low": number(self.low),
            "high": number(self.high),
            "doubt": self.doubt,
        }


@dataclass(frozen=True, slots=True)
class Target:
    """The k, or k in tokens, at which a metric reaches an accuracy; the upper end may be open."""

    accuracy: float
    metric: str
    k: Interval
    unit: str = "samples"

    def json(self) -> Json:
        """Returns the contract's shape."""
        return {
            "accuracy": self.accuracy,
            "metric": self.metric,
            "k": self.k.json(),
            "unit": self.unit,
            "open_above": not math.isfinite(self.k.high),
        }


@dataclass(frozen=True, slots=True)
class Assumption:
    """What a number would be if something else were assumed."""

    name: str
    value: Interval

    def json(self) -> Json:
        """Returns the interval with its assumption."""
        return {"assumption": self.name, **self.value.json()}


@dataclass(frozen=True, slots=True, eq=False)
class Ceiling:
    """How far resampling until a verifier accepts can go.

    `value` is the share of accepted answers that are right as the cap grows (macro: the mean over
    problems; pooled: over all accepted samples), for these problems; `new` is the same for new
    ones. `worst` and `best` count problems on which nothing was ever accepted as wrong or as right,
    and `assumptions` are the ceiling under other assumptions. `accuracy_at` is the accuracy at a
    finite cap K within the log, where abstaining counts as wrong, and `beyond` at a cap farther
    than the log. `best_k` is the range of caps whose utility (+1 right, -`penalty` wrong, 0
    abstain) lies within .01 of the best; `endless` says that it reaches the last cap looked at.
    `stop_after` is the number of rejections after which drawing on no longer pays on a new problem,
    None where it always does.
    """

    verifier: str
    estimand: str
    value: Interval
    new: Interval
    worst: float
    best: float
    accuracy_at: Curve
    beyond: Curve
    best_k: tuple[int, int]
    endless: bool
    stop_after: int | None
    penalty: float
    true_positive_rate: Interval
    false_positive_rate: Interval
    assumptions: tuple[Assumption, ...] = ()

    def json(self) -> Json:
        """Returns the contract's shape."""
        return {
            "verifier": self.verifier,
            "estimand": self.estimand,
            **self.value.json(),
            "new": self.new.json(),
            "worst": number(self.worst),
            "best": number(self.best),
            "accuracy_at": self.accuracy_at.json(),
            "accuracy_beyond": self.beyond.json(),
            "best_k": {
                "low": self.best_k[0],
                "high": self.best_k[1],
                "penalty": self.penalty,
                "open_above": self.endless,
            },
            "stop_after": self.stop_after,
            "true_positive_rate": self.true_positive_rate.json(),
            "false_positive_rate": self.false_positive_rate.json(),
            "assumptions": [row.json() for row in self.assumptions],
        }


@dataclass(frozen=True, slots=True, eq=False)
class GroupFit:
    """Everything believed about one group of samples.

    `coverage`, `majority` and each of `best_of` (by the name of the score) stay within the log;
    `forecast` is at the k asked for beyond it, and `fan` is the same forecast on a dense grid
    from 1 to the horizon, for pictures. `bracket` holds, at the k of `forecast`, all coverages that
    agree with the log when no family is assumed. `majority_limit` is what voting tends to, and
    `ways` sets all ways of answering within the log side by side; `verified` are the surfaces of
    the verifiers that judged a solution more than once.
    """

    group: Group
    settings: Mapping[str, object]
    problems: int
    samples: int
    stop_rule: str
    coverage: Curve
    majority: Curve | None
    best_of: Mapping[str, Curve]
    forecast: Curve
    fan: Curve
    families: tuple[FittedFamily, ...]
    saturation: tuple[Saturation, ...]
    targets: tuple[Target, ...]
    ceilings: tuple[Ceiling, ...]
    solve_rates: Floats
    doubts: tuple[str, ...]
    diagnostics: Mapping[str, float] = field(default_factory=dict)
    ways: Ways | None = None
    majority_limit: Interval | None = None
    bracket: Curve | None = None
    verified: tuple[Verified, ...] = ()

    def json(self) -> Json:
        """Returns the contract's shape."""
        group = self.group
        shared = [row for name, curve in self.best_of.items() for row in curve.json(verifier=name)]
        return {
            "model": group.model,
            "temperature": group.temperature,
            "run": group.run,
            "settings": {"effort": group.effort, "benchmark": group.benchmark, **self.settings},
            "problems": self.problems,
            "samples": self.samples,
            "stop_rule": self.stop_rule,
            "coverage": self.coverage.json(),
            "majority": self.majority.json() if self.majority else [],
            "majority_limit": self.majority_limit.json() if self.majority_limit else None,
            "best_of": shared,
            "ways": self.ways.json(self.coverage.mass) if self.ways else [],
            "forecast": self.forecast.json(),
            "bracket": self.bracket.json() if self.bracket else [],
            "families": [family.json() for family in self.families],
            "saturation": [point.json() for point in self.saturation],
            "targets": [target.json() for target in self.targets],
            "ceilings": [ceiling.json() for ceiling in self.ceilings],
            "verified": [each.json() for each in self.verified],
            "diagnostics": dict(self.diagnostics),
            "doubts": list(self.doubts),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Fit(Shown):
    """The fits of all groups of a log, and what they came from."""

    groups: tuple[GroupFit, ...]
    sources: tuple[Source, ...]
    seed: int
    mass: float

    @property
    def doubts(self) -> tuple[str, ...]:
        """Every doubt, once, with its group named where there are several."""
        several = len(self.groups) > 1
        lines = [f"{g.group.name}: {d}" if several else d for g in self.groups for d in g.doubts]
        return tuple(dict.fromkeys(lines))

    def json(self) -> Json:
        """Returns the contract's shape."""
        return {"groups": [group.json() for group in self.groups]}
