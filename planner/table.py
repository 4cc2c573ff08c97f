"""ValueTable: what every option is worth on every row, what it costs, and what it uses."""

from dataclasses import dataclass, replace

import numpy as np

from ..analysis.counts import Ints
from ..analysis.curve import Floats
from .plan import Option
from .used import Used, alongside


@dataclass(frozen=True, slots=True, eq=False)
class Believed:
    """Options known from fits: how far each is off its value in every world of theirs.

    `columns` (B,) are their places in the table, `right` and `wrong` (V, P, B) the differences from
    the table, which holds the means, on the P problems; `problem` (N,) is that of each row.
    """

    columns: Ints
    right: Floats
    wrong: Floats
    problem: Ints

    def off(self, penalty: float) -> Floats:
        """Returns the differences in utility, (V, P, B)."""
        return self.right - penalty * self.wrong if penalty else self.right

    def restrict(self, kept: list[int]) -> "Believed | None":
        """Returns those among the options kept, None if there is none."""
        place = {int(column): i for i, column in enumerate(self.columns)}
        there = [(j, place[i]) for j, i in enumerate(kept) if i in place]
        if not there:
            return None
        columns, of = map(list, zip(*there, strict=True))
        return Believed(np.asarray(columns), self.right[..., of], self.wrong[..., of], self.problem)


@dataclass(frozen=True, slots=True, eq=False)
class ValueTable:
    """Accuracy and cost of each option on each row, both (P, O); a row is a problem, or part of it.

    `wrong` (P, O) is the chance of a wrong answer, which is less than 1 - `value` where an option
    may abstain. `used` is what the cost counts. `believed` marks the options that go beyond what
    the log can show.
    """

    options: tuple[Option, ...]
    value: Floats
    cost: Floats
    wrong: Floats | None = None
    used: Used | None = None
    believed: Believed | None = None

    @property
    def kinds(self) -> tuple[Ints, Ints]:
        """The kind of each option (O,), alike but for its solutions, and how many those are."""
        alike = [(o.strategy, o.verdicts, o.verifier, o.group, o.gate) for o in self.options]
        number = {each: i for i, each in enumerate(dict.fromkeys(alike))}
        solutions = np.asarray([option.solutions for option in self.options])
        return np.asarray([number[each] for each in alike]), solutions

    def restrict(self, kept: list[int]) -> "ValueTable":
        """Returns the table of some of the options."""
        return ValueTable(
            tuple(self.options[i] for i in kept),
            self.value[:, kept],
            self.cost[:, kept],
            None if self.wrong is None else self.wrong[:, kept],
            None if self.used is None else self.used.restrict(kept),
            None if self.believed is None else self.believed.restrict(kept),
        )

    def rows(self, of: Ints) -> "ValueTable":
        """Returns the table of the rows at these places, each as often as it is named."""
        off = self.believed
        return ValueTable(
            self.options,
            self.value[of],
            self.cost[of],
            None if self.wrong is None else self.wrong[of],
            None if self.used is None else self.used.rows(of),
            off and replace(off, problem=off.problem[of]),
        )

    def beside(self, more: "ValueTable") -> "ValueTable":
        """Returns the options of both tables, of the same rows and whole; one may be believed."""
        assert self.wrong is not None
        assert more.wrong is not None
        assert self.used is not None
        assert more.used is not None
        off = more.believed and replace(
            more.believed, columns=more.believed.columns + len(self.options)
        )
        return ValueTable(
            (*self.options, *more.options),
            np.hstack([self.value, more.value]),
            np.hstack([self.cost, more.cost]),
            np.hstack([self.wrong, more.wrong]),
            alongside(self.used, more.used),
            self.believed or off,
        )
