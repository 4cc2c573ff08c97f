"""Plan: an option for every level, what it costs, what it promises, and what else was possible."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..analysis.curve import Floats, Interval, Json, number
from ..analysis.probe import Probe
from ..analysis.profile import Profile
from ..data.shown import Shown
from ..data.traces import Group, Source
from .costs import FREE, Prices


@dataclass(frozen=True, slots=True)
class Option:
    """One way to answer a problem: a strategy, S solutions, V verdicts on each, by whom.

    Strategies: `none` (answer nothing), `one` (a single sample), `majority`, `best-of` (highest
    number of accepting verdicts), `accept-first` (draw until one verdict accepts, at most S),
    `weighted` (the answer whose samples have most accepting verdicts), `best-of-majority` (the
    highest mean share of them among the answers that a share `gate` of the samples gives),
    `revision` (the answer after S - 1 revisions of the first). A `fitted` one goes beyond the log.
    """

    strategy: str
    solutions: int
    verdicts: int
    verifier: str | None
    group: Group
    gate: float | None = None
    fitted: bool = field(default=False, compare=False)

    @property
    def name(self) -> str:
        """The option as a short phrase."""
        if self.strategy in ("none", "one"):
            return {"none": "no answer", "one": "one sample"}[self.strategy]
        judged = "" if self.verifier is None else f", {self.verifier} x{self.verdicts}"
        gated = "" if self.gate is None else f", gate {self.gate:g}"
        return f"{self.strategy} of {self.solutions}{judged}{gated}"

    def json(self) -> Json:
        """Returns the contract's shape."""
        return {
            "strategy": self.strategy,
            "solutions": self.solutions,
            "verdicts": self.verdicts,
            "verifier": self.verifier,
            "model": self.group.model,
            "temperature": self.group.temperature,
            **({} if self.gate is None else {"gate": self.gate}),
            **({"beyond_log": True} if self.fitted else {}),
        }


NOTHING = Option("none", 0, 0, None, Group())


@dataclass(frozen=True, slots=True)
class Part:
    """An option and the share of a level's problems that get it."""

    weight: float
    option: Option


FLAT = 0.005
"""Accuracy at the plan's price within which options of a level are as good as the one chosen."""


@dataclass(frozen=True, slots=True)
class LevelPlan:
    """What is done with one level: the mixture of options, its cost and accuracy per problem.

    `problems` of the log stand behind it, and `spread` is the sd between them of the chance to be
    answered rightly, as far as samples show it. `as_good` are options that lose less than FLAT of
    accuracy at the plan's price, and what they lose.
    """

    level: str
    share: float
    split: tuple[Part, ...]
    cost: float
    accuracy: Interval
    problems: int = 0
    spread: float = math.nan
    as_good: tuple[tuple[Option, float], ...] = ()
    utility: Interval | None = None
    costs: Mapping[str, float] = field(default_factory=dict)

    def json(self) -> Json:
        """Returns the contract's shape."""
        return {
            "level": self.level,
            "share": self.share,
            "split": [{"weight": part.weight, **part.option.json()} for part in self.split],
            "cost": self.cost,
            "accuracy": self.accuracy.json(),
            "problems": self.problems,
            "spread": number(self.spread),
            "as_good": [{"loses": loses, **option.json()} for option, loses in self.as_good],
            **_useful(self.utility),
            "costs": {name: number(cost) for name, cost in self.costs.items()},
        }


def _useful(utility: Interval | None) -> Json:
    """The utility, where it is another thing than accuracy."""
    return {} if utility is None else {"utility": utility.json()}


@dataclass(frozen=True, slots=True, eq=False)
class Frontier:
    """Accuracy (B,) as a function of the expected spend per problem (B,), with its band (B,).

    Where mistakes cost, `accuracy` is the utility, and `right` (B,) the accuracy that goes with it.
    """

    budget: Floats
    accuracy: Floats
    low: Floats
    high: Floats
    right: Floats | None = None

    def json(self) -> list[Json]:
        """Returns one object for each corner."""
        if self.right is None:
            points = zip(self.budget, self.accuracy, strict=True)
            return [{"budget": float(x), "accuracy": float(y)} for x, y in points]
        three = zip(self.budget, self.right, self.accuracy, strict=True)
        return [
            {"budget": float(x), "accuracy": float(y), "utility": float(u)} for x, y, u in three
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """Another way to spend the same budget, and the budget it would need to do as well.

    `bound` marks what no policy can do, because it knows what a new problem does not show. `times`
    are the ends of how many times the plan's spend it needs, infinite where it does not get there;
    `plan_better` is the share of worlds in which the plan is the more accurate.
    """

    name: str
    accuracy: Interval
    budget_for_same_accuracy: float
    frontier: Frontier
    bound: bool = False
    times: tuple[float, ...] | None = None
    plan_better: float = math.nan
    utility: Interval | None = None

    def json(self) -> Json:
        """Returns the contract's shape; null where the accuracy is out of its reach."""
        return {
            "name": self.name,
            "accuracy": self.accuracy.json(),
            **_useful(self.utility),
            "budget_for_same_accuracy": number(self.budget_for_same_accuracy),
            "times_the_spend": None
            if self.times is None
            else {
                "low": number(self.times[0]),
                "high": number(self.times[1]),
                "open_above": self.times[1] == math.inf,
            },
            "plan_better": number(self.plan_better),
            "bound": self.bound,
        }


@dataclass(frozen=True, slots=True)
class Limits:
    """The half-width of a promise and what of its variance comes from where.

    `samples` is the share gone with endless samples of these problems, `verdicts` the part of it
    gone with endless verdicts, `labels` with endless labels of accepted samples; the rest is that
    problems differ. The last two are half-widths after as much logging again.
    """

    half_width: float
    samples: float
    verdicts: float
    labels: float
    again_as_problems: float
    again_as_samples: float

    @property
    def most(self) -> str:
        """What the promise hangs on most."""
        if self.samples <= 0.5:
            return "problems"
        if max(self.labels, self.verdicts) <= self.samples / 2:
            return "samples of each problem"
        labels = self.labels >= self.verdicts
        return "labels on accepted samples" if labels else "verdicts on each sample"

    def json(self) -> Json:
        """Returns the limits as data."""
        return {
            "hangs_on": self.most,
            "half_width": number(self.half_width),
            "share_of_samples": number(self.samples),
            "share_of_verdicts": number(self.verdicts),
            "share_of_labels_on_accepted": number(self.labels),
            "half_width_after_as_much_again": {
                "on_new_problems": number(self.again_as_problems),
                "on_more_samples": number(self.again_as_samples),
            },
        }


@dataclass(frozen=True, slots=True, eq=False)
class Plan(Shown):
    """The split of a budget over the levels, its certificate, and what the baselines would give.

    `accuracy` is the promise: chosen on some problems, valued on the others. `optimism` is what
    valuing the plan on the problems that chose it would have added. `price` is the accuracy that
    one more unit of budget would buy. `groups` is how many models or settings competed. `probe` is
    the rule that tells a new problem's level, where samples of it do. `mixed` marks shares of the
    levels that were asked for and are not the log's; `spread` is as in `LevelPlan`, over all.
    `target` is the accuracy asked for, `chance` the share of worlds in which the plan reaches it.
    Where a wrong answer loses `penalty`, `utility` is what was maximised, and comparisons are of
    it. `simple` says why the split is simpler than the best, `binding` which caps held it back.
    `made_on` is the profile of the problems, to tell others unlike them.
    """

    budget: float
    unit: str
    spent: float
    accuracy: Interval
    levels: tuple[LevelPlan, ...]
    baselines: tuple[Baseline, ...]
    frontier: Frontier
    upper_bound: float
    gap: float
    price: float
    optimism: float
    level_rule: str
    doubts: tuple[str, ...]
    sources: tuple[Source, ...]
    seed: int
    groups: int = 1
    probe: Probe | None = None
    prices: Prices = FREE
    mixed: bool = False
    spread: float = math.nan
    target: float | None = None
    chance: float = math.nan
    limits: Limits | None = None
    penalty: float = 0.0
    utility: Interval | None = None
    costs: Mapping[str, float] = field(default_factory=dict)
    simple: str | None = None
    caps: Mapping[str, float] = field(default_factory=dict)
    binding: tuple[str, ...] = ()
    hard: float | None = None
    made_on: Profile | None = None

    @property
    def indistinct(self) -> list[str]:
        """The baselines that anyone can execute and the log cannot tell from the plan."""
        sure = (1 + self.accuracy.mass) / 2
        return [b.name for b in self.baselines if not b.bound and b.plan_better < sure]

    def json(self) -> Json:
        """Returns the contract's shape."""
        return {
            "budget": {"amount": self.budget, "unit": self.unit, "per": "problem, expected"},
            "spent": self.spent,
            "costs": {name: number(cost) for name, cost in self.costs.items()},
            "accuracy": self.accuracy.json(),
            **_useful(self.utility),
            "penalty": self.penalty,
            "caps": dict(self.caps) | ({} if self.hard is None else {"per problem": self.hard}),
            "binding": list(self.binding),
            "simple": self.simple,
            "levels": [level.json() for level in self.levels],
            "level_rule": self.level_rule,
            "probe": None if self.probe is None else self.probe.json(),
            "baselines": [baseline.json() for baseline in self.baselines],
            "not_clearly_better_than": self.indistinct,
            "frontier": self.frontier.json(),
            "certificate": {"upper_bound": self.upper_bound, "gap": self.gap},
            "shadow_price": number(self.price),
            "optimism_removed": self.optimism,
            "target": None
            if self.target is None
            else {"accuracy": self.target, "probability": number(self.chance)},
            "limits": None if self.limits is None else self.limits.json(),
            "prices": self.prices.json(),
            "mixed": self.mixed,
            "spread": number(self.spread),
            "doubts": list(self.doubts),
            "seed": self.seed,
            "sources": [{"name": s.name, "sha256": s.sha256} for s in self.sources],
            "made_on": self.made_on and self.made_on.json(),
        }
