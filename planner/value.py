"""What every option buys on every problem of a log, and what it costs there."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..analysis.accept import accept_first
from ..analysis.counts import Counts, Ints
from ..analysis.coverage import credits
from ..analysis.curve import Floats
from ..analysis.verification import score_credit, verdict_grid
from ..analysis.voting import majority_credit, votable
from ..data.traces import UNTIL_SUCCESS, Group
from .costs import Prices, solution_cost, verdict_cost
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


Column = tuple[Option, Floats, Floats]


def value_table(logs: list[Counts], price: Prices, *, part: float = 0.5) -> ValueTable:
    """Values every option that the logs can speak for, on the problems that they share.

    Args:
        logs: counts over the same problems in the same order, one for each group and verifier.
        price: of solutions and verdicts.
        part: of a problem's samples that an option may use. Beyond half, few subsets are left for
            the mean over them to say anything about one problem.
    """
    columns = {NOTHING: (np.zeros(len(logs[0])), np.zeros(len(logs[0])))}
    seen: set[Group] = set()
    for counts in logs:
        first = counts.group not in seen
        seen.add(counts.group)
        columns |= {o: (v, c) for o, v, c in _columns(counts, price, part, unjudged=first)}
    values, costs = zip(*columns.values(), strict=True)
    return ValueTable(tuple(columns), np.column_stack(values), np.column_stack(costs))


def sizes(most: float) -> Ints:
    """Returns 1, 2, 3, 4, 6, 8, 12, ... up to `most`, and at least 1."""
    ladder = {m * 2**e for e in range(24) for m in (1, 1.5)} | {3}
    return np.asarray(sorted({int(s) for s in ladder if s <= max(most, 1)}), dtype=np.int64)


def verdict_sizes(most: int) -> Ints:
    """Returns 1, 2, 4, 8, ... up to `most`, and `most` itself."""
    return np.asarray(sorted({2**e for e in range(12) if 2**e <= most} | {most}), dtype=np.int64)


def _columns(counts: Counts, price: Prices, part: float, *, unjudged: bool) -> Iterator[Column]:
    """The options of one group and verifier; those without a verifier only when asked for."""
    solve = solution_cost(counts, price)
    if unjudged:
        yield Option("one", 1, 0, None, counts.group), credits(counts, np.array([1]))[:, 0], solve
    if counts.stop_rule == UNTIL_SUCCESS or counts.drawn is None:
        return
    several = sizes(part * int(counts.n.min()))[1:]
    if unjudged and votable(counts) and len(several):
        yield from _majority(counts, several, solve)
    if counts.drawn.accepts is not None:
        yield from _judged(counts, several, solve, verdict_cost(counts, price))
    elif len(several) and counts.drawn.score is not None:
        yield from _scored(counts, several, solve, verdict_cost(counts, price))


def _majority(counts: Counts, sizes: Ints, solve: Floats) -> Iterator[Column]:
    credit = majority_credit(counts, sizes)
    for j, s in enumerate(sizes):
        if s > 2:  # two votes decide nothing that one does not
            yield Option("majority", int(s), 0, None, counts.group), credit[:, j], s * solve


def _judged(counts: Counts, sizes: Ints, solve: Floats, judge: Floats) -> Iterator[Column]:
    logged = counts.drawn.accepts.shape[1]  # type: ignore[union-attr]
    verdicts = verdict_sizes(logged)
    grid = verdict_grid(counts, sizes, verdicts) if len(sizes) else np.empty((0, 0, 0))
    for i, s in enumerate(sizes):
        for j, v in enumerate(verdicts):
            option = Option("best-of", int(s), int(v), counts.verifier, counts.group)
            yield option, grid[:, i, j], s * (solve + v * judge)
    caps = np.concatenate([[1], sizes]).astype(np.int64)
    drawn = accept_first(counts, caps)
    for i, s in enumerate(caps):
        option = Option("accept-first", int(s), 1, counts.verifier, counts.group)
        yield option, drawn.right[:, i], drawn.draws[:, i] * (solve + judge)


def _scored(counts: Counts, sizes: Ints, solve: Floats, judge: Floats) -> Iterator[Column]:
    """Best-of by a score: the verifier's, or the samples' own, which costs nothing more."""
    credit = score_credit(counts, sizes)
    each = solve + judge if counts.verifier else solve
    for i, s in enumerate(sizes):
        option = Option(
            "best-of", int(s), int(counts.verifier is not None), counts.verifier, counts.group
        )
        yield option, credit[:, i], s * each
