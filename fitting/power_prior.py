"""An old log of the same benchmark, at a discount that the new log chooses: the power prior.

Ibrahim and Chen 2000; normalised for each discount, without which the discount would not be
learnt but guessed, by Duan, Ye and Smith 2006.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln

from ..analysis.counts import Counts, Ints
from ..analysis.curve import MASS, Curve, Floats, Interval, Population, interval
from ..analysis.draws import fixed
from ..analysis.drift import shared_drift
from ..analysis.transport import between_rates
from ..analysis.worlds import WORLDS
from ..data.errors import InputError
from .betabinomial import PRIOR_MEAN, PRIOR_SD, coverage
from .importance import Prior, shares
from .posterior import SIDE, Posterior, on_grid
from .warmed import same_log

DISCOUNTS = np.linspace(0.0, 1.0, 11) ** 2
"""Denser near 0, where a little of a large old log is already much."""
DRIFTED, SUSPECT = 0.05, 0.2
"""P values below which drift is told, and below which shared problems are not discounted but left.

A discount stands for problems that drift each its own way. Where all moved the same way it narrows
about the wrong place, so the test before it is a liberal one (Bancroft 1964).
"""
PRIOR = Prior(PRIOR_MEAN[:2], PRIOR_SD[:2])


@dataclass(frozen=True, slots=True, eq=False)
class PowerPrior:
    """Draws of Beta(a, b) given a new log and a discounted old one.

    `delta` is the discount with its interval: 100 old samples count for 100 delta where problems
    are `shared`, 100 old problems for as many otherwise. `drift` is the p value that nothing
    changed. `theta` (W, 2) holds log a and log b, `rates` (W, P) the solve rates of the new log's
    problems, and `weight` (D,) the probability of each of `discounts` (D,).
    """

    delta: Interval
    drift: float
    shared: bool
    problems: tuple[int, int]
    discounts: Floats
    weight: Floats
    theta: Floats
    rates: Floats
    doubts: tuple[str, ...]

    def at(self, k: Ints, mass: float = MASS, population: Population = "new") -> Curve:
        """Returns coverage at k, for new problems or for those of the new log."""
        ks = np.asarray(k)
        if population == "new":
            rows = coverage(self.theta, ks.astype(float))
        else:
            miss = np.log1p(-np.minimum(self.rates, 1 - 1e-15))
            rows = np.stack([-np.expm1(one * miss).mean(axis=1) for one in ks], axis=1)
        return Curve(ks, np.vstack([rows.mean(axis=0), rows]), population, mass)


def power_prior(
    new: Counts,
    old: Counts,
    *,
    delta: float | None = None,
    mass: float = MASS,
    seed: int = 0,
    worlds: int = WORLDS,
) -> PowerPrior:
    """Fits Beta-distributed solve rates to a new log and an old one of the same benchmark.

    Where at least half the problems of the smaller log are shared, each keeps its solve rate as far
    as nothing drifted, so an old sample counts as delta samples of its problem. Old problems that
    the new log lacks are left out, and so is the whole log where the test of drift is below
    SUSPECT. Otherwise an old problem counts as delta problems. The discount has a uniform prior,
    and its posterior is normalised at each of 11 discounts.

    Args:
        new: one group's counts.
        old: those of another date, or of the model before.
        delta: the discount, 0 to 1; None to learn it.
        mass: of the interval of the discount.
        seed: of all draws.
        worlds: how many draws.

    Raises:
        InputError: a discount outside 0 and 1, a log that stopped at its first success, or the new
            log itself as the old one.
    """
    if delta is not None and not 0 <= delta <= 1:
        raise InputError(f"delta must satisfy 0 <= delta <= 1; got {delta:g}")
    for each in (new, old):
        fixed(each, "an old log at a discount")
    if same_log(new, old):
        raise InputError("the old log is the new log itself, which would count twice")
    side = _sides(new, old)
    p = _drift(new, old, side, seed)
    discounts = DISCOUNTS if delta is None else np.array([float(delta)])
    if delta is None and side.shared and p < SUSPECT:
        discounts = np.zeros(1)
    fits = [_fitted(side, d, worlds, seed) for d in discounts]
    gain = np.array([evidence for _, evidence in fits])
    weight = shares(gain + np.log(_cells(discounts)))[0]
    rng = np.random.default_rng([seed, 53])
    of = rng.choice(len(discounts), worlds, p=weight)
    theta = np.stack([fits[d][0].theta[1 + i] for i, d in enumerate(of)])
    a, b = np.exp(theta.T)
    old_c, old_f = (side.old_c, side.old_f) if side.shared else (0.0, 0.0)
    kept = discounts[of][:, None]
    rates = rng.beta(a[:, None] + side.c + kept * old_c, b[:, None] + side.f + kept * old_f)
    drawn = np.concatenate([[weight @ discounts], discounts[of]])
    found = interval(drawn, mass, "new")
    doubts = tuple(_doubts(found, p, side, len(old)))
    sizes = (len(new), len(old))
    return PowerPrior(found, p, side.shared, sizes, discounts, weight, theta, rates, doubts)


@dataclass(frozen=True, slots=True, eq=False)
class _Sides:
    """Right and wrong samples of the new log's problems (P,), and of the old log's.

    Where problems are shared the old ones stand beside the new, (P,), 0 where there are none.
    """

    shared: bool
    partners: tuple[Ints, Ints]
    c: Floats
    f: Floats
    old_c: Floats
    old_f: Floats


def _sides(new: Counts, old: Counts) -> _Sides:
    where = {problem: i for i, problem in enumerate(old.problems)}
    here = np.array([i for i, p in enumerate(new.problems) if p in where], dtype=np.int64)
    there = np.array([where[new.problems[i]] for i in here], dtype=np.int64)
    shared = len(here) >= max(2, min(len(new), len(old)) / 2)
    c, f = new.c.astype(float), (new.n - new.c).astype(float)
    if not shared:
        nothing = np.zeros(0, dtype=np.int64)
        # Rates of the new log's problems owe nothing to single old ones.
        return _Sides(False, (nothing, nothing), c, f, *_old(old))
    beside = np.zeros((2, len(new)))
    beside[:, here] = np.stack(_old(old))[:, there]
    return _Sides(True, (here, there), c, f, *beside)


def _old(old: Counts) -> tuple[Floats, Floats]:
    return old.c.astype(float), (old.n - old.c).astype(float)


class _Target:
    """The log posterior of (log a, log b): problems of c right and f wrong, each to a power."""

    def __init__(self, c: Floats, f: Floats, power: Floats) -> None:
        self.prior = PRIOR
        rows, where = np.unique(np.stack([c, f]), axis=1, return_inverse=True)
        self.c, self.f = rows
        self.power = np.bincount(where.ravel(), weights=power, minlength=rows.shape[1])

    def __call__(self, theta: Floats) -> tuple[Floats, Floats]:
        a, b = np.exp(theta[:, :1]), np.exp(theta[:, 1:])
        each = betaln(a + self.c, b + self.f) - betaln(a, b)
        return each @ self.power + self.prior.log_density(theta), each


def _fitted(side: _Sides, delta: float, worlds: int, seed: int) -> tuple[Posterior, float]:
    """The posterior at one discount, and the log probability of the new log given the old."""
    if side.shared:
        c, f = delta * side.old_c, delta * side.old_f
        both, before = (side.c + c, side.f + f), (c, f)
        powers = np.ones_like(c), np.ones_like(c)
    else:
        both = np.concatenate([side.c, side.old_c]), np.concatenate([side.f, side.old_f])
        before = side.old_c, side.old_f
        discounted = np.full(len(side.old_c), delta)
        powers = np.concatenate([np.ones_like(side.c), discounted]), discounted
    made = [
        on_grid(_Target(*rows, power), np.random.default_rng([seed, 59]), worlds, SIDE[2])
        for rows, power in zip((both, before), powers, strict=True)
    ]
    return made[0], made[0].evidence - made[1].evidence


def _cells(discounts: Floats) -> Floats:
    """How much of the uniform prior each discount stands for."""
    if len(discounts) == 1:
        return np.ones(1)
    ends = np.concatenate([[0.0], (discounts[1:] + discounts[:-1]) / 2, [1.0]])
    return np.diff(ends)


def _drift(new: Counts, old: Counts, side: _Sides, seed: int) -> float:
    here, there = side.partners
    if side.shared:
        return shared_drift((old.n[there], old.c[there]), (new.n[here], new.c[here]), seed).p
    return between_rates((old.n, old.c), (new.n, new.c), seed).p


def _doubts(delta: Interval, p: float, side: _Sides, old: int) -> list[str]:
    made = []
    what = "samples" if side.shared else "problems"
    if p < DRIFTED:
        made.append(
            f"the logs differ by more than chance (p = {p:.3g}): 100 old {what} count for"
            f" {100 * delta.estimate:.0f}"
        )
    elif side.shared and p < SUSPECT and not delta.high:
        made.append(f"the logs may differ (p = {p:.2g}), so the old one is not used")
    elif delta.high - delta.low > 0.5:
        made.append(
            f"the logs do not show how much the old one is worth: 100 old {what} count for"
            f" {100 * delta.low:.0f} to {100 * delta.high:.0f}"
        )
    if not side.shared:
        made.append("the logs share fewer than half their problems: old problems are discounted")
    elif (left := old - len(side.partners[0])) > 0:
        made.append(f"{left} old problems that the new log lacks are left out")
    return made
