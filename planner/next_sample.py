"""next: which further logging would better the plan most for what it costs (knowledge gradient).

What a plan is worth after more logging is the mean, over what that logging may show, of the best
plan then; the gain is how far that exceeds the best plan now. Logging that cannot change the choice
gains nothing, however much it would narrow an interval.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..analysis.counts import Counts
from ..analysis.curve import Floats, Json
from ..analysis.worlds import problem_worlds
from ..data.errors import InputError
from ..data.traces import Group, Trace
from .case import Case
from .costs import Prices, doubts, prices, solution_cost, verdict_cost
from .ground import Ground, stage_of
from .lay import aligned, observed
from .noise import by_samples, by_verdicts
from .stages import Stage, known
from .value import logged_verdicts

NEAR = 0.1
"""Options this far below the best of a level, in accuracy at the plan's price, stay candidates."""
PART = 0.1
"""The usual further spend, as a share of what the log cost."""
SIGNS = 200
ROUNDING = 1e-12
TOP = 10


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something to log: `new problems`, `more samples` or `more verdicts` of a level's problems.

    `amount` is the number of problems, or of samples or verdicts on each; `gain` the expected
    accuracy per problem of the whole mix that it adds to the plan, and `per_cost` that over `cost`.
    """

    what: str
    level: str
    group: Group | None
    verifier: str | None
    amount: float
    cost: float
    gain: float

    @property
    def per_cost(self) -> float:
        """The gain per unit of logging."""
        return self.gain / self.cost if self.cost > 0 else float("nan")

    def json(self) -> Json:
        """Returns the candidate as data."""
        group = self.group or Group()
        return {
            "what": self.what,
            "level": self.level,
            "model": group.model,
            "temperature": group.temperature,
            "verifier": self.verifier,
            "amount": self.amount,
            "cost": self.cost,
            "gain": self.gain,
            "gain_per_cost": self.per_cost if self.cost > 0 else None,
        }


@dataclass(frozen=True, slots=True)
class Next:
    """Candidates by gain per cost, and the problems whose further samples would matter most."""

    budget: float
    unit: str
    spend: float
    candidates: tuple[Candidate, ...]
    problems: tuple[tuple[str, str, float], ...]
    doubts: tuple[str, ...]

    def json(self) -> Json:
        """Returns the table as data."""
        return {
            "budget": {"amount": self.budget, "unit": self.unit, "per": "problem, expected"},
            "spend": self.spend,
            "candidates": [each.json() for each in self.candidates],
            "problems": [
                {"problem": name, "level": level, "noise": noise}
                for name, level, noise in self.problems
            ],
            "doubts": list(self.doubts),
        }


@dataclass(frozen=True, slots=True, eq=False)
class _Choice:
    """The options of each level near its best, at the plan's price: net values and their rows."""

    case: Case
    price: float
    net: Floats
    near: np.ndarray


def next_sample(
    log: Trace | Counts | Ground,
    budget: float,
    unit: str | None = None,
    *,
    spend: float | None = None,
    levels: str = "auto",
    price_file: Path | None = None,
    seed: int = 0,
) -> Next:
    """Says what to log next, for a plan at a budget.

    Args:
        log: a trace, the counts of one group, or the ground that a plan was made from.
        budget: of the plan, per problem, as in `plan`.
        unit: of the budget and of what logging costs.
        spend: how much to log in all; a tenth of what the log cost when None.
        levels: `given`, `none`, or what the log has (`auto`); a ground's own.
        price_file: TOML prices.
        seed: of worlds and halves.

    Raises:
        InputError: a spend that is not positive, or levels that cannot be kept.
    """
    logs = list(log.logs) if isinstance(log, Ground) else aligned(log)
    unit, price = prices(unit, logs, price_file)
    if levels not in ("auto", "given", "none"):
        raise InputError(f"levels of what to log next must be auto, given or none; got {levels!r}")
    if isinstance(log, Ground):
        stage = _logged(log, price)
    else:
        stage = observed(logs, known(levels, logs[0]), price, None, seed)
    cost = _cost(logs, price)
    spend = PART * float(cost.sum()) if spend is None else spend
    if not (np.isfinite(spend) and spend > 0):
        raise InputError(f"spend must be a positive number; got {spend:g}")
    choice = _choice(stage.case, budget)
    rng = np.random.default_rng([seed, 11])
    found = [*_problems(choice, stage.levels.names, cost, spend, logs, seed)]
    more, noise = _more(choice, stage.levels.names, logs, price, spend, rng)
    found += more
    found.sort(key=lambda c: -c.per_cost if np.isfinite(c.per_cost) else 0.0)
    loud = np.argsort(-noise, kind="stable")[:TOP]
    names = stage.levels.names
    noisy = tuple(
        (logs[0].problems[i], names[stage.case.level[i]], float(noise[i]))
        for i in loud
        if noise[i] > 0
    )
    said = [*_told(log), *(d for each in logs for d in doubts(each, unit, price))]
    if not any(c.gain > 0 for c in found):
        said.append("nothing logged at this spend is expected to change the plan")
    return Next(budget, unit, spend, tuple(found), noisy, tuple(dict.fromkeys(said)))


def _told(log: Trace | Counts | Ground) -> tuple[str, ...]:
    if isinstance(log, Counts):
        return ()
    return log.doubts if isinstance(log, Ground) else log.header.doubts


def _logged(base: Ground, price: Prices) -> Stage:
    """The ground's own levels, and the options that the log can show."""
    stage = stage_of(base, base.plain, price)
    if len(base.plain.problem) != len(base.logs[0]):
        raise InputError("levels of what to log next must be given or none; these are told by gold")
    table = stage.case.table
    shown = [i for i, option in enumerate(table.options) if not option.fitted]
    return replace(stage, case=replace(stage.case, table=table.restrict(shown)))


def _cost(logs: list[Counts], price: Prices) -> Floats:
    """What the log of each problem cost (P,): models and groups' samples once, all verdicts."""
    total, seen = np.zeros(len(logs[0])), set()
    total += sum(price.of(model).problem for model in {c.group.model for c in logs})
    for counts in logs:
        if counts.group not in seen:
            total += counts.n * solution_cost(counts, price)
        seen.add(counts.group)
        total += counts.n * logged_verdicts(counts) * verdict_cost(counts, price)
    return total


def _choice(case: Case, budget: float) -> _Choice:
    made = case.allocate(budget)
    cost, value = case.means(case.weights[0])
    net = value - made.price * cost
    return _Choice(case, made.price, net, net >= net.max(axis=1, keepdims=True) - NEAR)


def _gain(net: Floats, moved: Floats) -> float:
    """The mean best of (W, O) moved net values, less the best now."""
    gain = float((net + moved).max(axis=1).mean() - net.max())
    return gain if gain > ROUNDING else 0.0


def _problems(
    choice: _Choice,
    names: tuple[str, ...],
    cost: Floats,
    spend: float,
    logs: list[Counts],
    seed: int,
) -> Iterator[Candidate]:
    """New problems of each level: the mean moves by a part of what it may be off.

    With D more problems beside P, it moves by sqrt(D / (P + D)) of its standard error; the worlds
    of the problems are what it may be off.
    """
    case = choice.case
    worlds = problem_worlds(logs[0].problems, seed)
    rows = case.table.value - choice.price * case.table.cost
    for i, name in enumerate(names):
        own, near = case.level == i, choice.near[i]
        size, each = int(own.sum()), float(cost[own].mean())
        more = spend / each if each > 0 else 0.0
        part = np.sqrt(more / (size + more))
        weight = worlds[1:, own] / worlds[1:, own].sum(axis=1, keepdims=True)
        off = weight @ rows[own][:, near] - rows[own][:, near].mean(axis=0)
        gain = case.share[i] * _gain(choice.net[i, near], part * off)
        yield Candidate("new problems", name, None, None, more, more * each, gain)


def _more(
    choice: _Choice,
    names: tuple[str, ...],
    logs: list[Counts],
    price: Prices,
    spend: float,
    rng: np.random.Generator,
) -> tuple[list[Candidate], Floats]:
    """More samples, or verdicts, on the problems that are there; and each problem's noise.

    The use of a model on these problems is paid for already.
    """
    case, found = choice.case, []
    columns = np.flatnonzero(choice.near.any(axis=0))
    options = [case.table.options[o] for o in columns]
    loud = np.zeros(len(logs[0]))
    seen: set[Group] = set()
    for counts in logs:
        for what, differ in (("more samples", by_samples), ("more verdicts", by_verdicts)):
            judged = what == "more verdicts"
            if (judged and logged_verdicts(counts) < 2) or (not judged and counts.group in seen):
                continue
            off = np.zeros_like(case.table.value)
            same = [c for c in logs if c.group == counts.group] if not judged else [counts]
            off[:, columns] = differ(same, options, rng)
            if not judged:
                loud = np.maximum(loud, np.abs(off).max(axis=1))
            unit = verdict_cost(counts, price) if judged else _sample_cost(same, price)
            logged = float(logged_verdicts(counts)) if judged else float(counts.n.mean())
            for i, name in enumerate(names):
                own = case.level == i
                each = float(unit[own].sum()) * (float(counts.n[own].mean()) if judged else 1.0)
                more = spend / each if each > 0 else logged  # what is free: as much again
                moved = _wild(off[own][:, choice.near[i]], more / (logged + more), rng)
                gain = case.share[i] * _gain(choice.net[i, choice.near[i]], moved)
                by = counts.verifier if judged else None
                found.append(Candidate(what, name, counts.group, by, more, more * each, gain))
        seen.add(counts.group)
    return found, loud


def _sample_cost(logs: list[Counts], price: Prices) -> Floats:
    """A further sample of each problem (P,), with the verdicts that the others have."""
    judged = sum(logged_verdicts(c) * verdict_cost(c, price) for c in logs)
    return np.asarray(solution_cost(logs[0], price) + judged)


def _wild(off: Floats, part: float, rng: np.random.Generator) -> Floats:
    """What a mean over problems moves by when a part of each one's noise is resolved.

    Each problem's noise has a random sign.

    Returns:
        (SIGNS, O), in antithetic pairs, so that they add up to 0.
    """
    signs = rng.choice([-1.0, 1.0], (SIGNS // 2, len(off)))
    return np.asarray(np.sqrt(part) * np.vstack([signs, -signs]) @ off / len(off))
