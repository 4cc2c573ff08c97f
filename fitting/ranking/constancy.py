"""How far the order of candidates rests on what is taken for granted of judges: a grid of it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ...analysis.curve import Floats
from ...data.judgments import Grades
from .simplex import ETA, simplex
from .standing import Standing, p_above
from .tables import Tables, tables

KAPPAS = (math.inf, 100.0, 30.0, 10.0, 3.0)
ETAS, TAUS = (ETA,), (0.7, 1.5)
TURNS = 0.05
"""How far beyond 1/2, on both sides, a chance must reach for its pair to turn: else it is noise."""
NAMED = 5
"""So many pairs are named; the others are counted."""


@dataclass(frozen=True, slots=True, eq=False)
class Constancy:
    """A Standing for each setting of kappa, eta and tau, and what holds over all of them."""

    rows: tuple[Standing, ...]

    @property
    def candidates(self) -> tuple[str, ...]:
        """The candidates, in the order of every row."""
        return self.rows[0].candidates

    def chances(self) -> tuple[Floats, Floats]:
        """Returns the least and the greatest chance that the row is above the column, (C, C)."""
        each = np.array([p_above(row.worlds) for row in self.rows])
        return each.min(axis=0), each.max(axis=0)

    def kept(self) -> NDArray[np.bool_]:
        """Returns (C, C): the pairs whose row is above the column in every setting.

        That is by the chance and by the estimate both.
        """
        worth = np.array([row.worlds[0] for row in self.rows])
        ahead = (worth[:, :, None] > worth[:, None, :]).all(axis=0)
        return np.asarray(ahead & (self.chances()[0] > 0.5))

    @property
    def doubts(self) -> tuple[str, ...]:
        """What to doubt of the order: pairs that do not keep it, and what any row doubts."""
        rows = tuple(dict.fromkeys(doubt for row in self.rows for doubt in row.doubts))
        return (*rows, *self.turned())

    def turned(self) -> tuple[str, ...]:
        """Returns a sentence on the pairs whose order some setting turns, if there are any."""
        least, most = self.chances()
        open_ = [
            (i, j)
            for i in range(len(least))
            for j in range(i)
            if least[i, j] < 0.5 - TURNS and most[i, j] > 0.5 + TURNS
        ]
        return (self._turned(open_),) if open_ else ()

    def _turned(self, pairs: Sequence[tuple[int, int]]) -> str:
        least, most = self.chances()
        names = self.candidates
        said = [
            f"{names[i]} above {names[j]}: {least[i, j]:.2f} to {most[i, j]:.2f}"
            for j, i in pairs[:NAMED]
        ]
        more = f", and {len(pairs) - NAMED} more" if len(pairs) > NAMED else ""
        return (
            f"the order of {len(pairs)} of {len(names) * (len(names) - 1) // 2} pairs turns with"
            f" what is assumed of the judges (chance of {'; '.join(said)}{more}); only gold can"
            " settle it"
        )


def constancy(
    log: Grades | Tables,
    rng: np.random.Generator,
    *,
    kappas: Sequence[float] = KAPPAS,
    etas: Sequence[float] = ETAS,
    taus: Sequence[float] = TAUS,
    families: Mapping[str, str] | None = None,
) -> Constancy:
    """Draws the candidates' worth under every setting; see `simplex` for what the settings mean."""
    seen = log if isinstance(log, Tables) else tables(log)
    return Constancy(
        tuple(
            simplex(seen, rng, kappa=kappa, eta=eta, tau=tau, families=families)
            for kappa, eta, tau in product(kappas, etas, taus)
        )
    )
