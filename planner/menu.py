"""The menu: at which sizes each strategy is tried."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..analysis.counts import Ints
from .plan import Option

FEWEST_TO_WEIGH, MOST_TO_WEIGH = 4, 4
"""The fewest solutions, and the most verdicts on each, for votes weighed by verdicts."""
GATES = (0.1, 0.3)
"""The shares of the votes that an answer needs to be considered by Best-of-Majority."""


def sizes(most: float) -> Ints:
    """Returns 1, 2, 3, 4, 6, 8, 12, ... up to `most`, and at least 1."""
    ladder = {m * 2**e for e in range(24) for m in (1, 1.5)} | {3}
    return np.asarray(sorted({int(s) for s in ladder if s <= max(most, 1)}), dtype=np.int64)


def verdict_sizes(most: int) -> Ints:
    """Returns 1, 2, 4, 8, ... up to `most`, and `most` itself."""
    return np.asarray(sorted({2**e for e in range(12) if 2**e <= most} | {most}), dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Menu:
    """Which sizes of each strategy are tried: solutions, and verdicts on each where it has them.

    So many solutions of a problem as `parallel` says are drawn at once.
    """

    majority: Ints
    accept_first: Ints
    best_of: tuple[Ints, Ints]
    weighted: tuple[Ints, Ints]
    gated: Ints
    gates: tuple[float, ...] = GATES
    parallel: int = 1


def menu(most: float, logged: int, parallel: int = 1) -> Menu:
    """Returns the sizes up to `most` solutions and `logged` verdicts, 0 where there are none.

    Votes are weighed at fewer sizes than others: exactness over the draws of both solutions and
    verdicts is what the first plan of a log waits for.
    """
    ladder, verdicts = sizes(most), verdict_sizes(max(logged, 1))
    several, weighable = ladder[1:], ladder[ladder >= FEWEST_TO_WEIGH]
    powers = weighable[(weighable & (weighable - 1)) == 0]
    few = np.unique([1, min(max(logged, 1), MOST_TO_WEIGH)])
    # Two votes decide nothing that one does not.
    votes = several[several > 2]
    return Menu(votes, ladder, (several, verdicts), (powers, few), weighable, GATES, parallel)


def menu_of(options: Iterable[Option], parallel: int = 1) -> Menu:
    """Returns the sizes that value all these options, and few others."""
    told = list(options)

    def of(strategy: str) -> tuple[Ints, Ints]:
        sized = [(o.solutions, o.verdicts) for o in told if o.strategy == strategy]
        both = np.asarray(sized, dtype=np.int64).reshape(-1, 2)
        return np.unique(both[:, 0]), np.unique(both[:, 1])

    return Menu(
        of("majority")[0],
        of("accept-first")[0],
        of("best-of"),
        of("weighted"),
        of("best-of-majority")[0],
        tuple(sorted({o.gate for o in told if o.gate is not None})),
        parallel,
    )
