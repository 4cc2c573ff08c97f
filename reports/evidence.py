"""Evidence: what a report shows beside the fit and the plan, each piece where the log has it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from ..analysis.counts import Counts
from ..analysis.curve import MASS
from ..analysis.roc import roc
from ..analysis.verification import scored, scores
from ..data.errors import InputError
from ..data.traces import Source, Trace
from ..fitting.change import Change, changes
from ..fitting.ranking.rank import rank
from ..fitting.ranking.ranking import Ranking
from ..planner.ground import Ground
from ..planner.next_sample import Next, next_sample
from ..planner.plan import Option, Plan
from ..planner.policies import Comparison, policies
from ..planner.surface import Cells, surfaces
from .roc import Judge

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What further sections are made of; None or empty where the log has nothing for them.

    `rows` says what became of the rows of the sources; `changes` is what differs from another log,
    that of the sources `others`. `main` is the group of several whose samples the rules were
    replayed on. `missing` says of a piece that was looked for why it is not there.
    """

    surfaces: tuple[Cells, ...] = ()
    ranking: Ranking | None = None
    policies: Comparison | None = None
    next: Next | None = None
    main: str = ""
    rows: Mapping[str, Any] = field(default_factory=dict)
    judges: tuple[Judge, ...] = ()
    changes: tuple[Change, ...] = ()
    others: tuple[Source, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)


NONE = Evidence()


@dataclass(frozen=True, slots=True)
class Told:
    """What a plan was asked for, as far as the evidence needs it."""

    mix: Mapping[str, float] | None = None
    price_file: Path | None = None
    seed: int = 0
    mass: float = MASS


def gather(
    log: Trace | Counts,
    base: Ground | None,
    plan: Plan | None,
    told: Told,
    beside: Evidence = NONE,
) -> Evidence:
    """Returns all that the log has beside the fit and the plan, added to what is there `beside`.

    `base` is what the plan is made of. A piece that cannot be had is left out, and why is told.
    """
    missing: dict[str, str] = {}

    def tried(name: str, make: Callable[[], Found]) -> Found | None:
        try:
            return make()
        except InputError as error:
            missing[name] = str(error)
            return None

    ranking = tried("ranking", lambda: _ranked(log, told))
    rows = log.header.rows if isinstance(log, Trace) else {}
    found = replace(beside, ranking=ranking, rows=rows, missing=missing)
    if base is None or plan is None:
        return found
    prices, seed, mass = told.price_file, told.seed, told.mass
    main, budget, unit = _main(base, plan), plan.budget, plan.unit

    def replayed() -> Comparison:
        return policies(main, budget, unit, price_file=prices, seed=seed, mass=mass)

    def ahead() -> Next:
        return next_sample(base, budget, unit, price_file=prices, seed=seed)

    return replace(
        found,
        surfaces=surfaces(base, plan, unit=unit, mix=told.mix, price_file=prices, mass=mass),
        policies=tried("policies", replayed),
        next=tried("next", ahead),
        main=main.group.name if plan.groups > 1 else "",
        judges=tuple(_judges(base.logs, told)),
    )


def compared(
    more: Evidence, log: Trace | Counts, other: Trace | Counts | None, told: Told
) -> Evidence:
    """Returns the evidence with what differs from another log, if there is one.

    Raises:
        InputError: one of the two is no trace, or they have nothing to compare.
    """
    if other is None:
        return more
    if isinstance(log, Counts) or isinstance(other, Counts):
        raise InputError("logs are compared as traces, which `read` returns; got counts")
    found = changes(log, other, mass=told.mass, seed=told.seed)
    return replace(more, changes=found, others=other.header.sources)


def _ranked(log: Trace | Counts, told: Told) -> Ranking | None:
    """The ranking of a log's groups, None where there is one alone."""
    if isinstance(log, Counts) or len(log.groups()) < 2:
        return None
    return rank(log, mass=told.mass, seed=told.seed)


def _judges(logs: Sequence[Counts], told: Told) -> Iterator[Judge]:
    """The ROC of every verifier that tells samples apart; verdicts count as their share of yes."""
    for counts in logs:
        if counts.verifier is None or counts.drawn is None or not scored(counts):
            continue
        try:
            score = scores(counts, "a ROC")
            by_score = replace(counts, drawn=replace(counts.drawn, score=score))
            made = roc(by_score, mass=told.mass, seed=told.seed)
        except InputError:  # one kind of samples, or a log that stopped at success: no ROC
            continue
        if len(made.thresholds) > 1:
            yield Judge(counts.group, counts.verifier, made, counts.drawn.score is None)


def _main(base: Ground, plan: Plan) -> Counts:
    """The counts of the group and the verifier on which the plan spends most."""
    spent: dict[Option, float] = {}
    for level in plan.levels:
        for part in level.split:
            spend = level.share * part.weight * max(level.cost, 1e-12)
            spent[part.option] = spent.get(part.option, 0.0) + spend
    ranked = sorted(spent, key=lambda option: -spent[option])
    ranked.sort(key=lambda option: option.verifier is None)
    for option in ranked:
        for counts in base.logs:
            if counts.group == option.group and option.verifier in (None, counts.verifier):
                return counts
    return base.logs[0]
