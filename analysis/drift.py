"""Whether problems that two logs share are solved as often in both: exact but for Monte Carlo."""

from dataclasses import dataclass

import numpy as np

from .counts import Ints
from .curve import Floats

DRAWS = 1_999


@dataclass(frozen=True, slots=True)
class Drift:
    """P values that nothing changed: `moved` of the mean, `changed` of problems, either way each.

    `p` is twice the smaller, at most 1 (Bonferroni), so it is valid for both together.
    """

    moved: float
    changed: float

    @property
    def p(self) -> float:
        """The chance of a drift as large as this, of either kind, where there is none."""
        return min(1.0, 2 * min(self.moved, self.changed))


def shared_drift(old: tuple[Ints, Ints], new: tuple[Ints, Ints], seed: int) -> Drift:
    """Tests (n, c) of the same problems in two logs against each other.

    If a problem's solve rate is the same in both, then given all its right samples those of the new
    log are hypergeometric, whatever the rate (Fisher 1935). The statistics are the sum of what the
    new log has too many, and the sum over problems of its square over its variance.
    """
    (n0, c0), (n1, c1) = old, new
    total, right = n0 + n1, c0 + c1
    expected = n1 * right / total
    spread = expected * (1 - right / total) * n0 / np.maximum(total - 1, 1)
    rng = np.random.default_rng([seed, 41])
    drawn = rng.hypergeometric(right, total - right, n1, size=(DRAWS, len(n0)))
    both = np.vstack([c1, drawn]) - expected
    square = np.divide(both**2, spread, out=np.zeros_like(both), where=spread > 0)
    return Drift(_p(np.abs(both.sum(axis=1))), _p(square.sum(axis=1)))


def _p(statistic: Floats) -> float:
    """The share of rows that reach the first, itself included."""
    return float((statistic >= statistic[0] - 1e-9).mean())
