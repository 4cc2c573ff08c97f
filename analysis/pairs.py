"""Pair moments: how much problems differ, without bias, from two samples of each."""

from dataclasses import dataclass

import numpy as np

from .counts import Counts, Ints
from .curve import MASS, Floats, Interval, Json, interval
from .draws import fixed
from .worlds import WORLDS, problem_worlds

FEW = 20
"""Problems of either kind below which intervals of a variance hold the truth too rarely."""
NAMES = ("mean", "square", "between", "within", "share")


@dataclass(frozen=True, slots=True, eq=False)
class PairMoments:
    """Moments of the solve rate p over new problems, and how a sample's variance is split.

    `mean` is E p, `square` E p^2: the chance that two samples of a problem are both right.
    `between` is Var p, `within` E p (1 - p), and `share` is between / (between + within), the
    correlation of two samples of one problem. `between` and `share` are not clipped: below 0 the
    log shows no more difference between problems than chance makes. `problems` have two samples or
    more, and `left` fewer; with under two such problems all is NaN, and `reason` says why.
    """

    mean: Interval
    square: Interval
    between: Interval
    within: Interval
    share: Interval
    problems: int
    left: int
    doubts: tuple[str, ...] = ()
    reason: str | None = None

    def json(self) -> Json:
        """Returns the moments as data."""
        told: Json = {name: getattr(self, name).json() for name in NAMES}
        sizes = {"problems": self.problems, "left_out": self.left}
        return told | sizes | {"doubts": list(self.doubts), "reason": self.reason}


def pair_moments(
    counts: Counts, *, mass: float = MASS, worlds: int = WORLDS, seed: int = 0
) -> PairMoments:
    """Returns the moments from pairs of samples, every problem weighing the same whatever its n.

    Two samples of a problem are both right with chance p^2, and c (c - 1) / (n (n - 1)) of a
    problem's pairs are; two samples of different problems are both right with chance (E p)^2. Each
    mean is unbiased, so their difference is. Intervals are for new problems.

    Raises:
        InputError: a log that stopped at its first success: its c / n is no estimate of p.
    """
    fixed(counts, "pairs of samples")
    kept = np.flatnonzero(counts.n >= 2)
    left = len(counts) - len(kept)
    if len(kept) < 2:
        none = Interval(np.nan, np.nan, np.nan, mass)
        why = f"needs two problems with two samples or more; this log has {len(kept)}"
        return PairMoments(none, none, none, none, none, len(kept), left, (), why)
    used = counts.only(kept)
    rows = moments(used.c, used.n, problem_worlds(used.problems, seed, worlds))
    mean, square, between, within, share = (interval(row, mass) for row in rows)
    doubts = _doubts(used, between, left)
    return PairMoments(mean, square, between, within, share, len(kept), left, doubts)


def moments(c: Ints, n: Ints, weights: Floats) -> Floats:
    """Returns (5, W): the moments of NAMES in every world.

    Args:
        c: right samples of each problem, (P,).
        n: its samples, (P,), at least 2.
        weights: of the problems, (W, P), rows that add up to 1.
    """
    rate = c / n
    mean, square = weights @ rate, weights @ (c * (c - 1) / (n * (n - 1)))
    # Pairs of different problems alone: a problem met with itself would add its own error.
    own = weights**2
    mean_squared = (mean**2 - own @ rate**2) / (1 - own.sum(axis=1))
    between, within = square - mean_squared, mean - square
    total = between + within
    share = np.divide(between, total, out=np.full_like(total, np.nan), where=total > 1e-12)
    return np.stack([mean, square, between, within, share])


def _doubts(used: Counts, between: Interval, left: int) -> tuple[str, ...]:
    made = []
    if left:
        made.append(f"{left} problems with a single sample are left out: they have no pair")
    if between.estimate < 0:
        made.append(
            "the variance between problems comes out negative: this log shows no difference"
            " between problems beyond chance"
        )
    ever, spoilt = int((used.c > 0).sum()), int((used.c < used.n).sum())
    if min(ever, spoilt) < FEW:
        what = "solved at least once" if ever < spoilt else "failed at least once"
        made.append(
            f"only {min(ever, spoilt)} problems were {what}: the intervals hold the truth less"
            " often than they say"
        )
    return tuple(made)
