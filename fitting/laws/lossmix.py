"""loss_laws: several laws of loss over one table, averaged by how they forecast large runs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...analysis.counts import Ints
from ...analysis.curve import MASS, Floats, Interval, Population, intervals
from ...analysis.worlds import WORLDS
from ...data.errors import InputError
from ..averaging import speakers, stacked
from .losses import declared
from .losslaw import Columns, LossLaw, loss_law, tabled

OUTER = 0.7
"""The quantile of a column from which on its runs are held out."""
FLOOR = 1e-3
"""An error in log loss too small to hold against a law, which is never exactly true."""


@dataclass(frozen=True, slots=True, eq=False)
class LossMix:
    """Laws that share their columns, the `weight` (F,) of each, and who speaks in each world (W,).

    `missed` (F,) is the error of each in log response on the runs held out; NaN where there were
    too few to hold any out, and then the laws weigh alike.
    """

    laws: tuple[LossLaw, ...]
    weight: Floats
    missed: Floats
    speaker: Ints

    @property
    def doubts(self) -> tuple[str, ...]:
        """Those of the laws that are heard, and that nothing could be held out."""
        heard = [law for law, w in zip(self.laws, self.weight, strict=True) if w >= 0.05]
        several = len(self.laws) > 1
        told = [f"{law.name}: {d}" if several else d for law in heard for d in law.doubts]
        if several and not np.isfinite(self.missed).all():
            told.append("too few runs to hold the largest out: the laws weigh alike")
        return tuple(told)

    def worlds(self, columns: Columns, population: Population = "new") -> Floats:
        """Returns the response at settings (S,) in every world, (1 + W, S); as `LossLaw.worlds`."""
        each = np.stack([law.worlds(columns, population) for law in self.laws])
        spoken = each[self.speaker, np.arange(1, each.shape[1])]
        return np.vstack([self.weight @ each[:, 0], spoken])

    def at(
        self, columns: Columns, mass: float = MASS, population: Population = "new"
    ) -> tuple[Interval, ...]:
        """Returns the response at each of the settings (S,)."""
        return tuple(intervals(self.worlds(columns, population), mass, population))


def loss_laws(
    table: Columns, laws: Sequence[str], *, seed: int = 0, worlds: int = WORLDS
) -> LossMix:
    """Fits several laws to one table and averages them, never the winner alone.

    The runs of the largest values of each column are held out in turn and forecast by every law
    from the rest; the weights make the average miss least (`averaging.stacked`).

    Args:
        table: as in `loss_law`.
        laws: names in `losses.LAWS`, with the same columns and response.
        seed: of the worlds.
        worlds: how many, besides the table.

    Raises:
        InputError: laws of different columns, and as in `loss_law`.
    """
    told = [declared(name) for name in laws]
    if not laws or len(set(laws)) < len(laws):
        raise InputError(f"laws must be given once each, and one at least; got {', '.join(laws)}")
    if len({(law.columns, law.response) for law in told}) > 1:
        raise InputError(f"the laws {', '.join(laws)} explain different columns: fit them apart")
    made = tuple(loss_law(table, name, seed=seed, worlds=worlds) for name in laws)
    columns = tabled(told[0], table)
    found = _held_out(columns, laws, told[0].columns, made)
    weight = stacked(found, [_noise(made, f.shape[1]) for f in found]) if found else None
    if weight is None:
        weight = np.full(len(laws), 1 / len(laws))
    square = (
        np.concatenate([f**2 for f in found], axis=1) if found else np.full((len(laws), 1), np.nan)
    )
    rng = np.random.default_rng([seed, 54])
    return LossMix(made, weight, np.sqrt(square.mean(axis=1)), speakers(weight, worlds, rng))


def _noise(made: Sequence[LossLaw], size: int) -> Floats:
    sd = min(float(np.sqrt((law.scatter**2).mean())) for law in made)
    return np.full(size, np.hypot(sd, FLOOR))


def _held_out(
    columns: dict[str, Floats], laws: Sequence[str], names: Sequence[str], made: Sequence[LossLaw]
) -> list[Floats]:
    """What every law missed, in logs, of the largest runs by each column, (F, S) each."""
    response = made[0].law.response
    need = max(len(law.law.parameters) for law in made) + 2
    found = []
    for name in names:
        out = columns[name] > np.quantile(columns[name], OUTER)
        left = {n: x[~out] for n, x in columns.items()}
        if not out.any() or (~out).sum() < need or not all(np.ptp(left[n]) for n in names):
            continue
        asked = {n: columns[n][out] for n in names}
        said = [loss_law(left, law, worlds=2).worlds(asked)[0] for law in laws]
        found.append(np.log(columns[response][out]) - np.log(np.stack(said)))
    return found
