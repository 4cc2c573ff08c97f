"""Two levels: how unequal a judge may be to two candidates before their order is in doubt.

Judge j passes candidate k at the rate gamma_k = f_k + pi_k (t_k - f_k), of false and true
positive rates f < t. If these differ between two candidates by at most delta, |f_k - f_l| <= delta
and |t_k - t_l| <= delta, then gamma_k - gamma_l > delta makes pi_k > pi_l certain, and no smaller
gap does. So each pair has one number, the largest delta that its order survives.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...analysis.curve import MASS, Floats
from ...data.errors import InputError
from ...data.judgments import Grades, Ints
from .standing import Standing, summary
from .tables import Tables, tables

DRAWS = 2_000
RARE = 0.05
"""A judge no better than chance in so many draws is doubted."""


@dataclass(frozen=True, slots=True, eq=False)
class Margins:
    """The pass rates gamma (1 + T, J, C) that judges give: row 0 the mean, the others draws.

    `seen` (J, C) says which candidates a judge graded at all.
    """

    judges: tuple[str, ...]
    candidates: tuple[str, ...]
    worlds: Floats
    seen: NDArray[np.bool_]

    def survived(self, mass: float = MASS) -> tuple[Floats, Floats]:
        """Returns the largest delta that `row above column` survives, (J, C, C), and a lower bound.

        The order survives the bound with a chance of at least `mass`. Both are 0 where the judge
        does not put the row above the column, or not with that chance.
        """
        gap = self.worlds[..., :, None] - self.worlds[..., None, :]
        gap = gap * (self.seen[:, :, None] & self.seen[:, None, :])
        low = np.quantile(gap[1:], 1 - mass, axis=0)
        return np.maximum(gap[0], 0.0), np.maximum(np.minimum(low, gap[0]), 0.0)


def margins(log: Grades | Tables, rng: np.random.Generator, *, draws: int = DRAWS) -> Margins:
    """Draws every judge's pass rates, Beta(1 + passed, 1 + failed); gold is not asked for."""
    seen = _of_two(log)
    graded = seen.said.sum(axis=2) > 0
    return Margins(seen.judges, seen.candidates, summary(_rates(seen.said, rng, draws)), graded)


def rogan_gladen(
    log: Grades | Tables, rng: np.random.Generator, *, draws: int = DRAWS
) -> tuple[Standing, ...]:
    """Returns the true pass rates by each judge, pi = (gamma + spec - 1) / (sens + spec - 1).

    Rogan and Gladen 1978, pushed through draws: sensitivity and specificity are of the verdicts
    with gold, one for all candidates, gamma of the verdicts without. Only draws with sens + spec >
    1 count, and pi is cut to [0, 1].
    """
    seen = _of_two(log)
    gamma = _rates(seen.counts, rng, draws)
    return tuple(
        _corrected(seen, name, gamma[:, j], seen.gold[j].sum(axis=0), rng)
        for j, name in enumerate(seen.judges)
    )


def _corrected(
    seen: Tables, judge: str, gamma: Floats, gold: Ints, rng: np.random.Generator
) -> Standing:
    false, true, lost = _better_than_chance(gold, rng, len(gamma))
    pi = np.clip((gamma - false[:, None]) / (true - false)[:, None], 0.0, 1.0)
    low, high = seen.values
    doubts = []
    if not gold.sum(axis=1).all():
        doubts.append(f"{judge} has no gold of one of the levels; label items of both")
    elif lost > RARE:
        doubts.append(
            f"{judge} may be no better than chance: {lost:.0%} of the draws of its rates, which"
            " were left out; label more items"
        )
    more = {"sensitivity": summary(true), "specificity": summary(1 - false)}
    worlds = summary(low + (high - low) * pi)
    return Standing(
        f"Rogan-Gladen, {judge}", seen.candidates, worlds, more=more, doubts=tuple(doubts)
    )


def _better_than_chance(
    gold: Ints, rng: np.random.Generator, draws: int
) -> tuple[Floats, Floats, float]:
    """Draws false and true positive rates, f < t, and says what share of draws was left out."""
    false, true = np.empty((2, draws))
    wanting, tried = np.ones(draws, dtype=bool), 0
    while wanting.any() and tried < 1_000 * draws:
        size = int(wanting.sum())
        tried += size
        false[wanting] = rng.beta(1 + gold[0, 1], 1 + gold[0, 0], size)
        true[wanting] = rng.beta(1 + gold[1, 1], 1 + gold[1, 0], size)
        wanting = true <= false
    if wanting.any():
        false, true = np.full((2, draws), np.nan)
    return false, true, 1 - draws / max(tried, draws)


def _rates(counts: Ints, rng: np.random.Generator, draws: int) -> Floats:
    return rng.beta(1 + counts[..., 1], 1 + counts[..., 0], (draws, *counts.shape[:-1]))


def _of_two(log: Grades | Tables) -> Tables:
    seen = log if isinstance(log, Tables) else tables(log)
    if seen.levels != 2:
        raise InputError(f"margins need levels = 2, passed or not; got {seen.levels}")
    return seen
