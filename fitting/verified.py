"""Everything a repeated verifier lets one choose: the surface over S and V, and where to split."""

from dataclasses import dataclass

import numpy as np

from ..analysis.counts import Counts, Ints
from ..analysis.curve import MASS, Curve, Json
from ..analysis.estimate import How
from ..analysis.limits import majority_beyond
from ..analysis.voting import majority, votable
from ..data.errors import InputError
from ..data.traces import UNTIL_SUCCESS
from .split import Split, price, split
from .surface import EVERY, WORLDS, Surface, surface
from .verdicts import repeated

FARTHER = 4
"""How many times the log's S and V the surface reaches."""


@dataclass(frozen=True, slots=True, eq=False)
class Verified:
    """A verifier's surface, the same by all logged verdicts, and the best split of every budget.

    `split` is None where the log has no tokens to price a verdict by.
    """

    verifier: str
    surface: Surface
    split: Split | None

    def json(self) -> Json:
        """Returns the surface and the split."""
        return {
            "verifier": self.verifier,
            "surface": self.surface.json(),
            "split": None if self.split is None else self.split.json(),
        }


def repeats(counts: Counts) -> bool:
    """Returns whether the log has two verdicts or more on its solutions."""
    if counts.drawn is None or counts.drawn.accepts is None or counts.stop_rule == UNTIL_SUCCESS:
        return False
    return int(repeated(counts).read.max(initial=0)) > 1


def verified(counts: Counts, *, mass: float = MASS, seed: int = 0) -> Verified:
    """Returns the surface of the counted verifier for new problems, and the split it suggests."""
    made = surface(
        counts,
        _ladder(int(counts.n.min())),
        np.append(EVERY, _ladder(counts.drawn.accepts.shape[1])),  # type: ignore[union-attr]
        mass=mass,
        seed=seed,
    )
    try:
        paid = price(counts)
    except InputError:
        return Verified(str(counts.verifier), made, None)
    alone = solving(counts, made.solutions, mass, seed)
    return Verified(str(counts.verifier), made, split(made, alone, paid, mass))


def solving(counts: Counts, solutions: Ints, mass: float = MASS, seed: int = 0) -> Curve | None:
    """Returns a vote over S solutions for new problems; None where the log has no answers."""
    if not votable(counts):
        return None
    inside = solutions <= counts.n.min()
    how = How(population="new", mass=mass, worlds=WORLDS, seed=seed)
    near = majority(counts, solutions[inside], **how).worlds
    far = majority_beyond(counts, solutions[~inside], **how).worlds
    return Curve(solutions, np.concatenate([near, far], axis=1), "new", mass)


def _ladder(last: int) -> Ints:
    """Powers of 2 up to `last`, itself, and as far again as FARTHER."""
    far = FARTHER * last
    return np.unique([2**e for e in range(40) if 2**e <= far] + [last, far])
