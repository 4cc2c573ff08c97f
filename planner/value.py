"""What every option buys on every problem of a log, and what it costs there."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from ..analysis.accept import accept_first
from ..analysis.best_of_majority import bom_credit
from ..analysis.counts import Counts, Ints
from ..analysis.coverage import credits
from ..analysis.curve import Floats
from ..analysis.verification import score_credit, verdict_grid
from ..analysis.voting import majority_credit, votable
from ..analysis.weighted import weighted_grid
from ..data.traces import UNTIL_SUCCESS, Group
from .costs import Prices, solution_cost, verdict_cost
from .menu import Menu, menu
from .plan import Option

NOBODY = Group()
NOTHING = Option("none", 0, 0, None, NOBODY)


@dataclass(frozen=True, slots=True, eq=False)
class ValueTable:
    """Accuracy and cost of each option on each problem, both (P, O), exact over the log."""

    options: tuple[Option, ...]
    value: Floats
    cost: Floats

    def restrict(self, kept: list[int]) -> "ValueTable":
        """Returns the table of some of the options."""
        options = tuple(self.options[i] for i in kept)
        return ValueTable(options, self.value[:, kept], self.cost[:, kept])


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """An option on every problem, or on every order of one: what it is worth and what it draws.

    `value` is the chance to answer rightly; `drawn` and `judged` are the expected numbers of
    solutions and of verdicts, of any shape that goes with it.
    """

    option: Option
    value: Floats
    drawn: Floats | float
    judged: Floats | float = field(default=0.0)


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
    nothing = np.zeros(len(logs[0]))
    options, values, costs = [NOTHING], [nothing], [nothing]
    seen: set[Group] = set()
    for counts in logs:
        solve, judge = solution_cost(counts, price), verdict_cost(counts, price)
        sized = tried or menu(part * int(counts.n.min()), logged_verdicts(counts))
        for made in columns(counts, sized, unjudged=counts.group not in seen):
            options.append(made.option)
            values.append(made.value)
            costs.append(made.drawn * solve + made.judged * judge)
        seen.add(counts.group)
    return ValueTable(tuple(options), np.column_stack(values), np.column_stack(costs))


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
            yield Column(Option("majority", s, 0, None, counts.group), credit[:, j], s)
    if counts.drawn.accepts is not None:
        yield from _judged(counts, tried)
        if votable(counts):
            yield from _weighed(counts, tried)
    elif len(tried.best_of[0]) and counts.drawn.score is not None:
        yield from _scored(counts, tried.best_of[0])


def _judged(counts: Counts, tried: Menu) -> Iterator[Column]:
    by, group, (solutions, verdicts) = counts.verifier, counts.group, tried.best_of
    if len(solutions):
        grid = verdict_grid(counts, solutions, verdicts)
        for i, s in enumerate(solutions.tolist()):
            for j, v in enumerate(verdicts.tolist()):
                yield Column(Option("best-of", s, v, by, group), grid[:, i, j], s, s * v)
    if len(tried.accept_first):
        made = accept_first(counts, tried.accept_first)
        for i, s in enumerate(tried.accept_first.tolist()):
            drawn = made.draws[:, i]
            yield Column(Option("accept-first", s, 1, by, group), made.right[:, i], drawn, drawn)


def _weighed(counts: Counts, tried: Menu) -> Iterator[Column]:
    """Votes counted by their verdicts, and the best judged of the answers that pass a gate."""
    by, group, logged = counts.verifier, counts.group, logged_verdicts(counts)
    solutions, verdicts = tried.weighted
    if len(solutions):
        grid = weighted_grid(counts, solutions, verdicts)
        for i, s in enumerate(solutions.tolist()):
            for j, v in enumerate(verdicts.tolist()):
                yield Column(Option("weighted", s, v, by, group), grid[:, i, j], s, s * v)
    for gate in tried.gates if len(tried.gated) else ():
        credit = bom_credit(counts, tried.gated, alpha=gate)
        for i, s in enumerate(tried.gated.tolist()):
            option = Option("best-of-majority", s, logged, by, group, gate)
            yield Column(option, credit[:, i], s, s * logged)


def _scored(counts: Counts, several: Ints) -> Iterator[Column]:
    """Best-of by a score: the verifier's, or the samples' own, which costs nothing more."""
    credit, each = score_credit(counts, several), int(counts.verifier is not None)
    for i, s in enumerate(several.tolist()):
        option = Option("best-of", s, each, counts.verifier, counts.group)
        yield Column(option, credit[:, i], s, s * each)
