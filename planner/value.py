"""What every option buys on every problem of a log, and what it costs there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from ..analysis.accept import accept_first
from ..analysis.best_of_majority import bom_credit
from ..analysis.counts import Counts
from ..analysis.coverage import credits
from ..analysis.curve import Floats
from ..analysis.revision import Revisions
from ..analysis.verification import score_credit, verdict_grid
from ..analysis.voting import majority_credit, votable
from ..analysis.weighted import weighted_grid
from ..data.traces import UNTIL_SUCCESS, Group
from .costs import Prices
from .menu import Menu, menu
from .plan import NOTHING as NOTHING
from .plan import Option
from .table import ValueTable as ValueTable
from .used import charge, stacked
from .waves import clock, in_waves, waits


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """An option on every problem, or on every order of one: what it is worth and what it draws.

    `value` is the chance to answer rightly and `answered` that to answer at all; `drawn` and
    `judged` are the expected numbers of solutions and of verdicts, of any shape that goes with it.
    `clock` is the time of the solutions, in single ones, and `waits` that of the verdicts.
    """

    option: Option
    value: Floats
    drawn: Floats | float
    judged: Floats | float = field(default=0.0)
    answered: Floats | float = field(default=1.0)
    clock: Floats | float | None = None
    waits: Floats | float | None = None

    @property
    def used(self) -> tuple[Floats | float, ...]:
        """Solutions, verdicts, and the time of both."""
        return (
            self.drawn,
            self.judged,
            self.drawn if self.clock is None else self.clock,
            self.judged if self.waits is None else self.waits,
        )


def value_table(
    logs: list[Counts], price: Prices, *, part: float = 0.5, tried: Menu | None = None
) -> ValueTable:
    """Values every option that the logs can speak for, on the problems that they share.

    Args:
        logs: counts over the same problems in the same order, one for each group and verifier.
        price: of solutions and verdicts.
        part: of a problem's samples that an option may use. Beyond half, few subsets are left for
            the mean over them to say anything about one problem.
        tried: instead, the sizes to value.
    """
    found: list[tuple[int, Column]] = []
    seen: set[Group] = set()
    for i, counts in enumerate(logs):
        sized = tried or menu(part * int(counts.n.min()), logged_verdicts(counts), price.parallel)
        made = columns(counts, sized, unjudged=counts.group not in seen)
        found += [(i, column) for column in made]
        seen.add(counts.group)
    return tabled(found, logs, price)


def tabled(found: list[tuple[int, Column]], logs: list[Counts], price: Prices) -> ValueTable:
    """Puts columns (P,), each with the place of its log, side by side behind doing nothing."""
    nothing = np.zeros(len(logs[0]))
    found = [(-1, Column(NOTHING, nothing, 0.0, answered=0.0)), *found]
    used = stacked([(i, column.used) for i, column in found], len(nothing))
    value = np.column_stack([column.value for _, column in found])
    answered = np.column_stack([nothing + column.answered for _, column in found])
    return ValueTable(
        tuple(column.option for _, column in found),
        value,
        charge(used, logs, price),
        np.maximum(answered - value, 0.0),
        used,
    )


def logged_verdicts(counts: Counts) -> int:
    """Returns how many verdicts every sample of a log has."""
    drawn = counts.drawn
    return 0 if drawn is None or drawn.accepts is None else drawn.accepts.shape[1]


def columns(counts: Counts, tried: Menu, *, unjudged: bool = True) -> Iterator[Column]:
    """Yields the options of one group and verifier; those without a verifier only if asked for."""
    if unjudged:
        yield Column(
            Option("one", 1, 0, None, counts.group), credits(counts, np.array([1]))[:, 0], 1.0
        )
    if counts.stop_rule == UNTIL_SUCCESS or counts.drawn is None:
        return
    if unjudged and votable(counts) and len(tried.majority):
        credit = majority_credit(counts, tried.majority)
        for j, s in enumerate(tried.majority.tolist()):
            option = Option("majority", s, 0, None, counts.group)
            yield sized(counts, option, credit[:, j], tried.parallel)
    if unjudged and counts.revised is not None:
        yield from _revised(counts, counts.revised)
    if counts.drawn.accepts is not None:
        yield from _judged(counts, tried)
        if votable(counts):
            yield from _weighed(counts, tried)
    elif len(tried.best_of[0]) and counts.drawn.score is not None:
        yield from _scored(counts, tried)


def _revised(counts: Counts, told: Revisions) -> Iterator[Column]:
    """The answer after each number of revisions; rounds follow each other, and cost as logged.

    A revision counts as so many samples as its tokens come to; as one where none were logged.
    """
    cost = told.output_tokens / told.output_tokens[:, :1]
    known = np.isfinite(cost).all()
    for r in range(1, told.rounds):
        option = Option("revision", r + 1, 0, None, counts.group)
        drawn = cost[:, r] if known else float(r + 1)
        yield Column(option, told.right[:, r], drawn)


def sized(counts: Counts, option: Option, value: Floats, parallel: int) -> Column:
    """Returns an option that draws all its solutions and asks for all its verdicts.

    Its `value` is of problems (P,) or of orders of them (P, R).
    """
    s, asked = option.solutions, option.solutions * option.verdicts
    time = clock(counts, s, parallel)
    if not isinstance(time, float) and value.ndim > 1:
        time = time[:, None]
    return Column(option, value, s, asked, clock=time, waits=waits(s, parallel) * option.verdicts)


def _judged(counts: Counts, tried: Menu) -> Iterator[Column]:
    by, group, (solutions, verdicts) = counts.verifier, counts.group, tried.best_of
    if len(solutions):
        grid = verdict_grid(counts, solutions, verdicts)
        for i, s in enumerate(solutions.tolist()):
            for j, v in enumerate(verdicts.tolist()):
                option = Option("best-of", s, v, by, group)
                yield sized(counts, option, grid[:, i, j], tried.parallel)
    if len(tried.accept_first):
        yield from _accepting(counts, tried)


def _accepting(counts: Counts, tried: Menu) -> Iterator[Column]:
    """Drawing until one verdict accepts, as many at a time as run in parallel."""
    made = accept_first(counts, tried.accept_first)
    waves = _waves(counts, tried) if tried.parallel > 1 else None
    for i, s in enumerate(tried.accept_first.tolist()):
        option = Option("accept-first", s, 1, counts.verifier, counts.group)
        used = (made.draws[:, i], None, None) if waves is None else waves(s)
        drawn, timed, waited = used
        yield Column(option, made.right[:, i], drawn, drawn, 1 - made.abstain[:, i], timed, waited)


def _waves(counts: Counts, tried: Menu) -> Callable[[int], tuple[Floats, Floats, Floats]]:
    """What waves use up to a cap: one begins where none of the samples before it was accepted."""
    starts = np.arange(0, int(tried.accept_first.max()), tried.parallel)
    begun = np.ones((len(counts), len(starts)))
    if len(starts) > 1:
        begun[:, 1:] = accept_first(counts, starts[1:]).abstain
    return lambda cap: in_waves(counts, begun, starts, cap, tried.parallel)


def _weighed(counts: Counts, tried: Menu) -> Iterator[Column]:
    """Votes counted by their verdicts, and the best judged of the answers that pass a gate."""
    by, group, logged = counts.verifier, counts.group, logged_verdicts(counts)
    solutions, verdicts = tried.weighted
    if len(solutions):
        grid = weighted_grid(counts, solutions, verdicts)
        for i, s in enumerate(solutions.tolist()):
            for j, v in enumerate(verdicts.tolist()):
                option = Option("weighted", s, v, by, group)
                yield sized(counts, option, grid[:, i, j], tried.parallel)
    for gate in tried.gates if len(tried.gated) else ():
        credit = bom_credit(counts, tried.gated, alpha=gate)
        for i, s in enumerate(tried.gated.tolist()):
            option = Option("best-of-majority", s, logged, by, group, gate)
            yield sized(counts, option, credit[:, i], tried.parallel)


def _scored(counts: Counts, tried: Menu) -> Iterator[Column]:
    """Best-of by a score: the verifier's, or the samples' own, which costs nothing more."""
    several = tried.best_of[0]
    credit, each = score_credit(counts, several), int(counts.verifier is not None)
    for i, s in enumerate(several.tolist()):
        option = Option("best-of", s, each, counts.verifier, counts.group)
        yield sized(counts, option, credit[:, i], tried.parallel)
