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
from .plan import Option

NOBODY = Group()
NOTHING = Option("none", 0, 0, None, NOBODY)
FEWEST_TO_WEIGH, MOST_TO_WEIGH = 4, 4
"""The fewest solutions, and the most verdicts on each, for votes weighed by verdicts."""
GATES = (0.1, 0.3)
"""The shares of the votes that an answer needs to be considered by Best-of-Majority."""


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


def value_table(logs: list[Counts], price: Prices, *, part: float = 0.5) -> ValueTable:
    """Values every option that the logs can speak for, on the problems that they share.

    Args:
        logs: counts over the same problems in the same order, one for each group and verifier.
        price: of solutions and verdicts.
        part: of a problem's samples that an option may use. Beyond half, few subsets are left for
            the mean over them to say anything about one problem.
    """
    nothing = np.zeros(len(logs[0]))
    options, values, costs = [NOTHING], [nothing], [nothing]
    seen: set[Group] = set()
    for counts in logs:
        solve, judge = solution_cost(counts, price), verdict_cost(counts, price)
        for made in columns(counts, part, unjudged=counts.group not in seen):
            options.append(made.option)
            values.append(made.value)
            costs.append(made.drawn * solve + made.judged * judge)
        seen.add(counts.group)
    return ValueTable(tuple(options), np.column_stack(values), np.column_stack(costs))


def sizes(most: float) -> Ints:
    """Returns 1, 2, 3, 4, 6, 8, 12, ... up to `most`, and at least 1."""
    ladder = {m * 2**e for e in range(24) for m in (1, 1.5)} | {3}
    return np.asarray(sorted({int(s) for s in ladder if s <= max(most, 1)}), dtype=np.int64)


def verdict_sizes(most: int) -> Ints:
    """Returns 1, 2, 4, 8, ... up to `most`, and `most` itself."""
    return np.asarray(sorted({2**e for e in range(12) if 2**e <= most} | {most}), dtype=np.int64)


def weighed(several: Ints, logged: int) -> tuple[Ints, Ints]:
    """Returns the sizes (S,) and verdicts (V,) at which answers are weighed by their verdicts.

    Fewer than of other ways: exactness over both draws is what the first plan of a log waits for.
    """
    powers = several[(several >= FEWEST_TO_WEIGH) & ((several & (several - 1)) == 0)]
    return powers, np.unique([1, min(logged, MOST_TO_WEIGH)])


def gated(several: Ints) -> Ints:
    """Returns the sizes at which Best-of-Majority differs from best-of and from voting."""
    return several[several >= FEWEST_TO_WEIGH]


def columns(counts: Counts, part: float, *, unjudged: bool = True) -> Iterator[Column]:
    """Yields the options of one group and verifier; those without a verifier only if asked for."""
    if unjudged:
        yield Column(
            Option("one", 1, 0, None, counts.group), credits(counts, np.array([1]))[:, 0], 1.0
        )
    if counts.stop_rule == UNTIL_SUCCESS or counts.drawn is None:
        return
    several = sizes(part * int(counts.n.min()))[1:]
    if unjudged and votable(counts) and len(several):
        credit = majority_credit(counts, several)
        for j, s in enumerate(several.tolist()):
            if s > 2:  # two votes decide nothing that one does not
                yield Column(Option("majority", s, 0, None, counts.group), credit[:, j], s)
    if counts.drawn.accepts is not None:
        yield from _judged(counts, several, counts.drawn.accepts.shape[1])
        if votable(counts):
            yield from _weighed(counts, several, counts.drawn.accepts.shape[1])
    elif len(several) and counts.drawn.score is not None:
        yield from _scored(counts, several)


def _judged(counts: Counts, several: Ints, logged: int) -> Iterator[Column]:
    by, group = counts.verifier, counts.group
    verdicts = verdict_sizes(logged)
    grid = verdict_grid(counts, several, verdicts) if len(several) else np.empty((0, 0, 0))
    for i, s in enumerate(several.tolist()):
        for j, v in enumerate(verdicts.tolist()):
            yield Column(Option("best-of", s, v, by, group), grid[:, i, j], s, s * v)
    caps = np.concatenate([[1], several]).astype(np.int64)
    made = accept_first(counts, caps)
    for i, s in enumerate(caps.tolist()):
        drawn = made.draws[:, i]
        yield Column(Option("accept-first", s, 1, by, group), made.right[:, i], drawn, drawn)


def _weighed(counts: Counts, several: Ints, logged: int) -> Iterator[Column]:
    """Votes counted by their verdicts, and the best judged of the answers that pass a gate."""
    by, group = counts.verifier, counts.group
    solutions, verdicts = weighed(several, logged)
    if len(solutions):
        grid = weighted_grid(counts, solutions, verdicts)
        for i, s in enumerate(solutions.tolist()):
            for j, v in enumerate(verdicts.tolist()):
                yield Column(Option("weighted", s, v, by, group), grid[:, i, j], s, s * v)
    if len(sized := gated(several)):
        for alpha in GATES:
            credit = bom_credit(counts, sized, alpha=alpha)
            for i, s in enumerate(sized.tolist()):
                option = Option("best-of-majority", s, logged, by, group, alpha)
                yield Column(option, credit[:, i], s, s * logged)


def _scored(counts: Counts, several: Ints) -> Iterator[Column]:
    """Best-of by a score: the verifier's, or the samples' own, which costs nothing more."""
    credit, each = score_credit(counts, several), int(counts.verifier is not None)
    for i, s in enumerate(several.tolist()):
        option = Option("best-of", s, each, counts.verifier, counts.group)
        yield Column(option, credit[:, i], s, s * each)
